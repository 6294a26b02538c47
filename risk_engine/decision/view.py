"""A decision as HTML: what a notebook shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from risk_engine.markup import Markup, element, folded, listed, table

if TYPE_CHECKING:
    from risk_engine.decision.decision import Decision
    from risk_engine.rules import Clause


def decision_html(decision: Decision) -> str:
    """Outcome and reasons first; rules with their clauses, features and versions to unfold."""
    versions = decision.versions
    told = f"release {versions.release[:12]}, model {versions.model[:12]}, policy {versions.policy[:12]}"
    return element(
        "div",
        element("h3", f"{decision.outcome.upper()} {decision.application_id}", _kind(decision)),
        element("p", "; ".join(_offer(decision))),
        listed((f"{held.says.en} / {held.says.zh} ({held.code}; {held.source})" for held in decision.reasons), "ol"),
        listed(decision.notes),
        folded(
            "Rules and the clauses that decided them",
            table(("rule", "kind", "result", "clauses", "lifted by"), _rules(decision)),
        ),
        folded("Features", table(("feature", "value", "state"), _features(decision))),
        element("p", element("small", f"decision {decision.decision_id}, as of {decision.as_of}; {told}")),
    )


def _kind(decision: Decision) -> str:
    return f" ({decision.refer_kind})" if decision.refer_kind else ""


def _offer(decision: Decision) -> Iterator[str]:
    if told := decision.default_probability:
        yield f"probability of default {told.value:.2%} within {told.horizon_months} months ({told.bad})"
        yield f"score {decision.score}, grade {decision.grade}"
    if limit := decision.limit:
        yield f"limit {limit.amount} {limit.currency}, held by {limit.binding_cap}"
    if price := decision.price:
        yield f"rate {price.annual_rate:.2%} a year, all-in {price.apr:.2%}, {price.instalment} a month"


def _rules(decision: Decision) -> Iterator[tuple[object, ...]]:
    for rule in decision.rules:
        yield (
            rule.id,
            rule.kind,
            rule.result,
            Markup("<br>").join(element("span", _clause(one)) for one in rule.clauses),
            rule.overridable,
        )


def _clause(clause: Clause) -> str:
    return f"{clause.fact} = {clause.value} {clause.operator} {clause.threshold}: {clause.truth}"


def _features(decision: Decision) -> Iterator[tuple[object, ...]]:
    for name, held in decision.features.items():
        yield name, held.value, f"{held.state} ({held.cause})" if held.cause else held.state
