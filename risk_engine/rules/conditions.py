"""Conditions as closures: one case's facts in, truth and trace out.

Compiled when the policy is loaded, with the parameters' values of the day baked in. Every clause is
evaluated, also where another has decided, so that the record tells them all. Arithmetic is decimal:
``0.1 * 3`` is 0.3, so a request exactly at a limit is at the limit.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation
from math import isfinite
from typing import Any

from risk_engine.facts import Fact, FactValue, Plain
from risk_engine.rules.language import (
    Arithmetic,
    Compare,
    Condition,
    Holds,
    Join,
    Leaf,
    Literal,
    Member,
    Name,
    Not,
    StateTest,
    Value,
    Words,
    leaves,
)
from risk_engine.rules.parameters import ParameterValue, Values
from risk_engine.rules.results import Clause, Truth
from risk_engine.vocabulary import FactType, State

Held = Mapping[str, FactValue]
Known = tuple[Plain | None, Plain]
"""What a value compares as (None: unknown), and what the trace shows (a value or a state word)."""

ABSENT = FactValue(None, State.NOT_OBTAINED)
STATE_WORD = tuple(state.name.lower() for state in State)
# Read from their enumerations once: to ask one for a member costs more than a comparison.
TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
NOT_OBTAINED = State.NOT_OBTAINED
_NEGATION = {TRUE: FALSE, FALSE: TRUE, UNKNOWN: UNKNOWN}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
Shown = float | bool | str
Judged = tuple[Truth, tuple[Clause, ...]]
Compiled = Callable[[Held], Judged]
Combine = Callable[[list[Truth]], Truth]


def compile_condition(node: Condition, facts: Mapping[str, Fact], values: Values) -> Compiled:
    """Make a condition run, with parameters as they stand in ``values``."""
    judges = [_judge(leaf, facts, values) for leaf in leaves(node)]
    if len(judges) == 1 and not isinstance(node, Not):
        return judges[0]
    combine = _combine(node, iter(range(len(judges))))

    def judge_all(held: Held) -> Judged:
        clauses = [clause for judge in judges for clause in judge(held)[1]]
        return combine([clause.truth for clause in clauses]), tuple(clauses)

    return judge_all


def truth_of(node: Condition, truths: list[Truth]) -> Truth:
    """The truth of a condition by those of its clauses, in the order written."""
    return _combine(node, iter(range(len(truths))))(truths)


def compile_value(node: Value, facts: Mapping[str, Fact], values: Values) -> Callable[[Held], Known]:
    """Make a value run: a fact is read with its state, a parameter is a constant."""
    match node:
        case Literal(value):
            return _constant(value)
        case Name(name):
            return read_fact(facts[name]) if name in facts else _constant(values[name])
        case Arithmetic(sign, left, right):
            return _calculation(sign, compile_value(left, facts, values), compile_value(right, facts, values))


def read_fact(fact: Fact) -> Callable[[Held], Known]:
    """Read one fact: NONE compares as ``none_reads_as``; NaN, infinity and all else missing are unknown."""
    name, reads = fact.name, fact.none_reads_as
    by_state: tuple[Known, ...] = tuple((reads if state is State.NONE else None, STATE_WORD[state]) for state in State)
    missing = by_state[State.NOT_OBTAINED]
    is_number = fact.type is FactType.NUMBER

    def read(held: Held) -> Known:
        known = held.get(name, ABSENT)
        if known.state:
            return by_state[known.state]
        plain = known.plain
        if plain is None or (is_number and not isfinite(plain)):  # type: ignore[arg-type]
            return missing
        return plain, plain

    return read


def _constant(value: ParameterValue) -> Callable[[Held], Known]:
    known = (value, value)
    return lambda _: known  # type: ignore[return-value]  # lists of words stand only behind `in`


def _calculation(sign: str, left: Callable[[Held], Known], right: Callable[[Held], Known]) -> Callable[[Held], Known]:
    apply = _ARITHMETIC[sign]

    def calculate(held: Held) -> Known:
        first, told_first = left(held)
        second, told_second = right(held)
        if first is None or second is None:
            return None, told_first if first is None else told_second
        try:
            number = float(apply(Decimal(repr(first)), Decimal(repr(second))))
        except (DivisionByZero, InvalidOperation):
            return None, STATE_WORD[State.NONE]
        return (number, number) if isfinite(number) else (None, STATE_WORD[State.NONE])

    return calculate


def _judge(leaf: Leaf, facts: Mapping[str, Fact], values: Values) -> Compiled:
    match leaf:
        case Compare(sign, left, right):
            if _is_constant(left, facts):
                sign, left, right = _FLIPPED[sign], right, left
            if isinstance(left, Name) and _is_constant(right, facts):
                threshold = compile_value(right, facts, values)({})[0]
                return _against_constant(facts[left.name], sign, threshold)  # type: ignore[arg-type]
            told = compile_value(left, facts, values), compile_value(right, facts, values)
            return _against_value(str(left), sign, *told)
        case Holds(left):
            return _against_constant(facts[str(left)], "==", True)  # noqa: FBT003
        case Member(left, words, negated):
            listed = words.words if isinstance(words, Words) else values[words.name]
            return _among(facts[str(left)], listed, negated=negated)  # type: ignore[arg-type]
        case StateTest(left, state, negated):
            return _state_test(facts[str(left)], state, negated=negated)


def _is_constant(node: Value, facts: Mapping[str, Fact]) -> bool:
    return isinstance(node, Literal) or (isinstance(node, Name) and node.name not in facts)


def _shown(plain: Plain) -> Shown:
    return plain.isoformat() if isinstance(plain, dt.date) else plain


def _against_constant(fact: Fact, sign: str, threshold: Plain) -> Compiled:
    """The common clause, laid out flat because most of a policy's time is spent here."""
    name, test, limit = fact.name, _COMPARE[sign], _shown(threshold)
    unknown = [_judged(name, sign, word, limit, UNKNOWN) for word in STATE_WORD]
    if fact.none_reads_as is not None:
        truth = TRUE if test(fact.none_reads_as, threshold) else FALSE
        unknown[State.NONE] = _judged(name, sign, STATE_WORD[State.NONE], limit, truth)
    is_number, is_date = fact.type is FactType.NUMBER, fact.type is FactType.DATE

    def judge(held: Held) -> Judged:
        known = held.get(name, ABSENT)
        if known.state:
            return unknown[known.state]
        plain = known.plain
        if plain is None or (is_number and not isfinite(plain)):  # type: ignore[arg-type]
            return unknown[NOT_OBTAINED]
        shown = plain.isoformat() if is_date else plain  # type: ignore[union-attr]
        truth = TRUE if test(plain, threshold) else FALSE
        return truth, (Clause(name, sign, shown, limit, truth),)  # type: ignore[arg-type]

    return judge


def _against_value(name: str, sign: str, left: Callable[[Held], Known], right: Callable[[Held], Known]) -> Compiled:
    test = _COMPARE[sign]

    def judge(held: Held) -> Judged:
        first, told_first = left(held)
        second, told_second = right(held)
        if first is None or second is None:
            return _judged(name, sign, _shown(told_first), _shown(told_second), UNKNOWN)
        truth = TRUE if test(first, second) else FALSE
        return _judged(name, sign, _shown(told_first), _shown(told_second), truth)

    return judge


def _among(fact: Fact, words: tuple[str, ...], *, negated: bool) -> Compiled:
    read, listed, name = read_fact(fact), frozenset(words), fact.name
    sign = "not in" if negated else "in"

    def judge(held: Held) -> Judged:
        plain, told = read(held)
        if plain is None:
            return _judged(name, sign, _shown(told), words, UNKNOWN)
        return _judged(name, sign, _shown(told), words, TRUE if (plain in listed) is not negated else FALSE)

    return judge


def _state_test(fact: Fact, state: str, *, negated: bool) -> Compiled:
    """``is unknown`` holds where a comparison could not be made; ``is none`` of a fact nobody looked at is unknown."""
    name, sign, read = fact.name, "is not" if negated else "is", read_fact(fact)

    def judge(held: Held) -> Judged:
        plain, told = read(held)
        shown = _shown(told)
        missing = plain is None or held.get(name, ABSENT).state is State.NONE
        word = shown if missing else ""
        if state == "none" and word in ("not_obtained", "not_applicable"):
            return _judged(name, sign, shown, state, UNKNOWN)
        holds = plain is None if state == "unknown" else word == state
        return _judged(name, sign, shown, state, TRUE if holds is not negated else FALSE)

    return judge


def _judged(fact: str, sign: str, value: Shown, threshold: Shown | tuple[str, ...], truth: Truth) -> Judged:
    return truth, (Clause(fact, sign, value, threshold, truth),)


def _combine(node: Condition, positions: Iterator[int]) -> Combine:
    """Kleene's and, or, not over the truths of the clauses, taken in the order written."""
    match node:
        case Not(part):
            inner = _combine(part, positions)
            return lambda truths: _NEGATION[inner(truths)]
        case Join(word, parts):
            return _joined(word, [_combine(part, positions) for part in parts])
        case _:
            position = next(positions)
            return lambda truths: truths[position]


def _joined(word: str, parts: list[Combine]) -> Combine:
    decided = FALSE if word == "and" else TRUE
    otherwise = _NEGATION[decided]

    def join(truths: list[Truth]) -> Truth:
        joined = otherwise
        for part in parts:
            truth = part(truths)
            if truth is decided:
                return decided
            if truth is UNKNOWN:
                joined = UNKNOWN
        return joined

    return join
