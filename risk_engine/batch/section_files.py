"""A folder of section files, opened and checked against the data contract: every fault at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.batch.arrow_kinds import KINDS, FileColumn, file_columns
from risk_engine.batch.writing import sha256_of
from risk_engine.errors import DataError, Fault, TableFaults, nearest_hint

NOT_EVIDENCE = frozenset({"features"})
"""Files of other kinds that may lie beside the sections and are never read here."""


@dataclass(frozen=True, slots=True)
class SectionFile:
    """One section's Parquet file, or folder of such files, whose columns keep the contract.

    Attributes:
        told: What faults call it.
        paths: The file, or the folder's files in the order of their names.
        contract: What stands in it.
        columns: The contract's columns as they stand in files.
        present: Those of them that are there, the key first.
        coded: Those of texts that are stored as codes and a dictionary, and are read as such: it is faster.
        starts: Number of the first row of each file, counted over all, and after them the number of rows.
    """

    told: str
    paths: tuple[Path, ...]
    contract: SectionContract
    columns: Mapping[str, FileColumn]
    present: tuple[str, ...]
    coded: tuple[str, ...]
    starts: tuple[int, ...]

    def name_of(self, number: int) -> str:
        """What faults call one of the files."""
        return self.told if len(self.paths) == 1 else str(self.paths[number])

    def place(self, column: str, row: int) -> str:
        """File, column and row, as faults name them."""
        number = bisect_right(self.starts, row, hi=len(self.paths)) - 1
        return f"{self.name_of(number)}: column {column}, row {row - self.starts[number]}"


def applicant_count(folder: Path) -> int:
    """How many applicants a folder of section files has, by the number of rows that ``application`` is said to have.

    Raises:
        DataError: The folder or a file is absent, or is not Parquet.
        TableFaults: Columns or types break the contract.
    """
    return open_sections(folder, ())["application"].starts[-1]


def open_sections(
    folder: Path, only: Collection[str] | None = None, told: Mapping[str, str] | None = None
) -> dict[str, SectionFile]:
    """Open the section files of a folder and check their columns and types.

    Args:
        folder: Holds ``<section>.parquet`` files, or folders ``<section>`` of Parquet files that are read in the
            order of their names.
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
        if contract.training_only or not (contract.single or only is None or name in only):
            continue
        path, paths = _found(folder, name, faults)
        if paths:
            opened[name] = _checked((told or {}).get(name, str(path)), paths, contract, faults)
        elif contract.single and not path.is_dir():
            raise DataError(f"{path}: no such file", hint="every folder of sections has application and applicant")
    if faults:
        raise TableFaults(faults)
    return opened


def digests(folder: Path, only: Collection[str] | None = None) -> dict[str, list[str]]:
    """The sha256 of every file that :func:`open_sections` opens, by section."""
    files = open_sections(folder, only)
    return {name: [sha256_of(path) for path in file.paths] for name, file in files.items()}


def _found(folder: Path, name: str, faults: list[Fault]) -> tuple[Path, tuple[Path, ...]]:
    """Where a section is, and its files."""
    one, several = folder / f"{name}.parquet", folder / name
    if not several.is_dir():
        return one, (one,) if one.exists() else ()
    if one.exists():
        faults.append(Fault(str(several), f"a folder beside {one.name}", "a file or a folder", "remove one of them"))
    paths = tuple(sorted(several.glob("*.parquet")))
    if not paths:
        faults.append(Fault(str(several), "a folder without Parquet files", "files *.parquet", "remove the folder"))
    return several, paths


def _checked(told: str, paths: tuple[Path, ...], contract: SectionContract, faults: list[Fault]) -> SectionFile:
    """A section's files, compared with the contract and with each other."""
    columns, starts = file_columns(contract), [0]
    coded = {name for name, column in columns.items() if column.kind in ("text", "word")}
    first: pa.Schema | None = None
    for path in paths:
        with open_parquet(path) as opened:
            schema: pa.Schema = opened.schema_arrow.remove_metadata()
            starts.append(starts[-1] + opened.metadata.num_rows)
            coded &= _coded(opened)
        first = first or schema
        place = told if len(paths) == 1 else str(path)
        own = list(check_columns(place, columns, schema))
        faults += own or _other_columns(place, first, schema, paths[0].name)
    present = tuple(name for name in columns if first is not None and name in first.names)
    return SectionFile(told, paths, contract, columns, present, tuple(sorted(coded)), tuple(starts))


def _coded(opened: pq.ParquetFile) -> set[str]:
    """Text columns that are stored as codes throughout, and that Arrow can read as such."""
    told, found = opened.metadata, set()
    names: list[str] = opened.schema_arrow.names
    for place in range(told.num_columns):
        name = told.schema.column(place).path
        chunks = [told.row_group(group).column(place) for group in range(told.num_row_groups)]
        plain = names.count(name) == 1 and pa.types.is_string(opened.schema_arrow.field(name).type)
        if plain and all(
            chunk.has_dictionary_page and not any("DELTA" in encoding for encoding in chunk.encodings)
            for chunk in chunks
        ):
            found.add(name)
    return found


def _other_columns(place: str, first: pa.Schema, found: pa.Schema, name: str) -> Iterator[Fault]:
    """Files of one section have the same columns."""
    for column in sorted({*first.names, *found.names}):
        here, there = (
            str(schema.field(column).type) if column in schema.names else "no such column" for schema in (found, first)
        )
        if here != there:
            yield Fault(f"{place}: column {column}", here, f"{there}, as in {name}")


def check_columns(place: str, columns: Mapping[str, FileColumn], found: pa.Schema) -> Iterator[Fault]:
    """Compare a table's columns and types with what a section needs.

    Args:
        place: What faults begin with: a file, or a line of a study.
        columns: From :func:`~risk_engine.batch.arrow_kinds.file_columns`.
        found: The table's schema.
    """
    meant: set[str] = set()
    for name in dict.fromkeys(found.names):
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
    if column.kind == "timestamp" and pa.types.is_timestamp(found) and found.tz is not None:
        return f"no time zone is called {found.tz}"
    if column.kind == "timestamp":
        return "say the offset: 2020-03-01T00:00:00+08:00"
    return ""


def _unknown_files(folder: Path) -> Iterator[Fault]:
    """Parquet files that are no section, and folders whose name is nearly one."""
    for path in sorted(folder.iterdir()):
        hint = nearest_hint(path.stem, SECTIONS)
        suspect = any(path.glob("*.parquet")) and hint if path.is_dir() else path.suffix == ".parquet"
        if suspect and path.stem not in SECTIONS and path.stem not in NOT_EVIDENCE:
            yield Fault(str(path), "an unknown section", "a section of the contract", hint)


def open_parquet(path: Path, coded: Sequence[str] = ()) -> pq.ParquetFile:
    """A Parquet file, open for reading; pages that have checksums are checked as they are read.

    Args:
        path: The file.
        coded: Columns to read as codes and a dictionary.

    Raises:
        DataError: It is not Parquet.
    """
    try:
        return pq.ParquetFile(path, read_dictionary=list(coded), page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not a readable Parquet file: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """What an outside library said, shortened to one line."""
    return str(error).strip().split("\n", maxsplit=1)[0][:200]
