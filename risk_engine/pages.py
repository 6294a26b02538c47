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
    lines += [
        f"against its sign: {one['fact']}, declared {one['declared']} (AUC as declared {one['auc']:.3f})"
        for one in told["against_sign"]
    ]
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


def backtest_page(told: dict[str, Any]) -> str:
    """A backtest for people: the waterfall, what must be known, then the figures; the page of HTML has all of them."""
    from risk_engine.study.waterfall import waterfall_page  # needs the extra train, which a decision does not

    found, rows, stated = told["discrimination"], told["rows"], told["calibration"]
    counts = ", ".join(f"{count} {outcome}" for outcome, count in told["decisions"]["outcomes"].items())
    low, high = found["auc"]["low"], found["auc"]["high"]
    reach = f"no interval: {found['auc']['why']}" if low is None else f"95% {low:.4f} to {high:.4f}"
    ranking = {"AUC": found["auc"], "Gini": found["gini"], "KS": found["ks"], "Brier": stated["brier"]}
    lines = [
        waterfall_page(told["waterfall"]),
        "",
        *(f"warning: {warning}" for warning in told["warnings"]),
        f"{told['decisions']['applications']} applications: {counts}",
        f"measured on {rows['measured']} of {rows['labelled']} with a known outcome, {rows['bads']} bad:",
        "  " + ", ".join(f"{name} {_figure(value)}" for name, value in ranking.items()) + f"; AUC {reach}",
        f"{'grade':<7}{'rows':>7}{'bads':>6}{'stated':>9}{'observed':>10}{'Jeffreys p':>12}  reads",
        *(_grade_line(row) for row in (*told["grades"], {**stated["portfolio"], "grade": "all"})),
        *stated["says"],
    ]
    moved = [row["quarter"] for row in told["stability"]["quarters"] if row["exceeds"]]
    if moved:
        lines.append(
            f"the scores moved more than chance against {told['stability']['reference']} in {', '.join(moved)}"
        )
    return "\n".join(lines)


def _figure(told: dict[str, Any]) -> str:
    return "-" if told["value"] is None else f"{told['value']:.4f}"


def _grade_line(row: dict[str, Any]) -> str:
    head = f"{row['grade']:<7}{row['rows']:>7}{row['bads']:>6}"
    if row["default_probability"] is None:
        return f"{head}  {row['why']}"
    rates = f"{row['default_probability']:>9.2%}{row['observed_rate']:>10.2%}{row['jeffreys']:>12.4f}"
    return f"{head}{rates}  {row['reads']}"
