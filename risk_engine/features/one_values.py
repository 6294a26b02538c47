"""Arithmetic over one values with states, the windows of an applicant, and how a value leaves the machine."""

from __future__ import annotations

import math

from risk_engine.features.compiling import inner, kernel
from risk_engine.features.days import month_of, month_start, months_before
from risk_engine.features.kernels import pair, single
from risk_engine.features.opcodes import (
    DAYS,
    DIV,
    DIV_BY_CONSTANT,
    EVER,
    FILL,
    INVALID,
    LOG,
    LOG10,
    MONTHS,
    NONE,
    NOT_OBTAINED,
    PAST_MONTHS,
    PATHOLOGY,
    VALUE,
    WHEN,
)  # fmt: skip
from risk_engine.features.tables import Bytes, Floats, Ints

NAN = math.nan


@inner
def one_pair(mem: Floats, at: Ints, state: Ints, cause: Ints, op: int, d: int, a: int, b: int) -> None:
    """Two one values to one: the greater state wins, with its cause; among values, pathologies are declared."""
    x, y = mem[at[a]], mem[at[b]]
    mem[at[d]] = NAN
    if op == FILL:
        taken = b if state[a] == NONE else a
        state[d], cause[d] = state[taken], cause[taken]
        mem[at[d]] = mem[at[taken]]
        return
    worst = a if state[a] >= state[b] else b
    state[d], cause[d] = state[worst], cause[worst]
    if state[d] != VALUE:
        return
    if op == DIV and y <= 0.0:
        # 0/0 says nothing; anything else over a base that is not positive is the worst there is.
        state[d] = NONE if x == 0.0 and y == 0.0 else PATHOLOGY
        return
    z = pair(DIV if op == DIV_BY_CONSTANT else op, x, y)
    if op == WHEN and z != z:
        state[d] = NONE
    elif z != z or math.isinf(z):
        state[d] = PATHOLOGY
    else:
        mem[at[d]] = z


@inner
def one_single(mem: Floats, at: Ints, state: Ints, cause: Ints, op: int, d: int, a: int) -> None:
    """One value to one; the logarithm of what is not positive is a pathology."""
    state[d], cause[d] = state[a], cause[a]
    mem[at[d]] = NAN
    if state[a] != VALUE:
        return
    if op in (LOG, LOG10) and mem[at[a]] <= 0.0:
        state[d] = PATHOLOGY
        return
    mem[at[d]] = single(op, mem[at[a]])


@inner
def clock_days(clocks: Ints, now: float, days: Floats) -> None:
    """``now`` of every clock: each is its parent's, moved back."""
    days[0] = now
    for k in range(1, len(clocks)):
        parent = days[clocks[k, 0]]
        count = clocks[k, 2]
        days[k] = parent - count if clocks[k, 1] == DAYS else months_before(parent, count)


@inner
def window_days(
    windows: Ints, clocks: Floats, anchors: Ints, mem: Floats, at: Ints, length: Ints, low: Floats, high: Floats
) -> None:
    """First day and day after the last of every window."""
    for k in range(len(windows)):
        now, unit, count = clocks[windows[k, 0]], windows[k, 1], windows[k, 2]
        if unit == DAYS:
            low[k], high[k] = now - count, now
        elif unit == PAST_MONTHS:
            low[k], high[k] = months_before(now, count), now
        elif unit == MONTHS:
            last = month_of(now)
            anchor = windows[k, 3]
            if anchor >= 0:
                last = _last_due(mem, at, length, anchors, anchor, now, last)
            low[k], high[k] = month_start(last - count), month_start(last)
        elif unit == EVER:
            low[k], high[k] = -math.inf, now
        else:
            low[k], high[k] = -math.inf, math.inf


@inner
def _last_due(mem: Floats, at: Ints, length: Ints, anchors: Ints, anchor: int, now: float, last: int) -> int:
    """Where complete months end for a periodic section: with the last period already due.

    It goes back no further than that period's own length: a period later than that is missing, not undue.
    """
    ends, due, starts = anchors[anchor, 0], anchors[anchor, 1], anchors[anchor, 2]
    for i in range(length[ends] - 1, -1, -1):
        end = mem[at[ends] + i]
        falls_due = end if due < 0 else mem[at[due] + i]
        if end < now and falls_due < now:
            until = month_of(end + 1.0)
            long = 1 if starts < 0 else max(1, until - month_of(mem[at[starts] + i]))
            return min(last, max(until, last - long))
    return last


@inner
def covered(low: float, high: float, now: float, start: float, end: float, share: float) -> bool:
    """Whether [start, end) covers that share of the window. Of an endless window it must reach the end."""
    stop = min(high, now)
    if math.isinf(low):
        return end >= stop
    overlap = min(stop, end) - max(low, start)
    return overlap >= share * (stop - low)


@kernel
def rounded(value: float, scale: float) -> float:
    """To a whole number of ``1 / scale``, half to even.

    >>> rounded(0.125, 100.0), rounded(-2.5, 1.0), rounded(-0.001, 10.0)
    (0.12, -2.0, 0.0)
    """
    large = value * scale
    if not math.fabs(large) < 4503599627370496.0:
        return value
    whole = float(math.floor(large))
    off = large - whole
    if off > 0.5 or (off == 0.5 and whole % 2.0 != 0.0):
        whole += 1.0
    return whole / scale + 0.0


@inner
def leave(
    value: float, state: int, cause: int, facts: Floats,
    values: Floats, states: Bytes, causes: Bytes, clipped: Bytes, i: int, f: int,
) -> None:  # fmt: skip
    """Write a fact: adverse end or NONE for a pathology, clip, round once, refuse what is out of range.

    Each of ``facts`` holds scale, ends of clip, ends of range, adverse end.
    """
    values[i, f], states[i, f], causes[i, f], clipped[i, f] = NAN, 0, 0, 0
    if state == PATHOLOGY and facts[f, 5] == facts[f, 5]:
        values[i, f], clipped[i, f] = rounded(facts[f, 5], facts[f, 0]), 1
        return
    if state != VALUE:
        states[i, f] = max(state - 1, 1)
        causes[i, f] = cause if state == NOT_OBTAINED else 0
        return
    clip = min(max(value, facts[f, 1]), facts[f, 2])
    clipped[i, f] = 1 if clip != value else 0
    told = rounded(clip, facts[f, 0])
    if told < facts[f, 3] or told > facts[f, 4]:
        states[i, f], causes[i, f], clipped[i, f] = 2, INVALID, 0
        return
    values[i, f] = told
