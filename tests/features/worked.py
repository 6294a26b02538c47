"""The examples of the feature language's docstrings: an expression over a handful of rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from risk_engine.application import SECTIONS
from risk_engine.features import ApplicantTable, Plan, SectionTable, from_tables
from risk_engine.features.expressions import Expression, sections
from risk_engine.vocabulary import State
from tests.features.measure import feature

NOW = dt.datetime(2020, 3, 1, tzinfo=dt.UTC)


def measure(expression: Expression, **columns: list[Any]) -> float | str:
    """An expression over one value, for one applicant decided on 1 March 2020; the name of its state where it has none.

    Args:
        expression: Of one section of dated rows.
        columns: The section's columns, one value a row: numbers, words, texts, and dates as ``2020-02-29``. They were
            looked up over the years 2018 to 2020.
    """
    (section,) = sections(expression)
    count = len(next(iter(columns.values())))
    looked_up = {
        "section": [section],
        "status": ["obtained"],
        "retrieved_at": [NOW.timestamp() - 1],
        "complete": [True],
    }
    covered = {"covers_from": ["2018-01-01"], "covers_until": ["2020-02-29"]}
    tables = {section: _table(section, columns, count), "sources": _table("sources", looked_up | covered, 1)}
    held = from_tables(ApplicantTable(np.array([NOW.timestamp()]), np.zeros(1)), tables)
    matrix = Plan([feature(expression)]).run(held)
    state = State(int(matrix.states[0, 0]))
    return float(matrix.values[0, 0]) if state is State.VALUE else state.name


def _table(section: str, columns: dict[str, list[Any]], count: int) -> SectionTable:
    texts = {name: sorted(set(values)) for name, values in columns.items() if _kind(section, name) == "text"}
    numbers = {
        name: np.array([_number(section, name, value, texts) for value in values]) for name, values in columns.items()
    }
    return SectionTable(np.array([0, count]), numbers, texts)


def _kind(section: str, name: str) -> str:
    return SECTIONS[section].columns[name].kind


def _number(section: str, name: str, value: Any, texts: dict[str, list[str]]) -> float:
    if value is None:
        return np.nan
    match _kind(section, name):
        case "date":
            return float(np.datetime64(value).astype(int))
        case "word":
            return float(SECTIONS[section].columns[name].words.index(value))
        case "text":
            return float(texts[name].index(value))
        case _:
            return float(value)
