"""Both samples, each through its own study and release: what they come to, and what data/sample/README.md states."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from risk_engine.backtest import backtest
from risk_engine.batch import decide_batch
from risk_engine.bundle import Release
from risk_engine.statistics import psi
from risk_engine.study import Study
from tests.conftest import SAMPLE, STUDIES


class Decided(NamedTuple):
    """A sample's release, what its backtest told, and the rows of ``decisions.parquet``."""

    letter: str
    release: Release
    told: Any
    decided: list[dict[str, Any]]


@pytest.fixture(scope="module", params=["firms", "persons"])
def tested(request, tmp_path_factory):
    fixture, letter = {"firms": ("release", "F"), "persons": ("consumer_release", "P")}[request.param]
    release = request.getfixturevalue(fixture)
    out = tmp_path_factory.mktemp("backtest")
    told = backtest(Study.load(STUDIES / f"{release.terms.name}.yaml"), release, out, threads=2)
    return Decided(letter, release, told, pq.read_table(out / "decisions.parquet").to_pylist())


def test_it_says_that_it_is_synthetic_and_trained_on_these_rows(tested):
    told = tested.told
    assert told["warnings"][0].startswith("synthetic")
    assert told["trained_on"]["relation"] == "same_files"


def test_most_have_a_score_and_many_are_approved(tested):
    told = tested.told
    applications = told["decisions"]["applications"]
    assert applications == len(tested.decided) == 2500
    assert told["decisions"]["outcomes"]["approve"] > 0.25 * applications
    assert applications - told["decisions"]["without_score"]["applications"] > 0.75 * applications
    assert told["discrimination"]["auc"]["low"] > 0.7


def test_vintages_and_quarters_are_the_same_applications(tested):
    told = tested.told
    approved = told["decisions"]["outcomes"]["approve"]
    assert sum(row["approved"] for row in told["vintages"]) == approved
    assert sum(row["approve"] for row in told["stability"]["quarters"]) == approved
    for rows in (told["vintages"], told["stability"]["quarters"]):
        assert sum(row["applications"] for row in rows) == 2500
        assert all(row["approval_rate"] > 0.2 for row in rows if row["applications"] > 100)


def test_the_study_is_decided_as_the_sample_itself(tested, tmp_path):
    """Every tenth applicant, from the files that a batch reads: the same outcome, score and limit."""
    ids = [row["application_id"] for row in tested.decided if row["application_id"][-1] == "7"]
    decide_batch(tested.release, SAMPLE, tmp_path, ids=ids)
    batch = pq.read_table(tmp_path / "decisions.parquet").to_pylist()
    names = ("application_id", "outcome", "score", "grade", "limit_amount", "reasons")
    assert len(batch) == len(ids) == 250
    assert [[row[name] for name in names] for row in batch] == [
        [row[name] for name in names] for row in tested.decided if row["application_id"][-1] == "7"
    ]


# --- as data/sample/README.md states; bookings and bads are held in tests/training/test_sample.py


def test_scores_drift_as_stated(tested):
    """In tenths of 2022, as the backtest bins them."""
    then, now = (
        np.array([row["score"] for row in tested.decided if row["as_of"][:4] == year and row["score"] is not None])
        for year in ("2022", "2024")
    )
    edges = np.unique(np.quantile(then, np.arange(0.1, 0.95, 0.1), method="lower"))
    counts = [np.bincount(np.searchsorted(edges, scores), minlength=edges.size + 1) for scores in (then, now)]
    assert 0.05 < psi(*counts).value < 0.15


def test_decisions_and_scores_are_the_shares_stated(tested):
    stated = {"F": (0.43, 0.31, 0.26, 0.82), "P": (0.39, 0.24, 0.38, 0.87)}[tested.letter]
    decisions = tested.told["decisions"]
    counts = [decisions["outcomes"][outcome] for outcome in ("approve", "refer", "decline")]
    scored = decisions["applications"] - decisions["without_score"]["applications"]
    assert [count / decisions["applications"] for count in (*counts, scored)] == pytest.approx(stated, abs=0.03)
