from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import ReleaseError
from risk_engine.models import FitSettings
from risk_engine.models.binning import Bin, BinnedFact, count_bins, empty_bins, weight_of_evidence
from risk_engine.models.cutting import fit_bins
from risk_engine.vocabulary import State
from tests.models.portfolios import DATA, FACTS, made_up

REFERENCE = DATA.parent / "reference"
SETTINGS = FitSettings()

numbers = st.lists(st.floats(-10, 10, allow_nan=False), min_size=0, max_size=5, unique=True).map(sorted)
rows = st.lists(st.tuples(st.floats(-12, 12, allow_nan=False), st.integers(0, 3)), min_size=1, max_size=30)


@given(numbers, rows, st.lists(st.sampled_from([-9.0, -8.0, 3.0]), unique=True), st.none() | st.floats(-5, 5))
def test_one_row_and_many_fall_in_the_same_bins(splits, applicants, specials, none_reads_as):
    fact = empty_bins("x", splits=splits, specials=specials, none_reads_as=none_reads_as)
    values = np.array([value for value, _ in applicants] + specials)
    states = np.array([state for _, state in applicants] + [0] * len(specials))
    values[states != 0] = np.nan
    many = fact.locate(values, states).tolist()
    one = [fact.locate_one(value, state) for value, state in zip(values.tolist(), states.tolist(), strict=True)]
    assert many == one
    for place, value, state in zip(many, values, states, strict=True):
        found = fact.bins[place]
        if state == State.VALUE and found.kind == "numbers":
            assert found.lower is None or found.lower <= value
            assert found.upper is None or value < found.upper
        elif state == State.VALUE:
            assert found.codes == (value,)
        elif state == State.NONE and none_reads_as is not None:
            assert place == fact.locate_one(none_reads_as, State.VALUE)
        else:
            assert found.kind == State(state).name.lower()


@pytest.fixture(scope="module")
def binned(portfolio):
    matrix, is_bad = portfolio
    return fit_bins(FACTS, matrix.values, matrix.states, is_bad, SETTINGS)


def test_every_row_is_counted_once(binned, portfolio):
    _, is_bad = portfolio
    for fact in binned:
        assert sum(found.bads for found in fact.bins) == is_bad.sum()
        assert sum(found.goods for found in fact.bins) == (~is_bad).sum()


def test_weights_follow_the_stated_formula(binned, portfolio):
    _, is_bad = portfolio
    goods, bads = (~is_bad).sum(), is_bad.sum()
    for fact in binned:
        for found in fact.bins:
            if found.kind in {"numbers", "words", "not_applicable"}:
                extra = SETTINGS.scorecard.pseudo_rows / len(is_bad)
                share_goods, share_bads = found.goods / goods + extra, found.bads / bads + extra
                assert found.woe == pytest.approx(math.log(share_goods / share_bads), abs=1e-12)


def test_trends_follow_the_direction_of_risk(binned):
    for fact, bins in zip(FACTS, binned, strict=True):
        weights = [found.woe for found in bins.bins if found.kind == "numbers"]
        if fact.risk == "rising":
            assert weights == sorted(weights, reverse=True)
        if fact.risk == "falling":
            assert weights == sorted(weights)


def test_a_fact_that_runs_against_its_direction_tells_nothing():
    values = np.linspace(0, 1, 200)[:, None]
    is_bad = values[:, 0] < 0.3
    (fact,) = fit_bins(FACTS[:1], values, np.zeros((200, 1)), is_bad, SETTINGS)
    assert [found.kind for found in fact.bins].count("numbers") == 1


def test_withheld_weighs_no_more_than_any_other_bin_nor_than_zero(binned):
    for fact in binned:
        withheld = fact.bins[fact.of_state[State.NOT_OBTAINED]].woe
        assert withheld == min(0.0, *(found.woe for found in fact.bins))


def test_withheld_by_good_applicants_only_earns_nothing():
    values = np.where(np.arange(100) < 40, np.nan, np.tile([1.0, 2.0], 50))
    states = np.where(np.isnan(values), State.NOT_OBTAINED, State.VALUE)
    is_bad = (np.arange(100) >= 40) & (np.arange(100) % 3 == 0)
    fact = count_bins(empty_bins("x", splits=[1.5]), values, states, is_bad, 5.0)
    assert fact.bins[fact.of_state[State.NOT_OBTAINED]].woe <= 0.0


def test_none_never_seen_reads_as_the_worst_bin():
    values = np.repeat([1.0, 2.0], 50)
    is_bad = np.arange(100) % 50 < np.repeat([5, 25], 50)
    fact = count_bins(empty_bins("x", splits=[1.5]), values, np.zeros(100), is_bad, 5.0)
    worst = min(found.woe for found in fact.bins if found.kind == "numbers")
    assert worst < 0
    assert fact.bins[fact.of_state[State.NONE]].woe == pytest.approx(worst)
    assert fact.bins[fact.of_state[State.NOT_APPLICABLE]].woe == 0.0


def test_none_never_seen_reads_as_the_worst_word():
    values = np.repeat([0.0, 1.0], 50)
    is_bad = np.arange(100) % 50 < np.repeat([5, 25], 50)
    fact = count_bins(empty_bins("x", words=[(0.0,), (1.0,)]), values, np.zeros(100), is_bad, 5.0)
    worst = min(found.woe for found in fact.bins if found.kind == "words")
    assert worst < 0
    assert fact.bins[fact.of_state[State.NONE]].woe == pytest.approx(worst)


def test_shrinking_pulls_towards_the_anchor_and_survives_empty_cells():
    plain = weight_of_evidence(30, 5, 100, 50)
    shrunk = weight_of_evidence(30, 5, 100, 50, pseudo_rows=10)
    assert 0 < shrunk < plain
    assert math.isfinite(weight_of_evidence(3, 0, 100, 50, pseudo_rows=5))


def test_permuting_rows_changes_nothing(binned, portfolio):
    matrix, is_bad = portfolio
    order = np.random.default_rng(1).permutation(len(is_bad))
    assert fit_bins(FACTS, matrix.values[order], matrix.states[order], is_bad[order], SETTINGS) == binned


def test_few_bads_do_not_choose_the_edges():
    values = np.arange(90.0)[:, None]
    is_bad = np.isin(np.arange(90), [70, 71, 72, 80, 81, 82, 88, 89])
    (fact,) = fit_bins(FACTS[:1], values, np.zeros((90, 1)), is_bad, SETTINGS)
    assert fact.edges == [30.0, 59.0]
    assert fact.woe[0] >= fact.woe[1] > 0 > fact.woe[2]


def test_special_codes_have_bins_of_their_own():
    matrix, is_bad = made_up(rows=300, seed=3, missing=False)
    matrix.values[:40, 0] = -9.0
    settings = FitSettings.from_mapping({"special_codes": {"gap": [-9]}})
    fact = fit_bins(FACTS, matrix.values, matrix.states, is_bad, settings)[0]
    special = [found for found in fact.bins if found.kind == "special"]
    assert [(found.codes, found.goods + found.bads) for found in special] == [((-9.0,), 40)]


def test_a_fact_never_known_keeps_one_bin_a_state():
    states = np.full((50, 2), State.NOT_OBTAINED, dtype=np.uint8)
    is_bad = np.arange(50) < 10
    facts = (FACTS[0], FACTS[5])
    number, word = fit_bins(facts, np.full((50, 2), np.nan), states, is_bad, SETTINGS)
    assert [found.kind for found in number.bins] == ["numbers", "none", "not_obtained", "not_applicable"]
    assert [found.kind for found in word.bins] == ["words", "none", "not_obtained", "not_applicable"]


def test_a_word_never_seen_is_neutral():
    matrix, is_bad = made_up()
    fact = fit_bins(FACTS, matrix.values, matrix.states, is_bad, SETTINGS)[5]
    assert fact.bins[fact.locate_one(3.0, State.VALUE)].woe == pytest.approx(0.0)


def test_bins_that_miss_a_state_are_refused():
    with pytest.raises(ReleaseError, match="do not cover every state"):
        BinnedFact("x", (Bin("numbers", 1, 1, 0.0),)).locate_one(0.0, State.NOT_OBTAINED)


def test_bins_read_back(binned):
    for fact in binned:
        assert BinnedFact.from_json(json.loads(json.dumps(fact.to_json()))) == fact


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="needs the shared reference cases beside RISK_ENGINE_DATA")
def test_siddiqi_age_table():
    with (REFERENCE / "data" / "ds6_woe.csv").open() as lines:
        table = [(float(row["good"]), float(row["bad"])) for row in csv.DictReader(lines)]
    goods, bads = sum(good for good, _ in table), sum(bad for _, bad in table)
    weights = [weight_of_evidence(good, bad, goods, bads) for good, bad in table]
    expected = [-0.4271912023, -1.089801659, -0.7261336796, -0.04525659159, 0.7019578102, 1.283879356, 1.649339129]
    assert weights == pytest.approx(expected, abs=1e-6)
    made = [Bin("numbers", int(g), int(b), w) for (g, b), w in zip(table, weights, strict=True)]
    assert BinnedFact("age", tuple(made)).information_value == pytest.approx(0.6680562518, abs=1e-6)
