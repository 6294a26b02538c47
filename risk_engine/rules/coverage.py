"""Which row of a table answers every possible case: gaps, overlaps and rows that can never be hit.

Each column is cut where a cell begins or ends, so that within a piece every case meets the same rows; then
every combination of pieces is tried once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from risk_engine.facts import Fact
from risk_engine.rules.cells import Cell
from risk_engine.rules.parameters import Values
from risk_engine.vocabulary import FactType

MOST_PIECES = 200_000

Piece = tuple[str, float]
"""How to tell it, and one value inside it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Every combination of pieces and the rows it meets, in order.

    Attributes:
        facts: The columns.
        met: Rows met, by the value taken in each column.
        told: How to tell the combination, by the same values.
        rows: Number of rows.
    """

    facts: tuple[Fact, ...]
    met: Mapping[tuple[float, ...], tuple[int, ...]]
    told: Mapping[tuple[float, ...], str]
    rows: int

    def faults(self, *, unique: bool) -> Iterator[tuple[int | None, tuple[str, str, str]]]:
        """Row (None: the table) and what was found, what was expected, a hint."""
        if not self.met:
            yield None, (f"more than {MOST_PIECES} combinations", "a smaller table", "split it")
            return
        gaps = [self.told[case] for case, met in self.met.items() if not met]
        if gaps:
            more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
            yield None, (f"no row for {gaps[0]}{more}", "a row for every case (a gap)", "")
        overlaps: dict[tuple[int, ...], tuple[float, ...]] = {}
        for case, met in self.met.items():
            if len(met) > 1:
                overlaps.setdefault(met[:2], case)
        if unique:
            for (first, second), case in sorted(overlaps.items()):
                found = f"rows {first + 1} and {second + 1} both hold for {self.told[case]}"
                yield second, (found, "one row for each case (an overlap)", "")
        reached = {row for met in self.met.values() for row in (met if unique else met[:1])}
        for row in sorted(set(range(self.rows)) - reached):
            yield row, (f"row {row + 1}, which can never be hit", "a row that some case reaches (unreachable)", "")

    def values_where(self, column: str, rows: set[int]) -> frozenset[float]:
        """Values of one column for which some case hits one of these rows first."""
        at = [fact.name for fact in self.facts].index(column)
        return frozenset(case[at] for case, met in self.met.items() if met and met[0] in rows)


def lay_out(facts: tuple[Fact, ...], rows: Sequence[Mapping[str, Cell]], values: Values) -> Ground:
    """Try every combination of pieces against every row."""
    pieces = [_pieces(fact, [row[fact.name] for row in rows], values) for fact in facts]
    if math.prod(len(column) for column in pieces) > MOST_PIECES:
        return Ground(facts, {}, {}, len(rows))
    meets = [
        [
            frozenset(number for number, row in enumerate(rows) if _meets(row[fact.name], value, values))
            for _, value in column
        ]
        for fact, column in zip(facts, pieces, strict=True)
    ]
    met, told = {}, {}
    for choice in itertools.product(*(range(len(column)) for column in pieces)):
        case = tuple(pieces[at][piece][1] for at, piece in enumerate(choice))
        common = frozenset.intersection(*(meets[at][piece] for at, piece in enumerate(choice)))
        met[case] = tuple(sorted(common))
        told[case] = ", ".join(
            f"{fact.name} {pieces[at][piece][0]}" for at, (fact, piece) in enumerate(zip(facts, choice, strict=True))
        )
    return Ground(facts, met, told, len(rows))


def _meets(cell: Cell, value: float, values: Values) -> bool:
    if cell.sign == "any":
        return True
    if cell.sign == "in":
        return int(value) in cell.members
    return cell.interval(values).holds(value)


def _pieces(fact: Fact, cells: Sequence[Cell], values: Values) -> list[Piece]:
    if fact.type is FactType.WORD:
        return [(f"= {word}", float(position)) for position, word in enumerate(fact.words)]
    if fact.type is FactType.BOOLEAN:
        return [("= false", 0.0), ("= true", 1.0)]
    low, high = fact.range or (-math.inf, math.inf)
    ends = {low, high}
    for cell in cells:
        if cell.sign not in ("any", "in"):
            interval = cell.interval(values)
            ends |= {end for end in (interval.low, interval.high) if low <= end <= high}
    return _between(sorted(ends), fact.decimals)


def _between(cuts: list[float], decimals: int) -> list[Piece]:
    """The cuts themselves and what lies between them; nothing between two neighbours on the fact's own grid."""
    pieces: list[Piece] = [(f"= {cut:g}", cut) for cut in cuts if math.isfinite(cut)]
    for low, high in itertools.pairwise(cuts):
        inside = _inside(low, high, decimals)
        if inside is not None:
            pieces.append((f"between {low:g} and {high:g}", inside))
    return sorted(pieces, key=lambda piece: piece[1])


def _inside(low: float, high: float, decimals: int) -> float | None:
    """A value the fact can take strictly between two numbers."""
    if math.isinf(low) and math.isinf(high):
        return 0.0
    step = 10.0**-decimals
    if math.isinf(low) or math.isinf(high):
        return high - 1.0 if math.isinf(low) else low + 1.0
    inside = round((math.floor(low / step + 1e-6) + 1) * step, decimals)
    return inside if inside < high else None
