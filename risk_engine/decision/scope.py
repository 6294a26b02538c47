"""What a model was built for: outside it the answer is refer, never a silent score."""

from __future__ import annotations

from collections.abc import Iterator

from risk_engine.bundle import Scope
from risk_engine.facts import Facts
from risk_engine.rules import Case, Clause, RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.vocabulary import ReferKind

RULE = "model_scope"
REASON = "outside_model_scope"


def outside_scope(scope: Scope, case: Case, facts: Facts) -> RuleResult | None:
    """The refer result of an application outside the scope, with a clause for each thing outside; else None."""
    clauses = tuple(_outside(scope, case, facts))
    if not clauses:
        return None
    return RuleResult(RULE, RuleKind.REFER, RuleAnswer.REFER, clauses, reason=REASON, refer_kind=ReferKind.JUDGEMENT)


def _outside(scope: Scope, case: Case, facts: Facts) -> Iterator[Clause]:
    for name, word, allowed in (
        ("product", case.product, scope.products),
        ("applicant_kind", case.applicant_kind, scope.applicant_kinds),
        ("currency", case.currency, (scope.currency,)),
    ):
        if word not in allowed:
            yield Clause(name, "in", word, allowed, Truth.FALSE)
    for name, (least, most) in (("amount_requested", scope.amounts), *scope.ranges.items()):
        value = float(case.amount) if name == "amount_requested" else facts[name].plain
        if isinstance(value, int | float) and not least <= value <= most:
            yield Clause(name, "within", value, f"{least:g}..{most:g}", Truth.FALSE)
