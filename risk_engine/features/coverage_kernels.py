"""Kernels that settle what is known of each section, (sections, liable parties); see :mod:`coverage`."""

from __future__ import annotations

import math

import numpy as np

from risk_engine.features.compiling import kernel
from risk_engine.features.days import month_of, month_start
from risk_engine.features.tables import Bytes, Floats, Ints, Truths
from risk_engine.vocabulary import Cause, State

VALUE, NOT_OBTAINED, NO_CAUSE = int(State.VALUE), int(State.NOT_OBTAINED), int(Cause.NO_CAUSE)


@kernel
def look(
    sections: int, liable: int, who: Ints, place: Ints, rank: Bytes, since: Floats, until: Floats, complete: Floats,
    count: Floats, provider: Floats, ranked: Ints,
) -> tuple[Truths, Truths, Bytes, Floats, Floats, Truths, Ints]:  # fmt: skip
    """Put together what the look-ups say.

    Of several looks of one section, it covers only the days that all of them cover; of several by one provider the
    greatest number of rows counts, over providers the sum.

    Args:
        sections: How many there are.
        liable: How many parties.
        who: The liable party each look-up is about.
        place: The section it is about; negative where there is none of that name.
        rank: Of its status, 0 where it was obtained.
        since: First covered day.
        until: Last covered day.
        complete: Whether it covers what it says; if not, it covers no window at all.
        count: How many rows it returned.
        provider: Whom it asked.
        ranked: The look-ups with those of one party, section and provider together.

    Returns:
        Where there is any look-up; where one was obtained; the greatest rank; the first day that all cover, and the day
        after the last; where one does not say how many rows it returned; how many they returned.
    """
    shape = (sections, liable)
    asked, obtained, uncounted = np.zeros((3, sections, liable), np.bool_)
    worst, returned = np.zeros(shape, np.uint8), np.zeros(shape, np.int64)
    starts, ends = np.full(shape, -math.inf), np.full(shape, math.inf)
    most = 0
    for turn in range(len(ranked)):
        row = ranked[turn]
        i, k = place[row], who[row]
        if i < 0:
            continue
        asked[i, k] = True
        worst[i, k] = max(worst[i, k], rank[row])
        if rank[row] == 0:
            obtained[i, k] = True
            covers = complete[row] != 0.0
            first, end = (since[row], until[row] + 1.0) if covers else (math.inf, -math.inf)
            if first > starts[i, k]:
                starts[i, k] = first
            if end < ends[i, k]:
                ends[i, k] = end
            if count[row] == count[row]:
                most = max(most, int(count[row]))
            else:
                uncounted[i, k] = True
        following = ranked[min(turn + 1, len(ranked) - 1)]
        together = who[following] == k and place[following] == i and provider[following] == provider[row]
        if following == row or not together:
            returned[i, k] += most
            most = 0
    return asked, obtained, worst, starts, ends, uncounted, returned


@kernel
def settle(
    rows: Ints, known: Ints, there: Truths, owners: Ints, timed: Truths, single: Truths, document: bool,
    asked: Truths, looked: Truths, worst: Bytes, starts: Floats, ends: Floats, returned: Ints,
) -> tuple[Truths, Truths, Truths]:  # fmt: skip
    """Of which parties a section was obtained, has to be covered from its first row, is less than was returned.

    Args:
        rows: How many each party told.
        known: How many are known of each.
        there: Of which applicants anything was sent, (sections, n).
        owners: The applicant of each co-borrower; these are the parties after the applicants.
        timed: Those whose rows are events in time; the others are covered whatever a look-up says.
        single: Those that stand once.
        document: Whether only what was sent can have been obtained; a table cannot tell an empty list from none, so
            there one is taken as sent where a look-up about the applicant returned it.
        asked: As :func:`look` leaves them, like the rest.
        looked: Where a look-up obtained something.
        worst: Made 0 where obtained.
        starts: First covered days.
        ends: Days after the last.
        returned: Rows that the look-ups returned.
    """
    obtained, open_ended, short = np.zeros((3, *rows.shape), np.bool_)
    n = there.shape[1]
    for i in range(rows.shape[0]):
        for k in range(rows.shape[1]):
            case = k if k < n else owners[k - n]
            sent = there[i, case] or (looked[i, case] and not document)
            held = rows[i, k] > 0 or (looked[i, k] and sent)
            obtained[i, k] = held and (looked[i, k] or not asked[i, k])
            # Nothing returned of a co-borrower is nothing to send.
            missing = looked[i, k] and not held and k < n and not single[i]
            short[i, k] = missing or known[i, k] < returned[i, k]
            if obtained[i, k]:
                worst[i, k] = 0
            if not timed[i]:
                starts[i, k], ends[i, k] = -math.inf, math.inf
            open_ended[i, k] = obtained[i, k] and sent and timed[i] and starts[i, k] == -math.inf
    return obtained, open_ended, short


@kernel
def start_with_first_row(
    who: Ints, days: Floats, since: Floats, monthly: bool, silent: Truths, starts: Floats
) -> None:  # fmt: skip
    """Where no look-up says since when, a section is covered from the day of the party's first row.

    Args:
        who: The liable party each row is about.
        days: Its event day.
        since: The day its period starts; empty where rows tell no period.
        monthly: Whether rows tell of months by their last day: known from the first.
        silent: Of which parties.
        starts: Their first covered days, to be found; -inf where there is no row.
    """
    first = np.full(len(starts), math.inf)
    for row in range(len(days)):
        day = days[row]
        if monthly and day > -math.inf:
            day = month_start(month_of(day))
        if row < len(since) and since[row] < day:
            day = since[row]
        first[who[row]] = min(first[who[row]], day)
    for k in range(len(starts)):
        if silent[k]:
            starts[k] = math.floor(first[k]) if math.isfinite(first[k]) else -math.inf


@kernel
def tell(
    now: Floats, owners: Ints, joint: Truths, timed: Truths, cause_of_rank: Bytes,
    obtained: Truths, worst: Bytes, starts: Floats, ends: Floats, assumed: Truths, short: Truths, uncounted: Truths,
) -> tuple[Bytes, Bytes]:  # fmt: skip
    """States and causes, (sections, n), of what is known of each applicant and of everybody liable beside them.

    Args:
        now: Days of decision, (n,).
        owners: The applicant of each co-borrower.
        joint: The sections in which a co-borrower's rows count.
        timed: Those whose rows are events in time.
        cause_of_rank: By rank.
        obtained: Of each liable party, as :func:`settle` leaves them, like the rest; the applicants' are made whole.
        worst: The ranks.
        starts: First covered days.
        ends: Days after the last; none after the day of decision.
        assumed: Whether the first was.
        short: Whether less is there than was returned.
        uncounted: Whether a look-up does not say.
    """
    n = len(now)
    states, causes = np.empty((len(joint), n), np.uint8), np.empty((len(joint), n), np.uint8)
    for i in range(len(joint)):
        for other in range(n, n + len(owners) if joint[i] else n):
            k = owners[other - n]
            obtained[i, k] = obtained[i, k] and obtained[i, other]
            worst[i, k] = max(worst[i, k], worst[i, other])
            starts[i, k], ends[i, k] = max(starts[i, k], starts[i, other]), min(ends[i, k], ends[i, other])
            assumed[i, k] = assumed[i, k] or assumed[i, other]
            short[i, k] = short[i, k] or short[i, other]
            uncounted[i, k] = uncounted[i, k] or uncounted[i, other]
        for k in range(n):
            states[i, k] = VALUE if obtained[i, k] else NOT_OBTAINED
            causes[i, k] = NO_CAUSE if obtained[i, k] else cause_of_rank[worst[i, k]]
            if timed[i]:
                ends[i, k] = min(ends[i, k], now[k] + 1.0)
    return states, causes
