"""Features against SQL: what a query tells of a feature, and when the plan agrees with it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from risk_engine.application import SECTIONS, decode
from risk_engine.facts import FactMatrix
from risk_engine.features.columns import from_document
from risk_engine.features.language import Catalogue, Feature
from risk_engine.features.plan import Plan
from risk_engine.vocabulary import Cause, State
from tests.features.catalogue_cases import Row, body

QUERIES = Path(__file__).parent / "oracle"

TEXT, DAY, REAL, TRUTH = pa.string(), pa.date32(), pa.float64(), pa.bool_()

FINEST = 12
"""Decimals of the features compared: their own rounding would hide errors of half the last printed digit."""
RELATIVE = 1e-9


class Told(NamedTuple):
    """What SQL says of one feature of one applicant; ``scale`` is the sum of absolute inputs."""

    known: bool
    value: float | None
    scale: float
    cause: str


def features_of(modules: tuple[str, ...]) -> Catalogue:
    """The features of some modules of the catalogue."""
    return Catalogue.of(*(import_module(f"risk_engine.features.catalogue.{module}") for module in modules))


def measured(features: Catalogue, documents: list[Row]) -> FactMatrix:
    """Every feature of every document, without the rounding of its ``decimals``."""
    plan = Plan([Feature.from_json(feature.to_json() | {"decimals": FINEST}) for feature in features.values()])
    runs = [plan.run(from_document(decode(body(document)))) for document in documents]
    return FactMatrix(
        plan.facts,
        *(np.concatenate([getattr(run, part) for run in runs]) for part in ("values", "states", "causes", "clipped")),
    )


def run_file(database: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    """The rows of the last query of a file."""
    return database.execute((QUERIES / f"{name}.sql").read_text(encoding="utf-8")).fetchall()


def keep(database: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: list[Any]) -> None:
    """Make a table of plain rows."""
    table = pa.table({column: pa.array([row.get(column) for row in rows], kind) for column, kind in columns.items()})
    database.register(f"{name}_given", table)
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_given")


def keep_words(database: duckdb.DuckDBPyConnection, sections: tuple[str, ...]) -> None:
    """Make a table of the words of some sections, for ``word_at``."""
    words = [
        {"of": column.name, "word": word, "place": float(place)}
        for section in sections
        for column in SECTIONS[section].columns.values()
        for place, word in enumerate(column.words)
    ]
    keep(database, "words", {"of": TEXT, "word": TEXT, "place": REAL}, words)


def disagreements(matrix: FactMatrix, name: str, told: list[Told]) -> list[tuple[Any, ...]]:
    """Applicants of whom the plan says another thing: number, what SQL says, value, state, cause."""
    place = matrix.names.index(name)
    found = [part[:, place].tolist() for part in (matrix.values, matrix.states, matrix.causes)]
    return [(number, *each) for number, each in enumerate(zip(told, *found, strict=True)) if not _agree(*each)]


def _agree(told: Told, value: float, state: int, cause: int) -> bool:
    expected = State.NOT_OBTAINED if not told.known else State.NONE if told.value is None else State.VALUE
    if state != expected:
        return False
    if cause != (Cause[told.cause.upper()] if expected == State.NOT_OBTAINED else Cause.NO_CAUSE):
        return False
    if expected != State.VALUE:
        return bool(np.isnan(value))
    assert told.value is not None
    return abs(value - told.value) <= RELATIVE * told.scale


def assert_every_state(matrix: FactMatrix, facts: tuple[str, ...]) -> None:
    """Check that the cases meet every state that these facts can have."""
    for name in facts:
        place = matrix.names.index(name)
        met = {State(state) for state in matrix.states[:, place].tolist()}
        assert {State.VALUE, State.NOT_OBTAINED} <= met, name
        assert State.NONE in met or not matrix.facts[place].if_none, name
