"""What the backtest tells, recomputed from the decisions it wrote."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest

from risk_engine.backtest import backtest
from risk_engine.statistics import clopper_pearson, jeffreys
from tests.backtest.conftest import A_QUARTER, GOOD_QUARTER, IMMATURE_QUARTER, QUARTERS, loans


def measured(decided):
    return [row for row in decided if row["is_bad"] is not None and row["score"] is not None]


def test_it_opens_with_the_waterfall_and_the_warnings(found):
    told, _ = found
    assert list(told)[:2] == ["waterfall", "warnings"]
    counts = told["waterfall"]["counts"]
    assert counts[IMMATURE_QUARTER]["immature"] == 54
    assert counts[IMMATURE_QUARTER]["good"] == counts[IMMATURE_QUARTER]["bad"] == 0
    assert told["waterfall"]["total"]["policy_declines"] == 30
    assert sum(counts[name]["applications"] for name in QUARTERS) == len(QUARTERS) * A_QUARTER


def test_the_outcomes_are_those_of_the_loans(decided):
    wanted = {one.id: bool(one.months) for one in loans() if one.booked_on and one.booked_on < "2023"}
    assert {row["application_id"]: row["is_bad"] for row in decided if row["is_bad"] is not None} == wanted


def test_ranking_is_recomputed_from_pairs(found, decided):
    rows = measured(decided)
    bads = [row["default_probability"] for row in rows if row["is_bad"]]
    goods = [row["default_probability"] for row in rows if not row["is_bad"]]
    share = np.mean([(bad > good) + (bad == good) / 2 for bad in bads for good in goods])
    gap = max(abs(np.mean(np.array(bads) <= cut) - np.mean(np.array(goods) <= cut)) for cut in (*bads, *goods))
    told = found[0]["discrimination"]
    assert told["auc"]["value"] == pytest.approx(share)
    assert told["gini"]["value"] == pytest.approx(2 * share - 1)
    assert told["ks"]["value"] == pytest.approx(gap)
    assert told["auc"]["low"] < share < told["auc"]["high"]
    places = {"A": 0, "B": 1, "C": 2}
    by_grade = [(places[row["grade"]], row["is_bad"]) for row in rows]
    pairs = [(b > g) + (b == g) / 2 for b, bad in by_grade if bad for g, other in by_grade if not other]
    assert told["gini_of_grades"]["value"] == pytest.approx(2 * np.mean(pairs) - 1)


def test_grades_are_counted_and_tested_one_by_one(found, decided):
    rows = measured(decided)
    for told in found[0]["grades"]:
        members = [row for row in rows if row["grade"] == told["grade"]]
        if not members:
            assert (told["rows"], told["default_probability"]) == (0, None)
            assert told["why"] == "no rows with a score and a known outcome"
            continue
        bads = sum(row["is_bad"] for row in members)
        stated = math.fsum(row["default_probability"] for row in members) / len(members)
        assert (told["rows"], told["bads"]) == (len(members), bads)
        assert told["applications"] == sum(row["grade"] == told["grade"] for row in decided)
        assert told["default_probability"] == pytest.approx(stated)
        assert all(told["from"] <= row["default_probability"] < told["below"] for row in members)
        assert told["jeffreys"] == pytest.approx(float(jeffreys(len(members), bads, stated).p[0]))
        assert [told["low"], told["high"]] == pytest.approx(
            [float(end[0]) for end in clopper_pearson(len(members), bads)]
        )
        assert told["observed_rate"] == bads / len(members)
    portfolio = found[0]["calibration"]["portfolio"]
    assert portfolio["rows"] == sum(told["rows"] for told in found[0]["grades"]) == len(rows)
    assert portfolio["bads"] == sum(row["is_bad"] for row in rows)
    brier = np.mean([(row["default_probability"] - row["is_bad"]) ** 2 for row in rows])
    assert found[0]["calibration"]["brier"]["value"] == pytest.approx(brier)


def test_every_vintage_is_told_whether_it_can_be_measured_or_not(found, decided):
    told = {row["vintage"]: row for row in found[0]["vintages"]}
    assert tuple(told) == QUARTERS
    for name, row in told.items():
        applied = [one for one in decided if one["vintage"] == name]
        members = [one for one in applied if one["is_bad"] is not None]
        approved = [one for one in members if one["outcome"] == "approve"]
        assert (row["rows"], row["bads"]) == (len(members), sum(one["is_bad"] for one in members))
        assert (row["approved_rows"], row["approved_bads"]) == (len(approved), sum(one["is_bad"] for one in approved))
        assert row["applications"] == len(applied) == A_QUARTER
        assert row["approved"] == sum(one["outcome"] == "approve" for one in applied)
        assert row["approval_rate"] == row["approved"] / A_QUARTER
    young, good = told[IMMATURE_QUARTER], told[GOOD_QUARTER]
    assert young["why"] == ["no outcome is known: 6 policy declines, 54 immature"]
    assert (young["bad_rate"], young["auc"]["value"], young["default_probability"]) == (None, None, None)
    assert good["why"] == ["one class only: 54 good, 0 bad"]
    assert (good["bad_rate"], good["auc"]["value"]) == (0.0, None)
    assert good["auc"]["why"] == "only one class in the sample"
    assert any(GOOD_QUARTER in warning for warning in found[0]["warnings"])


def test_quarters_are_counted_by_the_moment_of_decision(found, decided):
    told = found[0]["stability"]["quarters"]
    assert [row["quarter"] for row in told] == list(QUARTERS)
    for row in told:
        members = [one for one in decided if one["quarter"] == row["quarter"]]
        outcomes = Counter(one["outcome"] for one in members)
        assert {word: row[word] for word in ("approve", "refer", "decline")} == {
            word: outcomes[word] for word in ("approve", "refer", "decline")
        }
        assert row["approval_rate"] == outcomes["approve"] / len(members)
        assert sum(row["counts"]) == row["scored"] == sum(one["score"] is not None for one in members)


def test_stability_is_recomputed_from_the_scores(found, decided):
    told = found[0]["stability"]
    assert told["reference"] == QUARTERS[0]
    edges = [-math.inf, *told["edges"], math.inf]
    for row in told["quarters"][1:]:
        shares = []
        for quarter in (told["reference"], row["quarter"]):
            scores = [one["score"] for one in decided if one["quarter"] == quarter and one["score"] is not None]
            counts = [sum(low < score <= high for score in scores) for low, high in pairwise(edges)]
            shares.append(counts)
        assert shares[1] == row["counts"]
        before, after = (np.maximum(counts, 0.5) for counts in shares)
        before, after = before / before.sum(), after / after.sum()
        assert row["psi"] == pytest.approx(float(((after - before) * np.log(after / before)).sum()))
        assert row["exceeds"] == (row["psi"] > row["limit"])


def test_tables_hold_what_the_results_hold(found):
    told, out = found
    grades, vintages = (pq.read_table(out / f"{name}.parquet").to_pylist() for name in ("grades", "vintages"))
    assert [{name: row[name] for name in grades[0]} for row in told["grades"]] == grades
    assert [row["approval_rate"] for row in vintages] == [row["approval_rate"] for row in told["vintages"]]
    assert [row["auc"] for row in vintages] == [row["auc"]["value"] for row in told["vintages"]]
    assert [row["why"] for row in vintages] == [row["why"] for row in told["vintages"]]
    waterfall = pq.read_table(out / "waterfall.parquet").to_pylist()
    total = {row["step"]: row["applications"] for row in waterfall if row["vintage"] == "total"}
    assert total == told["waterfall"]["total"]
    stability = pq.read_table(out / "stability.parquet").to_pylist()
    assert [row["psi"] for row in stability] == [row["psi"] for row in told["stability"]["quarters"]]


def test_rows_the_release_was_trained_on_are_called_so(found, study_of, tiny_release, tmp_path):
    told, _ = found
    assert told["trained_on"]["relation"] == "same_files"
    assert told["calibration"]["hosmer_lemeshow"]["degrees"] == 8
    assert any(warning.startswith("In-sample") for warning in told["warnings"])
    elsewhere = ("'study' as channel", "'branch' as channel")
    asked = backtest(study_of(elsewhere), tiny_release, tmp_path / "asked")["trained_on"]
    assert (asked["relation"], asked["same"]) == ("same_files", ["applicant", "attributes", "labels"])
    changed = backtest(
        study_of(elsewhere, ("horizon_months: 12", "horizon_months: 6")), tiny_release, tmp_path / "some"
    )
    assert (changed["trained_on"]["relation"], changed["trained_on"]["same"]) == (
        "some_files", ["applicant", "attributes"],
    )  # fmt: skip
    assert changed["calibration"]["hosmer_lemeshow"]["degrees"] == 10
    assert any("Partly in-sample" in warning and "application" in warning for warning in changed["warnings"])


def test_other_rows_and_another_definition_of_bad_are_called_so(study_of, tiny_release, tmp_path):
    other = "select * replace ('X' || application_id as application_id)"
    renamed = [
        *((f"select id as application_id, {then}", f"select 'X' || id as application_id, {then}")
          for then in ("obligor", "'company'", "turnover")),
        *((f"select *\n    from '${{DATA}}/{name}", f"{other}\n    from '${{DATA}}/{name}")
          for name in ("performance", "outcomes")),
        ("horizon_months: 12", "horizon_months: 6"),
    ]  # fmt: skip
    told = backtest(study_of(*renamed), tiny_release, tmp_path)
    assert told["trained_on"]["relation"] == "other_files"
    assert told["trained_on"]["says"].startswith("The release was trained on other files")
    assert not any("n-sample" in warning for warning in told["warnings"])
    assert any("calibration compares different things" in warning for warning in told["warnings"])


def test_rows_without_a_score_are_counted_and_named(study_of, tiny_release, tmp_path):
    changes = [
        ("'1000.00' as amount", "case when id like '%7' then '5.00' else '1000.00' end as amount"),
        ("application_id, turnover\n", "application_id, case when id not like '%4' then turnover end as turnover\n"),
    ]  # fmt: skip
    told = backtest(study_of(*changes), tiny_release, tmp_path)
    without = told["decisions"]["without_score"]
    assert without["why"] == {"evidence_attributes": 30, "model_scope: amount_requested": 30}
    assert without["applications"] == 60
    assert told["decisions"]["outcomes"]["refer"] >= 60
    assert told["rows"]["labelled"] - told["rows"]["measured"] == without["labelled"] == 48
    assert any("48 of 216 applications with a known outcome have no score" in one for one in told["warnings"])
    assert any("12 without a score" in row["why"] for row in told["vintages"])
    rows = pq.read_table(tmp_path / "decisions.parquet").to_pylist()
    named = {row["application_id"][-1] for row in rows if row["without_score"]}
    assert named == {"4", "7"}
    assert all(row["outcome"] == "refer" for row in rows if row["without_score"])
