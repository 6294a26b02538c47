"""Opening a store: one writer, any number of readers, and clear words for everything else."""

from __future__ import annotations

import sqlite3
import stat

import pytest

from risk_engine.errors import StoreError, StoreLocked, UsageError
from risk_engine.store import open_store, refuse_workers
from risk_engine.store.connection import writing_engine


def test_a_second_writer_is_refused_and_told_what_it_may_do(store, url):
    with pytest.raises(StoreLocked, match=r"another process \(pid \d+\) writes .*risk-engine verify"):
        open_store(url, write=True)


def test_a_second_writer_is_refused_by_whatever_name(store, database, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(database)
    with pytest.raises(StoreLocked):
        open_store(f"sqlite:///{link}", write=True)


def test_readers_work_beside_the_writer(store, url, draft):
    store.append(draft(1))
    with open_store(url, write=False) as reader:
        assert reader.get("d1").answer == b'{"answer":1}'
        store.append(draft(2))
        assert reader.get("d2").sequence == 2
        assert reader.verify_chain() == 2


def test_a_reader_cannot_write(written, url, draft):
    with open_store(url, write=False) as reader:
        with pytest.raises(UsageError, match="reading only"):
            reader.append(draft(9))
        with pytest.raises(UsageError, match="reading only"):
            reader.check_writable()


def test_the_lock_goes_with_the_writer(url):
    for _ in range(2):
        with open_store(url, write=True):
            pass


def test_a_failed_opening_leaves_no_lock(url, database):
    database.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(url, write=True)
    database.unlink()
    with open_store(url, write=True) as store:
        assert store.verify_chain() == 0


def test_the_file_belongs_to_its_owner_alone(store, database, draft):
    store.append(draft(1))
    for path in database.parent.glob("decisions.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


FULL = 2
"""SQLite's number for it: every commit is on the disk before it returns."""


def test_the_log_is_written_ahead_and_flushed(store, database):
    with writing_engine(database).connect() as connection:
        told = [connection.exec_driver_sql(f"pragma {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert told == ["wal", FULL]


def test_another_program_s_database_is_left_alone(database, url):
    connection = sqlite3.connect(database)
    connection.execute("create table customers (name text)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="not a store of this engine"):
        open_store(url, write=True)
    with pytest.raises(StoreError, match="not a store of this engine"):
        open_store(url, write=False)


def test_a_newer_store_is_refused(written, url):
    connection = sqlite3.connect(written)
    connection.execute("pragma user_version=7")
    connection.close()
    with pytest.raises(StoreError, match="schema version 7, expected 1"):
        open_store(url, write=True)


def test_reading_where_there_is_nothing(url):
    with pytest.raises(StoreError, match=r"no database at .*risk-engine serve"):
        open_store(url, write=False)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match="cannot write beside the database"):
        open_store(f"sqlite:///{tmp_path}/nowhere/decisions.db", write=True)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://host/db", "PostgreSQL is not built yet"),
        ("postgresql+psycopg://user:secret@host/db", "PostgreSQL is not built yet"),
        ("mysql://host/db", "cannot be kept in mysql"),
        ("decisions.db", "write sqlite:///FILE"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_urls_that_cannot_hold_a_record(url, told):
    with pytest.raises(UsageError, match=told):
        open_store(url, write=True)


def test_a_refused_url_does_not_show_its_password():
    with pytest.raises(UsageError) as refused:
        open_store("oracle://user:secret@host/db", write=True)
    assert "secret" not in str(refused.value)


def test_two_workers_need_postgresql(url):
    with pytest.raises(UsageError, match=r"2 workers cannot share one SQLite file .*PostgreSQL"):
        refuse_workers(url, 2)
