"""How decisions, scores and outcomes move through time: by quarter of decision and by vintage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from risk_engine.backtest.cases import Bools, Cases, Floats
from risk_engine.backtest.figures import Told, area
from risk_engine.statistics import psi, psi_limit
from risk_engine.study.waterfall import APPLICATIONS, BAD, GOOD, Waterfall
from risk_engine.vocabulary import Outcome

BINS = 10
FEWEST = 50
"""Scored applications that the reference of the stability index needs: five a bin."""

SMALL, LARGE = 0.10, 0.25
"""Conventions, not tests (Siddiqi 2006): below the first stable, from the second on moved."""


def quarters(cases: Cases) -> Told:
    """Outcomes of the decisions and the distribution of the score, by quarter of decision.

    The reference is the first quarter with at least 50 scored applications; its tenths cut the bins.
    """
    names = sorted(set(cases.quarters.tolist()))
    scored = {name: cases.score[(cases.quarters == name) & cases.scored] for name in names}
    reference = next((name for name in names if scored[name].size >= FEWEST), None)
    edges = _tenths(scored[reference]) if reference else np.empty(0)
    told = [{**_decisions(cases, name), **_shift(scored, name, reference, edges)} for name in names]
    return {"reference": reference, "says": _says(reference, edges), "edges": edges.tolist(), "quarters": told}


def vintages(cases: Cases, waterfall: Waterfall) -> list[Told]:
    """Outcomes, decisions and ranking by the study's vintage; every vintage of the waterfall, empty ones too.

    A vintage holds the applications that the waterfall counts in it: those booked in the quarter, and of those without
    a booking (declined, not taken up; every one of a study with ``labels:``) those applied for in it. The approval rate
    is the share of all of them that this release approves; rates of bads are of those with a known outcome.
    """
    approved = cases.came_to(Outcome.APPROVE)
    told = []
    for name, counts in waterfall.counts.items():
        members = cases.vintages == name
        rows = cases.labelled & members
        applications, approvals = int(members.sum()), int((members & approved).sum())
        measured = rows & cases.scored
        told.append({
            "vintage": name,
            APPLICATIONS: applications,
            "approved": approvals,
            "approval_rate": approvals / applications if applications else None,
            **_rate("", cases.is_bad[rows]),
            "scored": int(measured.sum()),
            "default_probability": float(cases.probability[measured].mean()) if measured.any() else None,
            "auc": area(cases.is_bad[measured], cases.probability[measured]),
            **_rate("approved_", cases.is_bad[rows & approved]),
            "why": _why(counts, cases.is_bad[rows], int(rows.sum() - measured.sum())),
        })  # fmt: skip
    return told


def _rate(prefix: str, is_bad: Bools) -> Told:
    rows, bads = is_bad.size, int(is_bad.sum())
    rate = bads / rows if rows else None
    return {f"{prefix}rows": rows, f"{prefix}bads": bads, f"{prefix}bad_rate": rate}


def _why(counts: Mapping[str, int], is_bad: Bools, unscored: int) -> list[str]:
    """What keeps figures of a vintage from being told, or from meaning all of it."""
    sentences = []
    elsewhere = ", ".join(
        f"{count} {step.replace('_', ' ')}" for step, count in counts.items() if count and step not in (GOOD, BAD)
    )
    if not is_bad.size:
        sentences.append(f"no outcome is known: {elsewhere or 'no applications'}")
    elif is_bad.all() or not is_bad.any():
        sentences.append(f"one class only: {int((~is_bad).sum())} good, {int(is_bad.sum())} bad")
    if counts.get("immature") and is_bad.size:
        sentences.append(f"{counts['immature']} immature left out")
    if unscored:
        sentences.append(f"{unscored} without a score")
    return sentences


def _decisions(cases: Cases, name: str) -> Told:
    rows = cases.quarters == name
    came_to = {outcome.value: int((rows & cases.came_to(outcome)).sum()) for outcome in Outcome}
    scored = int((rows & cases.scored).sum())
    applications = int(rows.sum())
    return {
        "quarter": name,
        APPLICATIONS: applications,
        **came_to,
        "approval_rate": came_to[Outcome.APPROVE.value] / applications,
        "scored": scored,
        "without_score": applications - scored,
    }


def _tenths(scores: Floats) -> Floats:
    """Scores that cut a sample in ten, as far as they differ; a score lies in the bin that it ends."""
    edges: Floats = np.unique(np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    return edges[: np.searchsorted(edges, scores.max())]


def _shift(scored: Mapping[str, Floats], name: str, reference: str | None, edges: Floats) -> Told:
    nothing: Told = dict.fromkeys(("psi", "limit", "exceeds", "counts"))
    if reference is None or not edges.size:
        return {**nothing, "why": _says(reference, edges)}
    counts = _counts(scored[name], edges)
    if name < reference or not scored[name].size:
        why = "before the reference" if name < reference else "no scored applications"
        return {**nothing, "counts": counts, "why": why}
    if name == reference:
        return {**nothing, "counts": counts, "psi": 0.0, "why": "the reference"}
    found = psi(_counts(scored[reference], edges), counts)
    limit = psi_limit(len(counts), scored[reference].size, scored[name].size)
    told: dict[str, Any] = {"psi": found.value, "limit": limit, "exceeds": found.value > limit, "counts": counts}
    if found.filled:
        told["why"] = f"{len(found.filled)} empty bins counted as half a row"
    return told


def _counts(scores: Floats, edges: Floats) -> list[int]:
    found = np.bincount(np.searchsorted(edges, scores, side="left"), minlength=edges.size + 1)
    return [int(count) for count in found]


def _says(reference: str | None, edges: Floats) -> str:
    if reference is None:
        return f"No stability index: no quarter of decision has {FEWEST} scored applications."
    if not edges.size:
        return f"No stability index: all scores of {reference} are one."
    return (
        f"Scores of each quarter of decision against {reference}, the first with {FEWEST} scored applications, in bins "
        f"at its tenths; by convention below {SMALL:.2f} is stable, from {LARGE:.2f} moved; the limit is what chance "
        "stays under in 95 of 100 samples of these sizes."
    )
