"""Files that are whole or absent: written under another name, forced to the disk, then renamed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from risk_engine.errors import DataError

COMPRESSION = "zstd"


@contextmanager
def replacing(path: Path, *, within: Path | None = None) -> Iterator[Path]:
    """A name to write under; it takes the place of ``path`` only when the block ends well.

    Args:
        path: The file to write or replace; its folder is made where absent.
        within: The folder to write in, on the same disk; the file's own if None.

    Yields:
        A path in that folder. It is forced to the disk and renamed at the end, removed if the block raises.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "made" / "summary.json"
    >>> with replacing(out) as temporary:
    ...     _ = temporary.write_text("{}")
    >>> out.read_text(), [file.name for file in out.parent.iterdir()]
    ('{}', ['summary.json'])
    """
    temporary = (within or path.parent) / f".{path.name}.{os.getpid()}.partial"
    with told_if_unwritable(path):
        for folder in (path.parent, temporary.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _force_to_disk(temporary)
            temporary.replace(path)
            _force_to_disk(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def told_if_unwritable(path: Path) -> Iterator[None]:
    """Turn what the disk says into a :class:`DataError` about a file."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error


def write_tables(path: Path, schema: pa.Schema, tables: Iterable[pa.Table], *, within: Path | None = None) -> int:
    """Write tables one after the other into one Parquet file, whole or not at all, its pages with checksums.

    Args:
        path: The Parquet file.
        schema: What every table has.
        tables: Taken one at a time, so that a stream stays a stream.
        within: As in :func:`replacing`.

    Returns:
        The number of rows written.
    """
    rows = 0
    with replacing(path, within=within) as temporary:
        options = {"compression": COMPRESSION, "write_page_checksum": True}
        with pq.ParquetWriter(temporary, schema, **options) as writer:
            for table in tables:
                writer.write_table(table)
                rows += table.num_rows
    return rows


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _force_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
