"""One writer per store, held by the operating system: a lock that a killed process cannot leave behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from risk_engine.errors import StoreError, StoreLocked


class WriterLock:
    """An exclusive ``flock`` on ``<database>.lock``.

    The file stays when the lock goes: removing it would let two processes lock two different files of one name.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file = self._take()

    def _take(self) -> int:
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"cannot write beside the database: {self.path}: {error.strerror}",
                hint="check the folder of --database and its permissions",
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 32, 0).decode("ascii", "replace").strip()
            os.close(file)
            raise StoreLocked(
                f"another process{f' ({holder})' if holder else ''} writes to {self.path.with_suffix('')}",
                hint="stop it, or use what only reads: risk-engine verify, risk-engine replay; "
                "a running service makes API keys with POST /v1/keys",
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"pid {os.getpid()}".encode(), 0)
        return file

    def release(self) -> None:
        """Let the next writer in."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
        os.close(self._file)
