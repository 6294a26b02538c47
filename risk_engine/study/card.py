"""The model card: what a model is for, what it was fitted on, and what must be told with it."""

from __future__ import annotations

from risk_engine.models import DefaultProbabilityModel
from risk_engine.study.dataset import Dataset
from risk_engine.study.definition import Study
from risk_engine.study.signs import against_sign
from risk_engine.study.waterfall import waterfall_page


def model_card(study: Study, dataset: Dataset, model: DefaultProbabilityModel) -> str:
    """Write the card as Markdown; the same study gives the same text."""
    rows, bads = len(dataset.ids), int(dataset.is_bad.sum())
    read = [f"| `{fact.name}` | {fact.says.en} | {fact.unit} | {fact.risk.value} |" for fact in model.facts]
    grades = zip(model.master_scale.grades, model.master_scale.bounds, strict=True)
    warnings = [f"- {sentence}" for sentence in (*study.warnings, *dataset.warnings)] or ["- None stated."]
    asked = f"{study.scope.currency} {study.scope.amounts[0]:.0f} to {study.scope.amounts[1]:.0f}"
    lines = [
        f"# {study.name}",
        "",
        study.says,
        "",
        "```",
        waterfall_page(dataset.waterfall.to_json()),
        "```",
        "",
        f"- Predicts: probability of default within {study.target.horizon_months} months. Bad: {study.target.bad}.",
        f"- Fitted on {rows} applications, {bads} bad ({bads / rows:.1%}). Decider: {model.decider}.",
        f"- For: {', '.join(study.scope.products)}; {', '.join(study.scope.applicant_kinds)}; {asked}. Outside: refer.",
        "- Measured out of fold by `risk-engine evaluate` on the study; figures on the training rows are not shown.",
        "",
        "## Warnings",
        "",
        *warnings,
        "",
        "## Facts whose rows contradict their declared direction",
        "",
        *([f"- {one}" for one in against_sign(dataset.matrix, dataset.is_bad)] or ["- None beyond chance."]),
        "",
        "## Grades (upper bound of the probability of default)",
        "",
        *(f"- {grade}: {bound:g}" for grade, bound in grades),
        "",
        "## Facts read",
        "",
        "| fact | meaning | unit | risk as it grows |",
        "|---|---|---|---|",
        *read,
        "",
    ]
    return "\n".join(lines)
