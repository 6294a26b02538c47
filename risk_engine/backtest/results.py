"""Everything a backtest found, as plain data: no clock, host or path, so that a rerun gives the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from risk_engine.backtest.cases import Cases
from risk_engine.backtest.figures import calibration, discrimination, grade_table
from risk_engine.backtest.through_time import quarters, vintages
from risk_engine.bundle import Release
from risk_engine.study.definition import Study
from risk_engine.study.labels import LABELS, Labelled
from risk_engine.study.waterfall import BAD, GOOD
from risk_engine.vocabulary import Outcome

SAME_FILES, SOME_FILES, OTHER_FILES = "same_files", "some_files", "other_files"


def results(study: Study, release: Release, labelled: Labelled, cases: Cases, sha256: Mapping[str, str]) -> Any:
    """Put together what ``results.json`` holds: the waterfall and the warnings first, then the figures.

    Args:
        study: Whose applications.
        release: What decided them.
        labelled: The study's outcomes.
        cases: The decisions, with the outcomes.
        sha256: Hash of each section file of the study, and of its labels.
    """
    trained_on = _trained_on(release, sha256)
    scale = release.model.master_scale
    place = {grade: float(at) for at, grade in enumerate(scale.grades)}
    grade_of = np.array([place.get(grade, -1.0) for grade in cases.decided["grade"]])
    grades = grade_table(cases, scale)
    fitted_here = trained_on["relation"] == SAME_FILES
    return {
        "waterfall": labelled.waterfall.to_json(),
        "warnings": _warnings(study, release, labelled, cases, trained_on),
        "study": {"name": study.name, "horizon_months": study.target.horizon_months, "bad": study.target.bad},
        "release": {
            "id": release.id,
            "name": release.terms.name,
            "model": release.model_id,
            "policy": f"{release.policy.id} {release.policy.version}",
            "policy_id": release.policy_id,
            "horizon_months": release.terms.target.horizon_months,
            "bad": release.terms.target.bad,
            "decider": release.model.decider,
        },
        "trained_on": trained_on,
        "decisions": _decisions(cases),
        "rows": {
            "labelled": int(cases.labelled.sum()),
            "measured": int(cases.measured.sum()),
            "bads": int(cases.is_bad[cases.measured].sum()),
        },
        "discrimination": discrimination(cases, grade_of),
        "calibration": calibration(cases, grades, fitted_here=fitted_here),
        "grades": grades,
        "vintages": vintages(cases, labelled.waterfall),
        "stability": quarters(cases),
    }


def _trained_on(release: Release, sha256: Mapping[str, str]) -> dict[str, Any]:
    """How the release's training files relate to the study's, by their hashes."""
    then = release.terms.provenance
    same = sorted(name for name, digest in then.items() if sha256.get(name) == digest)
    others = ", ".join(sorted({*then, *sha256}.difference(same)))
    # Requests and labels say whose applications they are: other evidence of the same ones is no other sample.
    whose = {"application", LABELS}.intersection(same)
    relation = SAME_FILES if whose else SOME_FILES if same else OTHER_FILES
    says = {
        SAME_FILES: "In-sample: the release was trained on these very applications"
        + (f" (with other files of {others})" if others else "")
        + ", so every figure of ranking and calibration flatters. For rows it was not fitted on: risk-engine evaluate.",
        SOME_FILES: f"Partly in-sample: the release was trained on the same files of {', '.join(same)} (not of "
        f"{others}); where rows are the same, figures flatter.",
        OTHER_FILES: "The release was trained on other files. Hashes do not tell whether some rows are the same.",
    }[relation]
    return {"relation": relation, "same": same, "says": says}


def _warnings(
    study: Study, release: Release, labelled: Labelled, cases: Cases, trained_on: Mapping[str, Any]
) -> list[str]:
    """What a reader must know before any figure, the study's own words first, each once."""
    found = [*study.warnings, *labelled.warnings, *release.terms.warnings]
    if trained_on["relation"] != OTHER_FILES:
        found.append(trained_on["says"])
    told, asked = release.terms.target, study.target
    if (told.horizon_months, told.bad) != (asked.horizon_months, asked.bad):
        found.append(
            f"The release tells {told.bad!r} within {told.horizon_months} months, the study {asked.bad!r} within "
            f"{asked.horizon_months}: calibration compares different things."
        )
    unmeasured = int((cases.labelled & ~cases.scored).sum())
    if unmeasured:
        found.append(
            f"{unmeasured} of {int(cases.labelled.sum())} applications with a known outcome have no score "
            f"({_causes(cases, among=cases.labelled)}): figures are of the others."
        )
    elsewhere = sum(count for step, count in labelled.waterfall.total.items() if step not in (GOOD, BAD))
    if elsewhere:
        found.append(
            f"The outcome of {elsewhere} of {len(cases)} applications is not known (see the waterfall); rates of bads "
            "are of the others, whom somebody chose before."
        )
    return list(dict.fromkeys(found))


def _decisions(cases: Cases) -> dict[str, Any]:
    kinds = Counter(kind for kind in cases.decided["refer_kind"] if kind is not None)
    unscored = ~cases.scored
    return {
        "applications": len(cases),
        "outcomes": {outcome.value: int(cases.came_to(outcome).sum()) for outcome in Outcome},
        "refer_kinds": dict(sorted(kinds.items())),
        "without_score": {
            "applications": int(unscored.sum()),
            "labelled": int((unscored & cases.labelled).sum()),
            "bads": int((unscored & cases.labelled & cases.is_bad).sum()),
            "why": _counted(cases, among=unscored),
        },
    }


def _counted(cases: Cases, *, among: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, int]:
    """How many have no score for each cause; one application may have several."""
    found = Counter(cause for place in np.flatnonzero(among) for cause in cases.without_score[place])
    return dict(sorted(found.items()))


def _causes(cases: Cases, *, among: np.ndarray[Any, np.dtype[np.bool_]]) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in _counted(cases, among=among).items())
