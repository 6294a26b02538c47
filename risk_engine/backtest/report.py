"""One self-contained page: the only jinja2 user. The same results give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2

from risk_engine.backtest.cases import Cases
from risk_engine.backtest.plots import plots
from risk_engine.study.waterfall import APPLICATIONS, BAD, GOOD

CAPTIONS = {
    "roc": "Receiver operating characteristic",
    "scores": "Scores of goods and bads",
    "grades": "Stated and observed rates by grade",
    "vintages": "Rates by vintage",
    "stability": "Scores and approvals by quarter of decision",
}
NONE = "–"


def report(told: Mapping[str, Any], cases: Cases) -> str:
    """The page: waterfall and warnings first; numbers are rounded here and nowhere before.

    Args:
        told: What ``results.json`` holds.
        cases: The decisions, for the plots.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("risk_engine.backtest", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"rate": rate, "number": number, "count": count}
    total = told["waterfall"]["total"]
    kept = (APPLICATIONS, GOOD, BAD)
    return environment.get_template("report.html.j2").render(
        told=told,
        steps=[step for step in told["waterfall"]["steps"] if total[step] or step in kept],
        plots=plots(told, cases),
        captions=CAPTIONS,
    )


def rate(value: float | None) -> str:
    """A fraction as a percentage with two decimals."""
    return NONE if value is None else f"{100 * value:.2f} %"


def number(value: float | None) -> str:
    """A figure with four decimals."""
    return NONE if value is None else f"{value:.4f}"


def count(value: int | None) -> str:
    """A whole number with its thousands apart."""
    return NONE if value is None else f"{value:,}"
