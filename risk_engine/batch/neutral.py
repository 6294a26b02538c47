"""A chunk's Arrow columns in the neutral numpy form that features are computed from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from risk_engine.application import APPLICANT
from risk_engine.batch.arrow_kinds import KEY, FileColumn
from risk_engine.batch.chunks import Chunk, Part
from risk_engine.errors import Fault, TableFaults, nearest_hint
from risk_engine.features.columns import Columns, from_tables
from risk_engine.features.tables import ApplicantTable, SectionTable

Floats = npt.NDArray[np.float64]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]

PLAIN_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"

CODE_BOOKS = {"sources": ("section",), "attributes": ("name", "value")}
"""Text columns whose texts the features read, not only compare."""

DIFFERENT_MOMENTS = 4096
"""Above so many rows a text column of moments is parsed by distinct value."""


def section_table(chunk: Chunk, part: Part) -> SectionTable:
    """One section as float64 columns, NaN where null, as :mod:`risk_engine.features.tables` defines them.

    Text codes run over all text columns of the section but ``party``, whose texts are read: it has its own. Lists of
    texts have no neutral form and are left out.

    Args:
        chunk: Whose ids faults name.
        part: The section's rows.

    Raises:
        TableFaults: A null in a column that is always filled, an unknown word, text that is not a moment or a
            decimal, a number out of the contract's bounds: the first of them.
    """
    texts = _all_texts(part)
    columns = {}
    for name in part.rows.column_names:
        column = part.file.columns[name]
        values = part.rows.column(name)
        if values.null_count and not column.optional:
            raise _fault(chunk, part, name, pc.is_null(values), "a value")
        if column.kind == "text":
            columns[name] = _floats(pc.index_in(_plain(values), value_set=texts))
        elif column.kind != "texts":
            columns[name] = _column(chunk, part, column, values)
    for name, column in part.file.columns.items():
        if not np.isnan(column.otherwise):
            given = columns.get(name, np.full(part.rows.num_rows, np.nan))
            columns[name] = np.where(np.isnan(given), column.otherwise, given)
    book = tuple(texts.to_pylist()) if part.file.contract.name in CODE_BOOKS else ()
    books = dict.fromkeys(CODE_BOOKS.get(part.file.contract.name, ()), book)
    if "party" in columns:
        columns["party"], books["party"] = _parties(part.rows.column("party"))
    columns.pop(KEY)
    return SectionTable(part.offsets, columns, books)


def _parties(values: pa.ChunkedArray) -> tuple[Floats, tuple[str, ...]]:
    """Codes of the parties that rows name, and their book; the applicant is null."""
    texts = _plain(values)
    named = pc.unique(texts.filter(pc.not_equal(texts, APPLICANT)))
    named = named.take(pc.sort_indices(named))
    return _floats(pc.index_in(texts, value_set=named)), tuple(named.to_pylist())


def applicant_table(chunk: Chunk) -> ApplicantTable:
    """The moments of decision.

    Raises:
        TableFaults: A request without ``as_of``.
    """
    part = chunk.parts["application"]
    if "as_of" not in part.rows.column_names:
        raise TableFaults([Fault(f"{part.file.told}: column as_of", "no such column", "the moment of decision")])
    seconds, offsets = moments(chunk, part, "as_of")
    if np.isnan(seconds).any():
        raise _fault(chunk, part, "as_of", pa.array(np.isnan(seconds)), "the moment of decision")
    return ApplicantTable(seconds, offsets)


def chunk_columns(chunk: Chunk, not_applicable: Mapping[str, npt.NDArray[np.bool_]] | None = None) -> Columns:
    """The chunk as features read it.

    Args:
        chunk: Some applicants.
        not_applicable: For each section, of whom the policy says that it does not concern them.
    """
    tables = {name: section_table(chunk, part) for name, part in chunk.parts.items()}
    return from_tables(applicant_table(chunk), tables, not_applicable=not_applicable)


def _column(chunk: Chunk, part: Part, column: FileColumn, values: pa.ChunkedArray) -> Floats:
    match column.kind:
        case "word":
            return _words(chunk, part, column, _plain(values))
        case "timestamp":
            return moments(chunk, part, column.name)[0]
        case "date":
            return _floats(values.cast(pa.date32()).cast(pa.int32()))
        case "boolean":
            return _floats(values.cast(pa.uint8()))
        case "decimal":
            return _decimals(chunk, part, column, _plain(values))
        case _:
            return _numbers(chunk, part, column, values)


def moments(chunk: Chunk, part: Part, name: str) -> tuple[Floats, Floats]:
    """A column of moments: seconds since the epoch, and the offset from UTC in minutes.

    A timestamp column has one time zone for all rows; text has its own offset a row.
    """
    values = part.rows.column(name)
    if pa.types.is_timestamp(values.type) or pa.types.is_null(values.type):
        return _zoned(values)
    texts = _plain(values).combine_chunks()
    distinct = pc.unique(texts) if len(texts) > DIFFERENT_MOMENTS else texts
    seconds, offsets = np.full(len(distinct), np.nan), np.full(len(distinct), np.nan)
    for position, text in enumerate(distinct.to_pylist()):
        if text is None:
            continue
        try:
            moment = msgspec.convert(text, Moment)
        except msgspec.ValidationError:
            wrong = pc.equal(texts, text)
            raise _fault(chunk, part, name, wrong, "RFC 3339 with an offset: 2020-03-01T00:00:00+08:00") from None
        seconds[position] = moment.timestamp()
        offset = moment.utcoffset()
        offsets[position] = 0.0 if offset is None else offset.total_seconds() / 60
    if distinct is not texts:
        index = pc.index_in(texts, value_set=distinct).to_numpy(zero_copy_only=False)
        return seconds[index], offsets[index]
    return seconds, offsets


def _zoned(values: pa.ChunkedArray) -> tuple[Floats, Floats]:
    if pa.types.is_null(values.type):
        nothing = np.full(len(values), np.nan)
        return nothing, nothing
    instants = values.cast(pa.timestamp("us", values.type.tz))
    local = pc.local_timestamp(instants).cast(pa.int64())
    utc = instants.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return _floats(utc) / 1e6, _floats(pc.subtract(local, utc)) / 60e6


def _words(chunk: Chunk, part: Part, column: FileColumn, values: pa.ChunkedArray) -> Floats:
    index = pc.index_in(values, value_set=pa.array(column.words, pa.string()))
    if index.null_count > values.null_count:
        unknown = pc.and_(pc.is_null(index), pc.is_valid(values))
        word = values.filter(unknown)[0].as_py()
        hint = nearest_hint(word, column.words)
        raise _fault(chunk, part, column.name, unknown, f"one of {', '.join(column.words)}", hint)
    return _floats(index)


def _decimals(chunk: Chunk, part: Part, column: FileColumn, values: pa.ChunkedArray) -> Floats:
    """The nearest float64 to each decimal text, as a document's decimals are read."""
    wrong = pc.fill_null(pc.invert(pc.match_substring_regex(values, PLAIN_DECIMAL)), fill_value=False)
    if pc.any(wrong).as_py():
        raise _fault(chunk, part, column.name, wrong, 'decimal text such as "250000.00"')
    return _floats(values)


def _numbers(chunk: Chunk, part: Part, column: FileColumn, values: pa.ChunkedArray) -> Floats:
    floats = _floats(values)
    wrong = ~((floats >= column.low) & (floats <= column.high)) & ~pc.is_null(values).to_numpy()
    if wrong.any():
        expected = f"a number from {column.low:g} to {column.high:g}, or nothing"
        raise _fault(chunk, part, column.name, pa.array(wrong), expected)
    return floats


def _fault(
    chunk: Chunk, part: Part, name: str, wrong: pa.Array | pa.ChunkedArray, expected: str, hint: str = ""
) -> TableFaults:
    row = pc.index(wrong, value=True).as_py()
    found = part.rows.column(name)[row].as_py()
    told = "nothing" if found is None else repr(found)[:80]
    return TableFaults([Fault(part.place(name, row, chunk.ids), told, expected, hint)])


def _all_texts(part: Part) -> pa.Array:
    """Every distinct text of the section, sorted: one code space for all its text columns."""
    found = [
        pc.unique(_plain(part.rows.column(name)))
        for name in part.rows.column_names
        if part.file.columns[name].kind == "text"
    ]
    distinct = pc.drop_null(pc.unique(pa.chunked_array(found, pa.string())))
    return distinct.take(pc.sort_indices(distinct))


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string())


def _floats(values: pa.ChunkedArray | pa.Array) -> Floats:
    floats = values.cast(pa.float64(), safe=False)
    return np.asarray(pc.fill_null(floats, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
