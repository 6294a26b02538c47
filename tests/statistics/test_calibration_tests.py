from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import DataError
from risk_engine.statistics import brier, hosmer_lemeshow, hosmer_lemeshow_of_grades, log_loss, murphy, rank_groups

forecasts = st.lists(st.tuples(st.booleans(), st.integers(1, 99)), min_size=6, max_size=80)


def split(rows):
    return np.array([bad for bad, _ in rows]), np.array([percent / 100 for _, percent in rows])


@given(forecasts, st.integers(1, 6))
def test_murphys_parts_are_the_brier_score_of_the_grouped_forecasts(rows, groups):
    bad, probability = split(rows)
    group = rank_groups(probability, groups)
    flat = np.array([probability[group == one].mean() for one in group])
    told = murphy(bad, probability, groups)
    assert told.brier == pytest.approx(float(brier(bad, flat)), abs=1e-12)
    assert told.brier == pytest.approx(told.reliability - told.resolution + told.uncertainty, abs=1e-12)


@given(forecasts, st.integers(1, 6))
def test_groups_are_equal_and_follow_the_ranks(rows, groups):
    _, probability = split(rows)
    group = rank_groups(probability, groups)
    sizes = np.bincount(group, minlength=groups)
    assert sizes.max() - sizes.min() <= 1
    assert all(probability[group == one].max() <= probability[group == one + 1].min() for one in range(groups - 1))


def test_ties_are_grouped_by_the_order_of_the_rows():
    assert rank_groups([0.5] * 4, 2).tolist() == [0, 0, 1, 1]


@given(forecasts)
def test_groups_and_grades_are_tested_alike(rows):
    bad, probability = split(rows)
    group = rank_groups(probability, 3)
    counted = [
        (int((group == one).sum()), int(bad[group == one].sum()), probability[group == one].mean()) for one in range(3)
    ]
    there = hosmer_lemeshow(bad, probability, 3, fitted_here=False)
    here = hosmer_lemeshow_of_grades(*zip(*counted, strict=True), fitted_here=True)
    assert here.chi2 == pytest.approx(there.chi2, rel=1e-9, abs=1e-12)
    assert (here.degrees, there.degrees) == (1, 3)
    assert sum(there.bads) == bad.sum()
    assert sum(there.expected) == pytest.approx(probability.sum())


def test_log_loss_of_a_certain_miss_is_finite():
    assert 30 < float(log_loss([1], [0.0])) < 40


@pytest.mark.parametrize(
    ("measure", "given_", "words"),
    [
        (brier, ([], []), "at least one row"),
        (brier, ([0, 1], [0.1, 1.2]), "outside 0 to 1"),
        (brier, ([0, 1], [0.1, np.nan]), "NaN"),
        (log_loss, ([0, 1], [-0.1, 0.5]), "outside 0 to 1"),
        (murphy, ([0, 1], [0.1, 0.5], 3), "3 groups of 2 rows"),
        (murphy, ([0, 1], [0.1, 0.5], 0), "0 groups"),
    ],
)
def test_what_cannot_be_measured_is_said(measure, given_, words):
    with pytest.raises(DataError, match=words):
        measure(*given_)


@pytest.mark.parametrize(
    ("of", "given_", "words"),
    [
        (hosmer_lemeshow, ([0, 1, 1], [0.0, 0.5, 0.6], 3), "only be good or only bad"),
        (hosmer_lemeshow, ([0, 1, 1], [0.1, 0.5, 0.6], 2), "2 groups"),
        (hosmer_lemeshow_of_grades, ([10, 0, 5], [1, 0, 1], [0.1, 0.2, 0.3]), "without borrowers"),
        (hosmer_lemeshow_of_grades, ([10, 5], [1, 1], [0.1]), "without borrowers or probability"),
    ],
)
def test_a_grouping_that_cannot_be_tested_is_said(of, given_, words):
    with pytest.raises(DataError, match=words):
        of(*given_, fitted_here=True)
