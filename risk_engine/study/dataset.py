"""The rows a study fits on: features of the applicants that are good or bad."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from risk_engine.batch import compute_features
from risk_engine.facts import FactMatrix
from risk_engine.features.declaration import Feature
from risk_engine.features.plan import Plan
from risk_engine.progress import Progress, unwatched
from risk_engine.study.definition import Study
from risk_engine.study.features import chosen_features
from risk_engine.study.labels import LABELS, Labelled, stated_labels
from risk_engine.study.performance import labels_of_performance
from risk_engine.study.reading import Query
from risk_engine.study.sections import write_sections
from risk_engine.study.warehouse import open_warehouse
from risk_engine.study.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled rows.

    Attributes:
        ids: Application ids, in the order of the target's select; by id where labels are told from performance.
        obligors: The obligor of each.
        is_bad: (n,) outcomes.
        as_of: The calendar date of each decision.
        booked_on: When each was booked; None where labels are stated without it.
        vintages: The quarter of booking of each (``2024Q1``); of ``as_of`` where booking is not told.
        waterfall: Where every application of the study ended.
        warnings: What a reader of any figure must know about the labels.
        features: What the columns measure.
        matrix: (n, f) facts.
        sha256: Hash of each section file the rows come from, and of the labels.
    """

    ids: tuple[str, ...]
    obligors: tuple[str, ...]
    is_bad: npt.NDArray[np.bool_]
    as_of: tuple[dt.date, ...]
    booked_on: tuple[dt.date | None, ...]
    vintages: tuple[str, ...]
    waterfall: Waterfall
    warnings: tuple[str, ...]
    features: tuple[Feature, ...]
    matrix: FactMatrix
    sha256: Mapping[str, str]

    @property
    def groups(self) -> npt.NDArray[np.str_] | None:
        """The obligor of each row, None where every obligor has one row."""
        return None if len(set(self.obligors)) == len(self.obligors) else np.array(self.obligors)


def load_dataset(study: Study, *, threads: int = 1, progress: Progress = unwatched) -> Dataset:
    """Run a study's selects and compute its features for the labelled applicants.

    Args:
        study: What to load.
        threads: Threads of the database.
        progress: Is told how many sections are selected, then how many applicants are checked and computed.

    Raises:
        StudyFaults: Anything wrong with the selects, their tables, the feature names or the labels.
    """
    features = chosen_features(study.features, study.sections)
    labelled = load_labels(study, threads=threads)
    plan = Plan(features)
    with tempfile.TemporaryDirectory(prefix="risk-engine-") as folder:
        written = write_sections(study, Path(folder), threads=threads, progress=progress)
        keys, matrix = compute_features(Path(folder), plan, progress=progress)
    position = {key: row for row, key in enumerate(keys)}
    rows = labelled.rows
    ids = tuple(row.application_id for row in rows)
    return Dataset(
        ids=ids,
        obligors=tuple(row.obligor_id for row in rows),
        is_bad=np.array([row.is_bad for row in rows], dtype=np.bool_),
        as_of=tuple(row.as_of for row in rows),
        booked_on=tuple(row.booked_on for row in rows),
        vintages=tuple(row.vintage for row in rows),
        waterfall=labelled.waterfall,
        warnings=labelled.warnings,
        features=features,
        matrix=matrix.rows(np.array([position[key] for key in ids], dtype=np.int64)),
        sha256=written.sha256 | {LABELS: labelled.sha256},
    )


def load_labels(study: Study, *, threads: int = 1) -> Labelled:
    """Run the selects of a study's target alone: its labelled applications and where the others ended.

    Args:
        study: Whose target.
        threads: Threads of the database.

    Raises:
        StudyFaults: Anything wrong with the selects or the labels.
    """
    source = study.target.source
    with open_warehouse(study, threads=threads) as warehouse:
        if isinstance(source, Query):
            return stated_labels(study, source, warehouse)
        return labels_of_performance(study, source, warehouse)
