"""The one thread that writes. Whoever hands it work waits on a future that resolves after the commit, never before.

Work that arrives while a commit is under way is committed together (group commit): at one request at a time it costs
nothing, at many it turns one disk flush per decision into one per group.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from risk_engine.errors import StoreError
from risk_engine.store.connection import told

T = TypeVar("T")

GROUP = 64
"""Most jobs in one commit; beyond this the flush is already spread thin, and the first caller should not wait."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: Future[Any]


class Writer:
    """Runs jobs on the writing connection, in order, each inside a transaction.

    Args:
        engine: The writing engine.
        path: The database file, for messages.
        rolled_back: Called after a transaction failed, so that state kept in memory is read again.
    """

    def __init__(self, engine: Engine, path: Path, rolled_back: Callable[[], None]) -> None:
        self._engine = engine
        self._path = path
        self._file = _identity(path)
        self._rolled_back = rolled_back
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], done: Future[T] | None = None) -> Future[T]:
        """Hand over a job; the future resolves once its transaction is on disk.

        Args:
            work: Gets the writing connection; must be safe to run twice, since a failed group is tried one by one.
            done: The future to resolve; a new one where left out.
        """
        future: Future[T] = running() if done is None else done
        with self._closing:
            if self._closed:
                raise StoreError("the store is closed")
            self._jobs.put(_Job(work, future))
        return future

    def close(self) -> None:
        """Finish what was handed over, then stop."""
        with self._closing:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while group := self._next_group():
                self._commit(connection, group)

    def _next_group(self) -> list[_Job]:
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP or self._jobs.empty():
                return group
            job = self._jobs.get()
        if group:
            self._jobs.put(None)  # leave the end marker for the next look
        return group

    def _refuse_another_file(self) -> None:
        """SQLite would go on writing to a file that was moved away or removed, and say that it is on disk."""
        if _identity(self._path) != self._file:
            raise StoreError(
                f"the database {self._path} was moved or replaced", hint="put it back; nothing was recorded"
            )

    def _commit(self, connection: Connection, group: list[_Job]) -> None:
        try:
            self._refuse_another_file()
            with told(self._path), connection.begin():
                results = [job.work(connection) for job in group]
        except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to the callers, and the thread must live
            self._rolled_back()
            if len(group) > 1:  # one bad job must not fail its neighbors
                for job in group:
                    self._commit(connection, [job])
            else:
                group[0].done.set_exception(error)
            return
        for job, result in zip(group, results, strict=True):
            job.done.set_result(result)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path, if any."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def running() -> Future[Any]:
    """A future that nobody can cancel: a caller who leaves does not unmake a decision."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future
