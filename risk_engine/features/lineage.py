"""The rows behind a value: for every reduce, the rows of its window that were counted; for an attribute, its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from risk_engine.features import opcodes as op
from risk_engine.features.columns import Columns
from risk_engine.features.compiler import Compiler, Place
from risk_engine.features.declaration import Feature
from risk_engine.features.execution import Executable
from risk_engine.features.expressions import Expression, walk
from risk_engine.features.functions import CELLS, REDUCES
from risk_engine.features.program import ROW_DATES
from risk_engine.features.shapes import Window


class Line(NamedTuple):
    """One row behind a value.

    Attributes:
        section: Where it stands.
        place: Its place among the applicant's rows of that section as they were sent, from 0.
        value: What it was counted with; of a word, its place among the feature's words, from 0; NaN where it could not
            be read.
        reduce: The reduce, the cells or the lender's attribute that counted it.
    """

    section: str
    place: int
    value: float
    reduce: str


def lineage(feature: Feature, columns: Columns, row: int = 0) -> list[Line]:
    """The rows behind one applicant's value of a feature.

    Rows stand under each reduce that counted them, so that the values under one ``Sum`` add up to it. A bill that is
    spread over months stands with its whole value; a day-end level with the level of the posting that set it. A
    lender's attribute was read from the last row of its name.
    """
    compiler = Compiler()
    found: dict[int, Expression] = {}
    _collect(feature.expression, Place(), compiler, found)
    emitted = Executable(compiler).run(columns).emitted
    lines = []
    for register, node in found.items():
        name = _rows_of(node).shape.section
        section = columns.section(name)
        if section is None or columns.section_state(name)[0][row] != 0:
            continue
        values = emitted[register][section.offsets[row] : section.offsets[row + 1]]
        places = section.index_in_applicant(row)
        lines += [
            Line(name, int(places[at]), float(values[at]), str(node))
            for at in np.flatnonzero(~np.isnan(values)).tolist()
        ]
    attributes = {str(node): node for node in walk(feature.expression) if node.op == "attribute"}
    return lines + [line for node in attributes.values() for line in _row_of(node, columns, row)]


def _row_of(attribute: Expression, columns: Columns, row: int) -> Iterator[Line]:
    """The row that a lender's attribute was read from; none where the section was not obtained."""
    name, section = attribute.settings["section"], columns.section(attribute.settings["section"])
    at = columns.attribute_row(attribute.settings["name"], row)
    if section is None or at is None or columns.section_state(name)[0][row] != 0:
        return
    value = columns.attribute(attribute.settings["name"], attribute.settings.get("words"))[0][row]
    place = section.index_in_applicant(row)[at - section.offsets[row]]
    yield Line(name, int(place), float(value), str(attribute))


def _rows_of(node: Expression) -> Expression:
    return node.parts[1] if node.op == "by" else node.parts[0]


def _collect(e: Expression, at: Place, compiler: Compiler, found: dict[int, Expression]) -> None:
    inside = at
    if e.op == "ago":
        inside = compiler.shifted(e, at)
    if e.op in REDUCES or e.op in CELLS:
        window = e.settings["window"] or at.window
        inside = Place(at.clock, window, at.covered)
        rows = _rows_of(e)
        if rows.shape.level == "row" and window is not None:
            found[_emit(e, rows, inside, window, compiler)] = e
    for part in e.parts:
        _collect(part, inside, compiler, found)


def _emit(e: Expression, rows: Expression, at: Place, window: Window, compiler: Compiler) -> int:
    section = rows.shape.section
    labels = e.settings["labels"]
    dates = compiler.program.leaf(section, ROW_DATES)
    if "on" in labels:
        dates = compiler.compile(e.parts[labels.index("on")], at)
    number = compiler.window(window, section, at, own_dates="on" not in labels)
    values = compiler.compile(rows, at)
    if rows.kind.name == "boolean":
        values = compiler.counted(rows, values)
    kept = compiler.program.step(op.IN_WINDOW, ("rows", section), a=values, dates=dates, window=number)
    return compiler.program.emit(kept, section)
