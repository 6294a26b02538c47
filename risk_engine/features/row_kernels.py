"""Row kernels that come with the language: what a row means only beside the rows around it.

They stand here, not in the catalogue, so that a printed expression that names one can be read back by whoever runs
a release. Money amounts are NaN where a row is not concerned. Rows of one applicant rise by day; within a day nothing
is known of the time, so "within n days" begins with the whole day of the credit.
"""

from __future__ import annotations

import numpy as np

from risk_engine.features.compiling import kernel
from risk_engine.features.functions import row_kernel
from risk_engine.features.tables import Floats, Ints


def undone(offsets: Ints, account: Floats, seq: Floats, reverses: Floats) -> Floats:
    """1 where a posting takes another one of its account back, or is taken back by one, else 0.

    >>> undone(np.array([0, 3]), np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([np.nan, np.nan, 1.0]))
    array([1., 0., 1.])
    """
    found: Floats = np.isfinite(reverses).astype(np.float64)
    takes_back = np.flatnonzero(found)
    if len(takes_back):
        owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        named = set(zip(*(column[takes_back].tolist() for column in (owner, account, reverses)), strict=True))
        near = np.flatnonzero(np.isin(seq, reverses[takes_back]))
        keys = zip(*(column[near].tolist() for column in (owner, account, seq)), strict=True)
        found[[row for row, key in zip(near.tolist(), keys, strict=True) if key in named]] = 1.0
    return found


@kernel
def sent_back(offsets: Ints, booked_on: Floats, credit: Floats, debit: Floats, counterparty: Floats) -> Floats:
    """Each credit whose payer is paid the same amount, to 5 %, by the seventh day after; 0 for other credits.

    >>> nan, days, payer = np.nan, np.array([1.0, 8.0, 9.0]), np.array([4.0, 4.0, 4.0])
    >>> sent_back(np.array([0, 3]), days, np.array([100.0, nan, nan]), np.array([nan, 96.0, 100.0]), payer)
    array([100.,  nan,  nan])
    """
    found = np.full(len(credit), np.nan)
    for k in range(len(offsets) - 1):
        day = offsets[k]
        for i in range(offsets[k], offsets[k + 1]):
            if booked_on[day] < booked_on[i]:
                day = i
            if credit[i] != credit[i]:
                continue
            found[i] = 0.0
            for j in range(day, offsets[k + 1]):
                if booked_on[j] - booked_on[i] > 7.0:
                    break
                if counterparty[j] == counterparty[i] and abs(debit[j] - credit[i]) <= 0.05 * credit[i]:
                    found[i] = credit[i]
                    break
    return found


@kernel
def passed_on(offsets: Ints, booked_on: Floats, credit: Floats, debit: Floats, account: Floats) -> Floats:
    """Each credit of which 90 % or more leaves its account by the end of the next day; 0 for other credits.

    >>> nan, days, account = np.nan, np.array([1.0, 2.0, 3.0]), np.zeros(3)
    >>> passed_on(np.array([0, 3]), days, np.array([100.0, nan, nan]), np.array([nan, 90.0, 10.0]), account)
    array([100.,  nan,  nan])
    """
    found = np.full(len(credit), np.nan)
    for k in range(len(offsets) - 1):
        day = offsets[k]
        for i in range(offsets[k], offsets[k + 1]):
            if booked_on[day] < booked_on[i]:
                day = i
            if credit[i] != credit[i]:
                continue
            left = 0.0
            for j in range(day, offsets[k + 1]):
                if booked_on[j] - booked_on[i] > 1.0:
                    break
                if account[j] == account[i] and debit[j] == debit[j]:
                    left += debit[j]
            found[i] = credit[i] if left >= 0.9 * credit[i] else 0.0
    return found


@kernel
def rolled_over(offsets: Ints, booked_on: Floats, proceeds: Floats, repaid: Floats, lender: Floats) -> Floats:
    """The part of each loan paid out that repays other lenders by the third day after; unnamed lenders are others.

    >>> nan, days, lender = np.nan, np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 0.0])
    >>> rolled_over(np.array([0, 3]), days, np.array([100.0, nan, nan]), np.array([nan, 30.0, 50.0]), lender)
    array([30., nan, nan])
    """
    found = np.full(len(proceeds), np.nan)
    for k in range(len(offsets) - 1):
        day = offsets[k]
        for i in range(offsets[k], offsets[k + 1]):
            if booked_on[day] < booked_on[i]:
                day = i
            if proceeds[i] != proceeds[i]:
                continue
            used = 0.0
            for j in range(day, offsets[k + 1]):
                if booked_on[j] - booked_on[i] > 3.0:
                    break
                if repaid[j] == repaid[j] and lender[j] != lender[i]:
                    used += repaid[j]
            found[i] = min(used, proceeds[i])
    return found


@kernel
def asked_anew(offsets: Ints, on: Floats, lender: Floats) -> Floats:
    """1 for an enquiry, 0 for one less than 14 days after a counted one of the same lender; NaN where it is none.

    >>> asked_anew(np.array([0, 4]), np.array([1.0, 8.0, 14.0, 15.0]), np.array([5.0, 5.0, 7.0, 5.0]))
    array([1., 0., 1., 1.])
    """
    found = np.full(len(on), np.nan)
    for k in range(len(offsets) - 1):
        for i in range(offsets[k], offsets[k + 1]):
            if on[i] != on[i]:
                continue
            found[i] = 1.0
            for j in range(i - 1, offsets[k] - 1, -1):
                if on[i] - on[j] >= 14.0:
                    break
                if found[j] == 1.0 and lender[j] == lender[i]:
                    found[i] = 0.0
                    break
    return found


@kernel
def observed_income(offsets: Ints, party: Floats, kind: Floats, month: Floats, verified: Floats, net: Floats) -> Floats:
    """Each income of a month as its best source saw it, at most what was declared; NaN for what does not count.

    Whoever tells of one party, kind and month tells the same income, under whatever employer's name: sources differ in
    how they spell it, and a bank rarely knows it. The rows of the best source add up. Declared rows add up too, and
    where their sum is lower, each row counts in proportion. ``verified`` is 0 for the best source and 3 for none.

    >>> one, same, verified, net = np.array([0, 3]), np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([9.0, 8.0, 6.0])
    >>> observed_income(one, same + np.nan, same, same, verified, net)
    array([ 6., nan, nan])
    """
    found = np.full(len(net), np.nan)
    for k in range(len(offsets) - 1):
        first = offsets[k]
        for i in range(offsets[k], offsets[k + 1]):
            if month[first] < month[i]:
                first = i
            if verified[i] > 2.0:
                continue
            best, observed, declared, is_declared = verified[i], 0.0, 0.0, False
            for j in range(first, offsets[k + 1]):
                if month[j] > month[i]:
                    break
                same_party = party[j] == party[i] or (party[j] != party[j] and party[i] != party[i])
                if kind[j] != kind[i] or not same_party:
                    continue
                best = min(best, verified[j])
                if verified[j] == verified[i]:
                    observed += net[j]
                elif verified[j] > 2.0:
                    is_declared = True
                    declared += net[j]
            if best == verified[i]:
                lower = is_declared and 0.0 <= declared < observed
                found[i] = net[i] * (declared / observed) if lower else net[i]
    return found


for _function in (undone, sent_back, passed_on, rolled_over, asked_anew):
    row_kernel(_function)
row_kernel(observed_income, version=2)
