"""The whole backtest: the same bytes twice, each way of being wrong, on made-up and on real firms."""

from __future__ import annotations

import json

import pytest

from risk_engine.backtest import backtest
from risk_engine.errors import StudyFaults, TableFaults, UsageError
from risk_engine.study import Study
from tests.conftest import DATA, STUDIES

WRITTEN = {
    "decisions.parquet", "grades.parquet", "report.html", "results.json", "stability.parquet", "vintages.parquet",
    "waterfall.parquet",
}  # fmt: skip


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_rerun_with_more_threads_writes_the_same_bytes_over_an_earlier_one(found, study_of, tiny_release, tmp_path):
    told, out = found
    (tmp_path / "results.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    assert backtest(study_of(), tiny_release, tmp_path, threads=2) == told
    assert contents(tmp_path) == {**contents(out), "notes.txt": b"mine"}
    assert set(contents(out)) == WRITTEN
    assert json.loads((out / "results.json").read_text()) == told


def test_results_know_no_folder(found, tiny):
    for name in ("results.json", "report.html"):
        assert str(tiny) not in (found[1] / name).read_text()


def test_outcomes_all_alike_are_refused(study_of, tiny_release, tmp_path):
    with pytest.raises(StudyFaults, match="all alike"):
        backtest(study_of(("dpd: 90", "dpd: 180")), tiny_release, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_moment_before_the_policy_is_refused(study_of, tiny_release, tmp_path):
    early = ("as_of || 'T09:00:00+08:00' as as_of", "replace(as_of, '2022', '2019') || 'T09:00:00+08:00' as as_of")
    asked = ("as_of || 'T08:00:00+08:00' as submitted_at", "'2019-01-01T08:00:00+08:00' as submitted_at")
    with pytest.raises(TableFaults) as told:
        backtest(study_of(early, asked), tiny_release, tmp_path)
    first = str(told.value.faults[0])
    assert first.startswith("loans.yaml: application.parquet: column as_of, row 0, applicant L000: found 2019-02-10")
    assert "a day that policy tiny 1 covers" in first
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way_is_named(study_of, tiny_release, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match="taken is a file"):
        backtest(study_of(), tiny_release, tmp_path / "taken")


@pytest.mark.parametrize("terminal", [False, True])
def test_the_command_prints_results_or_a_page(run, found, study_of, tiny, tmp_path, terminal):
    study = study_of().path
    words = ("backtest", tiny / "release", "--study", study, "--data", tiny / "data", "--out", tmp_path)
    code, out, err = run(*words, terminal=terminal)
    assert (code, err) == (0, [])
    if not terminal:
        assert json.loads(out) == found[0]
        return
    assert out.startswith("vintage  applications")
    for words in ("warning: In-sample", "AUC 0.", "Jeffreys p", f"{tmp_path}/report.html"):
        assert words in out


def test_bad_usage_is_one_line(run, tiny, study_of, tmp_path):
    study = study_of().path
    given = ("--study", study, "--data", tiny / "data", "--out", tmp_path)
    for words, told in (
        (("backtest", tmp_path, *given), "no release at"),
        (("backtest", tiny / "release", "--study", tmp_path / "no.yaml", "--out", tmp_path), "no.yaml"),
        (("backtest", tiny / "release", "--study", study, "--out", tmp_path), "--data"),
        (("backtest", tiny / "release", "--out", tmp_path), "--study"),
    ):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        (line,) = err
        assert told in line


@pytest.mark.real_data
def test_real_firms_twice_give_the_same_bytes(cumcm_release, tmp_path):
    study = Study.load(STUDIES / "cumcm2020c.yaml", DATA)
    told = backtest(study, cumcm_release, tmp_path / "one", threads=1)
    backtest(study, cumcm_release, tmp_path / "two", threads=2)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    for name in ("results.json", "report.html"):
        assert one[name] == two[name]
    assert one == two
    assert told["waterfall"]["total"] == {"applications": 364, "without_label": 302, "good": 49, "bad": 13}
    assert "When the firms defaulted is not known" in told["warnings"][0]
    assert any("62 of 62 rows were observed for less than the horizon" in warning for warning in told["warnings"])
    assert any("302 of 364 applications is not known" in warning for warning in told["warnings"])
    assert told["calibration"]["hosmer_lemeshow"]["why_rough"] == "10 of 10 groups expect fewer than 5 bads"
    assert [(row["quarter"], row["psi"], row["why"]) for row in told["stability"]["quarters"]] == [
        ("2020Q1", 0.0, "the reference")
    ]
