"""What an expression means: names known, types and units that fit, thresholds a fact can reach.

Checked when a policy is loaded, so that a rule which can never fire, or compares days with months, is
refused before it decides anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from risk_engine.errors import nearest_hint
from risk_engine.facts import Fact, Plain
from risk_engine.rules.language import (
    Arithmetic,
    Compare,
    Condition,
    Holds,
    Join,
    Literal,
    Member,
    Name,
    Not,
    StateTest,
    Value,
    Words,
    leaves,
    names_in,
)
from risk_engine.rules.parameters import Parameter, ParameterValue
from risk_engine.vocabulary import FactType

Report = Callable[[str, str, str], None]
"""Takes what was found, what was expected and a hint."""

_PARAMETER_TYPES = {"word": FactType.WORD, "words": FactType.WORD, "date": FactType.DATE, "boolean": FactType.BOOLEAN}


class Meaning(NamedTuple):
    """Type and unit of a value; an empty unit is a bare number, which fits every unit."""

    type: FactType
    unit: str = ""
    words: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The facts and parameters a policy may name, and the days it covers."""

    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    start: dt.date
    end: dt.date | None

    def check_condition(self, node: Condition, report: Report) -> None:
        """Report everything wrong in a condition."""
        for leaf in leaves(node):
            match leaf:
                case Compare():
                    self._compare(leaf, report)
                case Member():
                    self._member(leaf, report)
                case StateTest():
                    self._state_test(leaf, report)
                case Holds(left):
                    meaning = self.meaning(left, report)
                    if meaning and meaning.type is not FactType.BOOLEAN:
                        report(f"{left} alone", "a comparison, or a boolean fact", "")
        for hidden in _withholding_passes(node, positive=True):
            hint = "a missing fact would pass where a known one did not; turn the test round"
            report(str(hidden), "a test that grows stricter when a fact is missing", hint)

    def check_amount(self, node: Value, report: Report) -> None:
        """Report everything wrong in an amount of money."""
        meaning = self.meaning(node, report)
        if meaning and (meaning.type is not FactType.NUMBER or meaning.unit not in ("currency", "")):
            report(f"{node} in {meaning.unit or meaning.type.value}", "an amount in currency", "")

    def meaning(self, node: Value, report: Report) -> Meaning | None:
        """Type and unit of a value; None where a fault was reported."""
        match node:
            case Name(name):
                return self._named(name, report)
            case Literal(value):
                return _literal(value)
            case Arithmetic():
                return self._arithmetic(node, report)

    def _named(self, name: str, report: Report) -> Meaning | None:
        if fact := self.facts.get(name):
            return Meaning(fact.type, "" if fact.type is not FactType.NUMBER else fact.unit, fact.words)
        if parameter := self.parameters.get(name):
            kind = _PARAMETER_TYPES.get(parameter.unit, FactType.NUMBER)
            unit = parameter.unit if kind is FactType.NUMBER else ""
            return Meaning(kind, unit, many=parameter.unit == "words")
        report(name, "a fact or a parameter", nearest_hint(name, {*self.facts, *self.parameters}))
        return None

    def _arithmetic(self, node: Arithmetic, report: Report) -> Meaning | None:
        left, right = self.meaning(node.left, report), self.meaning(node.right, report)
        if left is None or right is None:
            return None
        if left.type is not FactType.NUMBER or right.type is not FactType.NUMBER:
            report(str(node), "arithmetic between numbers", "")
            return None
        unit = _unit(node.sign, left.unit, right.unit)
        if unit is None:
            found = f"{node.left} ({left.unit}) {node.sign} {node.right} ({right.unit})"
            report(found, "values of the same unit, or a ratio", "")
            return None
        return Meaning(FactType.NUMBER, unit)

    def _compare(self, node: Compare, report: Report) -> None:
        left, right = self.meaning(node.left, report), self.meaning(node.right, report)
        if left is None or right is None:
            return
        if not any(name in self.facts for name in names_in(node)):
            report(str(node), "a comparison that names a fact", "")
        elif left.type is not right.type or left.many or right.many:
            found = f"{node.left} ({_told(left)}) {node.sign} {node.right} ({_told(right)})"
            report(found, "both sides of the same type", "")
        elif left.unit != right.unit and left.unit and right.unit:
            report(
                f"{node.left} ({left.unit}) {node.sign} {node.right} ({right.unit})", "the same unit on both sides", ""
            )
        elif left.type in (FactType.WORD, FactType.BOOLEAN) and node.sign not in ("==", "!="):
            report(f"{node}", f"== or != for a {left.type.value}", "")
        else:
            self._reach(node.left, node.right, report)
            self._reach(node.right, node.left, report)

    def _reach(self, side: Value, other: Value, report: Report) -> None:
        """Whether a fact can lie on both sides of every threshold it is compared with."""
        if not isinstance(side, Name) or side.name not in self.facts:
            return
        fact = self.facts[side.name]
        for told, threshold in self._constants(other):
            if isinstance(threshold, str):
                if fact.words and threshold not in fact.words:
                    report(told, f"a word of {fact.name}", nearest_hint(threshold, fact.words))
            elif isinstance(threshold, float):
                for name, ends in (("range", fact.range), ("clip", fact.clip)):
                    if ends and not ends[0] <= threshold <= ends[1]:
                        expected = f"a threshold within the {name} of {fact.name}, {ends[0]:g} to {ends[1]:g}"
                        report(told, expected, "")
                        break

    def _constants(self, node: Value) -> list[tuple[str, ParameterValue]]:
        """What a side without facts may be on the days covered, with how to tell it."""
        if isinstance(node, Literal):
            return [(str(node), node.value)]
        if isinstance(node, Name) and node.name in self.parameters:
            parameter = self.parameters[node.name]
            return [(f"{node} = {value} from {day}", value) for day, value in parameter.during(self.start, self.end)]
        return []

    def _member(self, node: Member, report: Report) -> None:
        left = self.meaning(node.left, report)
        if left and (left.type is not FactType.WORD or not isinstance(node.left, Name)):
            report(str(node), "a word fact before in", "")
            return
        if isinstance(node.words, Words):
            words, told = list(node.words.words), str(node)
        else:
            listed = self.meaning(node.words, report)
            if listed is None:
                return
            if not listed.many:
                report(str(node.words), "a list of words, or a parameter in words", "")
                return
            parameter = self.parameters[node.words.name]
            words = [word for _, value in parameter.during(self.start, self.end) for word in value]  # type: ignore[union-attr]
            told = str(node.words)
        for word in words:
            if left and left.words and word not in left.words:
                report(f"{word} in {told}", f"a word of {node.left}", nearest_hint(word, left.words))

    def _state_test(self, node: StateTest, report: Report) -> None:
        if self.meaning(node.left, report) and not (isinstance(node.left, Name) and node.left.name in self.facts):
            report(str(node), "a fact before is", "")


def _withholding_passes(node: Condition, *, positive: bool) -> list[StateTest]:
    """Tests of missingness that turn false when a fact goes missing: withholding evidence would pass."""
    match node:
        case Not(part):
            return _withholding_passes(part, positive=not positive)
        case Join(_, parts):
            return [test for part in parts for test in _withholding_passes(part, positive=positive)]
        case StateTest(_, "unknown" | "not_obtained", negated) if negated == positive:
            return [node]
        case _:
            return []


def _literal(value: Plain) -> Meaning:
    if isinstance(value, bool):
        return Meaning(FactType.BOOLEAN)
    if isinstance(value, str):
        return Meaning(FactType.WORD)
    return Meaning(FactType.DATE if isinstance(value, dt.date) else FactType.NUMBER)


def _unit(sign: str, left: str, right: str) -> str | None:
    """Unit of the result; None where the two cannot meet."""
    if sign in "+-":
        return left or right if left == right or not (left and right) else None
    if sign == "/" and left == right and left:
        return "ratio"
    if right in ("", "ratio"):
        return left or right
    return right if sign == "*" and left in ("", "ratio") else None


def _told(meaning: Meaning) -> str:
    return "words" if meaning.many else meaning.unit or meaning.type.value
