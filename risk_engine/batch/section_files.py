"""A folder of section files, opened and checked against the data contract: every fault at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.batch.arrow_kinds import KINDS, FileColumn, file_columns
from risk_engine.errors import DataError, Fault, TableFaults, nearest_hint

NOT_EVIDENCE = frozenset({"features"})
"""Files of other kinds that may lie beside the sections and are never read here."""


@dataclass(frozen=True, slots=True)
class SectionFile:
    """One section's Parquet file whose columns keep the contract; faults call it ``told``."""

    path: Path
    contract: SectionContract
    columns: Mapping[str, FileColumn]
    told: str

    @property
    def present(self) -> tuple[str, ...]:
        """The contract's columns that stand in the file, the key first."""
        there = set(self.opened().schema_arrow.names)
        return tuple(name for name in self.columns if name in there)

    def opened(self) -> pq.ParquetFile:
        """The file, open for reading."""
        return _open(self.path)


def open_sections(
    folder: Path, only: Collection[str] | None = None, told: Mapping[str, str] | None = None
) -> dict[str, SectionFile]:
    """Open the section files of a folder and check their columns and types.

    Args:
        folder: Holds ``<section>.parquet`` files.
        only: Sections to open; ``application`` and ``applicant`` are always among them. None opens every
            section. What is known only afterwards (outcomes, performance) is never opened here.
        told: What faults call a section's file, where it is not its path (a study's line).

    Returns:
        The files by section, in the contract's order. A section without a file is not among them: it was not
        obtained for any applicant.

    Raises:
        DataError: The folder or ``application.parquet`` is absent, or a file is not Parquet.
        TableFaults: Unknown files, unknown or missing columns, wrong types: every one of them.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of section files")
    faults = list(_unknown_files(folder))
    opened: dict[str, SectionFile] = {}
    for name, contract in SECTIONS.items():
        path = folder / f"{name}.parquet"
        if contract.single:
            if not path.exists():
                raise DataError(f"{path}: no such file", hint="every folder of sections has application and applicant")
        elif contract.training_only or not path.exists() or (only is not None and name not in only):
            continue
        opened[name] = SectionFile(path, contract, file_columns(contract), (told or {}).get(name, str(path)))
        faults += check_columns(opened[name].told, opened[name].columns, _open(path).schema_arrow)
    if faults:
        raise TableFaults(faults)
    return opened


def check_columns(place: str, columns: Mapping[str, FileColumn], found: pa.Schema) -> Iterator[Fault]:
    """Compare a table's columns and types with what a section needs.

    Args:
        place: What faults begin with: a file, or a line of a study.
        columns: From :func:`~risk_engine.batch.arrow_kinds.file_columns`.
        found: The table's schema.
    """
    meant: set[str] = set()
    for name in found.names:
        if name not in columns:
            hint = nearest_hint(name, [column for column in columns if column not in found.names])
            meant.update(column for column in columns if repr(column) in hint)
            yield Fault(f"{place}: column {name}", "an unknown column", "a column of the contract", hint)
        elif found.names.count(name) > 1:
            yield Fault(f"{place}: column {name}", "the name twice", "each column once")
    for name, column in columns.items():
        if found.names.count(name) == 1:
            yield from _check_type(place, column, found.field(name).type)
        elif not column.optional and name not in found.names and name not in meant:
            yield Fault(f"{place}: column {name}", "no such column", KINDS[column.kind].told)


def _check_type(place: str, column: FileColumn, found: pa.DataType) -> Iterator[Fault]:
    if not (KINDS[column.kind].accepts(found) or (column.optional and pa.types.is_null(found))):
        yield Fault(f"{place}: column {column.name}", str(found), KINDS[column.kind].told, _type_hint(column, found))


def _type_hint(column: FileColumn, found: pa.DataType) -> str:
    if column.kind == "date" and pa.types.is_timestamp(found):
        return f"cast it: {column.name}::date"
    if column.kind == "timestamp":
        return "say the offset: 2020-03-01T00:00:00+08:00"
    return ""


def _unknown_files(folder: Path) -> Iterator[Fault]:
    for path in sorted(folder.glob("*.parquet")):
        if path.stem not in SECTIONS and path.stem not in NOT_EVIDENCE:
            hint = nearest_hint(path.stem, SECTIONS)
            yield Fault(str(path), "an unknown section", "a section of the contract", hint)


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not a readable Parquet file: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """What an outside library said, shortened to one line."""
    return str(error).strip().split("\n", maxsplit=1)[0][:200]
