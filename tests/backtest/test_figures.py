"""Figures of a few rows by hand, and what is said where there can be none."""

from __future__ import annotations

import numpy as np
import pytest

from risk_engine.backtest.cases import Cases
from risk_engine.backtest.figures import area, calibration, discrimination, grade_table
from risk_engine.backtest.through_time import quarters, vintages
from risk_engine.models.grades import MasterScale
from risk_engine.study.waterfall import Waterfall

SCALE = MasterScale.of({"A": 0.1, "B": 0.3, "C": 1.0})


def cases(*rows, quarter="2024Q1"):
    """(probability or None, is_bad or None, outcome) a row; the score is 1000 times the probability of no default."""
    probability = np.array([np.nan if stated is None else stated for stated, _, _ in rows], dtype=float)
    place = np.where(np.isnan(probability), -1, SCALE.grade_index(np.nan_to_num(probability)))
    return Cases(
        decided={"outcome": [outcome for _, _, outcome in rows], "grade": [(*"ABC", None)[at] for at in place]},
        quarters=np.array([quarter] * len(rows)) if isinstance(quarter, str) else np.array(quarter),
        vintages=np.array([None if bad is None else "2024Q1" for _, bad, _ in rows], dtype=object),
        probability=probability,
        score=1000 * (1 - probability),
        is_bad=np.array([bool(bad) for _, bad, _ in rows]),
        labelled=np.array([bad is not None for _, bad, _ in rows]),
        without_score=tuple(("model_scope: product",) if stated is None else () for stated, _, _ in rows),
    )


FEW = cases(
    (0.05, False, "approve"), (0.05, False, "approve"), (0.08, True, "approve"), (0.2, False, "refer"),
    (0.25, True, "refer"), (0.2, None, "refer"), (None, True, "refer"), (None, None, "decline"),
)  # fmt: skip


def places(few):
    return np.array([{"A": 0.0, "B": 1.0, "C": 2.0, None: -1.0}[grade] for grade in few.decided["grade"]])


def test_five_rows_by_hand():
    told = discrimination(FEW, places(FEW))
    assert told["auc"]["value"] == pytest.approx(5 / 6)  # bads 0.08 and 0.25 against goods 0.05, 0.05, 0.2
    assert told["gini"]["value"] == pytest.approx(4 / 6)
    assert told["ks"]["value"] == pytest.approx(2 / 3)
    assert told["gini_of_grades"]["value"] == pytest.approx(1 / 6)  # A holds g g b, B holds g b
    first, second, third = grade_table(FEW, SCALE)
    assert (first["applications"], first["rows"], first["bads"]) == (3, 3, 1)
    assert first["default_probability"] == pytest.approx(0.06)
    assert (second["applications"], second["rows"], second["bads"]) == (3, 2, 1)
    assert (third["rows"], third["observed_rate"], third["reads"]) == (0, None, None)
    assert third["why"] == "no rows with a score and a known outcome"


def test_the_sentences_of_calibration_follow_the_tests():
    assert any(
        "for want of rows, in C" in one for one in calibration(FEW, grade_table(FEW, SCALE), fitted_here=False)["says"]
    )
    rows = [(0.06, number < 9, "approve") for number in range(90)] + [
        (0.2, number < 24, "approve") for number in range(90)
    ]
    both = cases(*rows)
    told = calibration(both, grade_table(both, SCALE), fitted_here=True)
    assert told["says"] == [
        f"Over all grades the probability of default is too low (Jeffreys p {told['portfolio']['jeffreys']:.4f}).",
        "No grade fails alone; together they do.",
        "The probability of default is not tested, for want of rows, in C.",
    ]


def test_what_cannot_be_told_says_why():
    told = discrimination(cases((0.1, False, "approve"), (0.2, False, "approve")), np.zeros(2))
    assert told["auc"] == {
        "value": None,
        "variance": None,
        "low": None,
        "high": None,
        "why": "only one class in the sample",
    }
    assert told["ks"] == {"value": None, "why": "only one class in the sample"}
    one_bad = area(np.array([True, False, False]), np.array([0.3, 0.1, 0.2]))
    assert (one_bad["value"], one_bad["low"], one_bad["why"]) == (1.0, None, "a single row of one class")
    nobody = cases((None, True, "refer"), (0.1, None, "approve"))
    told = calibration(nobody, grade_table(nobody, SCALE), fitted_here=False)
    assert told["brier"]["value"] is None
    assert told["hosmer_lemeshow"]["chi2"] is None
    assert told["says"] == ["Nothing can be said of calibration: no row has a score and a known outcome."]
    few = calibration(FEW, grade_table(FEW, SCALE), fitted_here=False)
    assert few["hosmer_lemeshow"]["why"] == "10 groups of 5 rows"


def test_a_vintage_of_the_waterfall_is_never_left_out():
    waterfall = Waterfall.of(("excluded", "immature", "good", "bad"), [
        *[("2024Q1", "good")] * 3, *[("2024Q1", "bad")] * 3, ("2024Q1", "immature"), ("2024Q2", "excluded"),
    ])  # fmt: skip
    first, second = vintages(FEW, waterfall)
    assert first["why"] == ["1 immature left out", "1 without a score"]
    assert (first["rows"], first["bads"], first["scored"]) == (6, 3, 5)
    assert (first["approved_rows"], first["approved_bads"]) == (3, 1)
    assert second["why"] == ["no outcome is known: 1 excluded"]
    assert (second["rows"], second["bad_rate"]) == (0, None)


def spread(count, low, high):
    return [(probability, None, "approve") for probability in np.linspace(low, high, count)]


def test_the_reference_is_the_first_quarter_with_enough_scores():
    of = ["2023Q4"] * 10 + ["2024Q1"] * 50 + ["2024Q2"] * 60 + ["2024Q3"]
    told = quarters(
        cases(*spread(10, 0.1, 0.2), *spread(50, 0.01, 0.5), *spread(60, 0.01, 0.5), (None, None, "refer"), quarter=of)
    )
    assert told["reference"] == "2024Q1"
    assert "against 2024Q1" in told["says"]
    before, itself, after, without = told["quarters"]
    assert (before["psi"], before["why"]) == (None, "before the reference")
    assert (itself["psi"], itself["why"], sum(itself["counts"])) == (0.0, "the reference", 50)
    assert after["psi"] < 0.01 < after["limit"]
    assert not after["exceeds"]
    assert (without["psi"], without["why"], without["without_score"]) == (None, "no scored applications", 1)


def test_a_portfolio_that_moved_exceeds_its_limit():
    of = ["2024Q1"] * 100 + ["2024Q2"] * 100
    told = quarters(cases(*spread(100, 0.01, 0.5), *spread(100, 0.3, 0.9), quarter=of))
    moved = told["quarters"][1]
    assert moved["exceeds"]
    assert moved["psi"] > 0.25
    assert moved["why"].endswith("empty bins counted as half a row")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (spread(49, 0.1, 0.2), "no quarter of decision has 50 scored applications"),
        (spread(60, 0.1, 0.1), "all scores of 2024Q1 are one"),
    ],
)
def test_no_stability_is_made_up(rows, words):
    told = quarters(cases(*rows))
    assert words in told["says"]
    assert told["quarters"][0]["psi"] is None
    assert words in told["quarters"][0]["why"]
