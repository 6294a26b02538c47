"""Cells of a table: ``any``, ``<= 0.40``, ``0.2..0.4``, ``A..B``, a word or a truth.

A parameter may stand for a number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from risk_engine.errors import nearest_hint
from risk_engine.facts import Fact, Plain
from risk_engine.rules.parameters import Parameter, Values
from risk_engine.rules.written import Written
from risk_engine.vocabulary import FactType

_NUMBER = r"-?\d{1,300}(?:\.\d+)?"  # more digits would read as infinity
_OPERAND = rf"({_NUMBER}|[a-z_]\w*)"
_COMPARED = re.compile(rf"(<=|>=|<|>|==)?\s*{_OPERAND}$")
_RANGE = re.compile(rf"{_OPERAND}\s*\.\.\s*{_OPERAND}$")


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers between two ends, each end in or out.

    >>> Interval(0.0, 0.4, low_in=False).holds(0.4), Interval(0.0, 0.4, low_in=False).holds(0.0)
    (True, False)
    """

    low: float = -math.inf
    high: float = math.inf
    low_in: bool = True
    high_in: bool = True

    def holds(self, number: float) -> bool:
        """Whether the number lies inside."""
        above = number >= self.low if self.low_in else number > self.low
        return above and (number <= self.high if self.high_in else number < self.high)


@dataclass(frozen=True, slots=True)
class Cell:
    """One condition of a row, as written.

    Attributes:
        sign: ``any``, ``in`` (words or truths), ``within`` (``a..b``) or a comparison.
        operands: Numbers or parameter names.
        members: Positions among the fact's words, or 0/1 of a boolean; for ``in``.
        shown: The words, for the trace.
    """

    sign: str
    operands: tuple[float | str, ...] = ()
    members: frozenset[int] = frozenset()
    shown: tuple[str, ...] = ()

    def interval(self, values: Values) -> Interval:
        """The numbers it holds, on a day."""
        ends = [self.number(position, values) for position in range(len(self.operands))]
        match self.sign:
            case "<=" | "<":
                return Interval(high=ends[0], high_in=self.sign == "<=")
            case ">=" | ">":
                return Interval(low=ends[0], low_in=self.sign == ">=")
            case "any":
                return Interval()
            case _:
                return Interval(ends[0], ends[-1])

    def number(self, position: int, values: Values) -> float:
        """An operand, resolved on a day."""
        operand = self.operands[position]
        resolved = values[operand] if isinstance(operand, str) else operand
        return float(resolved)  # type: ignore[arg-type]  # the reader refuses parameters that are not numbers

    def threshold(self, values: Values) -> float | str | tuple[str, ...]:
        """What the trace shows beside the value."""
        if self.sign == "in":
            return self.shown
        if self.sign == "within":
            return f"{self.number(0, values):g}..{self.number(1, values):g}"
        return self.number(0, values)


def read_interval(text: str) -> Interval | None:
    """Read a range of plain numbers; None where it is not one.

    >>> read_interval(">= 100").holds(99.0)
    False
    """
    cell = _number_cell(text)
    if cell is None or any(isinstance(operand, str) for operand in cell.operands):
        return None
    return cell.interval({})


def read_cell(row: Written, position: int, fact: Fact, parameters: Mapping[str, Parameter]) -> Cell | None:
    """Read one condition of a row about a fact; None, with a fault, where it cannot be read."""
    raw = row.plain[position]
    if raw == "any":
        return Cell("any")
    match fact.type:
        case FactType.WORD:
            return _word_cell(row, position, fact, raw)
        case FactType.BOOLEAN if isinstance(raw, bool):
            return Cell("in", members=frozenset({int(raw)}), shown=(str(raw).lower(),))
        case FactType.NUMBER:
            cell = _number_cell(str(raw))
            if cell and all(_fits(row, position, fact, operand, parameters) for operand in cell.operands):
                return cell
            if cell is None:
                row.fault(position, raw, f'a range of {fact.name} such as "<= 0.40", "0.2..0.4" or "any"')
        case _:
            row.fault(position, raw, f"a condition on {fact.name} ({fact.type.value})")
    return None


def _number_cell(text: str) -> Cell | None:
    if ends := _RANGE.match(text.strip()):
        return Cell("within", (_operand(ends[1]), _operand(ends[2])))
    if one := _COMPARED.match(text.strip()):
        return Cell(one[1] or "==", (_operand(one[2]),))
    return None


def _operand(text: str) -> float | str:
    return float(text) if re.match(_NUMBER, text) else text


def _fits(row: Written, position: int, fact: Fact, operand: float | str, parameters: Mapping[str, Parameter]) -> bool:
    """Whether an operand is a number within the fact's range, or a known parameter of its unit."""
    if isinstance(operand, str):
        parameter = parameters.get(operand)
        if parameter is None:
            row.fault(position, operand, "a number or a parameter", nearest_hint(operand, parameters))
            return False
        if parameter.unit != fact.unit:
            row.fault(position, f"{operand} in {parameter.unit}", f"{fact.name} in {fact.unit}", "same unit on both")
            return False
        return True
    if fact.range and not fact.range[0] <= operand <= fact.range[1]:
        expected = f"within the range of {fact.name}, {fact.range[0]:g} to {fact.range[1]:g}"
        row.fault(position, f"{operand:g}", expected)
        return False
    return True


def _word_cell(row: Written, position: int, fact: Fact, raw: Plain) -> Cell | None:
    """``A``, or ``A..C`` in the order of the fact's words."""
    ends = str(raw).split("..")
    for word in ends:
        if word not in fact.words or len(ends) > 2:
            hint = nearest_hint(word, fact.words)
            row.fault(position, raw, f"words of {fact.name}: {', '.join(fact.words)}, or any", hint)
            return None
    first, last = fact.words.index(ends[0]), fact.words.index(ends[-1])
    if first > last:
        row.fault(position, raw, f"a range in the order {', '.join(fact.words)}")
        return None
    members = range(first, last + 1)
    return Cell("in", members=frozenset(members), shown=tuple(fact.words[member] for member in members))
