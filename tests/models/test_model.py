"""The fitted model as one: points, candidates, reasons, files, and what withholding does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.errors import DataError, ReleaseError
from risk_engine.models import DefaultProbabilityModel
from risk_engine.models.calibration import probability
from risk_engine.vocabulary import RiskDirection, State
from tests.models.portfolios import FACTS, made_up


@pytest.fixture(scope="module")
def new_applicants():
    matrix, _ = made_up(rows=300, seed=99)
    return matrix.values, matrix.states


def test_points_add_up_to_the_score_of_the_calibrated_probability(model, new_applicants):
    card, candidate = model.scorecard, model.predict(*new_applicants).candidates["scorecard"]
    points = card.points(*new_applicants)
    assert np.abs(points.sum(axis=1) - card.score(*new_applicants)).max() < 1e-9
    inside = candidate > model.master_scale.floor
    assert inside.any()
    assert np.abs(model.scale.score(candidate) - card.score(*new_applicants))[inside].max() < 1e-9


def test_points_of_every_bin_follow_the_formula(model):
    card = model.scorecard
    line, scale, count = card.line, card.scale, len(card.facts)
    for fact in card.facts:
        assert len(fact.points) == len(fact.binned.bins)
        for found, points in zip(fact.binned.bins, fact.points, strict=True):
            base = (line.shift + line.slope * card.intercept) / count
            wanted = -(line.slope * fact.coefficient * found.woe + base) * scale.factor + scale.offset / count
            assert points == pytest.approx(wanted, abs=1e-9)


def test_points_belong_to_one_bin_of_one_fact(model, new_applicants):
    values, states = new_applicants
    before = model.scorecard.points(values, states)
    for place, fact in enumerate(model.scorecard.facts):
        changed = states.copy()
        changed[:, fact.column] = State.NOT_OBTAINED
        after = model.scorecard.points(values, changed)
        assert np.array_equal(np.delete(before, place, axis=1), np.delete(after, place, axis=1))


def test_one_applicant_and_many_get_the_same_bits(model, new_applicants):
    values, states = new_applicants
    many, shares = model.predict(values, states), model.contributions(values, states, 560.0)
    scores = model.scorecard.score(values, states)
    for row in range(40):
        one = model.predict(values[row : row + 1], states[row : row + 1])
        assert one.default_probability[0] == many.default_probability[row]
        assert (one.score[0], one.grade_index[0]) == (many.score[row], many.grade_index[row])
        for name, log_odds in one.log_odds.items():
            assert log_odds[0] == many.log_odds[name][row]
        assert model.scorecard.score_one(values[row].tolist(), states[row].tolist()) == scores[row]
        assert np.array_equal(model.contributions(values[row : row + 1], states[row : row + 1], 560.0)[0], shares[row])


def test_the_score_is_the_scale_of_the_probability_that_decided(model, new_applicants):
    for decider in ("scorecard", "boosted", "blend"):
        said = replace(model, decider=decider).predict(*new_applicants)
        assert np.array_equal(said.default_probability, said.candidates[decider])
        assert np.array_equal(said.score, np.rint(model.scale.score(said.default_probability)))
        assert np.array_equal(said.grade_index, model.master_scale.grade_index(said.default_probability))


@pytest.mark.parametrize("decider", ["scorecard", "boosted", "blend"])
def test_the_deciders_word_alone_is_what_the_whole_prediction_says(model, new_applicants, decider):
    chosen, (values, states) = replace(model, decider=decider), new_applicants
    told = chosen.predict(values, states)
    for row in range(len(values)):
        alone = chosen.decide(values[row].tolist(), states[row].tolist())
        assert (alone.default_probability, alone.score) == (told.default_probability[row], told.score[row])
        assert alone.grade == chosen.master_scale.grades[told.grade_index[row]]


@pytest.mark.parametrize("decider", ["scorecard", "boosted", "blend"])
def test_what_the_decider_does_not_read_cannot_move_it(model, new_applicants, decider):
    chosen, (values, states) = replace(model, decider=decider), new_applicants
    told, unread = chosen.predict(values, states), set(model.names) - {*chosen.read_by_decider}
    assert bool(unread) == (decider == "scorecard"), "one fact is not on the card"
    turned, away = values.copy(), [model.names.index(name) for name in sorted(unread)]
    turned[:, away] = turned[::-1, away]
    assert np.array_equal(chosen.predict(turned, states).default_probability, told.default_probability)


@pytest.mark.parametrize("shift", [-50.0, 50.0])
def test_no_probability_is_certain_however_far_the_log_odds(model, new_applicants, shift):
    """Of many and of one: a score needs odds."""
    values, states = new_applicants
    line, floor = model.calibration[model.decider], model.master_scale.floor
    far = replace(model, calibration={**model.calibration, model.decider: replace(line, shift=shift)})
    ends = far.predict(values, states), far.decide(values[0].tolist(), states[0].tolist())
    expected = floor if shift < 0 else 1.0 - floor
    assert (ends[0].default_probability[0], ends[1].default_probability) == (expected, expected)
    assert ends[0].score[0] == ends[1].score


def test_the_blend_lies_on_the_line_between_its_components(model, new_applicants):
    said = model.predict(*new_applicants).log_odds
    mixed = model.blend.scorecard * said["scorecard"] + (1 - model.blend.scorecard) * said["boosted"]
    assert np.array_equal(said["blend"], mixed)


def test_the_floor_holds(model, new_applicants):
    high = replace(model, master_scale=replace(model.master_scale, floor=0.0099))
    assert high.predict(*new_applicants).default_probability.min() >= 0.0099


@pytest.mark.parametrize("decider", ["scorecard", "boosted", "blend"])
def test_contributions_add_up_to_the_distance_from_the_boundary(model, new_applicants, decider, portfolio):
    matrix, _ = portfolio
    chosen = replace(model, decider=decider)
    boundary = type(model.boundary).of(
        chosen.predict(matrix.values, matrix.states).score,
        chosen.calibration[decider].at(chosen.component_log_odds(matrix.values, matrix.states)[decider]),
        chosen.shares(matrix.values, matrix.states),
        20.0,
    )
    chosen = replace(chosen, boundary=boundary)
    values, states = new_applicants
    for score in (480.0, 560.0, 9999.0):
        told = chosen.contributions(values, states, score).sum(axis=1)
        log_odds = chosen.calibration[decider].at(chosen.component_log_odds(values, states)[decider])
        assert told == pytest.approx(log_odds - boundary.log_odds[boundary.band(score)], abs=1e-9)


def test_a_worse_value_contributes_more(model):
    values, states = np.zeros((2, len(FACTS))), np.zeros((2, len(FACTS)), dtype=np.uint8)
    values[1, 0] = 4.0
    better, worse = model.contributions(values, states, 560.0)
    assert worse[0] > better[0]


def test_the_boundary_finds_the_nearest_band_that_held_applicants(model):
    boundary = model.boundary
    assert sum(boundary.rows) == 400
    for place, start in enumerate(boundary.starts):
        assert boundary.band(start) == boundary.band(start + boundary.width - 1e-6) == place
    assert boundary.band(-1e6) == 0
    assert boundary.band(1e6) == len(boundary.starts) - 1


columns = st.sets(st.integers(0, len(FACTS) - 1), min_size=1)


@settings(max_examples=60)
@given(st.integers(0, 299), columns)
def test_withholding_never_lowers_the_risk_told(model, complete_model, new_applicants, row, withheld):
    values, states = (part[row : row + 1] for part in new_applicants)
    less_values, less_states = values.copy(), states.copy()
    less_values[0, list(withheld)], less_states[0, list(withheld)] = np.nan, State.NOT_OBTAINED
    for fitted in (model, complete_model):
        known, less = fitted.predict(values, states), fitted.predict(less_values, less_states)
        for name in ("scorecard", "boosted", "blend"):
            assert less.candidates[name][0] >= known.candidates[name][0] - 1e-12, name


@settings(max_examples=60)
@given(
    st.integers(0, 299),
    st.sampled_from([i for i, f in enumerate(FACTS) if f.risk is not RiskDirection.NONE]),
    st.floats(-4, 4),
    st.floats(0, 4),
)
def test_risk_follows_the_direction_of_every_directed_fact(model, new_applicants, row, column, value, step):
    values = np.repeat(new_applicants[0][row : row + 1], 2, axis=0)
    states = np.repeat(new_applicants[1][row : row + 1], 2, axis=0)
    sign = 1 if FACTS[column].risk is RiskDirection.RISING else -1
    values[:, column], states[:, column] = [value, value + sign * step], State.VALUE
    for log_odds in model.predict(values, states).log_odds.values():
        assert log_odds[1] >= log_odds[0] - 1e-12


def test_files_read_back_to_the_same_model(model, new_applicants):
    files = model.files()
    assert set(files) == {
        "scorecard.json",
        "boosting.txt",
        "boosting.json",
        "calibration.json",
        "master_scale.json",
        "boundary.json",
    }
    again = DefaultProbabilityModel.from_files(model.facts, files)
    assert again.files() == files
    first, second = model.predict(*new_applicants), again.predict(*new_applicants)
    assert np.array_equal(first.default_probability, second.default_probability)
    assert np.array_equal(model.contributions(*new_applicants, 560.0), again.contributions(*new_applicants, 560.0))
    assert (again.decider, again.horizon_months, again.bad) == ("blend", 12, "ever 90 days past due")
    assert b"parameters" not in files["boosting.txt"]


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("scorecard.json", b"{", "broken"),
        ("scorecard.json", b"{}", "broken"),
        ("boosting.txt", b"not a tree", "boosting.txt has no line num_class=1"),
        ("calibration.json", b'{"lines": 3}', "broken"),
    ],
)
def test_broken_files_are_refused_with_a_hint(model, new_applicants, name, body, words):
    with pytest.raises(ReleaseError, match=words):
        DefaultProbabilityModel.from_files(model.facts, {**model.files(), name: body}).predict(*new_applicants)


def test_a_missing_file_is_refused(model):
    files = model.files()
    del files["boundary.json"]
    with pytest.raises(ReleaseError, match=r"boundary\.json"):
        DefaultProbabilityModel.from_files(model.facts, files)


def test_other_facts_than_the_models_are_refused(model, new_applicants):
    with pytest.raises(ReleaseError, match="not a feature of the bundle"):
        DefaultProbabilityModel.from_files(model.facts[1:], model.files())
    with pytest.raises(ReleaseError, match="names other features"):
        DefaultProbabilityModel.from_files(model.facts[::-1], model.files())
    values, states = new_applicants
    with pytest.raises(DataError, match=r"matrix\.columns\(model\.names\)"):
        model.predict(values[:, 1:], states[:, 1:])


def test_probability_is_calibrated_log_odds(model, new_applicants):
    said = model.predict(*new_applicants)
    for name, log_odds in said.log_odds.items():
        plain = probability(model.calibration[name].at(log_odds))
        assert said.candidates[name] == pytest.approx(np.clip(plain, 5e-4, 1 - 5e-4))
