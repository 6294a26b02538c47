"""A chunk's Arrow columns in the neutral numpy form that features are computed from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from risk_engine.application import APPLICANT, SECTIONS
from risk_engine.application.kinds import DECIMAL_TOLD, PLAIN_DECIMAL
from risk_engine.batch.arrays import Floats, Truths, as_decimal_texts, as_floats, as_texts, nulls, places_in
from risk_engine.batch.arrow_kinds import NUMBER, WORD, FileColumn
from risk_engine.batch.chunk_faults import ChunkFaults
from risk_engine.batch.chunks import Chunk, Part
from risk_engine.errors import Fault, nearest_hint
from risk_engine.features.columns import Columns, from_tables
from risk_engine.features.tables import ApplicantTable, SectionTable

Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]

CALENDAR = -62_135_596_800.0, 253_402_300_800.0
"""The first second of year 1 and the one after year 9999, since the epoch."""

OBTAINED = SECTIONS["sources"].columns["status"].words.index("obtained")

CODE_BOOKS = {"sources": ("section",), "attributes": ("name", "value")}
"""Text columns whose texts the features read, not only compare."""

DIFFERENT_MOMENTS = 4096
"""Above so many rows a text column of moments is parsed by distinct value."""


def chunk_columns(chunk: Chunk, not_applicable: Mapping[str, npt.NDArray[np.bool_]] | None = None) -> Columns:
    """The chunk as features read it.

    Args:
        chunk: Some applicants.
        not_applicable: For each section, of whom the policy says that it does not concern them.

    Raises:
        TableFaults: Every fault of the chunk's rows.
    """
    return from_tables(*chunk_tables(chunk), not_applicable=not_applicable)


def chunk_tables(chunk: Chunk) -> tuple[ApplicantTable, dict[str, SectionTable]]:
    """The chunk in neutral form: the moments of decision, and every section.

    Raises:
        TableFaults: As :func:`check_chunk`; a request without ``as_of``.
    """
    faults = ChunkFaults(chunk)
    tables = _tables(chunk, faults)
    applicants = _applicants(chunk.parts["application"], faults)
    faults.tell()
    return applicants, tables


def check_chunk(chunk: Chunk, only: Collection[int] | None = None) -> dict[str, SectionTable]:
    """Check every value of a chunk, whether or not it can be decided; the chunk's sections in neutral form.

    Args:
        chunk: Some applicants.
        only: Positions of those whose faults are told; None tells everybody's.

    Raises:
        TableFaults: Nulls in columns that are always filled, unknown words, texts that are no moment or decimal,
            numbers out of the contract's bounds, dates of no calendar, look-ups that returned a section without a file
            (unless its ``row_count`` is 0): every one, up to a hundred.
    """
    faults = ChunkFaults(chunk, only)
    tables = _tables(chunk, faults)
    faults.tell()
    return tables


def _tables(chunk: Chunk, faults: ChunkFaults) -> dict[str, SectionTable]:
    tables = {name: _table(part, faults) for name, part in chunk.parts.items()}
    if chunk.missing and "sources" in tables:
        _refuse_forgotten(chunk, tables["sources"], faults)
    return tables


def _refuse_forgotten(chunk: Chunk, sources: SectionTable, faults: ChunkFaults) -> None:
    """A section that a look-up returned and that has no file: to read it as empty would empty it for everybody."""
    section, status = sources.columns["section"], sources.columns["status"]
    missing = [place for place, text in enumerate(sources.texts["section"]) if text in chunk.missing]
    forgotten = np.isin(section, missing) & (status == OBTAINED)
    if "row_count" in sources.columns:
        forgotten &= sources.columns["row_count"] != 0.0
    expected = "a section that has a file"
    faults.rows(chunk.parts["sources"], "section", forgotten, expected, lambda name: f"write {name}.parquet")


def _table(part: Part, faults: ChunkFaults) -> SectionTable:
    """One section as float64 columns, NaN where null, as :mod:`risk_engine.features.tables` defines them.

    Text codes run over all text columns of the section but ``party``, whose texts are read: it has its own. Lists of
    texts have no neutral form and are left out.
    """
    texts = _all_texts(part)
    columns = {}
    for name in part.rows.column_names:
        column = part.file.columns[name]
        values = part.rows.column(name)
        if values.null_count and not column.optional:
            faults.rows(part, name, nulls(values), "a value")
        if column.kind == "text":
            columns[name] = places_in(values, texts)
        elif column.kind != "texts":
            columns[name] = _column(part, column, faults)
    for name, column in part.file.columns.items():
        if not np.isnan(column.otherwise):
            given = columns.get(name, np.full(part.rows.num_rows, np.nan))
            columns[name] = np.where(np.isnan(given), column.otherwise, given)
    if NUMBER in columns and WORD in columns:
        both = ~np.isnan(columns[NUMBER]) & ~np.isnan(columns[WORD])
        faults.rows(part, WORD, both, f"nothing beside a number in {NUMBER}")
    book = tuple(texts.to_pylist()) if part.file.contract.name in CODE_BOOKS else ()
    books = dict.fromkeys(CODE_BOOKS.get(part.file.contract.name, ()), book)
    if "party" in columns:
        columns["party"], books["party"] = _parties(part.rows.column("party"))
    return SectionTable(part.offsets, columns, books)


def _parties(values: pa.ChunkedArray) -> tuple[Floats, tuple[str, ...]]:
    """Codes of the parties that rows name, and their book; the applicant is null."""
    texts = as_texts(values)
    named = pc.unique(texts.filter(pc.not_equal(texts, APPLICANT)))
    named = named.take(pc.sort_indices(named))
    return places_in(values, named), tuple(named.to_pylist())


def _applicants(part: Part, faults: ChunkFaults) -> ApplicantTable:
    """The moments of decision."""
    nothing = np.full(part.rows.num_rows, np.nan)
    if "as_of" not in part.rows.column_names:
        faults.add(Fault(f"{part.file.told}: column as_of", "no such column", "the moment of decision"))
        return ApplicantTable(nothing, nothing)
    values = part.rows.column("as_of")
    faults.rows(part, "as_of", nulls(values), "the moment of decision")
    seconds, offsets, _ = _moments(values)
    return ApplicantTable(seconds, offsets)


def _column(part: Part, column: FileColumn, faults: ChunkFaults) -> Floats:
    values = part.rows.column(column.name)
    match column.kind:
        case "word":
            places = places_in(values, pa.array(column.words, pa.string()))
            wrong, expected = np.isnan(places), f"one of {', '.join(column.words)}"
            faults.rows(
                part,
                column.name,
                wrong & ~nulls(values),
                expected,
                lambda found: nearest_hint(str(found), column.words),
            )
            return places
        case "timestamp":
            seconds, _, wrong = _moments(values)
            faults.rows(part, column.name, wrong, "RFC 3339 with an offset: 2020-03-01T00:00:00+08:00")
            return seconds
        case "date":
            days = as_floats(values.cast(pa.date32()).cast(pa.int32()))
            faults.rows(part, column.name, _beyond(days * 86_400.0), "a date of the years 1 to 9999")
            return days
        case "boolean":
            return as_floats(values.cast(pa.uint8()))
        case "decimal":
            return _decimals(part, column, faults)
        case _:
            floats = as_floats(values)
            wrong = ~((floats >= column.low) & (floats <= column.high)) & ~nulls(values)
            expected = f"{_ends(column)}, or nothing" if column.optional else _ends(column)
            faults.rows(part, column.name, wrong, expected)
            return floats


def _ends(column: FileColumn) -> str:
    if column.kind == "integer":
        return f"a whole number from {column.low:.0f} to {column.high:.0f}"
    return f"a number from {column.low:g} to {column.high:g}"


def _moments(values: pa.ChunkedArray) -> tuple[Floats, Floats, Truths]:
    """A column of moments: seconds since the epoch, the offset from UTC in minutes, and which are none.

    A timestamp column has one time zone for all rows; text has its own offset a row.
    """
    if pa.types.is_timestamp(values.type) or pa.types.is_null(values.type):
        seconds, offsets = _zoned(values)
        return seconds, offsets, _beyond(seconds) | _beyond(seconds + 60 * offsets)
    texts = as_texts(values).combine_chunks()
    distinct = pc.unique(texts) if len(texts) > DIFFERENT_MOMENTS else texts
    seconds, offsets = np.full(len(distinct), np.nan), np.full(len(distinct), np.nan)
    wrong = np.zeros(len(distinct), np.bool_)
    for position, text in enumerate(distinct.to_pylist()):
        if text is None:
            continue
        try:
            moment = msgspec.convert(text, Moment)
        except msgspec.ValidationError:
            wrong[position] = True
            continue
        seconds[position] = moment.timestamp()
        offset = moment.utcoffset()
        offsets[position] = 0.0 if offset is None else offset.total_seconds() / 60
    if distinct is not texts:
        index = pc.index_in(texts, value_set=distinct).to_numpy(zero_copy_only=False)
        return seconds[index], offsets[index], wrong[index]
    return seconds, offsets, wrong


def _zoned(values: pa.ChunkedArray) -> tuple[Floats, Floats]:
    if pa.types.is_null(values.type):
        nothing = np.full(len(values), np.nan)
        return nothing, nothing
    instants = values.cast(pa.timestamp("us", values.type.tz))
    local = pc.local_timestamp(instants).cast(pa.int64())
    utc = instants.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return as_floats(utc) / 1e6, as_floats(pc.subtract(local, utc)) / 60e6


def _beyond(seconds: Floats) -> Truths:
    """Which moments have no place in a calendar of four-digit years, and so none in a document."""
    return (seconds < CALENDAR[0]) | (seconds >= CALENDAR[1])


def _decimals(part: Part, column: FileColumn, faults: ChunkFaults) -> Floats:
    """The nearest float64 to each decimal text, as a document's decimals are read."""
    values = as_decimal_texts(part.rows.column(column.name))
    plain = pc.fill_null(pc.match_substring_regex(values, PLAIN_DECIMAL), fill_value=True)
    wrong = ~plain.to_numpy()
    faults.rows(part, column.name, wrong, DECIMAL_TOLD)
    return as_floats(pc.if_else(plain, values, None)) if wrong.any() else as_floats(values)


def _all_texts(part: Part) -> pa.Array:
    """The texts of the section, sorted: one code space for all its text columns."""
    found = [
        _distinct(part.rows.column(name)) for name in part.rows.column_names if part.file.columns[name].kind == "text"
    ]
    distinct = pc.drop_null(pc.unique(pa.chunked_array(found, pa.string())))
    return distinct.take(pc.sort_indices(distinct))


def _distinct(values: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        return values.combine_chunks().dictionary.cast(pa.string())
    return pc.unique(as_texts(values))
