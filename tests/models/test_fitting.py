from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from risk_engine.errors import DataError
from risk_engine.facts import Fact, Says
from risk_engine.models import FitSettings
from risk_engine.models.benchmarks import fit_logistic, fit_unshrunken_scorecard
from risk_engine.models.binning import count_bins, empty_bins
from risk_engine.models.boosting import EncodedFact, encode, find_counterexample
from risk_engine.models.calibration import probability
from risk_engine.models.estimation import fit_level
from risk_engine.models.fitting import fit, stratified_folds
from risk_engine.statistics import auc
from risk_engine.vocabulary import RiskDirection, Stage
from tests.models.portfolios import FACTS, made_up

SMALL = FitSettings.from_mapping({"boosting": {"trees": 20}, "blend": {"folds": 2}})


def test_the_same_rows_give_the_same_bytes():
    matrix, is_bad = made_up(rows=150)
    assert fit(matrix, is_bad, SMALL).files() == fit(matrix, is_bad, SMALL).files()


def test_no_coefficient_stands_against_its_sign(model):
    assert all(fact.coefficient < 0.0 for fact in model.scorecard.facts)


def test_trees_follow_their_directions_and_a_wrong_direction_is_found(model, portfolio):
    matrix, _ = portfolio
    assert find_counterexample(model.boosting, matrix.values, matrix.states) == ""
    turned = [replace(fact, direction=-fact.direction) for fact in model.boosting.facts]
    broken = replace(model.boosting, facts=tuple(turned))
    assert isinstance(turned[0], EncodedFact)
    assert find_counterexample(broken, matrix.values, matrix.states) == "gap"


@pytest.mark.parametrize(
    ("risk", "bads", "adverse"), [(RiskDirection.RISING, [2, 5], 99.0), (RiskDirection.FALLING, [5, 2], 0.0)]
)
def test_what_training_never_saw_enters_the_trees_at_the_adverse_end(risk, bads, adverse):
    fact = Fact(name="x", says=Says("x", "x"), unit="ratio", risk=risk)
    values, states = np.arange(100.0), np.zeros(100)
    is_bad = np.arange(100) % 10 < np.repeat(bads, 50)
    binned = count_bins(empty_bins("x", splits=[50.0]), values, states, is_bad, 5.0)
    none, not_obtained, _ = encode(fact, binned, values, states).of_state
    assert (none, not_obtained) == (adverse, adverse)


def test_what_nobody_obtained_enters_no_better_than_none_reads():
    fact = Fact(name="x", says=Says("x", "x"), unit="days", risk=RiskDirection.RISING, none_reads_as=730.0)
    values, states = np.arange(100.0), np.zeros(100)
    binned = count_bins(empty_bins("x", splits=[50.0], none_reads_as=730.0), values, states, values > 70, 5.0)
    assert encode(fact, binned, values, states).of_state[:2] == (730.0, 730.0)


def test_under_fifty_bads_the_scorecard_decides():
    matrix, is_bad = made_up(rows=150)
    assert is_bad.sum() < 50
    assert fit(matrix, is_bad, SMALL).decider == "scorecard"
    more, many_bad = made_up(rows=400)
    assert many_bad.sum() >= 50
    assert fit(more, many_bad, SMALL).decider == "blend"
    assert fit(matrix, is_bad, replace(SMALL, decider="boosted")).decider == "boosted"


def test_facts_about_the_loan_and_later_stages_stay_out():
    matrix, is_bad = made_up(rows=150)
    facts = (replace(FACTS[0], use="facility"), replace(FACTS[1], stage=Stage.SCORE), *FACTS[2:])
    model = fit(replace(matrix, facts=facts), is_bad, SMALL)
    assert model.names == tuple(fact.name for fact in FACTS[2:])
    alone = replace(matrix.columns(["gap"]), facts=(replace(FACTS[0], use="facility"),))
    with pytest.raises(DataError, match="no fact a model may read"):
        fit(alone, is_bad, SMALL)


def test_levels_shift_log_odds_and_nothing_else():
    matrix, is_bad = made_up(rows=150)
    sample = fit(matrix, is_bad, SMALL)
    population = fit(matrix, is_bad, replace(SMALL, population_rate=0.02))
    anchored = fit(matrix, is_bad, replace(SMALL, long_run=0.05))
    assert (sample.level.kind, population.level.kind, anchored.level.kind) == (
        "sample",
        "population_rate",
        "long_run",
    )
    for name, line in sample.calibration.items():
        shift = np.log(0.02 / 0.98) - np.log(is_bad.mean() / (1 - is_bad.mean()))
        assert population.calibration[name].shift - line.shift == pytest.approx(shift)
        assert population.calibration[name].slope == anchored.calibration[name].slope == line.slope


def test_a_long_run_rate_is_the_mean_of_the_probabilities():
    log_odds, is_bad = np.linspace(-4.0, 2.0, 50), np.arange(50) > 30
    level, shift = fit_level(log_odds, is_bad, replace(SMALL, long_run=0.05))
    assert (level.kind, level.rate, level.sample_rate) == ("long_run", 0.05, is_bad.mean())
    assert probability(shift.at(log_odds)).mean() == pytest.approx(0.05, abs=1e-9)


def test_calibration_meets_the_rate_of_the_sample(model, portfolio):
    matrix, is_bad = portfolio
    said = model.predict(matrix.values, matrix.states)
    for log_odds in said.candidates.values():
        assert log_odds.mean() == pytest.approx(is_bad.mean(), abs=0.03)
    slopes = [line.slope for line in model.calibration.values()]
    assert all(0.4 < slope < 1.6 for slope in slopes)


def test_a_study_may_fix_the_weight_of_the_blend():
    matrix, is_bad = made_up(rows=150)
    settings = FitSettings.from_mapping({"boosting": {"trees": 5}, "blend": {"folds": 2, "scorecard_weight": 1.0}})
    model = fit(matrix, is_bad, settings)
    said = model.predict(matrix.values, matrix.states)
    assert np.array_equal(said.log_odds["blend"], said.log_odds["scorecard"])


def test_rows_of_one_obligor_stay_in_one_fold():
    matrix, is_bad = made_up(rows=120)
    twice = np.repeat(np.arange(60), 2)
    doubled = matrix.rows(twice)
    grouped = fit(doubled, is_bad[twice], SMALL, groups=twice)
    free = fit(doubled, is_bad[twice], SMALL)
    assert grouped.calibration["boosted"].slope < free.calibration["boosted"].slope


@pytest.mark.parametrize(
    ("is_bad", "words"),
    [(np.zeros(100), "0 bads and 100 goods"), (np.ones(100), "100 bads and 0 goods"), (np.zeros(3), r"shape \(3,\)")],
)
def test_outcomes_that_cannot_be_learnt_are_refused(is_bad, words):
    matrix, _ = made_up(rows=100)
    with pytest.raises(DataError, match=words):
        fit(matrix, is_bad, SMALL)


def test_pure_noise_still_gives_a_card_of_one_fact():
    matrix, _ = made_up(rows=100)
    is_bad = np.arange(100) % 5 == 0
    settings = FitSettings.from_mapping(
        {"scorecard": {"min_information_value": 9.0}, "boosting": {"trees": 5}, "blend": {"folds": 2}}
    )
    model = fit(matrix, is_bad, settings)
    assert len(model.scorecard.facts) == 1
    assert model.predict(matrix.values, matrix.states).default_probability.mean() == pytest.approx(0.2, abs=0.1)


def test_folds_hold_every_row_once_and_the_same_share_of_bads():
    is_bad = np.arange(100) % 5 == 0
    held = [rows for _, rows in stratified_folds(is_bad, 4, 42)]
    assert np.array_equal(np.sort(np.concatenate(held)), np.arange(100))
    assert [int(is_bad[rows].sum()) for rows in held] == [5, 5, 5, 5]
    with pytest.raises(DataError, match="20 bads and 80 goods for 21 folds"):
        list(stratified_folds(is_bad, 21, 42))


def test_benchmarks_score_every_state():
    matrix, is_bad = made_up(rows=200)
    for bench in (fit_logistic, fit_unshrunken_scorecard):
        told = bench(matrix, is_bad)(matrix.values, matrix.states)
        assert told.shape == (200,)
        assert float(auc(is_bad, told)) > 0.7


def test_probabilities_stay_inside_zero_and_one():
    assert probability(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
