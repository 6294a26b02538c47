"""Which Arrow types carry each kind of the data contract, read and written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_type

from risk_engine.application import SectionContract

KEY = "application_id"
"""The column every section file is sorted by."""

NUMBER, WORD = "value", "value_text"
"""The two columns that carry ``attributes.value`` in a table: a number or a word, never both."""

LARGEST = 1e15
"""Where the contract sets no narrower bound; it is what documents allow."""


@dataclass(frozen=True, slots=True)
class ArrowKind:
    """How one kind of column stands in a Parquet file."""

    told: str
    written: pa.DataType
    accepts: Callable[[pa.DataType], bool]


def holds_text(found: pa.DataType) -> bool:
    """Whether the values of a type are texts, or lists of texts."""
    return _is_text(found) or _is_texts(found)


def _is_known_zone(found: pa.DataType) -> bool:
    """Whether both Arrow and Python can tell the local time of a timestamp type."""
    try:
        pc.local_timestamp(pa.array([0], found))
        pa.scalar(0, found).as_py()
    except pa.ArrowInvalid:
        return False
    return True


def _is_text(found: pa.DataType) -> bool:
    if is_type.is_dictionary(found):
        return _is_text(found.value_type)
    return bool(is_type.is_string(found) or is_type.is_large_string(found) or is_type.is_string_view(found))


def _is_texts(found: pa.DataType) -> bool:
    return bool(is_type.is_list(found) or is_type.is_large_list(found)) and _is_text(found.value_type)


def _is_number(found: pa.DataType) -> bool:
    return bool(is_type.is_floating(found) or is_type.is_integer(found) or is_type.is_decimal(found))


def _is_moment(found: pa.DataType) -> bool:
    return _is_text(found) or bool(is_type.is_timestamp(found) and found.tz is not None and _is_known_zone(found))


def _is_decimal(found: pa.DataType) -> bool:
    return _is_text(found) or bool(is_type.is_decimal(found) or is_type.is_integer(found))


_NUMBER = ArrowKind("a number", pa.float64(), _is_number)
_TEXT = ArrowKind("text", pa.string(), _is_text)

KINDS = {
    "text": _TEXT,
    "word": ArrowKind("text, one of a closed list of words", pa.string(), _is_text),
    "texts": ArrowKind("a list of texts", pa.list_(pa.string()), _is_texts),
    "date": ArrowKind("a date", pa.date32(), is_type.is_date),
    "timestamp": ArrowKind("RFC 3339 text with an offset, or a timestamp with time zone", pa.string(), _is_moment),
    "money": _NUMBER,
    "number": _NUMBER,
    "fraction": _NUMBER,
    "integer": ArrowKind("a whole number", pa.int64(), is_type.is_integer),
    "boolean": ArrowKind("true or false", pa.bool_(), is_type.is_boolean),
    "decimal": ArrowKind("decimal text or a decimal number", pa.string(), _is_decimal),
}


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of a section file.

    Attributes:
        name: As it is written.
        kind: As in :class:`~risk_engine.application.ColumnContract`.
        words: The closed list of a word column.
        optional: Whether it may be left out or hold nulls.
        low: Least number allowed; of a text, its least length.
        high: Greatest number allowed; of a text, its greatest length.
        otherwise: What a truth or number left out means in a document, and so in a table; NaN where it is unknown.
    """

    name: str
    kind: str
    words: tuple[str, ...] = ()
    optional: bool = True
    low: float = -LARGEST
    high: float = LARGEST
    otherwise: float = math.nan


def file_columns(contract: SectionContract) -> dict[str, FileColumn]:
    """The columns of a section's file: the contract's, led by the key, ``value`` split into number and word.

    >>> from risk_engine.application import SECTIONS
    >>> list(file_columns(SECTIONS["attributes"]))[0]
    'application_id'
    """
    fields = msgspec.structs.fields(contract.row)
    defaults = {told.encode_name: float(told.default) for told in fields if isinstance(told.default, int | float)}
    columns = {KEY: FileColumn(KEY, "text", optional=False)}
    for column in contract.columns.values():
        if column.kind == "value":
            columns[NUMBER] = FileColumn(NUMBER, "number")
            columns[WORD] = FileColumn(WORD, "text")
        elif column.name != KEY:
            limits = (*_bounds(column.annotation), defaults.get(column.name, math.nan))
            columns[column.name] = FileColumn(column.name, column.kind, column.words, column.optional, *limits)
    return columns


def _bounds(annotation: object) -> tuple[float, float]:
    """The bounds that the document's decoder checks, so that a table is held to the same."""
    for meta in getattr(annotation, "__metadata__", ()):
        low, high = (meta.min_length, meta.max_length) if meta.max_length else (meta.ge, meta.le)
        return -LARGEST if low is None else low, LARGEST if high is None else high
    return -LARGEST, LARGEST
