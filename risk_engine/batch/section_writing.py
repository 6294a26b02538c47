"""Section files written from Arrow streams, in the types the contract's files have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from risk_engine.application import SECTIONS
from risk_engine.batch.arrays import as_decimal_texts
from risk_engine.batch.arrow_kinds import KINDS, FileColumn, file_columns
from risk_engine.batch.chunks import read_chunks
from risk_engine.batch.documents import chunk_documents
from risk_engine.batch.neutral import check_chunk
from risk_engine.batch.section_files import applicant_count, check_columns
from risk_engine.batch.suspects import suspects
from risk_engine.batch.working import counted
from risk_engine.batch.writing import write_tables
from risk_engine.errors import Fault
from risk_engine.progress import Progress, unwatched

ROWS_A_GROUP = 1 << 17


def section_faults(name: str, place: str, schema: pa.Schema, needed: Collection[str] | None = None) -> list[Fault]:
    """What is wrong with the columns and types of a table that shall become a section file.

    Args:
        name: The section.
        place: What faults begin with.
        schema: The table's Arrow schema.
        needed: Columns that must be there, for a reader that needs no others; None as the contract has it.
    """
    columns = file_columns(SECTIONS[name])
    if needed is not None:
        columns = {key: replace(column, optional=key not in needed) for key, column in columns.items()}
    return list(check_columns(place, columns, schema))


def write_section(path: Path, name: str, stream: pa.RecordBatchReader) -> int:
    """Write one section file, whole or not at all; the bytes do not depend on how the stream is cut.

    Args:
        path: The Parquet file.
        name: The section; its columns must have passed :func:`section_faults`.
        stream: Rows sorted by application_id.

    Returns:
        The number of rows written.
    """
    columns = file_columns(SECTIONS[name])
    schema = pa.schema([
        (field.name, _written(columns[field.name], field.type)) for field in stream.schema
    ])  # fmt: skip
    return write_tables(path, schema, (_plain_decimals(table, columns).cast(schema) for table in _even(stream)))


def _plain_decimals(table: pa.Table, columns: Mapping[str, FileColumn]) -> pa.Table:
    for place, name in enumerate(table.column_names):
        if columns[name].kind == "decimal":
            table = table.set_column(place, name, as_decimal_texts(table.column(place)))
    return table


def _even(stream: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows of a stream in tables of one size, but for the last."""
    held = stream.schema.empty_table()
    for batch in stream:
        held = pa.concat_tables([held, pa.Table.from_batches([batch])])
        while held.num_rows >= ROWS_A_GROUP:
            yield held.slice(0, ROWS_A_GROUP).combine_chunks()
            held = held.slice(ROWS_A_GROUP)
    yield held.combine_chunks()


def check_rows(folder: Path, told: Mapping[str, str] | None = None, *, progress: Progress = unwatched) -> int:
    """Read a folder of section files through: order, single rows, every value, what rows must keep among each other.

    Args:
        folder: The section files.
        told: What faults call a section's file, where it is not its path.
        progress: Is told after each chunk how many applicants are checked.

    Returns:
        The number of applicants.

    Raises:
        TableFaults: Columns or types that break the contract; rows that do, every one of the first chunk that has any.
    """
    applicants = 0
    chunks = read_chunks(folder, told=told)
    for chunk in counted("applicants checked", chunks, len, lambda: applicant_count(folder), progress):
        applicants += len(chunk)
        chunk_documents(chunk, dict.fromkeys(suspects(chunk, check_chunk(chunk))))
    return applicants


def _written(column: FileColumn, found: pa.DataType) -> pa.DataType:
    if column.kind == "timestamp" and pa.types.is_timestamp(found):
        return pa.timestamp("us", "UTC")
    return KINDS[column.kind].written
