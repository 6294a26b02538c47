"""The kernel that follows a ledger's balances."""

from __future__ import annotations

import numpy as np

from risk_engine.features.compiling import kernel
from risk_engine.features.tables import Floats, Ints, Truths


@kernel
def off_balance(
    ranked: Ints, owner: Ints, account: Floats, seq: Floats, amount: Floats, balance: Floats, n: int
) -> Truths:
    """Of which of n applicants a balance is not the one before plus the amount, or a ``seq`` stands twice.

    Args:
        ranked: The rows by applicant, account and ``seq``.
        owner: The applicant of each row.
        account: Its account.
        seq: Its number in the account.
        amount: What was posted.
        balance: What stood after it.
        n: Applicants.
    """
    found = np.zeros(n, np.bool_)
    for at in range(1, len(ranked)):
        before, after = ranked[at - 1], ranked[at]
        if owner[before] != owner[after] or account[before] != account[after]:
            continue
        # A hole in the sequence (rows not yet known) cannot be checked against its neighbour.
        if seq[after] - seq[before] <= 1.0:
            off = abs(balance[before] + amount[after] - balance[after])
            slack = max(0.01 + 1e-9, 1e-9 * abs(balance[after]))
            found[owner[after]] |= off > slack or seq[before] == seq[after]
    return found
