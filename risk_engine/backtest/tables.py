"""The tables of a backtest as Parquet, for whoever wants to go on from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from risk_engine.backtest.cases import Cases
from risk_engine.batch import write_columns

DECIDED = {
    "application_id": "text", "as_of": "text", "outcome": "text", "refer_kind": "text", "default_probability": "number",
    "score": "integer", "grade": "text", "limit_amount": "text", "currency": "text", "reasons": "texts",
}  # fmt: skip
GRADES = {
    "grade": "text", "from": "number", "below": "number", "applications": "integer", "rows": "integer",
    "bads": "integer", "default_probability": "number", "observed_rate": "number", "low": "number", "high": "number",
    "jeffreys": "number", "binomial": "number", "critical_bads": "integer", "reads": "text",
}  # fmt: skip
VINTAGES = {
    "vintage": "text", "applications": "integer", "approved": "integer", "approval_rate": "number", "rows": "integer",
    "bads": "integer", "bad_rate": "number", "scored": "integer", "default_probability": "number", "auc": "number",
    "auc_low": "number", "auc_high": "number", "approved_rows": "integer", "approved_bads": "integer",
    "approved_bad_rate": "number", "why": "texts",
}  # fmt: skip
STABILITY = {
    "quarter": "text", "applications": "integer", "approve": "integer", "refer": "integer", "decline": "integer",
    "approval_rate": "number", "scored": "integer", "without_score": "integer", "psi": "number", "limit": "number",
    "exceeds": "boolean", "why": "text",
}  # fmt: skip
TOTAL = "total"


def write_tables(out: Path, told: Mapping[str, Any], cases: Cases) -> None:
    """Write the tables, each whole or not at all.

    ``decisions.parquet`` has a row an application, ``grades`` a grade, ``vintages`` a vintage, ``waterfall`` a vintage
    and step, ``stability`` a quarter of decision.
    """
    vintages = [
        {**row, "auc": row["auc"]["value"], "auc_low": row["auc"]["low"], "auc_high": row["auc"]["high"]}
        for row in told["vintages"]
    ]
    waterfall = [
        {"vintage": vintage, "step": step, "applications": counts[step]}
        for vintage, counts in (*told["waterfall"]["counts"].items(), (TOTAL, told["waterfall"]["total"]))
        for step in told["waterfall"]["steps"]
    ]
    outcomes = zip(cases.labelled.tolist(), cases.is_bad.tolist(), strict=True)
    write_columns(
        out / "decisions.parquet",
        {
            **{name: (kind, cases.decided[name]) for name, kind in DECIDED.items()},
            "quarter": ("text", cases.quarters.tolist()),
            "vintage": ("text", cases.vintages.tolist()),
            "is_bad": ("boolean", [is_bad if known else None for known, is_bad in outcomes]),
            "without_score": ("texts", [list(causes) for causes in cases.without_score]),
        },
    )
    _write(out / "grades.parquet", GRADES, told["grades"])
    _write(out / "vintages.parquet", VINTAGES, vintages)
    _write(out / "stability.parquet", STABILITY, told["stability"]["quarters"])
    _write(out / "waterfall.parquet", {"vintage": "text", "step": "text", "applications": "integer"}, waterfall)


def written_json(told: Mapping[str, Any]) -> str:
    """``results.json``: in the order it is to be read, floats as they are."""
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, kinds: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    write_columns(path, {name: (kind, [row.get(name) for row in rows]) for name, kind in kinds.items()})
