"""Where a section's raw columns come from: the rows of one document, or a table of many applicants."""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import compress
from operator import itemgetter
from typing import Any, Protocol

import numpy as np

from risk_engine.application import APPLICANT, SectionContract
from risk_engine.features.tables import Floats, Ints, SectionTable

EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()


def read_only(values: Floats) -> Floats:
    """A column that nobody writes to any more. Kernels take columns so, and are compiled for this one kind of array."""
    values.flags.writeable = False
    return values


class RowSource(Protocol):
    """Raw rows of one section in neutral form, as sent: unfiltered, unsorted, unrevealed."""

    @property
    def offsets(self) -> Ints:
        """Applicant i owns rows ``offsets[i]:offsets[i + 1]``."""

    def raw(self, name: str) -> Floats | None:
        """A column; None where it is null throughout."""

    def texts(self, name: str) -> Sequence[str]:
        """The code book of a text column."""


class TableRows:
    """Rows of many applicants, from a :class:`SectionTable`."""

    __slots__ = ("_table",)

    def __init__(self, table: SectionTable) -> None:
        self._table = table

    @property
    def offsets(self) -> Ints:
        """Applicant i owns rows ``offsets[i]:offsets[i + 1]``."""
        return self._table.offsets

    def raw(self, name: str) -> Floats | None:
        """A column; None where the table does not have it."""
        held = self._table.columns.get(name)
        return None if held is None else read_only(held.view())

    def texts(self, name: str) -> Sequence[str]:
        """The code book of a text column; empty where none was given."""
        return self._table.texts.get(name, ())


class DocumentRows:
    """Rows of one document; a column becomes numbers when it is asked for, once.

    Args:
        contract: What stands in the section.
        columns: The rows' values by attribute, as :meth:`Application.columns` gives them.
        count: How many rows there are.
    """

    __slots__ = ("_books", "_columns", "_contract", "_held", "offsets")

    def __init__(self, contract: SectionContract, columns: Mapping[str, Sequence[Any]], count: int) -> None:
        self._contract = contract
        self._columns = columns
        self._held: dict[str, Floats | None] = {}
        self._books: dict[str, Sequence[str]] = {}
        self.offsets = np.array([0, count], np.int64)

    def raw(self, name: str) -> Floats | None:
        """A column; None where every row leaves it out."""
        if name not in self._held:
            read = self._read(name)
            self._held[name] = None if read is None else read_only(read)
        return self._held[name]

    def texts(self, name: str) -> Sequence[str]:
        """The code book of a text column."""
        self.raw(name)
        return self._books.get(name, ())

    def _read(self, name: str) -> Floats | None:
        column = self._contract.columns["value" if name == "value_text" else name]
        plain = self._columns.get(column.attribute)
        if not plain:
            return None
        if name == "value_text":
            return self._coded(name, [held if isinstance(held, str) else None for held in plain])
        match column.kind:
            case "text":
                if name == "party":
                    plain = [None if held == APPLICANT else held for held in plain]
                return self._coded(name, plain)
            case "word":
                return _codes(_index(column.words), plain)
            case "value":
                return _floats([math.nan if isinstance(held, str) else held for held in plain])
            case kind:
                return number_of(kind, plain, optional=column.optional)

    def _coded(self, name: str, plain: Sequence[Any]) -> Floats:
        book = sorted({*plain} - {None})
        code: dict[Any, float] = {text: float(place) for place, text in enumerate(book)}
        self._books[name] = book
        code[None] = math.nan
        return _codes(code, plain)


@cache
def _index(words: tuple[str, ...]) -> Mapping[Any, float]:
    return {None: math.nan, **{word: float(place) for place, word in enumerate(words)}}


def _codes(code: Mapping[Any, float], plain: Sequence[Any]) -> Floats:
    """The code of each value. Every book knows null: it stands in front, so that one value makes a sequence too."""
    return _floats(itemgetter(None, *plain)(code))[1:]


def _floats(values: Sequence[Any]) -> Floats:
    """Numbers without a null among them, read-only: numpy takes two to four times as long to read them itself."""
    return np.frombuffer(struct.pack(f"{len(values)}d", *values))


def number_of(kind: str, plain: Sequence[Any], *, optional: bool) -> Floats:
    """Plain values of a numeric kind as float64, not to be written to; None, where the kind is optional, is NaN."""
    if kind not in _MOMENTS:
        # Both read Decimals and truths as the nearest float; numpy reads None as NaN.
        return np.array(plain, dtype=np.float64) if optional else _floats(plain)
    told, dtype, start = _MOMENTS[kind]
    if not optional or all(plain):  # a moment is true
        return (np.fromiter(map(told, plain), dtype, len(plain)) - start).astype(np.float64)
    values = np.full(len(plain), math.nan)
    for row in compress(range(len(plain)), plain):  # most are null
        values[row] = told(plain[row]) - start
    return values


_MOMENTS: Mapping[str, tuple[Callable[[Any], float], type, int]] = {
    "date": (dt.date.toordinal, np.int64, EPOCH_ORDINAL),
    "timestamp": (dt.datetime.timestamp, np.float64, 0),
}
