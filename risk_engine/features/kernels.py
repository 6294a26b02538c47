"""The fixed kernels of the language: all work on one float64 memory by position.

A vector stands at ``mem[at : at + n]``; a single value is a vector that does not move (step 0). NaN means *not
counted*. Only ``math`` functions, products and sequential loops: plain Python gives the same bits.
"""

from __future__ import annotations

import math

from risk_engine.features.compiling import inner
from risk_engine.features.days import complete_months, days_left
from risk_engine.features.opcodes import (
    ABSOLUTE,
    ADD,
    AND,
    DAYS_LEFT,
    DIV,
    EQ,
    FILL,
    GE,
    GT,
    LE,
    LOG,
    LT,
    MAXIMUM,
    MINIMUM,
    MUL,
    NE,
    NEG,
    NOT,
    OR,
    SUB,
    WHEN,
)  # fmt: skip
from risk_engine.features.tables import Floats

NAN = math.nan


@inner
def joined(op: int, x: float, y: float) -> float:
    """``when``, fill, ``&`` and ``|``: they know the answer sometimes when one side is NaN."""
    if op == WHEN:
        return y if x == 1.0 else NAN
    if op == FILL:
        return y if x != x else x
    if op == AND:
        if x == 0.0 or y == 0.0:
            return 0.0
        return NAN if x != x or y != y else 1.0
    if x == 1.0 or y == 1.0:
        return 1.0
    return NAN if x != x or y != y else 0.0


@inner
def compared(op: int, x: float, y: float) -> float:
    """1 where the comparison is true, 0 where it is false; NaN in gives NaN out."""
    if x != x or y != y:
        return NAN
    if op == EQ:
        return 1.0 if x == y else 0.0
    if op == NE:
        return 1.0 if x != y else 0.0
    if op == LT:
        return 1.0 if x < y else 0.0
    if op == LE:
        return 1.0 if x <= y else 0.0
    if op == GT:
        return 1.0 if x > y else 0.0
    return 1.0 if x >= y else 0.0


@inner
def calculated(op: int, x: float, y: float) -> float:
    """Arithmetic; NaN in gives NaN out, and so does a division by 0."""
    if x != x or y != y:
        return NAN
    if op == ADD:
        return x + y
    if op == SUB:
        return x - y
    if op == MUL:
        return x * y
    if op == DIV:
        return NAN if y == 0.0 else x / y
    if op == MINIMUM:
        return min(y, x)
    if op == MAXIMUM:
        return max(y, x)
    return complete_months(x, y)


@inner
def pair(op: int, x: float, y: float) -> float:
    """Two values to one."""
    if op >= EQ and op <= GE:
        return compared(op, x, y)
    if op in (WHEN, FILL, AND, OR):
        return joined(op, x, y)
    return calculated(op, x, y)


@inner
def single(op: int, x: float) -> float:
    """One value to one; NaN in gives NaN out."""
    if x != x:
        return NAN
    if op == NOT:
        return 1.0 - x
    if op == NEG:
        return -x
    if op == ABSOLUTE:
        return math.fabs(x)
    if op == DAYS_LEFT:
        return days_left(x)
    if x <= 0.0:
        return NAN
    return math.log(x) if op == LOG else math.log10(x)


@inner
def pairs(  # noqa: C901 - one loop per operation
    mem: Floats, op: int, d: int, a: int, step_a: int, b: int, step_b: int, n: int, scratch: int
) -> None:
    """Row by row. The loops that most features run know their operation, so that they do several rows at a time."""
    made, left, right = mem[d : d + n], _rows(mem, a, step_a, n, scratch), _rows(mem, b, step_b, n, scratch)
    if op == WHEN:
        for i in range(n):
            made[i] = joined(WHEN, left[i], right[i])
    elif op == AND:
        for i in range(n):
            made[i] = joined(AND, left[i], right[i])
    elif op == OR:
        for i in range(n):
            made[i] = joined(OR, left[i], right[i])
    elif op == FILL:
        for i in range(n):
            made[i] = joined(FILL, left[i], right[i])
    elif op == EQ:
        for i in range(n):
            made[i] = compared(EQ, left[i], right[i])
    elif op == LT:
        for i in range(n):
            made[i] = compared(LT, left[i], right[i])
    elif op == GT:
        for i in range(n):
            made[i] = compared(GT, left[i], right[i])
    elif op == GE:
        for i in range(n):
            made[i] = compared(GE, left[i], right[i])
    else:
        for i in range(n):
            made[i] = pair(op, left[i], right[i])


@inner
def _rows(mem: Floats, a: int, step: int, n: int, scratch: int) -> Floats:
    """A vector, or a single value that stands in every row."""
    if step == 1:
        return mem[a : a + n]
    same = mem[scratch : scratch + n]
    for i in range(n):
        same[i] = mem[a]
    return same


@inner
def singles(mem: Floats, op: int, d: int, a: int, n: int) -> None:
    """Row by row."""
    made, given = mem[d : d + n], mem[a : a + n]
    for i in range(n):
        made[i] = single(op, given[i])


@inner
def first_at(mem: Floats, dates: int, n: int, day: float) -> int:
    """How many of the rising dates lie before a day."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if mem[dates + middle] < day:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def rank(mem: Floats, a: int, n: int, order: int, spare: int) -> None:
    """Positions in rising order, equal values in their order, NaN last: a merge sort."""
    for i in range(n):
        mem[order + i] = float(i)
    width = 1
    source, target = order, spare
    while width < n:
        for low in range(0, n, 2 * width):
            _merge(mem, a, source, target, low, min(low + width, n), min(low + 2 * width, n))
        source, target = target, source
        width *= 2
    if source != order:
        for i in range(n):
            mem[order + i] = mem[source + i]


@inner
def _merge(mem: Floats, a: int, source: int, target: int, low: int, middle: int, high: int) -> None:
    left, right = low, middle
    for k in range(low, high):
        take = right >= high
        if not take and left < middle:
            x, y = mem[a + int(mem[source + left])], mem[a + int(mem[source + right])]
            take = x <= y or y != y
        if take and left < middle:
            mem[target + k] = mem[source + left]
            left += 1
        else:
            mem[target + k] = mem[source + right]
            right += 1


@inner
def group(mem: Floats, key: int, n: int, groups: int, keys: int, scratch: int) -> int:
    """Number the different keys in rising order; returns how many there are. NaN belongs to no group."""
    low, high, whole = math.inf, -math.inf, True
    for i in range(n):
        x = mem[key + i]
        if x == x:
            low = min(low, x)
            high = max(high, x)
            whole = whole and x == math.floor(x)
    if high < low:
        for i in range(n):
            mem[groups + i] = NAN
        return 0
    if whole and high - low < 4 * n + 64:
        return _group_small(mem, key, n, groups, keys, scratch, low, int(high - low) + 1)
    rank(mem, key, n, scratch, scratch + n)
    found = -1
    last = NAN
    for i in range(n):
        row = int(mem[scratch + i])
        x = mem[key + row]
        if x != x:
            mem[groups + row] = NAN
            continue
        if found < 0 or x != last:
            found += 1
            mem[keys + found] = x
            last = x
        mem[groups + row] = float(found)
    return found + 1


@inner
def _group_small(mem: Floats, key: int, n: int, groups: int, keys: int, scratch: int, low: float, span: int) -> int:
    """Keys close together are counted instead of sorted."""
    for k in range(span):
        mem[scratch + k] = -1.0
    for i in range(n):
        x = mem[key + i]
        if x == x:
            mem[scratch + int(x - low)] = 0.0
    found = 0
    for k in range(span):
        if mem[scratch + k] == 0.0:
            mem[scratch + k] = float(found)
            mem[keys + found] = low + k
            found += 1
    for i in range(n):
        x = mem[key + i]
        mem[groups + i] = mem[scratch + int(x - low)] if x == x else NAN
    return found


@inner
def previous(mem: Floats, d: int, a: int, groups: int, n: int, scratch: int) -> None:
    """The last earlier counted value of the same group (of all rows where ``groups`` is negative)."""
    for k in range(n if groups >= 0 else 1):
        mem[scratch + k] = NAN
    for i in range(n):
        g = 0.0 if groups < 0 else mem[groups + i]
        if g != g:
            mem[d + i] = NAN
            continue
        x = mem[a + i]
        mem[d + i] = mem[scratch + int(g)]
        if x == x:
            mem[scratch + int(g)] = x
