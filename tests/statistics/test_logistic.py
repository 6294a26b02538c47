from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.statistics import ridge_logistic, shift_to_mean
from tests.conftest import DATA

REFERENCE = DATA.parent / "reference"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"no reference data at {REFERENCE}; set RISK_ENGINE_DATA to the data beside"
)
samples = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(bad for bad, _ in rows) < len(rows)
)


def column(dataset, name):
    with (REFERENCE / dataset).open() as lines:
        return np.array([float(row[name]) for row in csv.DictReader(lines)])


@given(samples, st.floats(0.0, 50.0))
def test_coefficients_keep_to_their_side_and_repeat_to_the_bit(rows, ridge):
    bad, risk = np.array([bad for bad, _ in rows]), np.array([risk for _, risk in rows], dtype=float)
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
