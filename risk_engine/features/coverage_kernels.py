"""The kernel that settles what is known of each section; see :mod:`coverage`.

Within it arrays are (sections, liable parties): first the applicants, then the co-borrowers.
"""

from __future__ import annotations

import math

import numpy as np

from risk_engine.features.compiling import inner, kernel
from risk_engine.features.section_kernels import rank_ties
from risk_engine.features.tables import Bytes, Floats, Ints, Truths
from risk_engine.vocabulary import Cause, State

VALUE, NOT_OBTAINED, NO_CAUSE = int(State.VALUE), int(State.NOT_OBTAINED), int(Cause.NO_CAUSE)

RANKED = (Cause.NOT_REQUESTED, Cause.NO_RECORD, Cause.UNAVAILABLE, Cause.REFUSED)
"""Causes by rank, from 1; where look-ups differ the greatest is told. Refusal is information, an outage is not."""
# Rank 0, nobody said anything, is told as not requested too.
_CAUSE_OF_RANK = np.array([int(Cause.NOT_REQUESTED), *(int(cause) for cause in RANKED)], np.uint8)


@kernel
def settle(
    now: Floats, owners: Ints, timed: Truths, single: Truths, joint: Truths, document: bool,
    there: Truths, counts: Ints, first: Floats, codes: Bytes, days: Floats, flags: Truths,
    offsets: Ints, who: Ints, places: Ints, section: Floats, ranks: Ints, status: Floats,
    since: Floats, until: Floats, complete: Floats, count: Floats, provider: Floats,
) -> bool:  # fmt: skip
    """States, causes and covered days of each section, from what was sent and what the look-ups say.

    Args:
        now: Days of decision, (n,).
        owners: The applicant of each co-borrower.
        timed: The sections whose rows are events in time; the others are covered whatever a look-up says.
        single: Those that stand once.
        joint: Those in which a co-borrower's rows count.
        document: Whether only what was sent can have been obtained; a table cannot tell an empty list from none, so
            there one is taken as sent where a look-up about the applicant returned it.
        there: Of which applicants anything was sent, (sections, n).
        counts: How many rows each party told, and how many are known of it, (sections, 2, parties).
        first: The day its first row begins, (sections, parties).
        codes: To be filled: states and causes, (2, sections, n).
        days: To be filled: the first covered day and the one after the last, none after the day of decision.
        flags: To be filled: whether the first day was taken from a row, a look-up says anything, less is there than
            was returned, a look-up does not say how much.
        offsets: Applicant i owns the look-ups ``offsets[i]:offsets[i + 1]``.
        who: The liable party each look-up is about.
        places: By code, the place of a section; negative where there is none of that name.
        section: What it is about.
        ranks: By code, the rank of a status; 0 of what was obtained.
        status: What became of it.
        since: First covered day.
        until: Last covered day.
        complete: Whether it covers what it says; if not, it covers no window at all.
        count: How many rows it returned.
        provider: Whom it asked.

    Returns:
        Whether every look-up has a section and a status; nothing is filled where one has not.
    """
    for row in range(len(who)):  # compiled, a code beyond its book would read past it
        if not (0.0 <= section[row] < len(places) and 0.0 <= status[row] < len(ranks)):
            return False
    asked, looked, worst, starts, ends, uncounted, returned = _look(
        first.shape, offsets, who, places, section, ranks, status, since, until, complete, count, provider
    )
    obtained, assumed, short = _weigh(
        owners, timed, single, document, there, counts, first, asked, looked, worst, starts, ends, returned
    )
    n = len(now)
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
            got = there[i, k] if single[i] else obtained[i, k]
            codes[0, i, k] = VALUE if got else NOT_OBTAINED
            codes[1, i, k] = NO_CAUSE if got or obtained[i, k] else _CAUSE_OF_RANK[worst[i, k]]
            days[0, i, k], days[1, i, k] = starts[i, k], min(ends[i, k], now[k] + 1.0) if timed[i] else ends[i, k]
            flags[0, i, k], flags[1, i, k] = assumed[i, k], asked[i, k]
            flags[2, i, k], flags[3, i, k] = short[i, k], uncounted[i, k]
    return True


@inner
def _look(
    shape: tuple[int, int], offsets: Ints, who: Ints, places: Ints, section: Floats, ranks: Ints, status: Floats,
    since: Floats, until: Floats, complete: Floats, count: Floats, provider: Floats,
) -> tuple[Truths, Truths, Ints, Floats, Floats, Truths, Ints]:  # fmt: skip
    """Put together what the look-ups say.

    Of several looks of one section, it covers only the days that all of them cover; of several by one provider the
    greatest number of rows counts, over providers the sum.

    Returns:
        Where there is any look-up; where one was obtained; the greatest rank; the first day that all cover, and the day
        after the last; where one does not say how many rows it returned; how many they returned.
    """
    asked, obtained, uncounted = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    worst, returned = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    starts, ends = np.full(shape, -math.inf), np.full(shape, math.inf)
    place = np.empty(len(who), np.int64)
    for row in range(len(who)):
        place[row] = places[int(section[row])]
    ranked = _by_provider(offsets, who, place, provider)
    most = 0
    for turn in range(len(ranked)):
        row = ranked[turn]
        i, k = place[row], who[row]
        if i < 0:
            continue
        asked[i, k] = True
        rank = ranks[int(status[row])]
        worst[i, k] = max(worst[i, k], rank)
        if rank == 0:
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


@inner
def _by_provider(offsets: Ints, who: Ints, place: Ints, provider: Floats) -> Ints:
    """The look-ups with those of one party, section and provider together."""
    ranked, tied = np.arange(len(who)), np.ones(len(who) + 1, np.bool_)
    for start in offsets:
        tied[start] = False
    if rank_ties(who.astype(np.float64), ranked, tied) and rank_ties(place.astype(np.float64), ranked, tied):
        rank_ties(provider, ranked, tied)
    return ranked


@inner
def _weigh(
    owners: Ints, timed: Truths, single: Truths, document: bool, there: Truths, counts: Ints, first: Floats,
    asked: Truths, looked: Truths, worst: Ints, starts: Floats, ends: Floats, returned: Ints,
) -> tuple[Truths, Truths, Truths]:  # fmt: skip
    """Of which parties a section was obtained, is covered from its first row, is less than was returned.

    Where something was obtained, ``worst`` is made 0; ``starts`` and ``ends`` become those of the rows.
    """
    shape, n = first.shape, there.shape[1]
    obtained, assumed, short = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for i in range(shape[0]):
        for k in range(shape[1]):
            case = k if k < n else owners[k - n]
            sent = there[i, case] or (looked[i, case] and not document)
            held = counts[i, 0, k] > 0 or (looked[i, k] and sent)
            obtained[i, k] = held and (looked[i, k] or not asked[i, k])
            # Nothing returned of a co-borrower is nothing to send.
            missing = looked[i, k] and not held and k < n and not single[i]
            short[i, k] = missing or counts[i, 1, k] < returned[i, k]
            if obtained[i, k]:
                worst[i, k] = 0
            if not timed[i]:
                starts[i, k], ends[i, k] = -math.inf, math.inf
            assumed[i, k] = obtained[i, k] and sent and timed[i] and starts[i, k] == -math.inf
            if assumed[i, k] and math.isfinite(first[i, k]):
                starts[i, k] = math.floor(first[i, k])
    return obtained, assumed, short
