"""One expression of one document, measured."""

from __future__ import annotations

from typing import Any

from risk_engine.facts import FactMatrix
from risk_engine.features import Feature, from_document
from risk_engine.features.plan import Plan
from risk_engine.vocabulary import RiskDirection, State
from tests.features.evidence import application


def feature(expression: Any, **told: Any) -> Feature:
    given = {
        "says": ("x", "x"), "unit": "number", "decimals": 9, "range": None, "risk": RiskDirection.NONE, "reason": "",
        "why": "", "source": "", "group": "", **told,
    }  # fmt: skip
    return Feature(expression, **given).named("x")[0]


def measured(expression: Any, plain: dict[str, Any], **told: Any) -> FactMatrix:
    return Plan([feature(expression, **told)]).run(from_document(application(plain)))


def value(expression: Any, plain: dict[str, Any], **told: Any) -> Any:
    """The number, or the name of its state; with the cause where it was not obtained."""
    matrix = measured(expression, plain, **told)
    fact = matrix.one(0)["x"]
    if fact.state == State.VALUE:
        return float(matrix.values[0, 0])
    return f"{fact.state.name} {fact.cause.name}" if fact.state == State.NOT_OBTAINED else fact.state.name
