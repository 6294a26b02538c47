"""The rows a study fits on: features of the labelled applicants, in the order of the target's select."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from risk_engine.batch import compute_features
from risk_engine.errors import Fault, StudyFaults, nearest_hint
from risk_engine.facts import FactMatrix
from risk_engine.features.declaration import Feature
from risk_engine.features.plan import Plan
from risk_engine.study.definition import Study
from risk_engine.study.features import chosen_features
from risk_engine.study.sections import write_sections
from risk_engine.study.warehouse import open_warehouse

LABELS = ("application_id", "is_bad", "observed_until")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled rows.

    Attributes:
        ids: Application ids, in the order of the target's select.
        obligors: The obligor of each.
        is_bad: (n,) outcomes.
        features: What the columns measure.
        matrix: (n, f) facts.
        sha256: Hash of each section file the rows come from.
    """

    ids: tuple[str, ...]
    obligors: tuple[str, ...]
    is_bad: npt.NDArray[np.bool_]
    features: tuple[Feature, ...]
    matrix: FactMatrix
    sha256: Mapping[str, str]

    @property
    def groups(self) -> npt.NDArray[np.str_] | None:
        """The obligor of each row, None where every obligor has one row."""
        return None if len(set(self.obligors)) == len(self.obligors) else np.array(self.obligors)


def load_dataset(study: Study, *, threads: int = 1) -> Dataset:
    """Run a study's selects and compute its features for the labelled applicants.

    Args:
        study: What to load.
        threads: Threads of the database.

    Raises:
        StudyFaults: Anything wrong with the selects, their tables, the feature names or the labels.
    """
    features = chosen_features(study.features)
    labels, obligors = _labels(study, threads)
    plan = Plan(features)
    with tempfile.TemporaryDirectory(prefix="risk-engine-") as folder:
        written = write_sections(study, Path(folder), threads=threads)
        keys, matrix = compute_features(Path(folder), plan)
    position = {key: row for row, key in enumerate(keys)}
    ids = tuple(str(row[0]) for row in labels)
    _refuse(study, [f"applicant {key}" for key in ids if key not in position], "applicants of section application")
    return Dataset(
        ids,
        tuple(obligors[key] for key in ids),
        np.array([row[1] for row in labels], dtype=np.bool_),
        features,
        matrix.rows(np.array([position[key] for key in ids], dtype=np.int64)),
        written.sha256,
    )


def _labels(study: Study, threads: int) -> tuple[Sequence[tuple[str, bool, dt.date]], dict[str, str]]:
    query = study.target.labels
    with open_warehouse(study, threads=threads) as warehouse:
        types = warehouse.types(query)
        _check_types(study, types)
        order = [list(types).index(name) for name in LABELS]
        rows: list[Any] = [tuple(row[place] for place in order) for row in warehouse.rows(query)]
        pairs = warehouse.rows(study.sections["application"], ("application_id", "obligor_id"))
    _refuse(study, [f"nothing in row {at}" for at, row in enumerate(rows, start=1) if None in row], "a value")
    repeated = [f"applicant {key} again" for key, count in Counter(row[0] for row in rows).items() if count > 1]
    _refuse(study, repeated, "each applicant once")
    if len({row[1] for row in rows}) < 2:
        _refuse(study, [f"{len(rows)} rows, all alike"], "good and bad outcomes")
    return rows, {str(key): str(obligor) for key, obligor in pairs}


def _check_types(study: Study, types: Mapping[str, str]) -> None:
    faults = []
    place = f"{study.target.labels.place}: target.labels"
    for name in LABELS:
        if name not in types:
            hint = nearest_hint(name, [given for given in types if given not in LABELS])
            faults.append(Fault(place, f"no column {name}", f"{', '.join(LABELS)}", hint))
    faults += [
        Fault(place, f"a column {name}", f"{', '.join(LABELS)} only", nearest_hint(name, LABELS))
        for name in types
        if name not in LABELS
    ]
    if types.get("is_bad", "BOOLEAN") != "BOOLEAN":
        faults.append(Fault(f"{place}: column is_bad", types["is_bad"], "true or false", 'such as "default" = 1'))
    if types.get("observed_until", "DATE") != "DATE":
        faults.append(Fault(f"{place}: column observed_until", types["observed_until"], "a date"))
    if faults:
        raise StudyFaults(faults)


def _refuse(study: Study, found: Sequence[str], expected: str) -> None:
    if found:
        place = f"{study.target.labels.place}: target.labels"
        raise StudyFaults([Fault(place, told, expected) for told in found[:100]])
