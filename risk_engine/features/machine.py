"""The machine: one call runs a plan's instructions for every applicant of a chunk.

Registers are places in one float64 memory: a register that stands for one value has one place, a vector has a place
and a length. Each has a state, so that a vector that depends on something not obtained says so when it is reduced.
"""

from __future__ import annotations

import math

from risk_engine.features import opcodes as op
from risk_engine.features.cell_kernels import by, daily, gaps, monthly, spread
from risk_engine.features.compiling import inner, kernel
from risk_engine.features.days import month_of, month_start
from risk_engine.features.kernels import first_at, group, pairs, previous, rank, singles
from risk_engine.features.one_values import (
    clock_days,
    covered,
    leave,
    one_pair,
    one_single,
    window_days,
)
from risk_engine.features.reduce_kernels import argmax, reduced
from risk_engine.features.tables import Bytes, Floats, Ints

NAN = math.nan
# Fields of an instruction.
OP, TARGET, A, B, C, DATES, WINDOW, EXTRA, COVERED, HOW, STEP_A, STEP_B, SECTION = range(13)
FIELDS = 13


@inner
def _take_state(step: Ints, state: Ints, cause: Ints) -> None:
    """A vector is as unknown as what went into it; that a single value is NONE only empties the rows."""
    d = step[TARGET]
    state[d], cause[d] = op.VALUE, 0
    for field in (A, B, C, COVERED):
        part = step[field]
        if part >= 0 and state[part] >= op.NOT_OBTAINED and state[part] > state[d]:
            state[d], cause[d] = state[part], cause[part]


@inner
def _by_row(
    step: Ints, mem: Floats, at: Ints, length: Ints, now: float, low: Floats, high: Floats, scratch: int
) -> None:
    """Instructions that make one value per row, or per cell."""
    code, d, a, b = step[OP], step[TARGET], step[A], step[B]
    n = length[a]
    if code == op.PAIRS:
        n = length[a] if step[STEP_A] == 1 else length[b]
        if step[STEP_A] == 1 and step[STEP_B] == 1:
            n = min(n, length[b])
        pairs(mem, step[HOW], at[d], at[a], step[STEP_A], at[b], step[STEP_B], n, scratch)
    elif code == op.SINGLES:
        singles(mem, step[HOW], at[d], at[a], n)
    elif code == op.GROUP:
        length[b] = group(mem, at[a], n, at[d], at[b], scratch)
    elif code == op.ORDER:
        rank(mem, at[a], n, at[d], scratch)
    elif code == op.GATHER:
        for i in range(n):
            mem[at[d] + i] = mem[at[a] + int(mem[at[b] + i])]
    elif code == op.PREVIOUS:
        previous(mem, at[d], at[a], -1 if b < 0 else at[b], n, scratch)
    elif code == op.IN_WINDOW:
        for i in range(n):
            day = mem[at[step[DATES]] + i]
            inside = low[step[WINDOW]] <= day < high[step[WINDOW]]
            mem[at[d] + i] = mem[at[a] + i] if inside else NAN
    else:
        for i in range(n):
            mem[at[d] + i] = 1.0 if mem[at[a] + i] < now else 0.0
    length[d] = n


@inner
def _cells(
    step: Ints, mem: Floats, at: Ints, length: Ints, low: Floats, high: Floats, now: float, scratch: int,
    start: float, end: float,
) -> None:  # fmt: skip
    """Instructions that make cells."""
    code, d, a, b, c, w = step[OP], step[TARGET], step[A], step[B], step[C], step[WINDOW]
    dates, n = at[step[DATES]], length[step[DATES]]
    if code == op.BY:
        length[d] = length[c]
        by(mem, at[d], at[a], at[b], length[c], first_at(mem, dates, n, low[w]), first_at(mem, dates, n, high[w]))
        return
    if code == op.GAPS:
        first, last = first_at(mem, dates, n, low[w]), first_at(mem, dates, n, high[w])
        length[d] = gaps(mem, at[d], at[b], at[a], dates, first, last, low[w], min(high[w], now), step[EXTRA])
        length[b] = length[d]
        return
    begin, stop = low[w], min(high[w], now)
    if math.isinf(begin):
        # An endless window begins with the first dated row.
        dated = first_at(mem, dates, n, -1e12)
        begin = mem[dates + dated] if dated < n else stop
    if code in (op.DAILY, op.DAY_DATES):
        _days(step, mem, at, length, math.floor(begin), stop, scratch, start, end)
    else:
        _months(step, mem, at, length, month_of(begin), month_of(stop), now, scratch, start, end)


@inner
def _days(
    step: Ints, mem: Floats, at: Ints, length: Ints, first: float, stop: float, scratch: int, start: float, end: float
) -> None:
    d, b = step[TARGET], step[B]
    length[d] = max(int(stop - first), 0)
    if step[OP] == op.DAY_DATES:
        for k in range(length[d]):
            mem[at[d] + k] = first + k
        return
    groups = -1 if b < 0 else at[b]
    keys = 1 if b < 0 else length[step[C]]
    dates, n = at[step[DATES]], length[step[DATES]]
    daily(mem, at[d], at[step[A]], groups, keys, dates, n, first, length[d], start, end, scratch)


@inner
def _months(
    step: Ints, mem: Floats, at: Ints, length: Ints, first: int, stop: int, now: float, scratch: int,
    start: float, end: float,
) -> None:  # fmt: skip
    d, a, empty = step[TARGET], step[A], step[EXTRA]
    dates, n = at[step[DATES]], length[step[DATES]]
    length[d] = max(stop - first, 0)
    if step[OP] == op.MONTH_DATES:
        for k in range(length[d]):
            mem[at[d] + k] = month_start(first + k)
    elif step[OP] == op.MONTHLY:
        monthly(mem, at[d], at[a], dates, n, first, length[d], mem[at[empty]], start, end)
    else:
        seen = first_at(mem, dates, n, now)
        b, c = at[step[B]], at[step[C]]
        spread(mem, at[d], at[a], b, c, seen, first, length[d], mem[at[empty]], start, end, scratch)


@inner
def _reduce(
    step: Ints, mem: Floats, at: Ints, length: Ints, state: Ints, low: Floats, high: Floats, scratch: int
) -> None:
    """Rows of a window, or cells, to one value; NONE where nothing was there."""
    d, a, dates, w = step[TARGET], step[A], step[DATES], step[WINDOW]
    found = NAN
    if state[d] == op.VALUE:
        if step[OP] == op.ARGMAX:
            best = argmax(mem, at[a], length[a])
            found = NAN if best < 0 else mem[at[step[B]] + best]
        else:
            first, last, times = 0, length[a], -1
            if dates >= 0:
                times = at[dates]
                first, last = first_at(mem, times, last, low[w]), first_at(mem, times, last, high[w])
            found = reduced(mem, step[HOW], at[a], times, first, last, mem[at[step[EXTRA]]], scratch)
        if found != found:
            state[d] = op.NONE
    mem[at[d]] = found


@inner
def _cover(
    step: Ints, mem: Floats, at: Ints, state: Ints, cause: Ints, low: Floats, high: Floats, now: float,
    section_state: int, section_cause: int, start: float, end: float,
) -> None:  # fmt: skip
    """The state of a section over a window: its own, else not covered where coverage falls short."""
    d, w = step[TARGET], step[WINDOW]
    state[d] = 0 if section_state == 0 else section_state + 1
    cause[d] = section_cause
    if section_state == 0 and not covered(low[w], high[w], now, start, end, mem[at[step[EXTRA]]]):
        state[d], cause[d] = op.NOT_OBTAINED, op.NOT_COVERED


@inner
def _take_input(
    value: float, outside: int, why: int, missing: int, mem: Floats, place: int, state: Ints, cause: Ints, d: int
) -> None:  # fmt: skip
    """A value from outside; ``missing`` is the state of one that a section that is there leaves out."""
    mem[place], state[d], cause[d] = NAN, outside + 1, why
    if outside == 0 and value != value:
        state[d], cause[d] = missing, op.NOT_REQUESTED if missing == op.NOT_OBTAINED else 0
    elif outside == 0:
        mem[place], state[d] = value, op.VALUE


@kernel
def run(  # noqa: C901 - one jump per kind of instruction
    code: Ints, mem: Floats, at: Ints, length: Ints, state: Ints, cause: Ints,
    leaf_registers: Ints, leaf_sections: Ints, leaf_starts: Ints, offsets: Ints,
    section_states: Bytes, section_causes: Bytes, starts: Floats, ends: Floats,
    clocks: Ints, windows: Ints, anchors: Ints, now: Floats,
    inputs: Floats, input_states: Bytes, input_causes: Bytes,
    facts: Floats, values: Floats, states: Bytes, causes: Bytes, clipped: Bytes, scratch: int,
) -> None:  # fmt: skip
    """Run the plan for every applicant.

    Args:
        code: Instructions, (steps, FIELDS).
        mem: The memory: single values, vectors, columns, emitted columns, scratch room.
        at: Place of each register; those of columns move from applicant to applicant.
        length: Length of each register.
        state: State of each register.
        cause: Cause of each register.
        leaf_registers: Register of each column.
        leaf_sections: Its section.
        leaf_starts: Where in the memory it begins.
        offsets: Rows of each section, (sections, n + 1).
        section_states: (sections, n), as are causes, starts and ends.
        section_causes: Why a section was not obtained.
        starts: First covered day.
        ends: Day after the last covered day.
        clocks: Parent, unit and count of each clock; the first is now.
        windows: Clock, unit, count and anchor of each window.
        anchors: Registers of period end, due date and period start of periodic sections.
        now: (n,).
        inputs: One values that come from outside, (inputs, n).
        input_states: Their states, as outside; the instruction says what NaN beside VALUE means.
        input_causes: Their causes.
        facts: Scale, clip, range and adverse end of each fact.
        values: Result (n, facts).
        states: Result.
        causes: Result.
        clipped: Result.
        scratch: Where the scratch room begins.
    """
    clock_now = mem[scratch : scratch + len(clocks)].copy()
    low, high = mem[scratch : scratch + len(windows)].copy(), mem[scratch : scratch + len(windows)].copy()
    for i in range(len(now)):
        for k in range(len(leaf_registers)):
            register, section = leaf_registers[k], leaf_sections[k]
            at[register] = leaf_starts[k] + offsets[section, i]
            there = section_states[section, i] == 0
            length[register] = offsets[section, i + 1] - offsets[section, i] if there else 0
        clock_days(clocks, now[i], clock_now)
        window_days(windows, clock_now, anchors, mem, at, length, low, high)
        for p in range(len(code)):
            step = code[p]
            kind, d = step[OP], step[TARGET]
            if kind == op.ONE_PAIR:
                one_pair(mem, at, state, cause, step[HOW], d, step[A], step[B])
            elif kind == op.ONE_SINGLE:
                one_single(mem, at, state, cause, step[HOW], d, step[A])
            elif kind == op.OUT:
                a = step[A]
                leave(mem[at[a]], state[a], cause[a], facts, values, states, causes, clipped, i, d)
            elif kind == op.COVER:
                s = step[SECTION]
                _cover(step, mem, at, state, cause, low, high, clock_now[windows[step[WINDOW], 0]],
                       section_states[s, i], section_causes[s, i], starts[s, i], ends[s, i])  # fmt: skip
            elif kind == op.INPUT:
                a = step[A]
                why, missing = input_causes[a, i], step[EXTRA]
                _take_input(inputs[a, i], input_states[a, i], why, missing, mem, at[d], state, cause, d)
            elif kind == op.NOW:
                mem[at[d]] = clock_now[step[EXTRA]]
            elif kind == op.EMIT:
                a, s = step[A], step[SECTION]
                for k in range(length[a]):
                    mem[at[d] + offsets[s, i] + k] = mem[at[a] + k]
            elif kind in (op.REDUCE, op.ARGMAX):
                _take_state(step, state, cause)
                _reduce(step, mem, at, length, state, low, high, scratch)
            elif kind >= op.MONTHLY and kind <= op.DAY_DATES:
                _take_state(step, state, cause)
                s, w = step[SECTION], step[WINDOW]
                _cells(step, mem, at, length, low, high, clock_now[windows[w, 0]], scratch, starts[s, i], ends[s, i])
            else:
                _take_state(step, state, cause)
                _by_row(
                    step, mem, at, length, clock_now[step[EXTRA]] if kind == op.BEFORE_NOW else 0.0, low, high, scratch
                )
