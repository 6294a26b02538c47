"""Kernels over the rows of a section: which were known, what of them was revealed, in which order they stand.

Null is NaN; a column that nobody has is empty. Applicant i owns rows ``offsets[i]:offsets[i + 1]``.
"""

from __future__ import annotations

import math

import numpy as np

from risk_engine.features.compiling import inner, kernel
from risk_engine.features.days import month_of, month_start
from risk_engine.features.tables import Floats, Ints, Truths

DAY = 86_400.0
NAN = math.nan
FEW = 16
"""So many rows are put in order soonest by insertion."""


@kernel
def take_known(
    offsets: Ints, as_of: Floats, shift: Floats, now: Floats, event: Floats, public: Floats, known_at: Floats,
    since: Floats, standing: Ints, event_is_date: bool, public_is_date: bool, ends_before_now: bool, monthly: bool,
    rows: Ints, days: Floats, ends: Ints, counts: Ints, first: Floats, left_out: Ints,
) -> None:  # fmt: skip
    """Take the rows that were known and begun before ``as_of`` and count; what is not taken stands at the end.

    Args:
        offsets: Whose rows they are.
        as_of: Moments of decision, seconds UTC, (n,).
        shift: Seconds to add for local time, (n,).
        now: Days of decision, (n,).
        event: When each row begins.
        public: When it becomes known unless ``known_at`` says; where it is null, with its event.
        known_at: When it became known.
        since: The day its period starts.
        standing: The liable party it is about, -1 where the party is not liable, -2 where it is not listed; empty where
            all rows are the applicants'.
        event_is_date: Whether ``event`` tells days rather than moments.
        public_is_date: The same of ``public``.
        ends_before_now: Whether a row of the day of decision does not count.
        monthly: Whether rows tell of months by their last day: they begin on the first.
        rows: Filled with the rows taken and the applicant of each, (2, rows).
        days: Filled with their event days.
        ends: Filled with their offsets.
        counts: Raised by how many rows of each liable party are taken, and are known: those of the day of decision too.
        first: Filled with the day each liable party's first row begins; inf where it has none.
        left_out: Raised by how many of each applicant are left out for their time, for their party that is not liable,
            for one that is not listed, (3, n).
    """
    first[:] = math.inf
    at = 0
    for i in range(len(offsets) - 1):
        ends[i] = at
        for row in range(offsets[i], offsets[i + 1]):
            who = standing[row] if len(standing) else i
            begun = _moment(event, row, event_is_date, shift[i])
            told = known_at[row] if len(known_at) else NAN
            if told != told:
                told = _moment(public, row, public_is_date, shift[i])
            known = not (begun >= as_of[i] or told >= as_of[i])
            day = _local_day(event[row], event_is_date, shift[i]) if len(event) else NAN
            if known and who >= 0:
                counts[1, who] += 1
            if not known or (ends_before_now and day >= now[i]):
                left_out[0, i] += who >= 0
                continue
            if who < 0:
                left_out[-who, i] += 1
                continue
            counts[0, who] += 1
            rows[0, at], rows[1, at] = row, i
            days[at] = day if day == day else -math.inf
            first[who] = min(first[who], _start(days[at], since[row] if len(since) else NAN, monthly))
            at += 1
    ends[-1] = at


@inner
def _start(day: float, since: float, monthly: bool) -> float:
    """The day from which a row tells."""
    if monthly and day > -math.inf:
        day = month_start(month_of(day))
    return min(since, day) if since == since else day


@inner
def _moment(values: Floats, row: int, is_date: bool, shift: float) -> float:
    """A date as the start of its local day, a timestamp as it is: seconds UTC."""
    value = values[row] if len(values) else NAN
    return value * DAY - shift if is_date else value


@inner
def _local_day(value: float, is_date: bool, shift: float) -> float:
    """A date as it is, a timestamp as its local day with the fraction."""
    return value if is_date else (value + shift) / DAY


@kernel
def revealed(
    values: Floats, told: Floats, rows: Ints, owner: Ints, as_of: Floats, shift: Floats,
    told_is_date: bool, is_date: bool,
) -> Floats:  # fmt: skip
    """A column of these rows with null where its date does not lie before ``as_of``; moments as local days.

    Args:
        values: The column.
        told: The date that reveals it; empty where it is never hidden.
        rows: Which rows.
        owner: The applicant of each.
        as_of: Moments of decision, seconds UTC, (n,).
        shift: Seconds to add for local time, (n,).
        told_is_date: Whether ``told`` are days rather than moments.
        is_date: Whether ``values`` stay as they are: no moments.
    """
    shown = np.empty(len(rows))
    for at in range(len(rows)):
        row, i = rows[at], owner[at]
        hidden = len(told) and not _moment(told, row, told_is_date, shift[i]) < as_of[i]
        shown[at] = NAN if hidden else _local_day(values[row], is_date, shift[i])
    return shown


@kernel
def rank_ties(values: Floats, ranked: Ints, tied: Truths) -> bool:
    """Rank rows that tie so far by one more column; whether any still do.

    Equal rows keep their order; null stands last and equals null.

    Args:
        values: The column, by row; nothing in it is infinite but in the past.
        ranked: The rows, as ranked so far.
        tied: Whether the row at each place ties with the one before it; one more, false, ends the last.
    """
    start, any_tie = 0, False
    while start < len(ranked):
        end = start + 1
        while tied[end]:
            end += 1
        if end - start > 1:
            _sort(values, ranked[start:end])
        for at in range(start + 1, end):
            x, y = values[ranked[at - 1]], values[ranked[at]]
            tied[at] = x == y or (x != x and y != y)
            any_tie = any_tie or tied[at]
        start = end
    return any_tie


@inner
def _after(x: float, y: float) -> bool:
    """Whether ``x`` belongs after ``y``."""
    return x > y or (x != x and y == y)


@inner
def _sort(values: Floats, rows: Ints) -> None:
    """Sort rows: few, or those in order, by insertion; whole numbers close together, as days are, by counting."""
    for at in range(1, len(rows)):
        row, to = rows[at], at
        while to > 0 and _after(values[rows[to - 1]], values[row]):
            if len(rows) > FEW:
                _sort_many(values, rows)
                return
            rows[to] = rows[to - 1]
            to -= 1
        rows[to] = row


@inner
def _sort_many(values: Floats, rows: Ints) -> None:
    keys = values[rows]
    low, high, whole = math.inf, -math.inf, True
    for at in range(len(keys)):
        if keys[at] != keys[at]:
            keys[at] = math.inf
            continue
        low, high = min(low, keys[at]), max(high, keys[at])
        whole = whole and low > -math.inf and keys[at] == math.floor(keys[at])
    if whole and high - low < 4 * len(keys):
        rows[:] = rows[_counted_order(keys, low, int(high - low) + 2)]
    else:
        rows[:] = rows[np.argsort(keys, kind="mergesort")]


@inner
def _counted_order(keys: Floats, low: float, slots: int) -> Ints:
    """The stable order of whole numbers from ``low``; null stands in the last slot."""
    ends = np.zeros(slots + 1, np.int64)
    for key in keys:
        ends[int(min(key - low, slots - 1.0)) + 1] += 1
    for slot in range(1, slots):
        ends[slot] += ends[slot - 1]
    turn = np.empty(len(keys), np.int64)
    for at in range(len(keys)):
        slot = int(min(keys[at] - low, slots - 1.0))
        turn[ends[slot]] = at
        ends[slot] += 1
    return turn
