"""Pages for people at a terminal: the same plain data that a script gets as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from risk_engine.decision.decision import Decision

MOST_UNKNOWN = 10


def evaluation_page(told: dict[str, Any]) -> str:
    """The waterfall and the figures of :func:`evaluate` as tables for people."""
    from risk_engine.study.waterfall import waterfall_page  # needs the extra train, which a decision does not

    measures = ("auc", "gini", "ks", "brier", "log_loss")
    heading = f"{told['study']}: {told['rows']} rows, {told['bads']} bads, {told['features']} features"
    spread = f"mean and standard deviation over {len(told['repeats'])} x {told['folds']} folds"
    lines = [
        waterfall_page(told["waterfall"]),
        "",
        f"{heading}; {spread}",
        f"{'model':<22}" + "".join(f"{name:>17}" for name in measures),
    ]
    for name, figures in told["models"].items():
        cells = (f"{figures[measure]['mean']:.4f} ± {figures[measure]['sd']:.4f}" for measure in measures)
        lines.append(f"{name:<22}" + "".join(f"{cell:>17}" for cell in cells))
    for repeat in told["repeats"] if len(told["repeats"]) > 1 else ():
        means = ", ".join(f"{name} {figures['auc']:.4f}" for name, figures in repeat["models"].items())
        lines.append(f"AUC with seed {repeat['seed']}: {means}")
    return "\n".join([*lines, *(f"warning: {warning}" for warning in told["warnings"])])


def decision_page(decision: Decision) -> str:
    """A decision as a page for people."""
    lines = [f"{decision.outcome.upper()}  {decision.application_id}  as of {decision.as_of}"]
    if decision.refer_kind:
        lines[0] += f"  ({decision.refer_kind})"
    if decision.default_probability:
        told = decision.default_probability
        lines.append(f"  default probability {told.value:.2%} in {told.horizon_months} months ({told.bad})")
        lines.append(f"  score {decision.score}, grade {decision.grade}")
    if decision.limit:
        lines.append(
            f"  limit {decision.limit.amount} {decision.limit.currency} (held by {decision.limit.binding_cap})"
        )
    if decision.price:
        lines.append(f"  rate {decision.price.annual_rate:.2%} a year, all-in {decision.price.apr:.2%}")
    lines += [
        f"  reason: {reason.says.en} / {reason.says.zh}  [{reason.code}; {reason.source}]"
        for reason in decision.reasons
    ]
    asked = dict.fromkeys(paper for rule in decision.rules if rule.result == "refer" for paper in rule.requests)
    if asked and decision.outcome == "refer":
        lines.append(f"  to ask for: {', '.join(asked)}")
    return "\n".join([*lines, *(f"  note: {note}" for note in decision.notes)])


def batch_page(told: dict[str, Any]) -> str:
    """A batch's counts for people: outcomes, and the facts most often unknown."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in told["outcomes"].items())
    kinds = ", ".join(f"{count} {kind}" for kind, count in told["refer_kinds"].items())
    lines = [f"{told['applications']} applications: {counts}" + (f" (refer: {kinds})" if kinds else "")]
    for entry in told["unknown"][:MOST_UNKNOWN]:
        states = ", ".join(f"{count} {state}" for state, count in entry["states"].items())
        lines.append(f"  unknown for {entry['count']}: {entry['fact']} ({states})")
    return "\n".join([*lines, *(f"warning: {warning}" for warning in told["warnings"])])
