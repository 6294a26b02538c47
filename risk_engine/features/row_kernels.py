"""Row kernels that come with the language: what a row means only beside the rows around it.

They stand here, not in the catalogue, so that a printed expression that names one can be read back by whoever runs
a release. Money amounts are NaN where a row is not concerned. Rows of one applicant rise by day; within a day nothing
is known of the time, so "within n days" begins with the whole day of the credit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from risk_engine.features.compiling import inner, kernel
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


@inner
def _within(offsets: Ints, booked_on: Floats, days: float) -> tuple[Ints, Ints]:
    """For each row the first row of its day, and the first row more than so many days after it."""
    first, end = np.empty(len(booked_on), np.int64), np.empty(len(booked_on), np.int64)
    for k in range(len(offsets) - 1):
        day = after = offsets[k]
        for i in range(offsets[k], offsets[k + 1]):
            if booked_on[day] < booked_on[i]:
                day = i
            while after < offsets[k + 1] and booked_on[after] - booked_on[i] <= days:
                after += 1
            first[i], end[i] = day, after
    return first, end


@inner
def _drawn(left: Floats, fits: npt.NDArray[np.bool_], least: float, most: float) -> float:
    """Take from what the debits that fit have left: ``most``, or all there is; nothing where that is below least."""
    there = 0.0
    for j in range(len(left)):
        if fits[j] and left[j] == left[j]:
            there += left[j]
    if there < least:
        return 0.0
    drawn = min(there, most)
    rest = drawn
    for j in range(len(left)):
        if fits[j] and left[j] == left[j]:
            part = min(left[j], rest)
            left[j] -= part
            rest -= part
    return drawn


@kernel
def sent_back(offsets: Ints, booked_on: Floats, credit: Floats, debit: Floats, counterparty: Floats) -> Floats:
    """Each credit whose payer is paid the same amount, to 5 %, by the seventh day after; 0 for other credits.

    A payment answers one credit, the first it can.

    >>> nan, days, payer = np.nan, np.array([1.0, 1.0, 8.0, 9.0]), np.array([4.0, 4.0, 4.0, 4.0])
    >>> credit, debit = np.array([100.0, 100.0, nan, nan]), np.array([nan, nan, 96.0, 100.0])
    >>> sent_back(np.array([0, 4]), days, credit, debit, payer)
    array([100.,   0.,  nan,  nan])
    """
    found, left = np.full(len(credit), np.nan), debit.copy()
    first, end = _within(offsets, booked_on, 7.0)
    for i in range(len(credit)):
        if credit[i] != credit[i]:
            continue
        found[i] = 0.0
        for j in range(first[i], end[i]):
            if counterparty[j] == counterparty[i] and abs(left[j] - credit[i]) <= 0.05 * credit[i]:
                found[i] = credit[i]
                left[j] = np.nan
                break
    return found


@kernel
def passed_on(offsets: Ints, booked_on: Floats, credit: Floats, debit: Floats, account: Floats) -> Floats:
    """Each credit of which 90 % or more leaves its account by the end of the next day; 0 for other credits.

    What left with one credit does not leave with a later one.

    >>> nan, days, account = np.nan, np.array([1.0, 1.0, 2.0, 3.0]), np.zeros(4)
    >>> credit, debit = np.array([100.0, 100.0, nan, nan]), np.array([nan, nan, 90.0, 10.0])
    >>> passed_on(np.array([0, 4]), days, credit, debit, account)
    array([100.,   0.,  nan,  nan])
    """
    found, left = np.full(len(credit), np.nan), debit.copy()
    first, end = _within(offsets, booked_on, 1.0)
    for i in range(len(credit)):
        if credit[i] == credit[i]:
            fits = account[first[i] : end[i]] == account[i]
            drawn = _drawn(left[first[i] : end[i]], fits, 0.9 * credit[i], credit[i])
            found[i] = credit[i] if drawn > 0.0 else 0.0
    return found


@kernel
def rolled_over(offsets: Ints, booked_on: Floats, proceeds: Floats, repaid: Floats, lender: Floats) -> Floats:
    """The part of each loan paid out that repays other lenders by the third day after; unnamed lenders are others.

    What one loan repaid no later loan repays again.

    >>> nan, days, lender = np.nan, np.array([1.0, 1.0, 2.0, 4.0]), np.array([0.0, 2.0, 1.0, 0.0])
    >>> proceeds, repaid = np.array([20.0, 100.0, nan, nan]), np.array([nan, nan, 30.0, 50.0])
    >>> rolled_over(np.array([0, 4]), days, proceeds, repaid, lender)
    array([20., 60., nan, nan])
    """
    found, left = np.full(len(proceeds), np.nan), repaid.copy()
    first, end = _within(offsets, booked_on, 3.0)
    for i in range(len(proceeds)):
        if proceeds[i] == proceeds[i]:
            others = lender[first[i] : end[i]] != lender[i]
            found[i] = _drawn(left[first[i] : end[i]], others, 0.0, proceeds[i])
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
def whole_below(offsets: Ints, number: Floats) -> Floats:  # noqa: ARG001 - every row kernel is given them
    """How many whole numbers from 1 on lie below each number.

    >>> whole_below(np.array([0, 4]), np.array([-2.0, 1.0, 1.5, np.nan]))
    array([ 0.,  0.,  1., nan])
    """
    return np.maximum(np.ceil(number) - 1.0, 0.0)


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


for _function, _version in (
    (undone, 1), (sent_back, 2), (passed_on, 2), (rolled_over, 2), (asked_anew, 1), (whole_below, 1),
    (observed_income, 2),
):  # fmt: skip
    row_kernel(_function, version=_version)
