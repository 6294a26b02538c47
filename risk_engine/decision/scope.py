"""What a model was built for: outside it the answer is refer, never a silent score.

A fact beyond its training range refers at its adverse end, and at either end where risk has no direction. Beyond the
favourable end the model is flat: a note says so, and nothing is gained by hiding the better value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from risk_engine.bundle import Ends, Scope
from risk_engine.facts import Fact
from risk_engine.rules import Case, Clause, RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.vocabulary import ReferKind, RiskDirection

RULE = "model_scope"
REASON = "outside_model_scope"
AT_LEAST, AT_MOST = ">=", "<="
FAVOURABLE = {RiskDirection.FALLING: AT_MOST, RiskDirection.RISING: AT_LEAST}
"""The bound that a value better than any in training breaks."""


def outside_scope(
    scope: Scope, case: Case, beyond: Iterable[tuple[Fact, float]]
) -> tuple[RuleResult | None, list[str]]:
    """Whether an application lies outside the scope.

    Args:
        scope: The model's scope.
        case: Who asks for what.
        beyond: Numbers the model reads that lie outside their training range.

    Returns:
        The refer result with a clause for each thing outside, or None; and a note for each favourable value beyond.
    """
    clauses, notes = list(_outside_case(scope, case)), []
    for fact, value in beyond:
        broken = _broken(fact.name, value, scope.ranges[fact.name])
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
    asked = float(case.amount)
    if not scope.amounts[0] <= asked <= scope.amounts[1]:
        yield _broken("amount_requested", asked, scope.amounts)


def _broken(name: str, value: float, ends: Ends) -> Clause:
    """The end that a number outside a range lies beyond."""
    operator, end = (AT_LEAST, ends[0]) if value < ends[0] else (AT_MOST, ends[1])
    return Clause(name, operator, value, end, Truth.FALSE)
