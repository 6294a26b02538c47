"""A disk that is full, a database that is locked, a process that is killed: nothing acknowledged is lost."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from risk_engine.errors import KeyConflict, StoreError
from risk_engine.store import open_store

KILLED_MIDWAY = """
import itertools, os, sys, threading
from risk_engine.decision.record import Draft
from risk_engine.store import open_store

store = open_store(sys.argv[1], write=True)
numbers = itertools.count()

def work():
    for number in numbers:
        store.append(Draft(decision_id=f"d{number}", application_id="a", key_id="k", idempotency_key=None,
                           recorded_at="2026-01-01T00:00:00+00:00", request=os.urandom(3000), answer=b"{}"))
        os.write(1, f"d{number}\\n".encode())

for _ in range(4):
    threading.Thread(target=work).start()
"""


def test_a_killed_writer_loses_nothing_it_acknowledged(url, draft):
    for wanted in (1, 200):
        child = subprocess.Popen([sys.executable, "-c", KILLED_MIDWAY, f"{url}"], stdout=subprocess.PIPE)
        lines = [child.stdout.readline() for _ in range(wanted)]
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        lines.extend(line for line in rest.splitlines(keepends=True) if line.endswith(b"\n"))
        acknowledged = {line.decode().strip() for line in lines}
        assert len(acknowledged) >= wanted
        with open_store(url, write=False) as store:
            assert store.verify_chain() >= len(acknowledged)
            stored = {record.decision_id for record in store.records()}
        assert acknowledged <= stored
        with open_store(url, write=True) as store:  # the lock went with the process
            assert store.append(draft(10**6)).sequence == store.verify_chain()
        for path in list(store.path.parent.iterdir()):
            path.unlink()


def test_a_locked_database_is_told_and_passes(store, database, draft):
    store.append(draft(1))
    intruder = sqlite3.connect(database)
    intruder.execute("begin immediate")
    with pytest.raises(StoreError, match=r"database is locked .*nothing was recorded"):
        store.append(draft(2))
    with pytest.raises(StoreError, match="database is locked"):
        store.check_writable()
    intruder.rollback()
    intruder.close()
    store.check_writable()
    assert store.append(draft(2)).sequence == 2
    assert store.verify_chain() == 2


def test_a_full_disk_is_told_and_nothing_half_written(store, database, draft):
    store.append(draft(1))
    log = database.with_name(database.name + "-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 5000, before[1]))
    try:
        with pytest.raises(StoreError, match="nothing was recorded"):
            store.append(draft(2, request=os.urandom(100_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert store.get("d2") is None
    assert store.append(draft(3)).sequence == 2
    assert store.verify_chain() == 2


def test_the_message_of_a_failure_holds_no_personal_data(store, database, draft):
    intruder = sqlite3.connect(database)
    intruder.execute("begin immediate")
    with pytest.raises(StoreError) as failed:
        store.append(draft(1, application_id="Zhang San"))
    intruder.rollback()
    intruder.close()
    assert "Zhang San" not in str(failed.value)


def test_one_bad_record_does_not_fail_those_committed_with_it(store, draft):
    store.append(draft(0))
    together = threading.Barrier(16)

    def one(number):
        together.wait()
        try:
            return store.append(draft(number)).decision_id
        except KeyConflict:
            return None

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, [0, *range(1, 16)]))
    assert answers == [None, *(f"d{number}" for number in range(1, 16))]
    assert store.verify_chain() == 16


def test_closing_finishes_what_was_handed_over(url, draft):
    store = open_store(url, write=True)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(store.append, draft(number)) for number in range(50)]
        done = [future.result() for future in waiting]
    store.close()
    with open_store(url, write=False) as reader:
        assert reader.verify_chain() == len(done)
