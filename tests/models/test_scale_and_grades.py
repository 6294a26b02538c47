from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import DataError
from risk_engine.models import MasterScale, ScoreScale
from risk_engine.models.binning import BinnedFact, empty_bins
from risk_engine.models.calibration import Line, prior_shift, probability
from risk_engine.models.scorecard import write_points

probabilities = st.floats(1e-6, 1 - 1e-6)
scales = st.builds(ScoreScale, st.floats(100, 900), st.floats(1, 200), st.floats(5, 100))


@given(scales, probabilities)
def test_score_and_probability_are_inverse(scale, chance):
    assert scale.default_probability(scale.score(chance)) == pytest.approx(chance, rel=1e-6)


@given(scales, probabilities)
def test_pdo_points_double_the_odds(scale, chance):
    odds = (1 - chance) / chance
    assert scale.score(1 / (1 + 2 * odds)) - scale.score(chance) == pytest.approx(scale.pdo, abs=1e-6)


def test_published_scale():
    scale = ScoreScale()
    assert (scale.factor, scale.offset) == pytest.approx((28.8539, 487.123), abs=5e-4)
    told = scale.score(np.array([0.01, 1 / 51, 0.05, 0.25]))
    assert told == pytest.approx([619.7100086, 600.0, 572.0814265, 518.8221262], abs=1e-6)
    other = ScoreScale(base_score=500, base_odds=49, pdo=50)
    assert other.default_probability(550) == pytest.approx(1 / 99)


def test_published_points():
    """Siddiqi's points allocation, reference case scaling.011."""
    weights = ((0.7019578, -1.0898017), (0.45, -0.3), (0.2, -0.55))
    facts = []
    for column, (pair, slope) in enumerate(zip(weights, (-0.85, -0.6, -1.1), strict=True)):
        plain = empty_bins(f"x{column}", splits=[0.0]).to_json()
        for found, woe in zip(plain["bins"], pair, strict=False):
            found["woe"] = woe
        facts.append((column, BinnedFact.from_json(plain), slope))
    card = write_points(facts, -2.1, Line(), ScoreScale(), 5.0)
    values = np.array([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
    points = card.points(values, np.zeros((2, 3)))
    expected = [[199.7881103, 190.3625759, 188.9198808], [155.843747, 177.3783205, 165.1154126]]
    assert points == pytest.approx(np.array(expected), abs=1e-6)
    assert card.score(values, np.zeros((2, 3)))[0] == pytest.approx(579.070567, abs=1e-6)


@pytest.mark.parametrize(
    ("told", "true_rate", "sample_rate", "expected"), [(0.5, 0.02, 0.5, 0.02), (0.8, 0.05, 0.5, 0.1739130435)]
)
def test_prior_correction_published(told, true_rate, sample_rate, expected):
    log_odds = np.array([np.log(told / (1 - told))])
    assert probability(log_odds + prior_shift(true_rate, sample_rate))[0] == pytest.approx(expected, abs=1e-10)


@given(probabilities, st.floats(0.001, 0.9), st.floats(0.01, 0.9))
def test_prior_shift_is_the_odds_form(chance, true_rate, sample_rate):
    bad, good = chance * true_rate / sample_rate, (1 - chance) * (1 - true_rate) / (1 - sample_rate)
    shifted = probability(np.array([np.log(chance / (1 - chance)) + prior_shift(true_rate, sample_rate)]))
    assert shifted[0] == pytest.approx(bad / (bad + good), rel=1e-9)


@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(-5, 5), st.floats(0.1, 5), st.floats(-5, 5))
def test_lines_compose(shift, slope, outer_shift, outer_slope, at):
    inner, outer = Line(shift, slope), Line(outer_shift, outer_slope)
    where = np.array([at])
    assert inner.then(outer).at(where)[0] == pytest.approx(outer.at(inner.at(where))[0], abs=1e-9)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_worse_probability_never_gets_a_better_grade(chances):
    scale = MasterScale.of({"A": 0.02, "B": 0.1, "C": 1.0})
    rising = np.sort(np.array(chances))
    assert (np.diff(scale.grade_index(rising)) >= 0).all()
    assert scale.grade_index(rising).max() <= 2


def test_a_bound_belongs_to_the_worse_grade():
    scale = MasterScale.of({"A": 0.02, "B": 0.1, "C": 1.0})
    assert scale.grade_index(np.array([0.0199999, 0.02, 0.1, 1.0])).tolist() == [0, 1, 2, 2]
    assert MasterScale.from_json(json.loads(json.dumps(scale.to_json()))) == scale


@pytest.mark.parametrize(
    "bands", [{}, {"A": 0.5}, {"A": 0.2, "B": 0.1, "C": 1.0}, {"A": 0.0001, "B": 1.0}, {"A": 0.1, "B": 0.1, "C": 1.0}]
)
def test_a_master_scale_that_does_not_rise_to_one_is_refused(bands):
    with pytest.raises(DataError, match="bounds rise from above the floor"):
        MasterScale.of(bands)
