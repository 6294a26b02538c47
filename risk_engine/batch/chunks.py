"""Applicants in chunks: every section file read forward once, side by side, in bounded memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from risk_engine.application import LISTS
from risk_engine.batch.arrow_kinds import KEY
from risk_engine.batch.broken_texts import refuse_broken_texts
from risk_engine.batch.section_files import SectionFile, first_line, open_parquet, open_sections
from risk_engine.errors import DataError, Fault, TableFaults

APPLICANTS = 500
"""Applicants a chunk: a few million rows of the largest section at most."""

ROWS_A_READ = 1 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """One section of a chunk.

    Attributes:
        file: Where it comes from.
        rows: The chunk's rows, sorted by applicant, without the key.
        offsets: int64 (n + 1,): the rows of applicant ``i`` are ``offsets[i]:offsets[i + 1]``.
        first_row: Number, in the section, of the first of these rows; faults name rows by it.
    """

    file: SectionFile
    rows: pa.Table
    offsets: npt.NDArray[np.int64]
    first_row: int

    def applicant_of(self, row: int) -> int:
        """Which applicant of the chunk a row belongs to."""
        return int(np.searchsorted(self.offsets, row, side="right")) - 1

    def place(self, column: str, row: int, ids: tuple[str, ...]) -> str:
        """File, column, row and applicant, as faults name them."""
        return f"{self.file.place(column, self.first_row + row)}, applicant {ids[self.applicant_of(row)]}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some applicants with all their rows.

    Attributes:
        ids: Application ids, sorted.
        parts: Sections by name.
        missing: Sections that were to be read and have no file.
    """

    ids: tuple[str, ...]
    parts: Mapping[str, Part]
    missing: frozenset[str]

    def __len__(self) -> int:
        return len(self.ids)


def read_chunks(
    folder: Path,
    only: Collection[str] | None = None,
    *,
    applicants: int = APPLICANTS,
    told: Mapping[str, str] | None = None,
) -> Iterator[Chunk]:
    """Read a folder of section files forward, a chunk of applicants at a time.

    Args:
        folder: Holds ``<section>.parquet`` files, each sorted by application_id, or folders ``<section>`` of such
            files, which follow each other in the order of their names.
        only: Sections to read; None reads all that describe applicants.
        applicants: At most so many in a chunk.
        told: What faults call a section's file, where it is not its path.

    Raises:
        TableFaults: Columns or types break the contract; a file is unsorted or split (rows of one applicant apart)
            or has rows of an applicant that ``application.parquet`` does not name; ``application`` or
            ``applicant`` does not have exactly one row an applicant; a text is not UTF-8.
        DataError: A file cannot be read.
    """
    files = open_sections(folder, only, told)
    requests = _Forward(files["application"])
    missing = frozenset(LISTS if only is None else only) - files.keys()
    others = {name: _Forward(file) for name, file in files.items() if name != "application"}
    last = ""
    while True:
        first_row = requests.taken
        rows, runs = requests.take(applicants)
        _refuse_repeated(files["application"], [(last, 1), *runs])
        ids = tuple(key for key, _ in runs)
        if not ids:
            break
        last = ids[-1]
        parts = {"application": Part(files["application"], rows, np.arange(len(ids) + 1, dtype=np.int64), first_row)}
        yield Chunk(ids, parts | {name: _part(forward, ids) for name, forward in others.items()}, missing)
    for forward in others.values():
        for key, _ in forward.take(1)[1]:
            raise _stranger(forward.file, key)


def _refuse_repeated(file: SectionFile, runs: Sequence[tuple[str, int]]) -> None:
    for (before, _), (key, rows) in pairwise(runs):
        if rows > 1 or before == key:
            raise TableFaults([Fault(file.told, f"two rows of applicant {key}", "one row an application")])


def _part(forward: _Forward, ids: tuple[str, ...]) -> Part:
    first_row = forward.taken
    rows, runs = forward.until(ids[-1])
    counts = dict.fromkeys(ids, 0)
    for key, count in runs:
        if key not in counts:
            raise _stranger(forward.file, key)
        counts[key] += count
    if forward.file.contract.single:
        for key, count in counts.items():
            if count != 1:
                found = f"{count} rows of applicant {key}"
                raise TableFaults([Fault(forward.file.told, found, "one row an application")])
    return Part(forward.file, rows, np.cumsum([0, *counts.values()], dtype=np.int64), first_row)


def _stranger(file: SectionFile, key: str) -> TableFaults:
    return TableFaults([Fault(file.told, f"rows of applicant {key}", "applicants that section application names")])


def _uncoded(rows: pa.Table) -> pa.Table:
    """Texts in place of codes where the dictionary, which is the file's, holds more than these rows."""
    for place, column in enumerate(rows.columns):
        if pa.types.is_dictionary(column.type) and any(len(one.dictionary) > len(column) for one in column.chunks):
            rows = rows.set_column(place, rows.column_names[place], column.cast(pa.string()))
    return rows


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows as they are read, without their key: applicant ``i`` has those from ``starts[i]`` to ``starts[i + 1]``."""

    rows: pa.Table
    ids: list[str]
    starts: list[int]


class _Forward:
    """One section read forward, checked to be sorted by applicant on the way."""

    def __init__(self, file: SectionFile) -> None:
        self.file = file
        self.taken = 0
        self._name = file.told
        self._last: str | None = None
        self._last_name = file.told
        self._batches = self._read()
        self._held = next(self._batches)
        self._empty = self._held.rows
        self._at = 0

    def take(self, applicants: int) -> tuple[pa.Table, list[tuple[str, int]]]:
        """The rows of the next applicants, at most so many, and how many rows each has."""
        parts: list[pa.Table] = []
        runs: list[tuple[str, int]] = []
        while len(runs) < applicants and self._fill():
            parts.append(self._cut(min(self._at + applicants - len(runs), len(self._held.ids)), runs))
        return self._joined(parts), runs

    def until(self, last: str) -> tuple[pa.Table, list[tuple[str, int]]]:
        """Every unread row of the applicants up to ``last``, and how many rows each has, in order."""
        parts: list[pa.Table] = []
        runs: list[tuple[str, int]] = []
        while self._fill():
            parts.append(self._cut(bisect_right(self._held.ids, last, self._at), runs))
            if self._at < len(self._held.ids):
                break
        return self._joined(parts), runs

    def _cut(self, end: int, runs: list[tuple[str, int]]) -> pa.Table:
        starts = self._held.starts[self._at : end + 1]
        runs += zip(self._held.ids[self._at : end], (b - a for a, b in pairwise(starts)), strict=True)
        self._at = end
        return self._held.rows.slice(starts[0], starts[-1] - starts[0])

    def _joined(self, parts: list[pa.Table]) -> pa.Table:
        joined = pa.concat_tables(parts) if parts else self._empty
        self.taken += joined.num_rows
        return _uncoded(joined)

    def _fill(self) -> bool:
        while self._at == len(self._held.ids):
            found = next(self._batches, None)
            if found is None:
                return False
            self._held, self._at = found, 0
        return True

    def _read(self) -> Iterator[_Batch]:
        """A batch without rows, then the rows; an error is told with the file's name."""
        columns = list(self.file.present)
        for number, path in enumerate(self.file.paths):
            self._name = self.file.name_of(number)
            with open_parquet(path, self.file.coded) as opened:
                try:
                    if number == 0:
                        yield _Batch(opened.schema_arrow.empty_table().select(columns[1:]), [], [0])
                    for batch in opened.iter_batches(ROWS_A_READ, columns=columns):
                        refuse_broken_texts(batch, path, self._name)
                        yield self._checked(batch)
                except (OSError, pa.ArrowException) as error:
                    raise DataError(f"{self._name}: cannot be read: {first_line(error)}") from error

    def _checked(self, batch: pa.RecordBatch) -> _Batch:
        keys = batch.column(KEY)
        if keys.null_count:
            raise TableFaults([Fault(self._name, f"a row without {KEY}", f"{KEY} on every row")])
        coded = keys if pa.types.is_dictionary(keys.type) else keys.cast(pa.string()).dictionary_encode()
        codes = coded.indices.to_numpy()
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        ids: list[str] = coded.dictionary.take(pa.array(codes[starts])).to_pylist()
        for key in ids:
            self._follow(key)
        rows = pa.Table.from_batches([batch]).select(self.file.present[1:])
        return _Batch(rows, ids, [*starts.tolist(), len(codes)])

    def _follow(self, key: str) -> None:
        """Check an applicant against the one whose rows stand before."""
        if not key:
            raise TableFaults([Fault(self._name, f"a row whose {KEY} is empty", f"{KEY} on every row")])
        if self._last is not None and key < self._last:
            found = f"applicant {key} after a later one, so its rows may be split"
            raise TableFaults([Fault(self._name, found, f"rows sorted by {KEY}")])
        if self._last == key and self._last_name != self._name:
            found = f"rows of applicant {key}, whose rows began in {self._last_name}"
            raise TableFaults([Fault(self._name, found, "all rows of an applicant in one file")])
        self._last, self._last_name = key, self._name
