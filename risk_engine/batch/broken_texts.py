"""Texts that are not UTF-8: Parquet promises that they are, but writers break the promise and readers do not look."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from risk_engine.batch.arrow_kinds import KEY, holds_text
from risk_engine.batch.section_files import open_parquet
from risk_engine.errors import Fault, TableFaults

FIRST = 100
"""So many broken texts of a file are told: in another encoding every row is one."""

UTF_8 = "text in UTF-8"


def refuse_broken_texts(batch: pa.RecordBatch, path: Path, name: str) -> None:
    """Let rows pass whose texts are UTF-8; of codes only the dictionary is looked at.

    Args:
        batch: Rows as they are read.
        path: The file they are from; it is read again to name the rows.
        name: What faults call it.

    Raises:
        TableFaults: The first hundred of the file's texts that are not, by column and row.
    """
    broken = _broken_columns(batch)
    if broken:
        unused = [Fault(f"{name}: column {column}", "bytes that are not UTF-8", UTF_8) for column in broken]
        raise TableFaults(list(islice(_broken_cells(path, name), FIRST)) or unused)


def _broken_columns(batch: pa.RecordBatch) -> list[str]:
    return [name for name, values in zip(batch.schema.names, batch.columns, strict=True) if not _is_sound(values)]


def _is_sound(values: pa.Array) -> bool:
    if not holds_text(values.type):
        return True
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _broken_cells(path: Path, name: str) -> Iterator[Fault]:
    row = 0
    with open_parquet(path) as opened:
        for batch in opened.iter_batches():
            columns = _broken_columns(batch)
            for at in range(batch.num_rows if columns else 0):
                for column in columns:
                    _, wrong = _read(batch.column(column)[at])
                    if wrong:
                        applicant, _ = _read(batch.column(KEY)[at])
                        place = f"{name}: column {column}, row {row + at}, applicant {applicant}"
                        yield Fault(place, repr(wrong)[:80], UTF_8)
            row += batch.num_rows


def _read(cell: pa.Scalar) -> tuple[object, bytes]:
    """What a cell says, as well as it can be read, and those of its bytes that are no text."""
    try:
        return cell.as_py(), b""
    except UnicodeDecodeError as error:
        return error.object.decode(errors="backslashreplace"), error.object
