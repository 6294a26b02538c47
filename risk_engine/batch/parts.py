"""A large file in the making: its finished parts lie beside it, so that a run that was killed goes on where it stopped.

``<file>.partial/<key>/000000.arrow, ...``: a part is whole or absent, and the key says what it was made of. The file
itself is put together from the parts at the end, in one rename; its bytes do not depend on how often a run began.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa

from risk_engine import __version__
from risk_engine.batch.working import counted
from risk_engine.batch.writing import COMPRESSION, replacing, told_if_unwritable, write_tables
from risk_engine.errors import DataError
from risk_engine.features import KERNELS
from risk_engine.progress import Progress, unwatched

T = TypeVar("T")

PARTS = "[0-9]*.arrow"
CHUNKS_A_PART = 10
"""What a killed run loses at most, beside the chunk it was at."""


def silent(sentence: str) -> None:
    """Tell nobody."""


@contextmanager
def parts_of(out: Path, made_of: Mapping[str, object], say: Callable[[str], None] = silent) -> Iterator[Parts]:
    """The parts of a file that is to be written.

    When the block ends well, or with a fault, they are removed. A run that was killed or interrupted leaves them, and
    the next one of the same key takes them over; parts of another key are thrown away.

    Args:
        out: The Parquet file that will be put together.
        made_of: Plain data: everything its bytes depend on, beside this software, which is added.
        say: Is told when parts are taken over or thrown away.

    Raises:
        DataError: Another process is writing the same file, or the folder cannot be written, or the file is a folder.
    """
    if out.is_dir():
        raise DataError(f"{out} is a folder", hint="name the file to write")
    software = {"engine": __version__, "kernels": KERNELS, "arrow": pa.__version__}
    key = hashlib.sha256(msgspec.json.encode([software, made_of], order="deterministic")).hexdigest()[:16]
    folder = out.with_name(f"{out.name}.partial")
    with _alone(folder, out):
        for other in (found for found in folder.iterdir() if found.name != key):
            say(f"{folder}: thrown away what another run left: its files, release or software were not these")
            shutil.rmtree(other)
        parts = Parts(out, folder / key)
        if parts.finished:
            say(f"{folder}: going on where a run was interrupted, after {len(parts.finished)} finished parts")
        try:
            yield parts
        except Exception:  # a killed or interrupted process does not come here
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder)


class Parts:
    """The parts of one file; made by :func:`parts_of`.

    Attributes:
        finished: Numbers of the parts that are there.
    """

    def __init__(self, out: Path, folder: Path) -> None:
        self._out = out
        self.folder = folder
        self.finished = frozenset(int(path.stem) for path in folder.glob(PARTS))

    def unfinished(self, chunks: Iterable[T]) -> Iterator[tuple[int, T]]:
        """The chunks that are not in a finished part, each with the number of its part."""
        for number, chunk in enumerate(chunks):
            if number // CHUNKS_A_PART not in self.finished:
                yield number // CHUNKS_A_PART, chunk

    def write(self, schema: pa.Schema, tables: Iterable[tuple[int, pa.Table]]) -> None:
        """Write tables, each with the number of its part, in order."""
        for part, group in groupby(tables, key=lambda told: told[0]):
            with (
                replacing(self.folder / f"{part:06}.arrow") as temporary,
                pa.OSFile(str(temporary), "wb") as file,
                pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(compression=COMPRESSION)) as writer,
            ):
                for _, table in group:
                    writer.write_table(table)

    def counted(
        self, what: str, tables: Iterable[tuple[int, pa.Table]], of: Callable[[], int], progress: Progress
    ) -> Iterator[tuple[int, pa.Table]]:
        """Pass tables on and tell how many rows are done, those of the finished parts among them."""
        done = 0 if progress is unwatched else sum(table.num_rows for table in self._tables(None))
        yield from counted(what, tables, lambda told: told[1].num_rows, of, progress, done=done)

    def join(self, schema: pa.Schema, seen: Callable[[pa.Table], None] | None = None) -> int:
        """Put the file together, a row group a part; every part must be there.

        Args:
            schema: The file's.
            seen: Is shown each table on the way.

        Returns:
            The number of rows.
        """
        return write_tables(self._out, schema, self._tables(seen), within=self.folder)

    def _tables(self, seen: Callable[[pa.Table], None] | None) -> Iterator[pa.Table]:
        for path in sorted(self.folder.glob(PARTS)):
            with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as part:
                table = part.read_all()
            if seen is not None:
                seen(table)
            yield table


@contextmanager
def _alone(folder: Path, out: Path) -> Iterator[None]:
    """Hold a folder for this process; the operating system lets go of it however the process ends."""
    with told_if_unwritable(out):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise DataError(f"{out}: another process is writing it", hint="wait for it, or write elsewhere") from None
    try:
        yield
    finally:
        os.close(handle)
