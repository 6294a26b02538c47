"""Examples: each rule shows itself at work on both sides of its threshold and in the dark, and must be right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from risk_engine.errors import nearest_hint
from risk_engine.facts import Fact, FactValue
from risk_engine.rules.conditions import ABSENT, truth_of
from risk_engine.rules.language import leaves
from risk_engine.rules.meaning import Vocabulary
from risk_engine.rules.parameters import Dated
from risk_engine.rules.results import RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.rules.rule import Program, Rule
from risk_engine.rules.scope import Case
from risk_engine.rules.written import Written
from risk_engine.vocabulary import FactType, State

_ANSWERS = {
    "pass": RuleAnswer.APPROVE,
    "refer": RuleAnswer.REFER,
    "decline": RuleAnswer.DECLINE,
    "condition": RuleAnswer.CONDITION,
    "skipped": RuleAnswer.SKIPPED,
}
_TOLD = {answer: word for word, answer in _ANSWERS.items()}
_STATES = {state.name.lower(): state for state in State if state is not State.VALUE}
_CASE = ("product", "applicant_kind", "customer_kind", "jurisdiction", "amount")


class _Shown(NamedTuple):
    """An example that the rule was run on: the program of its day, the facts given, the answer."""

    program: Program
    held: Mapping[str, FactValue]
    result: RuleResult


def run_examples(rule: Rule, programs: Dated[Program], vocabulary: Vocabulary, policy_case: Case) -> None:
    """Run every example of a rule; what is wrong or missing becomes a fault at its line."""
    before = len(rule.written.faults)
    seen = []
    for entry in rule.written.under("examples").entries("examples"):
        if entry.mapping("an example", ("given", "expect"), ("as_of", "case")):
            told = _run(entry, rule, programs, vocabulary, policy_case)
            if told:
                seen.append(told)
    if len(rule.written.faults) == before:
        _check_shown(rule, seen)


def _run(
    entry: Written, rule: Rule, programs: Dated[Program], vocabulary: Vocabulary, policy_case: Case
) -> _Shown | None:
    before = len(entry.faults)
    day = entry.date("as_of") or vocabulary.start
    if day < vocabulary.start:
        entry.fault("as_of", day, f"a day the policy covers, from {vocabulary.start}")
    held = _given(entry.under("given"), rule, vocabulary.facts)
    case = _case(entry, rule, policy_case)
    if len(entry.faults) > before:
        return None
    program = programs.on(day)
    result = program(held) if rule.scope.covers(case) else rule.skipped
    answered: object = _TOLD.get(result.result, result.cap)
    expected = entry.plain["expect"]
    agrees = answered == expected if isinstance(answered, str) else _same_amount(answered, expected)
    if not agrees:
        shown = "; ".join(f"{c.fact} {c.operator} {c.threshold} is {c.truth} at {c.value}" for c in result.clauses)
        entry.fault("expect", f"{rule.id} answers {answered}", f"{expected}, as the example says", shown)
    return _Shown(program, held, result)


def _same_amount(answered: object, expected: object) -> bool:
    return isinstance(expected, int | float) and not isinstance(expected, bool) and float(str(answered)) == expected


def _given(entry: Written, rule: Rule, facts: Mapping[str, Fact]) -> dict[str, FactValue]:
    held: dict[str, FactValue] = {}
    if not isinstance(entry.plain, dict):
        entry.fault(None, entry.plain, "a mapping of facts")
        return held
    for name, plain in entry.plain.items():
        if name not in rule.names:
            entry.fault(name, name, f"a fact that {rule.id} names", nearest_hint(str(name), rule.names))
        elif isinstance(plain, str) and plain in _STATES and plain not in facts[name].words:
            held[name] = FactValue(None, _STATES[plain])
        elif _is_of(facts[name], plain):
            value = float(plain) if facts[name].type is FactType.NUMBER else plain
            held[name] = FactValue(value, State.VALUE)
        else:
            expected = f"a {facts[name].type.value} for {name}, or one of {', '.join(_STATES)}"
            entry.fault(name, plain, expected, nearest_hint(str(plain), (*facts[name].words, *_STATES)))
    return held


def _is_of(fact: Fact, plain: Any) -> bool:  # whatever an author wrote
    match fact.type:
        case FactType.NUMBER:
            number = isinstance(plain, int | float) and not isinstance(plain, bool)
            return number and (fact.range is None or fact.range[0] <= plain <= fact.range[1])
        case FactType.WORD:
            return isinstance(plain, str) and (not fact.words or plain in fact.words)
        case FactType.BOOLEAN:
            return isinstance(plain, bool)
        case FactType.DATE:
            return isinstance(plain, dt.date)


def _case(entry: Written, rule: Rule, policy_case: Case) -> Case:
    """The case an example speaks of: one the rule concerns, unless the example says otherwise."""
    scope = rule.scope
    firsts = {name: getattr(scope, name)[0] for name in _CASE if name != "amount" and getattr(scope, name)}
    if scope.amount is not None:
        inside = (scope.amount.low, scope.amount.high, scope.amount.low + 1, scope.amount.high - 1)
        firsts["amount"] = next((amount for amount in inside if scope.amount.holds(amount)), 0.0)
    case = replace(policy_case, **firsts)
    if "case" not in entry.plain or not entry.under("case").mapping("case", (), _CASE):
        return case
    changes = {name: plain for name, plain in entry.plain["case"].items() if name in _CASE}
    for name, plain in changes.items():
        if not isinstance(plain, int | float if name == "amount" else str):
            entry.under("case").fault(name, plain, "a number" if name == "amount" else "a word")
    return replace(case, **changes)


def _check_shown(rule: Rule, examples: Iterable[_Shown]) -> None:
    """Both sides of every threshold, and the unknown, must have been shown."""
    asked = [example for example in examples if example.result.result is not RuleAnswer.SKIPPED]
    clauses = list(leaves(rule.when)) if rule.when else []
    for position, leaf in enumerate(clauses):
        shown = {example.result.clauses[position].truth for example in asked}
        for truth, side in ((Truth.TRUE, "holds"), (Truth.FALSE, "does not hold")):
            if truth not in shown:
                rule.written.fault("examples", f"no example where {leaf} {side}", "examples on both sides", rule.id)
    fired = any(example.result.result is rule.fires for example in asked)
    if not fired:
        rule.written.fault("examples", f"no example where {rule.id} fires", "examples on both sides")
    if not any(_in_the_dark(rule, example.result) for example in asked) and _can_be_dark(rule, asked):
        hint = "say what happens with not_obtained"
        rule.written.fault("examples", f"no example where {rule.id} is unknown", "an example for unknown", hint)


def _in_the_dark(rule: Rule, result: RuleResult) -> bool:
    """Whether the condition or the amount is unknown; an unknown clause alone, where another decides, is not."""
    truths = [clause.truth for clause in result.clauses]
    holds = Truth.TRUE if rule.when is None else truth_of(rule.when, truths)
    unknown_amount = rule.kind is RuleKind.CAP and holds is Truth.TRUE and truths[-1] is Truth.UNKNOWN
    return holds is Truth.UNKNOWN or unknown_amount


def _can_be_dark(rule: Rule, examples: Iterable[_Shown]) -> bool:
    """Whether an example ends in the dark once a fact is lost, or all are; tests of states alone never do."""
    losses = [dict.fromkeys(rule.names, ABSENT), *({name: ABSENT} for name in rule.names)]
    lost = (example.program({**example.held, **loss}) for example in examples for loss in losses)
    return any(_in_the_dark(rule, result) for result in lost)
