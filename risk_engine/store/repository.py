"""The store: decisions on disk before they are answered, found again, and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Executable, bindparam, select, update

from risk_engine.decision.record import Draft, Record, seal, verify
from risk_engine.errors import UsageError
from risk_engine.store.chain import Head, read_head, read_records, record_of, row_of, verify_chain
from risk_engine.store.connection import database_path, reading_engine, told, writing_engine
from risk_engine.store.idempotency import Answered, Once, Slot
from risk_engine.store.keys import NOBODY, ApiKey, Role, insert_key, new_key, read_keys, revoke_key
from risk_engine.store.lock import WriterLock
from risk_engine.store.tables import chain_head, decisions
from risk_engine.store.writer import Writer

# Built once: SQLAlchemy then finds their compiled form by identity, which saves a third of what an insert costs.
ADD = decisions.insert()
ADVANCE = update(chain_head).values(sequence=bindparam("sequence"), hash=bindparam("hash"))
ONE_BY_ID = select(decisions).where(decisions.c.decision_id == bindparam("decision_id"))
ONE_BY_SLOT = select(decisions).where(
    decisions.c.key_id == bindparam("key_id"), decisions.c.idempotency_key == bindparam("idempotency_key")
)


def open_store(url: str, *, write: bool) -> Store:
    """Open a store; writing makes the file where there is none and takes the one writer's lock.

    Args:
        url: ``sqlite:///FILE``.
        write: False opens it so that nothing can be changed, also while another process writes.

    Raises:
        UsageError: The URL names something this engine cannot keep a record in.
        StoreLocked: Another process writes.
        StoreError: The file cannot be read, or is not a store.
    """
    return Store(database_path(url), write=write)


class Store:
    """Decisions, their chain and the API keys in one database; a context manager."""

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._head: Head | None = None
        self._lock = WriterLock(path) if write else None
        try:
            engine = writing_engine(path) if write else None
            self._reader = reading_engine(path)
            with self._reading() as connection:
                self._keys = read_keys(connection)
        except BaseException:
            if self._lock:
                self._lock.release()
            raise
        self._engine = engine
        self._writer = None if engine is None else Writer(engine, path, rolled_back=self._forget_head)
        self._once = Once(self._recall, self._submit)

    def append(self, draft: Draft) -> Record:
        """Record a decision; returns once it is on disk.

        Raises:
            KeyConflict: Its decision id, or its idempotency key for this API key, is already recorded.
            StoreError: It could not be written; nothing was recorded.
        """
        return self._submit(draft).result()

    def answer(
        self, draft: Callable[[], Draft], *, key_id: str, idempotency_key: str | None, request: bytes
    ) -> Answered:
        """Decide and record, once per API key and idempotency key.

        Args:
            draft: Makes the decision; not called where the key already has an answer for this body.
            key_id: Who asks.
            idempotency_key: The caller's, or None to decide each time.
            request: The body.

        Raises:
            KeyConflict: The key came before with another body.
            ChainBroken: The record it came with before no longer gives its own hash.
        """
        if idempotency_key is None:
            return Answered(self._submit(draft()), first=True)
        return self._once(Slot(key_id, idempotency_key), request, draft)

    def get(self, decision_id: str) -> Record | None:
        """The record of a decision, or None.

        Raises:
            ChainBroken: It no longer gives its own hash (its place in the chain is :meth:`verify_chain`'s to check).
        """
        return self._one(ONE_BY_ID, {"decision_id": decision_id})

    def records(self) -> Iterator[Record]:
        """Every record in order.

        Raises:
            ChainBroken: One no longer gives its own hash; those before it have been given.
        """
        with told(self.path):
            for record in read_records(self._reader):
                verify(record, previous_hash=record.previous_hash)
                yield record

    def head(self) -> Head:
        """The end of the chain."""
        with self._reading() as connection:
            return read_head(connection)

    def verify_chain(self) -> int:
        """Check every record, and return how many there are.

        Raises:
            ChainBroken: Names the first wrong record and how it is wrong.
        """
        with told(self.path):
            return verify_chain(self._reader).sequence

    def check_writable(self) -> None:
        """Write something harmless through to the disk.

        Raises:
            StoreError: The next decision could not be recorded.
        """
        # Sets the head to itself: SQLite writes and flushes the page as for any change.
        self._writing().submit(lambda c: c.execute(update(chain_head).values(id=1))).result()

    def create_key(self, role: Role, *, now: dt.datetime) -> tuple[ApiKey, str]:
        """Make an API key; its text is returned this once and kept nowhere."""
        key, text = new_key(role, now.isoformat())
        self._writing().submit(lambda connection: insert_key(connection, key)).result()
        self._keys[key.key_id] = key
        return key, text

    def revoke_key(self, key_id: str, *, now: dt.datetime) -> ApiKey:
        """Revoke an API key, from the next request on.

        Raises:
            UnknownName: There is no such key.
        """
        key = self._writing().submit(lambda connection: revoke_key(connection, key_id, now.isoformat())).result()
        self._keys[key_id] = key
        return key

    def api_keys(self) -> tuple[ApiKey, ...]:
        """Every API key, revoked ones too."""
        return tuple(self._keys.values())

    def open_key(self, text: str) -> ApiKey | None:
        """The key that ``key_id.secret`` opens, or None; from memory, as only this process can change keys."""
        key_id, _, secret = text.partition(".")
        key = self._keys.get(key_id, NOBODY)
        return key if key.opened_by(secret) else None

    def close(self) -> None:
        """Finish what is being written, then let the next writer in."""
        if self._writer:
            self._writer.close()
        self._reader.dispose()
        if self._engine:
            self._engine.dispose()
        if self._lock:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _writing(self) -> Writer:
        if self._writer is None:
            raise UsageError("the store is open for reading only")
        return self._writer

    def _submit(self, draft: Draft, promise: Future[Record] | None = None) -> Future[Record]:
        return self._writing().submit(lambda connection: self._insert(connection, draft), promise)

    def _insert(self, connection: Connection, draft: Draft) -> Record:
        """Runs on the writer's thread, which alone touches ``_head``."""
        head = read_head(connection) if self._head is None else self._head
        record = seal(draft, sequence=head.sequence + 1, previous_hash=head.hash)
        connection.execute(ADD, row_of(record))
        self._head = Head(record.sequence, record.hash)
        connection.execute(ADVANCE, self._head._asdict())
        return record

    def _forget_head(self) -> None:
        self._head = None

    def _recall(self, slot: Slot) -> Record | None:
        return self._one(ONE_BY_SLOT, slot._asdict())

    def _one(self, query: Executable, chosen: Mapping[str, str]) -> Record | None:
        with self._reading() as connection:
            row = connection.execute(query, chosen).one_or_none()
        if row is None:
            return None
        record = record_of(row)
        verify(record, previous_hash=record.previous_hash)
        return record

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self.path), self._reader.connect() as connection:
            yield connection
