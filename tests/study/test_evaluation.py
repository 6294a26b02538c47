"""Evaluate refits everything in each fold and prints the same figures every time."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from risk_engine.errors import UsageError
from risk_engine.models.fitting import stratified_folds
from risk_engine.study import Study, evaluate
from risk_engine.study.dataset import load_dataset, load_labels

MODELS = {"scorecard", "boosted", "blend", "unshrunken_scorecard", "logistic"}
MEASURES = {"auc", "gini", "ks", "brier", "log_loss"}


@pytest.fixture
def study(written, data):
    return Study.load(written(), data)


def test_the_figures_have_the_shape_scripts_rely_on(study):
    told = []
    found = evaluate(study, folds=2, repeats=2, progress=lambda *how_far: told.append(how_far))
    assert json.loads(json.dumps(found)) == found
    assert (found["study"], found["rows"], found["folds"], found["seed"]) == ("tiny", 160, 2, 42)
    assert found["warnings"] == ["Made up."]
    assert set(found["models"]) == MODELS
    for figures in found["models"].values():
        assert set(figures) == MEASURES
        assert set(figures["auc"]) == {"mean", "sd"}
        assert figures["gini"]["mean"] == pytest.approx(2 * figures["auc"]["mean"] - 1)
        assert figures["auc"]["mean"] > 0.75
    assert [repeat["seed"] for repeat in found["repeats"]] == [42, 43]
    for model in MODELS:
        of_repeats = [repeat["models"][model]["auc"] for repeat in found["repeats"]]
        assert np.mean(of_repeats) == pytest.approx(found["models"][model]["auc"]["mean"])
    assert told[-5:] == [("folds", done, 4) for done in range(5)]
    assert [what for what, done, _ in told if done == 0][:-1] == [
        "sections",
        "applicants checked",
        "applicants computed",
    ]
    assert evaluate(study, folds=2, repeats=2) == found


def test_rows_come_in_the_order_of_the_target(written, data):
    descending = Study.load(written(("order by application_id", "order by application_id desc")), data)
    dataset = load_dataset(descending)
    assert dataset.ids[:2] == ("F159", "F158")
    np.testing.assert_array_equal(dataset.matrix.values[:2, 0], [(159 * 37) % 101, (158 * 37) % 101])


@pytest.mark.parametrize(("folds", "repeats"), [(1, 1), (5, 0)])
def test_too_few_folds_or_repeats_are_refused(study, folds, repeats):
    with pytest.raises(UsageError, match="at least 2 folds"):
        evaluate(study, folds=folds, repeats=repeats)


WRONG = {
    "no is_bad": (("bad as is_bad", "bad as isbad"), "no column is_bad", "a column isbad"),
    "a number": (("bad as is_bad", "bad::int as is_bad"), "column is_bad: found INTEGER, expected true or false"),
    "a null": (("bad as is_bad", "case when id <> 'F002' then bad end as is_bad"), "found nothing in row 3"),
    "all good": (("bad as is_bad", "false as is_bad"), "160 rows, all alike, expected good and bad outcomes"),
    "a stranger": (("select id as application_id, bad", "select 'X' || id as application_id, bad"), "applicant XF000"),
    "twice": (
        ("observed_until\n    from '${DATA}/firms.parquet'",
         "observed_until\n    from (from '${DATA}/firms.parquet' union all from '${DATA}/firms.parquet')"),
        "applicant F000 again, expected each applicant once",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WRONG)
def test_labels_that_are_wrong_are_told(written, data, faults_of, way):
    change, *words = WRONG[way]
    faults = faults_of(load_dataset, Study.load(written(change), data))
    for each, fault in zip(words, faults, strict=False):
        assert fault.startswith("tiny.yaml:25: target.labels")
        assert each in fault


def test_where_applications_ended_and_how_long_they_were_observed_is_told(written, data):
    """Of 160 firms of the first quarter of 2020, 100 have a label; ten were not observed for twelve months."""
    changes = (
        ("date '2021-03-01' as observed", "if(id < 'F010', date '2021-02-28', date '2021-03-01') as observed"),
        (" order by application_id", " where id < 'F100' order by application_id"),
    )
    dataset = load_dataset(Study.load(written(*changes), data))
    bads = int(dataset.is_bad.sum())
    told = {"applications": 160, "without_label": 60, "good": 100 - bads, "bad": bads}
    assert dataset.waterfall.to_json() == {
        "steps": list(told), "vintages": ["2020Q1"], "counts": {"2020Q1": told}, "total": told,
    }  # fmt: skip
    assert set(dataset.vintages) == {"2020Q1"}
    assert {str(day) for day in dataset.as_of} == {"2020-03-01"}
    assert set(dataset.booked_on) == {None}
    [told] = dataset.warnings
    assert told.startswith(
        "10 of 100 rows were observed for less than the horizon of 12 months; their labels are taken"
    )
    assert told.endswith("as stated (2020Q1 10).")


def test_vintages_of_one_class_are_named(written, data):
    change = (
        "'2020-03-01T00:00:00+08:00' as as_of",
        "if(bad, '2020-03-01', '2020-04-01') || 'T00:00:00+08:00' as as_of",
    )
    dataset = load_dataset(Study.load(written(change), data))
    bads = int(dataset.is_bad.sum())
    assert (
        dataset.warnings[1] == f"Vintages of one class: 2020Q1 (0 good, {bads} bad), 2020Q2 ({160 - bads} good, 0 bad)."
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_the_day_of_a_moment_does_not_depend_on_the_machine(written, data, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    change = ("'2020-03-01T00:00:00+08:00' as as_of", "timestamptz '2020-03-01T00:00:00+08:00' as as_of")
    assert str(load_labels(Study.load(written(change), data)).rows[0].as_of) == "2020-02-29"
    monkeypatch.undo()
    time.tzset()


CHOICE = {
    "group": (
        ("features:\n", "features:\n  groups: [scales]\n"),
        "no group of features scales",
        "did you mean 'scale'?",
    ),
    "name": (("features:\n", "features:\n  names: [sales_invoicd_12m]\n"), "did you mean 'sales_invoiced_12m'?"),
    "exception": (("features:\n", "features:\n  without: [nothing_12m]\n"), "no feature nothing_12m"),
}


@pytest.mark.parametrize("way", CHOICE)
def test_features_nobody_declared_are_told(written, data, faults_of, way):
    change, *words = CHOICE[way]
    [fault] = faults_of(load_dataset, Study.load(written(change), data))
    for each in words:
        assert each in fault


def test_applications_of_one_obligor_stay_in_one_fold(written, data):
    change = ("id as obligor_id", "'O' || (substr(id, 2)::int // 2) as obligor_id")
    dataset = load_dataset(Study.load(written(change), data))
    assert dataset.obligors[:4] == ("O0", "O0", "O1", "O1")
    for train, held in stratified_folds(dataset.is_bad, 5, 42, dataset.groups):
        assert not set(dataset.groups[train]) & set(dataset.groups[held])
