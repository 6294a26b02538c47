"""Every application of a study as the release decides it at its own moment, beside its outcome where that is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.batch import decide_batch, read_columns
from risk_engine.bundle import Release
from risk_engine.decision.scope import RULE as MODEL_SCOPE
from risk_engine.progress import Progress, unwatched
from risk_engine.study.labels import Labelled
from risk_engine.study.waterfall import vintage
from risk_engine.vocabulary import Outcome

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

READ = (
    "application_id", "as_of", "outcome", "refer_kind", "default_probability", "score", "grade", "limit_amount",
    "currency", "reasons", "decision_json",
)  # fmt: skip
OF_EVIDENCE = ("evidence_", "integrity_")
"""How the names of the rules begin that withhold a score because the evidence is not fit for one."""


class _Clause(msgspec.Struct):
    fact: str


class _Rule(msgspec.Struct):
    id: str
    result: str
    clauses: tuple[_Clause, ...]


class _Answer(msgspec.Struct):
    rules: tuple[_Rule, ...]


_answers = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class Cases:
    """Decided applications, sorted by id.

    Attributes:
        decided: Columns of the batch's decisions by name, without the whole answers.
        quarters: The quarter of each decision.
        vintages: The quarter in which the study's waterfall counts each: of booking where told, else of ``as_of``.
        probability: (n,) probability of default; NaN where there is no score.
        score: (n,) score; NaN where there is none.
        is_bad: (n,) outcome; meaningless where it is not known.
        labelled: (n,) whether the outcome is known.
        without_score: Why each has no score; empty where it has one.
    """

    decided: dict[str, list[Any]]
    quarters: npt.NDArray[np.str_]
    vintages: npt.NDArray[np.str_]
    probability: Floats
    score: Floats
    is_bad: Bools
    labelled: Bools
    without_score: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.quarters)

    @property
    def scored(self) -> Bools:
        """Which have a score."""
        return ~np.isnan(self.probability)

    @property
    def measured(self) -> Bools:
        """Which have a score and a known outcome."""
        return self.scored & self.labelled

    def came_to(self, outcome: Outcome) -> Bools:
        """Which were decided so."""
        return np.array([one == outcome for one in self.decided["outcome"]], dtype=np.bool_)

    def in_grade(self, grade: str) -> Bools:
        """Which were put in this grade."""
        return np.array([one == grade for one in self.decided["grade"]], dtype=np.bool_)


def decide_cases(
    release: Release,
    sections: Path,
    out: Path,
    labelled: Labelled,
    *,
    threads: int = 1,
    progress: Progress = unwatched,
) -> Cases:
    """Decide every application of the section files as of its own moment, through batch, and join the outcomes.

    Args:
        release: What decides.
        sections: Folder of section files.
        out: Folder for what batch writes.
        labelled: The study's outcomes.
        threads: Threads of the batch; the answers do not depend on it.
        progress: Is told after each chunk how many are decided.
    """
    decide_batch(release, sections, out, threads=threads, progress=progress)
    decided = read_columns(out / "decisions.parquet", READ)
    answers = decided.pop("decision_json")
    outcomes = {row.application_id: row for row in labelled.rows}
    known = [outcomes.get(key) for key in decided["application_id"]]
    return Cases(
        decided=decided,
        quarters=np.array([vintage(dt.date.fromisoformat(moment[:10])) for moment in decided["as_of"]]),
        vintages=np.array([labelled.vintages[key] for key in decided["application_id"]]),
        probability=_numbers(decided["default_probability"]),
        score=_numbers(decided["score"]),
        is_bad=np.array([row is not None and row.is_bad for row in known], dtype=np.bool_),
        labelled=np.array([row is not None for row in known], dtype=np.bool_),
        without_score=tuple(
            () if score is not None else tuple(_withheld(_answers.decode(answer))) or tuple(reasons)
            for score, answer, reasons in zip(decided["score"], answers, decided["reasons"], strict=True)
        ),
    )


def _numbers(column: Sequence[float | None]) -> Floats:
    return np.array([np.nan if one is None else one for one in column], dtype=np.float64)


def _withheld(answer: _Answer) -> Iterator[str]:
    """What the application fell outside of, or which evidence was not fit for a score."""
    for rule in answer.rules:
        if rule.id == MODEL_SCOPE:
            yield from (f"{MODEL_SCOPE}: {fact}" for fact in dict.fromkeys(clause.fact for clause in rule.clauses))
        elif rule.result == Outcome.REFER and rule.id.startswith(OF_EVIDENCE):
            yield rule.id
