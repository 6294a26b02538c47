"""The lender's own attributes: a name and a value per row, read as one value per applicant."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from risk_engine.errors import DataError
from risk_engine.features.prepared import PreparedSection
from risk_engine.features.tables import Bytes, Floats, Ints
from risk_engine.vocabulary import Cause, State

_number = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A number as files write it; Python itself would read more (``1_000``, digits of other scripts, blanks around)."""


class Attributes:
    """The section ``attributes`` of n applicants."""

    def __init__(self, section: PreparedSection | None, states: Bytes, causes: Bytes) -> None:
        self._states = states
        # Whose attributes are known, and who has not this one, has none.
        self._nobody = np.full(len(states), np.nan), np.maximum(states, np.uint8(State.NONE)), causes
        self._section = section
        self._last: dict[str, Ints] = {}
        if section is not None and len(section.order):
            book = section.texts("name")
            if not book:
                raise DataError("the table attributes has no code book for its column name", hint="SectionTable.texts")
            self._last = _last_rows(section, book)

    def read(self, name: str, words: tuple[str, ...] | None) -> tuple[Floats, Bytes, Bytes]:
        """Values, states and causes of one attribute, not to be written to.

        A number may be sent as text (``"28"``), a truth as ``"true"`` or ``"false"``: tables of mixed attributes have
        one text column.
        """
        values, states, causes = self._nobody
        if name not in self._last or self._section is None:
            return values, states, causes
        values, states, causes = values.copy(), states.copy(), causes.copy()
        owner = np.repeat(np.arange(len(values)), np.diff(self._section.offsets))
        rows = self._last[name]
        who = owner[rows]
        read = _numbers(self._section, rows) if words is None else _words(self._section, rows, words)
        there = self._states[who] == int(State.VALUE)
        good = there & ~np.isnan(read)
        values[who[good]] = read[good]
        states[who[good]] = int(State.VALUE)
        bad = who[there & np.isnan(read)]
        states[bad], causes[bad] = int(State.NOT_OBTAINED), int(Cause.INVALID)
        return values, states, causes

    def row(self, name: str, applicant: int) -> int | None:
        """Position in the section of the row that one applicant's attribute is read from; None where there is none."""
        if name not in self._last or self._section is None:
            return None
        rows = self._last[name]
        at = np.searchsorted(rows, self._section.offsets[applicant])
        there = at < len(rows) and rows[at] < self._section.offsets[applicant + 1]
        return int(rows[at]) if there else None


def _numbers(section: PreparedSection, rows: Ints) -> Floats:
    numbers = section.column("value")[rows]
    return np.where(np.isnan(numbers), _told(section, rows, number_in), numbers)


def _words(section: PreparedSection, rows: Ints, words: tuple[str, ...]) -> Floats:
    place = {word: float(index) for index, word in enumerate(words)}
    return _told(section, rows, lambda text: place.get(text, math.nan))


def _told(section: PreparedSection, rows: Ints, read: Callable[[str], float]) -> Floats:
    """What the texts of some rows are read as; NaN where a row has none."""
    codes = section.column("value_text")[rows]
    told = np.full(len(rows), np.nan)
    texts = np.flatnonzero(~np.isnan(codes))
    book: Sequence[str] = section.texts("value_text") or section.texts("value")
    kinds, where = np.unique(codes[texts].astype(np.int64), return_inverse=True)
    told[texts] = np.array([read(book[kind]) for kind in kinds.tolist()], np.float64)[where]
    return told


def number_in(text: str) -> float:
    """The number or truth a text tells, NaN if none.

    >>> number_in("28"), number_in("true"), number_in("A11"), number_in("1_000")
    (28.0, 1.0, nan, nan)
    """
    if text in ("true", "false"):
        return float(text == "true")
    number = float(text) if _number.fullmatch(text) else math.nan
    return number if math.isfinite(number) else math.nan


def _last_rows(section: PreparedSection, book: Sequence[str]) -> dict[str, Ints]:
    """For each name, the last row of every applicant who has it."""
    codes = section.column("name")
    owner = np.repeat(np.arange(len(section.offsets) - 1), np.diff(section.offsets))
    ranked = np.lexsort([owner, codes])
    last = np.ones(len(ranked), np.bool_)
    last[:-1] = (codes[ranked[1:]] != codes[ranked[:-1]]) | (owner[ranked[1:]] != owner[ranked[:-1]])
    rows = ranked[last]
    starts = np.flatnonzero(np.append(True, codes[rows[1:]] != codes[rows[:-1]]))
    return {book[int(codes[part[0]])]: part for part in np.split(rows, starts[1:])}
