"""Applicants in chunks: every section file read forward once, side by side, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from risk_engine.batch.arrow_kinds import KEY
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
        rows: The chunk's rows, sorted by applicant.
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
        parts: Sections by name; a section without a file is absent.
    """

    ids: tuple[str, ...]
    parts: Mapping[str, Part]

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
            ``applicant`` does not have exactly one row an applicant.
        DataError: A file cannot be read.
    """
    files = open_sections(folder, only, told)
    requests = _Forward(files["application"])
    others = {name: _Forward(file) for name, file in files.items() if name != "application"}
    previous: tuple[str, ...] = ()
    while True:
        first_row = requests.taken
        rows = requests.take(applicants)
        ids = tuple(rows.column(KEY).to_pylist())
        _refuse_repeated(files["application"], (*previous[-1:], *ids))
        previous = ids
        parts = {"application": Part(files["application"], rows, np.arange(len(ids) + 1, dtype=np.int64), first_row)}
        for name, forward in others.items():
            parts[name] = _part(forward, ids, last=not rows.num_rows)
        if not ids:
            return
        yield Chunk(ids, parts)


def _refuse_repeated(file: SectionFile, ids: tuple[str, ...]) -> None:
    for before, after in pairwise(ids):
        if before == after:
            raise TableFaults([Fault(file.told, f"two rows of applicant {after}", "one row an application")])


def _part(forward: _Forward, ids: tuple[str, ...], *, last: bool) -> Part:
    first_row = forward.taken
    rows = forward.until(None if last else ids[-1])
    if last and rows.num_rows:
        raise _stranger(forward.file, rows.column(KEY)[0].as_py())
    positions = pc.index_in(rows.column(KEY), value_set=pa.array(ids, pa.string()))
    if positions.null_count:
        raise _stranger(forward.file, rows.column(KEY).filter(pc.is_null(positions))[0].as_py())
    counts = np.bincount(positions.to_numpy(), minlength=len(ids))
    if forward.file.contract.single and (counts != 1).any():
        culprit = int(np.flatnonzero(counts != 1)[0])
        found = f"{counts[culprit]} rows of applicant {ids[culprit]}"
        raise TableFaults([Fault(forward.file.told, found, "one row an application")])
    return Part(forward.file, rows, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), first_row)


def _stranger(file: SectionFile, key: str) -> TableFaults:
    return TableFaults([Fault(file.told, f"rows of applicant {key}", "applicants that section application names")])


class _Forward:
    """One section read forward, checked to be sorted by applicant on the way."""

    def __init__(self, file: SectionFile) -> None:
        self.file = file
        self.taken = 0
        self._name = file.told
        self._last: str | None = None
        self._last_name = file.told
        self._batches = self._read()
        self._held = self._empty = next(self._batches)

    def _read(self) -> Iterator[pa.Table]:
        """A table without rows, then batches; an error is told with the file's name."""
        columns = list(self.file.present)
        for number, path in enumerate(self.file.paths):
            self._name = self.file.name_of(number)
            with open_parquet(path, self.file.coded) as opened:
                try:
                    if number == 0:
                        first = opened.schema_arrow.empty_table().select(columns)
                        yield first.set_column(0, KEY, first.column(KEY).cast(pa.string()))
                    for batch in opened.iter_batches(ROWS_A_READ, columns=columns):
                        yield self._checked(pa.Table.from_batches([batch]).select(columns))
                except (OSError, pa.ArrowException) as error:
                    raise DataError(f"{self._name}: cannot be read: {first_line(error)}") from error

    def take(self, rows: int) -> pa.Table:
        """The next rows, at most so many."""
        parts = []
        while rows and self._fill():
            parts.append(self._cut(min(rows, self._held.num_rows)))
            rows -= parts[-1].num_rows
        return self._joined(parts)

    def until(self, last: str | None) -> pa.Table:
        """Every unread row whose applicant is at most ``last``; all that is left, if None."""
        parts = []
        while self._fill():
            keys = self._held.column(KEY)
            wanted = self._held.num_rows if last is None else pc.sum(pc.less_equal(keys, last)).as_py()
            parts.append(self._cut(wanted))
            if self._held.num_rows:
                break
        return self._joined(parts)

    def _joined(self, parts: list[pa.Table]) -> pa.Table:
        joined = pa.concat_tables(parts) if parts else self._empty
        self.taken += joined.num_rows
        return joined

    def _cut(self, rows: int) -> pa.Table:
        cut, self._held = self._held.slice(0, rows), self._held.slice(rows)
        return cut

    def _fill(self) -> bool:
        while not self._held.num_rows:
            found = next(self._batches, None)
            if found is None:
                return False
            self._held = found
        return True

    def _checked(self, table: pa.Table) -> pa.Table:
        keys = table.column(KEY).cast(pa.string()).combine_chunks()
        if keys.null_count:
            raise TableFaults([Fault(self._name, f"a row without {KEY}", f"{KEY} on every row")])
        falls = pc.less(keys.slice(1), keys.slice(0, max(len(keys) - 1, 0)))
        culprit = pc.index(falls, value=True).as_py()
        if culprit >= 0:
            raise self._unsorted(keys[culprit + 1].as_py())
        if len(keys):
            self._follow(keys[0].as_py())
            self._last, self._last_name = keys[-1].as_py(), self._name
        return table.set_column(0, KEY, keys)

    def _follow(self, key: str) -> None:
        """Check the first applicant of a batch against the last of the one before."""
        if self._last is not None and key < self._last:
            raise self._unsorted(key)
        if self._last == key and self._last_name != self._name:
            found = f"rows of applicant {key}, whose rows began in {self._last_name}"
            raise TableFaults([Fault(self._name, found, "all rows of an applicant in one file")])

    def _unsorted(self, key: str) -> TableFaults:
        found = f"applicant {key} after a later one, so its rows may be split"
        return TableFaults([Fault(self._name, found, f"rows sorted by {KEY}")])
