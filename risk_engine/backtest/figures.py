"""Figures of the rows that have a score and a known outcome: ranking, calibration, grades.

A figure that cannot be computed stands as None beside ``why``; nothing is invented in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from risk_engine.backtest.cases import Bools, Cases, Floats
from risk_engine.errors import DataError
from risk_engine.models.grades import MasterScale
from risk_engine.statistics import (
    Measure,
    auc,
    auc_interval,
    binomial,
    brier,
    clopper_pearson,
    critical_bads,
    gini,
    hosmer_lemeshow,
    jeffreys,
    ks,
    log_loss,
    murphy,
    pooled,
)

LEVEL = 0.05
"""Below this p-value a test fails, at either end."""

GROUPS = 10
THIN = 5
"""Below so many bads expected in a group the chi-square is rough (Cochran 1954)."""

Told = dict[str, Any]


def figure(of: Callable[[], Measure]) -> Told:
    """One measure, or why there is none."""
    try:
        return {"value": of().value}
    except DataError as error:
        return {"value": None, "why": error.message}


def area(is_bad: Bools, risk: Floats) -> Told:
    """The AUC with DeLong's interval, as far as the rows allow."""
    try:
        found = auc_interval(is_bad, risk)
    except DataError as error:
        told = figure(lambda: auc(is_bad, risk))
        return {"value": told["value"], "variance": None, "low": None, "high": None, "why": error.message}
    return {"value": found.auc, "variance": found.variance, "low": found.low, "high": found.high}


def discrimination(cases: Cases, grade_of: Floats) -> Told:
    """How well the probability ranks, row by row and by grade alone.

    Args:
        cases: The applications.
        grade_of: (n,) place of each one's grade in the master scale.
    """
    rows = cases.measured
    is_bad, risk = cases.is_bad[rows], cases.probability[rows]
    return {
        "auc": area(is_bad, risk),
        "gini": figure(lambda: gini(is_bad, risk)),
        "gini_of_grades": figure(lambda: gini(is_bad, grade_of[rows])),
        "ks": figure(lambda: ks(is_bad, risk)),
    }


def calibration(cases: Cases, grades: list[Told], *, fitted_here: bool) -> Told:
    """How well the probability matches what happened.

    Args:
        cases: The applications.
        grades: What :func:`grade_table` told.
        fitted_here: Whether the release was trained on these rows.
    """
    rows = cases.measured
    is_bad, probability = cases.is_bad[rows], cases.probability[rows]
    whole = _rates(is_bad.size, int(is_bad.sum()), float(probability.mean()) if is_bad.size else None)
    return {
        "brier": figure(lambda: brier(is_bad, probability)),
        "murphy": _murphy(is_bad, probability),
        "log_loss": figure(lambda: log_loss(is_bad, probability)),
        "hosmer_lemeshow": _hosmer_lemeshow(is_bad, probability, fitted_here=fitted_here),
        "portfolio": whole,
        "says": _says(whole, grades),
    }


def grade_table(cases: Cases, scale: MasterScale) -> list[Told]:
    """Each grade of the master scale, empty ones too: counts, mean probability, rate observed, its tests.

    The probability tested is the mean of the grade's rows with a known outcome.
    """
    told = []
    lower = (0.0, *scale.bounds[:-1])
    for grade, low, high in zip(scale.grades, lower, scale.bounds, strict=True):
        members = cases.in_grade(grade)
        rows = members & cases.labelled
        stated = float(cases.probability[rows].mean()) if rows.any() else None
        tested = _rates(int(rows.sum()), int(cases.is_bad[rows].sum()), stated)
        told.append({"grade": grade, "from": low, "below": high, "applications": int(members.sum()), **tested})
    return told


def _rates(rows: int, bads: int, stated: float | None) -> Told:
    """One grade, or all of them as one, held against its stated probability."""
    told: Told = {"rows": rows, "bads": bads, "default_probability": stated}
    if stated is None:
        empty = ("observed_rate", "low", "high", "jeffreys", "binomial", "critical_bads", "reads")
        return {**told, **dict.fromkeys(empty), "why": "no rows with a score and a known outcome"}
    one = pooled([rows], [bads], [stated])
    low, high = clopper_pearson(rows, bads)
    posterior = float(jeffreys(*one).p[0])
    return {
        **told,
        "observed_rate": bads / rows,
        "low": float(low[0]),
        "high": float(high[0]),
        "jeffreys": posterior,
        "binomial": float(binomial(*one).p[0]),
        "critical_bads": int(critical_bads(rows, stated, confidence=1 - LEVEL)[0]),
        "reads": "too low" if posterior < LEVEL else "too high" if posterior > 1 - LEVEL else "in line",
    }


def _says(whole: Mapping[str, Any], grades: list[Told]) -> list[str]:
    """What the tests come to, in sentences."""
    if whole["default_probability"] is None:
        return ["Nothing can be said of calibration: no row has a score and a known outcome."]
    sentences = [
        f"Over all grades the probability of default is {whole['reads']} (Jeffreys p {whole['jeffreys']:.4f})."
    ]
    failed = [told["grade"] for told in grades if told["reads"] == "too low"]
    generous = [told["grade"] for told in grades if told["reads"] == "too high"]
    empty = [told["grade"] for told in grades if told["reads"] is None]
    if whole["reads"] == "too low" and not failed:
        sentences.append("No grade fails alone; together they do.")
    for names, words in (
        (failed, "too low in"),
        (generous, "too high in"),
        (empty, "not tested, for want of rows, in"),
    ):
        if names:
            sentences.append(f"The probability of default is {words} {', '.join(names)}.")
    if len(grades) > 1 and (failed or generous):
        sentences.append(f"Of {len(grades)} tests at {LEVEL:.0%} a side some fail by chance: no correction is made.")
    return sentences


def _murphy(is_bad: Bools, probability: Floats) -> Told:
    try:
        found = murphy(is_bad, probability, GROUPS)
    except DataError as error:
        return {"reliability": None, "resolution": None, "uncertainty": None, "why": error.message}
    parts = {"reliability": found.reliability, "resolution": found.resolution, "uncertainty": found.uncertainty}
    return {**parts, "groups": GROUPS}


def _hosmer_lemeshow(is_bad: Bools, probability: Floats, *, fitted_here: bool) -> Told:
    try:
        found = hosmer_lemeshow(is_bad, probability, GROUPS, fitted_here=fitted_here)
    except DataError as error:
        return {"chi2": None, "degrees": None, "p": None, "why": error.message}
    thin = int((np.array(found.expected) < THIN).sum())
    told: Told = {"chi2": found.chi2, "degrees": found.degrees, "p": found.p, "groups": GROUPS}
    told |= {"rows": list(found.rows), "bads": list(found.bads), "expected": list(found.expected)}
    if thin:
        told["why_rough"] = f"{thin} of {GROUPS} groups expect fewer than {THIN} bads"
    return told
