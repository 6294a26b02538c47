"""What a model was built for: outside it the answer is refer, never a silent score.

A fact beyond its training range refers at its adverse end, and at either end where risk has no direction. Beyond the
favourable end the model is flat: a note says so, and nothing is gained by hiding the better value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from risk_engine.bundle import Scope
from risk_engine.facts import Fact, Facts
from risk_engine.rules import Case, Clause, RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.vocabulary import ReferKind, RiskDirection

RULE = "model_scope"
REASON = "outside_model_scope"
AT_LEAST, AT_MOST = ">=", "<="
NUMBERS = int | float
FAVOURABLE = {RiskDirection.FALLING: AT_MOST, RiskDirection.RISING: AT_LEAST}
"""The bound that a value better than any in training breaks."""


def outside_scope(scope: Scope, case: Case, facts: Facts, read: Iterable[Fact]) -> tuple[RuleResult | None, list[str]]:
    """Whether an application lies outside the scope.

    Args:
        scope: The model's scope.
        case: Who asks for what.
        facts: What is known of the applicant.
        read: The facts the model reads.

    Returns:
        The refer result with a clause for each thing outside, or None; and a note for each favourable value beyond.
    """
    clauses, notes = list(_outside_case(scope, case)), []
    held = facts.held
    for fact in read:
        value = held[fact.name].plain
        broken = None if value is None else _beyond(fact.name, value, scope.ranges.get(fact.name))
        if broken is None:
            continue
        if FAVOURABLE.get(fact.risk) == broken.operator:
            notes.append(
                f"{fact.name} is better than in any training row; beyond {broken.threshold:g} it counts no more"
            )
        else:
            clauses.append(broken)
    if not clauses:
        return None, notes
    refer = RuleAnswer.REFER
    result = RuleResult(RULE, RuleKind.REFER, refer, tuple(clauses), REASON, ReferKind.JUDGEMENT)
    return result, notes


def _outside_case(scope: Scope, case: Case) -> Iterator[Clause]:
    for name, word, allowed in (
        ("product", case.product, scope.products),
        ("applicant_kind", case.applicant_kind, scope.applicant_kinds),
        ("currency", case.currency, (scope.currency,)),
    ):
        if word not in allowed:
            yield Clause(name, "in", word, allowed, Truth.FALSE)
    asked = _beyond("amount_requested", float(case.amount), scope.amounts)
    if asked is not None:
        yield asked


def _beyond(name: str, value: object, ends: tuple[float, float] | None) -> Clause | None:
    if ends is None or not isinstance(value, NUMBERS):
        return None
    if value < ends[0]:
        return Clause(name, AT_LEAST, value, ends[0], Truth.FALSE)
    return Clause(name, AT_MOST, value, ends[1], Truth.FALSE) if value > ends[1] else None
