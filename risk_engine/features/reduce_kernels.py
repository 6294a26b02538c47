"""Kernels that reduce a vector to one value: one each, for rows and cells alike. NaN out where nothing was there."""

from __future__ import annotations

import math

from risk_engine.features.compiling import inner
from risk_engine.features.kernels import rank
from risk_engine.features.opcodes import (
    COUNT,
    COUNT_TRUE,
    LAST,
    LONGEST_RUN,
    MAX,
    MEAN,
    MIN,
    SLOPE,
    STD,
    SUM,
    TOP,
)  # fmt: skip
from risk_engine.features.tables import Floats

NAN = math.nan


@inner
def reduced(mem: Floats, op: int, a: int, times: int, low: int, high: int, q: float, scratch: int) -> float:
    """One value of rows ``low`` to ``high``; ``times`` are their dates, or negative where cells count as 0, 1, 2 ..."""
    if op in (SUM, COUNT, COUNT_TRUE):
        return _sums(mem, op, a, low, high)
    if op in (MEAN, STD):
        return _moments(mem, op, a, low, high)
    if op in (MIN, MAX, LAST):
        return _ends(mem, op, a, low, high)
    if op == LONGEST_RUN:
        return _longest_run(mem, a, low, high)
    if op == SLOPE:
        return _slope(mem, a, times, low, high)
    return _ranked(mem, op, a, low, high, q, scratch)


@inner
def _sums(mem: Floats, op: int, a: int, low: int, high: int) -> float:
    total = 0.0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            if op == SUM:
                total += x
            elif op == COUNT or x == 1.0:
                total += 1.0
    return total


@inner
def _moments(mem: Floats, op: int, a: int, low: int, high: int) -> float:
    total, count = 0.0, 0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            total += x
            count += 1
    if count == 0 or (op == STD and count < 2):
        return NAN
    mean = total / count
    if op == MEAN:
        return mean
    squares = 0.0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            off = x - mean
            squares += off * off
    return math.sqrt(squares / (count - 1))


@inner
def _ends(mem: Floats, op: int, a: int, low: int, high: int) -> float:
    found = NAN
    for i in range(low, high):
        x = mem[a + i]
        if x == x and (found != found or op == LAST or (op == MIN and x < found) or (op == MAX and x > found)):
            found = x
    return found


@inner
def _longest_run(mem: Floats, a: int, low: int, high: int) -> float:
    longest, run, counted = 0, 0, 0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            counted += 1
            run = run + 1 if x == 1.0 else 0
            longest = max(longest, run)
    return float(longest) if counted > 0 else NAN


@inner
def _slope(mem: Floats, a: int, times: int, low: int, high: int) -> float:
    count, sum_t, sum_x = 0, 0.0, 0.0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            count += 1
            sum_x += x
            sum_t += float(i) if times < 0 else mem[times + i]
    if count < 2:
        return NAN
    mean_t, mean_x = sum_t / count, sum_x / count
    spread, together = 0.0, 0.0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            t = (float(i) if times < 0 else mem[times + i]) - mean_t
            spread += t * t
            together += t * (x - mean_x)
    return together / spread if spread > 0.0 else NAN


@inner
def _ranked(mem: Floats, op: int, a: int, low: int, high: int, q: float, scratch: int) -> float:
    count = 0
    for i in range(low, high):
        x = mem[a + i]
        if x == x:
            mem[scratch + count] = x
            count += 1
    if count == 0:
        return NAN
    order = scratch + count
    rank(mem, scratch, count, order, order + count)
    if op == TOP:
        total = 0.0
        for i in range(min(count, int(q))):
            total += mem[scratch + int(mem[order + count - 1 - i])]
        return total
    at = q * (count - 1)
    below = int(at)
    share = at - below
    least: float = mem[scratch + int(mem[order + below])]
    if share == 0.0:
        return least
    above: float = mem[scratch + int(mem[order + below + 1])]
    return least + share * (above - least)


@inner
def argmax(mem: Floats, a: int, n: int) -> int:
    """Where the greatest value stands, the first of equals; -1 where there is none."""
    found = -1
    for i in range(n):
        x = mem[a + i]
        if x == x and (found < 0 or x > mem[a + found]):
            found = i
    return found
