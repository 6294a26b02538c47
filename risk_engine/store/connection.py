"""From a database URL to SQLAlchemy engines: one that writes, or one that cannot.

SQLite before 3.51.3 can corrupt a write-ahead log when two connections write or checkpoint at once. Here exactly one
connection writes (see :mod:`risk_engine.store.lock`), and readers open ``mode=ro``, which can do neither.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, StaticPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from risk_engine.decision.record import GENESIS
from risk_engine.errors import ChainBroken, KeyConflict, StoreError, UsageError
from risk_engine.store.tables import SCHEMA_VERSION, chain_head, metadata

BUSY_SECONDS = 0.5
"""How long to wait for a lock that some foreign tool holds on the database before giving up with a clear error."""


def database_path(url: str) -> Path:
    """The file a database URL names.

    Raises:
        UsageError: The URL is not ``sqlite:///`` and a path.

    >>> database_path("sqlite:///decisions.db").name
    'decisions.db'
    >>> database_path("postgresql://host/db")
    Traceback (most recent call last):
        ...
    risk_engine.errors.UsageError: PostgreSQL is not built yet (use sqlite:///FILE with one worker)
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError(f"not a database URL: {url!r}", hint="write sqlite:///FILE") from error
    backend = parsed.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        raise UsageError("PostgreSQL is not built yet", hint="use sqlite:///FILE with one worker")
    if backend != "sqlite":
        raise UsageError(f"the store cannot be kept in {backend}", hint="write sqlite:///FILE")
    if not parsed.database or parsed.database == ":memory:":
        raise UsageError("a record of decisions needs a file, not memory", hint="write sqlite:///FILE")
    return Path(os.path.realpath(parsed.database))  # by whatever link: the writer's lock lies beside the file itself


def refuse_workers(url: str, workers: int) -> None:
    """Refuse more than one worker where the database allows one writer.

    >>> refuse_workers("sqlite:///decisions.db", 1)
    """
    database_path(url)
    if workers > 1:
        raise UsageError(
            f"{workers} workers cannot share one SQLite file",
            hint="use --workers 1; more than one worker needs PostgreSQL, which is not built yet",
        )


def writing_engine(path: Path) -> Engine:
    """The one connection that writes; makes the file and its tables where there are none."""
    try:
        # The store holds personal data: readable by its owner only. SQLite gives its side files the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(f"cannot write the database {path}: {error.strerror}") from error

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    with told(path), engine.begin() as connection:
        version, tables = _version(connection)
        if (version, tables) == (0, 0):
            metadata.create_all(connection)
            connection.execute(chain_head.insert().values(id=1, sequence=0, hash=GENESIS))
            connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
        else:
            _refuse_version(path, version)
    return engine


def reading_engine(path: Path) -> Engine:
    """Connections that can read and do nothing else."""
    if not path.is_file():
        raise StoreError(
            f"no database at {path}", hint="the service makes one: risk-engine serve RELEASE --database URL"
        )
    address = f"file:{quote(str(path))}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)

    # The URL's file name makes SQLAlchemy choose a pool of connections; connections themselves come from `connect`.
    engine = create_engine(f"sqlite:///{path}", creator=connect)
    with told(path), engine.connect() as connection:
        _refuse_version(path, _version(connection)[0])
    return engine


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the database says into a :class:`StoreError` without its statement, which could hold personal data."""
    try:
        yield
    except IntegrityError as error:
        raise KeyConflict(f"already recorded: {error.orig}", hint="nothing was recorded a second time") from None
    except SQLAlchemyError as error:
        said = getattr(error, "orig", None) or type(error).__name__
        if "decode to UTF-8" in str(said):  # a value nobody but an editor of the file could have put there
            raise ChainBroken(f"a record in {path} was changed: {said}") from None
        raise StoreError(
            f"the database {path} failed: {said}", hint="nothing was recorded; check disk and locks"
        ) from None


def _version(connection: Connection) -> tuple[int, int]:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    return int(version), int(tables)


def _refuse_version(path: Path, version: int) -> None:
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} is not a store of this engine: schema version {version}, expected {SCHEMA_VERSION}",
            hint="check --database; a higher version was written by a newer engine",
        )
