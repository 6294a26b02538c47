"""Kernels that make cells of rows: months, days, keys, gaps."""

from __future__ import annotations

import math

from risk_engine.features.compiling import inner
from risk_engine.features.days import month_of, month_start
from risk_engine.features.kernels import first_at
from risk_engine.features.tables import Floats

NAN = math.nan


@inner
def monthly(
    mem: Floats, d: int, a: int, dates: int, n: int, first: int, cells: int, empty: float, start: float, end: float
) -> None:
    """Sums of whole months; one not inside [start, end) is nothing, one without rows is ``empty``."""
    row = first_at(mem, dates, n, month_start(first))
    for k in range(cells):
        begin, stop = month_start(first + k), month_start(first + k + 1)
        total = 0.0
        count = 0
        while row < n and mem[dates + row] < stop:
            x = mem[a + row]
            if x == x:
                total += x
                count += 1
            row += 1
        if begin < start or stop > end:
            mem[d + k] = NAN
        else:
            mem[d + k] = total if count > 0 else empty


@inner
def spread(
    mem: Floats, d: int, a: int, since: int, until: int, n: int,
    first: int, cells: int, empty: float, start: float, end: float, counts: int,
) -> None:  # fmt: skip
    """Each row shared by days over the months from ``since`` to ``until``, both included."""
    for k in range(cells):
        mem[d + k] = 0.0
        mem[counts + k] = 0.0
    for i in range(n):
        x, begin, last = mem[a + i], mem[since + i], mem[until + i]
        if x != x or begin != begin or last != last or last < begin:
            continue
        length = last - begin + 1.0
        for k in range(max(month_of(begin) - first, 0), min(month_of(last) - first + 1, cells)):
            inside = min(last + 1.0, month_start(first + k + 1)) - max(begin, month_start(first + k))
            mem[d + k] += x * inside / length
            mem[counts + k] += 1.0
    for k in range(cells):
        if month_start(first + k) < start or month_start(first + k + 1) > end:
            mem[d + k] = NAN
        elif mem[counts + k] == 0.0:
            mem[d + k] = empty


@inner
def daily(
    mem: Floats, d: int, a: int, groups: int, keys: int, dates: int, n: int,
    first: float, cells: int, start: float, end: float, levels: int,
) -> None:  # fmt: skip
    """Day-end levels, carried forward from before the window too, summed over groups; nothing before any is known."""
    for g in range(keys):
        mem[levels + g] = NAN
    row = 0
    total: float = NAN
    for k in range(cells):
        day = first + k
        changed = False
        while row < n and mem[dates + row] < day + 1.0:
            x = mem[a + row]
            whose = 0.0 if groups < 0 else mem[groups + row]
            if x == x and whose == whose:
                mem[levels + int(whose)] = x
                changed = True
            row += 1
        if changed:
            total = _total(mem, levels, keys)
        mem[d + k] = NAN if day < start or day + 1.0 > end else total


@inner
def _total(mem: Floats, at: int, n: int) -> float:
    total, count = 0.0, 0
    for i in range(n):
        x = mem[at + i]
        if x == x:
            total += x
            count += 1
    return total if count > 0 else NAN


@inner
def by(mem: Floats, d: int, a: int, groups: int, keys: int, low: int, high: int) -> None:
    """Sums per group over the rows from low to high."""
    for g in range(keys):
        mem[d + g] = NAN
    for i in range(low, high):
        x, at = mem[a + i], mem[groups + i]
        if x == x and at == at:
            g = int(at)
            so_far = mem[d + g]
            mem[d + g] = x if so_far != so_far else so_far + x


@inner
def gaps(
    mem: Floats,
    d: int,
    ends_at: int,
    a: int,
    dates: int,
    low: int,
    high: int,
    first: float,
    last: float,
    with_ends: int,
) -> int:
    """Days between counted rows, and where each gap ends; returns how many."""
    found = 0
    before = first if with_ends == 1 else NAN
    for i in range(low, high):
        if mem[a + i] != mem[a + i]:
            continue
        day = mem[dates + i]
        if before == before:
            mem[d + found] = day - before
            mem[ends_at + found] = day
            found += 1
        before = day
    if with_ends == 1:
        mem[d + found] = last - before
        mem[ends_at + found] = last
        found += 1
    return found
