from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import DataError
from risk_engine.statistics import binomial, clopper_pearson, critical_bads, jeffreys, pooled

grades = st.integers(1, 60).flatmap(
    lambda rows: st.tuples(st.just(rows), st.integers(0, rows), st.integers(1, 99).map(lambda percent: percent / 100))
)


def tail(rows, least, probability):
    """P(X >= least), added up exactly."""
    p = Fraction(probability)
    return float(sum(comb(rows, k) * p**k * (1 - p) ** (rows - k) for k in range(least, rows + 1)))


@given(grades)
def test_the_binomial_test_adds_up_the_tail(grade):
    rows, bads, probability = grade
    assert binomial(rows, bads, probability).p[0] == pytest.approx(tail(rows, bads, probability), abs=1e-12)


@given(grades)
def test_the_critical_number_is_the_first_that_fails(grade):
    rows, _, probability = grade
    critical = int(critical_bads(rows, probability)[0])
    assert tail(rows, critical, probability) <= 0.05 < tail(rows, critical - 1, probability) + 1e-12


@given(grades)
def test_jeffreys_falls_with_each_bad_and_rises_with_the_probability(grade):
    rows, bads, probability = grade
    told = float(jeffreys(rows, bads, probability).p[0])
    assert 0.0 <= told <= 1.0
    if bads < rows:
        assert jeffreys(rows, bads + 1, probability).p[0] <= told
    assert jeffreys(rows, bads, min(probability + 0.01, 1.0)).p[0] >= told


@given(grades)
def test_the_exact_interval_holds_the_rate_and_its_ends_have_their_tails(grade):
    rows, bads, _ = grade
    low, high = (float(end[0]) for end in clopper_pearson(rows, bads))
    assert low <= bads / rows <= high
    assert low == 0.0 if bads == 0 else tail(rows, bads, low) == pytest.approx(0.025, abs=1e-9)
    assert high == 1.0 if bads == rows else 1 - tail(rows, bads + 1, high) == pytest.approx(0.025, abs=1e-9)


def test_correlated_defaults_weigh_less_against_a_grade():
    alone = binomial([500], [12], [0.01]).p[0]
    weighed = [binomial([500], [12], [0.01], correlation=rho).p[0] for rho in (1e-9, 0.12, 0.24)]
    assert weighed[0] == pytest.approx(alone, abs=1e-4)
    assert alone < weighed[1] < weighed[2]


def test_a_portfolio_can_fail_where_no_grade_does():
    rows, bads, stated = [400, 400, 400], [11, 14, 17], [0.02, 0.027, 0.033]
    assert not jeffreys(rows, bads, stated).rejects().any()
    whole = pooled(rows, bads, stated)
    assert whole[:2] == (1200, 42)
    assert whole[2] == pytest.approx(np.mean(stated))
    assert jeffreys(*whole).rejects()[0]


@pytest.mark.parametrize("test", [jeffreys, binomial])
@pytest.mark.parametrize(
    ("given_", "words"),
    [
        (([], [], []), "at least one"),
        (([0], [0], [0.1]), "without borrowers"),
        (([5], [6], [0.1]), "more bads than rows"),
        (([5.5], [1], [0.1]), "not a whole number"),
        (([5], [1], [1.1]), "outside 0 to 1"),
        (([5], [1], [np.nan]), "outside 0 to 1"),
        (([5, 6], [1, 1], [0.1]), "2 grades with 1 probabilities"),
    ],
)
def test_what_cannot_be_tested_is_said(test, given_, words):
    with pytest.raises(DataError, match=words):
        test(*given_)


def test_levels_out_of_range_are_said():
    with pytest.raises(DataError, match="a correlation of 1"):
        binomial([5], [1], [0.1], correlation=1.0)
    with pytest.raises(DataError, match="a confidence of 0"):
        clopper_pearson([5], [1], confidence=0.0)
    with pytest.raises(DataError, match="a confidence of 2"):
        critical_bads([5], [0.1], confidence=2.0)
