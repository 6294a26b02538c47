from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import DataError
from risk_engine.statistics import csi, homogeneity, psi, psi_limit

tables = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12).filter(
    lambda bins: any(before for before, _ in bins) and any(after for _, after in bins)
)


@given(tables)
def test_psi_is_symmetric_and_never_below_zero(bins):
    before, after = zip(*bins, strict=True)
    there, back = psi(before, after), psi(after, before)
    assert there.value == pytest.approx(back.value, abs=1e-12)
    assert there.filled == back.filled
    assert min(there.parts) >= 0.0
    assert there.value == pytest.approx(sum(there.parts), abs=1e-12)


@given(tables)
def test_what_did_not_move_has_no_index(bins):
    before, _ = zip(*bins, strict=True)
    if any(before):
        assert psi(before, [7 * count for count in before]).value == pytest.approx(0.0, abs=1e-12)


@given(tables)
def test_the_order_of_the_bins_says_nothing(bins):
    before, after = zip(*bins, strict=True)
    assert psi(before[::-1], after[::-1]).value == pytest.approx(psi(before, after).value, abs=1e-12)


def test_counts_and_their_shares_agree():
    assert psi([30, 40, 30], [20, 40, 40]).value == pytest.approx(psi([0.3, 0.4, 0.3], [0.2, 0.4, 0.4]).value)


def test_an_empty_bin_counts_half_a_row_on_its_side_only():
    told = psi([10, 0, 10, 0], [10, 5, 5, 0])
    share = 0.5 / 20.5
    assert told.filled == (1,)
    assert told.parts[1] == pytest.approx((0.25 - share) * math.log(0.25 / share))
    assert told.parts[3] == 0.0


def test_the_limit_shrinks_with_the_samples():
    assert psi_limit(10, 100, 100) == pytest.approx(10 * psi_limit(10, 1000, 1000))
    assert psi_limit(10, 1000, 1000, confidence=0.99) > psi_limit(10, 1000, 1000)


def test_psi_stays_under_its_limit_about_as_often_as_it_says():
    draws = np.random.default_rng(5)
    shares = np.full(10, 0.1)
    limit = psi_limit(10, 2000, 2000)
    under = [psi(draws.multinomial(2000, shares), draws.multinomial(2000, shares)).value < limit for _ in range(2000)]
    assert np.mean(under) == pytest.approx(0.95, abs=0.02)


def test_csi_tells_index_and_points():
    told = csi([30, 40, 30], [20, 40, 40], [10, 20, 30])
    assert told.index == psi([30, 40, 30], [20, 40, 40])
    assert told.points == pytest.approx(0.1 * 30 - 0.1 * 10)


def test_homogeneity_leaves_out_bins_that_nobody_is_in():
    assert homogeneity([30, 40, 0, 30], [20, 40, 0, 40]) == homogeneity([30, 40, 30], [20, 40, 40])


@pytest.mark.parametrize(
    ("measure", "given_", "words"),
    [
        (psi, ([1, 2], [1, 2, 3]), "shape"),
        (psi, ([], []), "shape"),
        (psi, ([1, -2], [1, 2]), "below 0"),
        (psi, ([1, np.nan], [1, 2]), "not finite"),
        (psi, ([0, 0], [1, 2]), "an empty sample"),
        (psi, ([0.5, 0.5, 0.0], [0.3, 0.3, 0.4]), "a share of 0"),
        (psi_limit, (1, 10, 10), "1 bins"),
        (psi_limit, (5, 0, 10), "0 and 10 rows"),
        (csi, ([1, 2], [2, 1], [10]), "points of shape"),
        (homogeneity, ([3, 0], [4, 0]), "fewer than two bins"),
    ],
)
def test_what_cannot_be_compared_is_said(measure, given_, words):
    with pytest.raises(DataError, match=words):
        measure(*given_)
