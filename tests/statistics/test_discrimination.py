from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import DataError
from risk_engine.statistics import (
    auc,
    auc_against_initial,
    auc_difference,
    auc_interval,
    gini,
    ks,
    rows_of_grades,
)

samples = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(bad for bad, _ in rows) < len(rows)
)
twos = samples.filter(lambda rows: 1 < sum(bad for bad, _ in rows) < len(rows) - 1)


def split(rows):
    return np.array([bad for bad, _ in rows]), np.array([risk for _, risk in rows], dtype=float)


def pairs(bad, risk):
    """1 where the bad is riskier than the good, one half where they tie: a row a bad, a column a good."""
    return (risk[bad][:, None] > risk[~bad]) + (risk[bad][:, None] == risk[~bad]) / 2


@given(samples)
def test_auc_is_the_share_of_pairs_ranked_right(rows):
    bad, risk = split(rows)
    share = pairs(bad, risk).mean()
    assert float(auc(bad, risk)) == pytest.approx(share, abs=1e-12)
    assert float(gini(bad, risk)) == pytest.approx(2 * share - 1, abs=1e-12)


@given(samples)
def test_ranking_measures_change_with_order_only(rows):
    bad, risk = split(rows)
    mixed = np.random.default_rng(0).permutation(len(bad))
    for measure in (auc, ks):
        assert float(measure(bad, risk)) == pytest.approx(float(measure(bad, 3 * risk + 1)), abs=1e-12)
        assert float(measure(bad, risk)) == pytest.approx(float(measure(bad[mixed], risk[mixed])), abs=1e-12)
    assert float(auc(bad, risk)) == pytest.approx(1 - float(auc(bad, -risk)))
    assert float(auc(bad, risk)) == pytest.approx(1 - float(auc(~bad, risk)))


@given(samples)
def test_ks_is_the_largest_gap_at_any_cutoff(rows):
    bad, risk = split(rows)
    gaps = [abs(np.mean(risk[bad] <= cut) - np.mean(risk[~bad] <= cut)) for cut in risk]
    assert float(ks(bad, risk)) == pytest.approx(max(gaps), abs=1e-12)


@given(twos)
def test_delong_is_the_variance_of_the_pairs_by_row_and_by_column(rows):
    bad, risk = split(rows)
    share = pairs(bad, risk)
    wanted = share.mean(axis=1).var(ddof=1) / bad.sum() + share.mean(axis=0).var(ddof=1) / (~bad).sum()
    told = auc_interval(bad, risk)
    assert told.variance == pytest.approx(wanted, abs=1e-12)
    assert told.auc == pytest.approx(float(auc(bad, risk)), abs=1e-12)
    assert 0.0 <= told.low <= told.auc <= told.high <= 1.0
    turned = auc_interval(bad, -risk)
    assert (turned.low, turned.high) == pytest.approx((1 - told.high, 1 - told.low), abs=1e-12)


@given(twos)
def test_a_measure_does_not_differ_from_itself_and_differs_both_ways_alike(rows):
    bad, risk = split(rows)
    with pytest.raises(DataError, match="no variance"):
        auc_difference(bad, risk, 2 * risk)
    other = np.cos(7 * np.arange(bad.size))
    try:
        there, back = auc_difference(bad, risk, other), auc_difference(bad, other, risk)
    except DataError:
        return
    assert (there.statistic, there.p) == pytest.approx((-back.statistic, back.p), abs=1e-9)


@pytest.mark.parametrize("initial", [0.0, 0.5, 1.0])
def test_an_auc_is_held_against_the_one_of_development(initial):
    bad, risk = np.arange(40) % 3 == 0, (np.arange(40) * 7 % 11).astype(float)
    told, now = auc_against_initial(bad, risk, initial), float(auc(bad, risk))
    assert told.difference == pytest.approx(initial - now)
    assert (told.p < 0.5) == (initial > now)


def test_a_table_of_grades_is_its_rows():
    bad, risk = rows_of_grades([4, 0, 3], [1, 0, 2])
    assert (bad.sum(), bad.size, sorted(set(risk.tolist()))) == (3, 7, [0.0, 2.0])
    assert float(auc(bad, risk)) == pytest.approx((2 * 3 + (2 * 1 + 1 * 3) / 2) / (3 * 4))  # ties one half


def test_a_measure_tells_the_counts_it_rests_on():
    told = auc([0, 1, 1], [0.1, 0.2, 0.3])
    assert (told.name, told.rows, told.bads) == ("auc", 3, 2)
    with pytest.raises(AttributeError):
        told.value = 0.0


@pytest.mark.parametrize(
    ("measure", "given_", "words"),
    [
        (auc, ([1, 1], [0.1, 0.2]), "only one class"),
        (gini, ([0, 0], [0.1, 0.2]), "only one class"),
        (auc_interval, ([0, 0], [0.1, 0.2]), "only one class"),
        (auc_interval, ([0, 0, 1], [0.1, 0.2, 0.3]), "a single row of one class"),
        (ks, ([0, 1], [0.1, np.nan]), "a risk is NaN"),
        (auc, ([0, np.nan], [0.1, 0.2]), "neither 0 nor 1"),
        (auc, ([0, 2], [0.1, 0.2]), "neither 0 nor 1"),
        (auc, ([0, 1], [0.1]), "shape"),
        (auc, ([], []), "at least one row"),
        (auc_against_initial, ([0, 0, 1, 1], [1, 2, 3, 4], 1.2), "an initial AUC of 1.2"),
        (auc_against_initial, ([0, 0, 1, 1], [1, 2, 3, 4], 0.9), "no variance"),
        (rows_of_grades, ([3, 2], [4, 0]), "more bads than rows"),
        (rows_of_grades, ([3.5], [1]), "not a whole number"),
        (rows_of_grades, ([3], [-1]), "at least 0"),
        (rows_of_grades, ([3, 2], [1]), "one of each a grade"),
        (rows_of_grades, ([np.nan], [1]), "not a whole number"),
    ],
)
def test_what_cannot_be_measured_is_said(measure, given_, words):
    with pytest.raises(DataError, match=words):
        measure(*given_)


def test_a_confidence_lies_between_0_and_1():
    with pytest.raises(DataError, match="a confidence of 95"):
        auc_interval([0, 0, 1, 1], [1, 2, 3, 4], confidence=95)
