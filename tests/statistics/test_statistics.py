from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.errors import DataError
from risk_engine.statistics import auc, brier, gini, ks, log_loss, ridge_logistic, shift_to_mean

DATA = Path(os.environ.get("RISK_ENGINE_DATA", Path(__file__).parents[3] / "shared" / "data"))
REFERENCE = DATA.parent / "reference"

samples = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(bad for bad, _ in rows) < len(rows)
)


def split(rows):
    return np.array([bad for bad, _ in rows]), np.array([risk for _, risk in rows], dtype=float)


@settings(deadline=None)
@given(samples)
def test_auc_is_the_share_of_pairs_ranked_right(rows):
    bad, risk = split(rows)
    pairs = [(b > g) + (b == g) / 2 for b in risk[bad] for g in risk[~bad]]
    assert float(auc(bad, risk)) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert float(gini(bad, risk)) == pytest.approx(2 * np.mean(pairs) - 1, abs=1e-12)


@settings(deadline=None)
@given(samples)
def test_ranking_measures_change_with_order_only(rows):
    bad, risk = split(rows)
    mixed = np.random.default_rng(0).permutation(len(bad))
    for measure in (auc, ks):
        assert float(measure(bad, risk)) == pytest.approx(float(measure(bad, 3 * risk + 1)), abs=1e-12)
        assert float(measure(bad, risk)) == pytest.approx(float(measure(bad[mixed], risk[mixed])), abs=1e-12)
    assert float(auc(bad, risk)) + float(auc(bad, -risk)) == pytest.approx(1.0)


@settings(deadline=None)
@given(samples)
def test_ks_is_the_largest_gap_at_any_cutoff(rows):
    bad, risk = split(rows)
    gaps = [abs(np.mean(risk[bad] <= cut) - np.mean(risk[~bad] <= cut)) for cut in risk]
    assert float(ks(bad, risk)) == pytest.approx(max(gaps), abs=1e-12)


def test_a_measure_tells_the_counts_it_rests_on():
    told = auc([0, 1, 1], [0.1, 0.2, 0.3])
    assert (told.name, told.rows, told.bads) == ("auc", 3, 2)
    with pytest.raises(AttributeError):
        told.value = 0.0


@pytest.mark.parametrize(
    ("measure", "is_bad", "risk", "words"),
    [
        (auc, [1, 1], [0.1, 0.2], "only one class"),
        (gini, [0, 0], [0.1, 0.2], "only one class"),
        (ks, [0, 1], [0.1, np.nan], "NaN"),
        (auc, [0, 1], [0.1], "shape"),
        (brier, [], [], "at least one row"),
        (brier, [0, 1], [0.1, 1.2], "outside 0 to 1"),
        (log_loss, [0, 1], [-0.1, 0.5], "outside 0 to 1"),
    ],
)
def test_what_cannot_be_measured_is_said(measure, is_bad, risk, words):
    with pytest.raises(DataError, match=words):
        measure(is_bad, risk)


def test_log_loss_of_a_certain_miss_is_finite():
    assert 30 < float(log_loss([1], [0.0])) < 40


@settings(deadline=None)
@given(samples, st.floats(0.0, 50.0))
def test_coefficients_keep_to_their_side_and_repeat_to_the_bit(rows, ridge):
    bad, risk = split(rows)
    columns = np.column_stack([risk / 20, np.cos(risk)])
    first = ridge_logistic(columns, bad, ridge=ridge + 0.1, upper=0.0)
    assert all(slope <= 0.0 for slope in first.coefficients)
    assert first == ridge_logistic(columns, bad, ridge=ridge + 0.1, upper=0.0)


def test_a_heavy_ridge_leaves_the_prior_and_the_rate():
    bad = np.array([1, 0, 0, 0])
    fitted = ridge_logistic(np.array([[1.0], [2.0], [3.0], [4.0]]), bad, ridge=1e9, prior=0.0)
    assert fitted.coefficients[0] == pytest.approx(0.0, abs=1e-6)
    assert fitted.intercept == pytest.approx(np.log(1 / 3), abs=1e-4)


def test_without_predictors_the_intercept_is_the_rate():
    fitted = ridge_logistic(np.empty((4, 0)), [1, 0, 0, 0], ridge=1.0)
    assert fitted.intercept == pytest.approx(np.log(1 / 3), abs=1e-6)


needs_reference = pytest.mark.skipif(
    not (REFERENCE / "cases.json").exists(), reason="needs the shared reference cases beside RISK_ENGINE_DATA"
)
MEASURES = {"auc": (auc, "auc"), "ks": (ks, "ks"), "brier": (brier, "brier"), "gini_somers": (gini, "gini")}


def cases(*topics):
    if not (REFERENCE / "cases.json").exists():
        return []
    found = json.loads((REFERENCE / "cases.json").read_text())["cases"]
    return [
        pytest.param(case, id=case["id"])
        for case in found
        if case["topic"] in topics and {MEASURES[case["topic"]][1], "ar"} & case["expected"].keys()
    ]


def column(dataset, name):
    with (REFERENCE / dataset).open() as lines:
        return np.array([float(row[name]) for row in csv.DictReader(lines)])


@needs_reference
@pytest.mark.parametrize("case", cases(*MEASURES))
def test_agrees_with_r_and_others(case):
    given_, expected = case["inputs"], case["expected"]
    measure, name = MEASURES[case["topic"]]
    wanted = expected.get(name, expected.get("ar"))
    if "ds2_grades" in given_["dataset"]:
        grades, bads = column(given_["dataset"], "n").astype(int), column(given_["dataset"], "defaults").astype(int)
        bad = np.concatenate([np.repeat([1, 0], [d, n - d]) for n, d in zip(grades, bads, strict=True)])
        risk = np.repeat(np.arange(len(grades)), grades)
    else:
        bad, risk = column(given_["dataset"], given_["y"]), column(given_["dataset"], given_["risk"])
        risk = -risk if given_["risk"].startswith("score") else risk
    assert float(measure(bad, risk)) == pytest.approx(wanted, abs=case["tolerance"])


@needs_reference
def test_platt_line_and_two_predictor_logit_agree_with_glm():
    bad = column("data/ds1_scored.csv", "y")
    plain = np.column_stack([column("data/ds1_scored.csv", "x1"), column("data/ds1_scored.csv", "x2")])
    fitted = ridge_logistic(plain, bad, ridge=0.0)
    told = [fitted.intercept, *fitted.coefficients]
    assert told == pytest.approx([-2.362351574, 0.6080716004, 0.5336715359], abs=1e-5)
    score = (column("data/ds1_scored.csv", "score_a")[:, None] - 550) / 50
    line = ridge_logistic(score, bad, ridge=0.0)
    slope = line.coefficients[0] / 50
    assert [line.intercept - 550 * slope, slope] == pytest.approx([18.27492467, -0.03703705697], abs=1e-4)


@needs_reference
def test_long_run_anchor_by_logit_shift():
    pd_12m, rows = column("data/ds2_grades.csv", "pd"), column("data/ds2_grades.csv", "n").astype(int)
    log_odds = np.log(pd_12m / (1 - pd_12m))
    assert shift_to_mean(np.repeat(log_odds, rows), 0.012) == pytest.approx(0.3798579748, abs=1e-8)
