"""The chain: every way of touching a stored record is found and named."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.decision.record import GENESIS, Record, seal, verify
from risk_engine.errors import ChainBroken, StoreError
from risk_engine.store import open_store
from risk_engine.store.chain import row_of


def test_every_field_is_in_the_hash(draft):
    record = seal(draft(1, idempotency_key="x"), sequence=1, previous_hash=GENESIS)
    changed = {
        "decision_id": "d2",
        "application_id": "a2",
        "key_id": "key_2",
        "idempotency_key": None,
        "recorded_at": "2026-01-01T00:00:01+00:00",
        "request": b"{}",
        "answer": b"{}",
        "sequence": 2,
        "request_sha256": "0" * 64,
        "previous_hash": "1" * 64,
        "hash": "0" * 64,
    }
    assert set(changed) == set(record.__struct_fields__)
    for name, value in changed.items():
        with pytest.raises(ChainBroken):
            verify(msgspec.structs.replace(record, **{name: value}), previous_hash=GENESIS)


@given(
    left=st.lists(st.text(max_size=4), min_size=3, max_size=3),
    right=st.lists(st.text(max_size=4), min_size=3, max_size=3),
)
def test_moving_text_between_fields_changes_the_hash(draft, left, right):
    def hashed(texts):
        changes = dict(zip(("decision_id", "application_id", "idempotency_key"), texts, strict=True))
        return seal(draft(1, **changes), sequence=1, previous_hash=GENESIS).hash

    assert (hashed(left) == hashed(right)) == (left == right)


def test_no_key_and_an_empty_key_differ(draft):
    assert seal(draft(1), sequence=1, previous_hash=GENESIS).hash != (
        seal(draft(1, idempotency_key=""), sequence=1, previous_hash=GENESIS).hash
    )


def test_what_is_appended_is_read_back(url, draft):
    with open_store(url, write=True) as store:
        appended = [store.append(draft(number)) for number in range(1, 4)]
        assert store.get("d2") == appended[1]
        assert store.get("nobody") is None
        assert list(store.records()) == appended
    with open_store(url, write=False) as store:
        assert list(store.records()) == appended
        assert store.verify_chain() == 3
        assert store.head() == (3, appended[-1].hash)


@pytest.mark.parametrize("page", [1, 3, 7])
def test_every_record_is_read_whatever_a_page_holds(written, url, monkeypatch, page):
    monkeypatch.setattr("risk_engine.store.chain.PAGE", page)
    with open_store(url, write=False) as store:
        assert [record.sequence for record in store.records()] == list(range(1, 8))
        assert store.verify_chain() == 7


def test_an_empty_store_verifies(url):
    with open_store(url, write=True) as store:
        assert store.verify_chain() == 0


def test_the_chain_continues_after_reopening(written, url, draft):
    with open_store(url, write=True) as store:
        assert store.append(draft(8)).sequence == 8
        assert store.verify_chain() == 8


TAMPERINGS = {
    "bytes were told to be text": ("update decisions set answer=cast(answer as text) where sequence=2", "was changed"),
    "a field was changed": ("update decisions set application_id='other' where sequence=4", "record 4 was changed"),
    "a text became bytes": (
        "update decisions set application_id=x'ff' where sequence=5",
        "record 5 was changed: Expected `str`, got `bytes` - at `[$]",
    ),
    "an answer was replaced": (
        "update decisions set answer=(select answer from decisions where sequence=1) where sequence=5",
        "record 5 was changed: its fields",
    ),
    "a request was replaced": (
        "update decisions set request=(select request from decisions where sequence=1) where sequence=5",
        "record 5 was changed: its request",
    ),
    "a packed answer was damaged": (
        "update decisions set answer=x'00ff' where sequence=2",
        "record 2 was changed: its .* unpacked",
    ),
    "a packed answer became text": (
        "update decisions set answer='hello' where sequence=2",
        "record 2 was changed: its .* unpacked",
    ),
    "a record was removed": ("delete from decisions where sequence=3", "record 3 was removed: next comes record 4"),
    "the first was removed": ("delete from decisions where sequence=1", "record 1 was removed"),
    "removed and renumbered": (
        (
            "delete from decisions where sequence=3; update decisions set sequence=sequence-1 where sequence>3;"
            "update chain_head set sequence=6"
        ),
        "record 3 does not follow",
    ),
    "two were swapped": (
        (
            "update decisions set sequence=99 where sequence=3; update decisions set sequence=3 where sequence=4;"
            "update decisions set sequence=4 where sequence=99"
        ),
        "record 3 does not follow .* reordered",
    ),
    "the tail was cut off": (
        "delete from decisions where sequence>5",
        "record 6 was removed: the chain ends there, its head says 7",
    ),
    "one was added behind the head": (
        (
            "insert into decisions select 8,'d8',application_id,key_id,idempotency_key,recorded_at,request,answer,"
            "request_sha256,hash,hash from decisions where sequence=7"
        ),
        "record 8 was added behind the head",
    ),
    "the head was changed": ("update chain_head set hash='00'", "record 7 was replaced"),
    "the head became text": ("update chain_head set sequence='seven'", "head was changed"),
    "the head became bytes": ("update chain_head set hash=x'00'", "head was changed"),
    "the head was removed": ("delete from chain_head", "head was removed"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_named(written, url, what):
    statement, told = TAMPERINGS[what]
    connection = sqlite3.connect(written)
    connection.executescript(statement)
    connection.close()
    with open_store(url, write=False) as store, pytest.raises(ChainBroken, match=told):
        store.verify_chain()


HASHED = [name for name in Record.__struct_fields__ if name != "sequence"]  # which SQLite keeps a whole number


@pytest.mark.parametrize("value", [None, b"\xff", 7, "text"])
@pytest.mark.parametrize("column", HASHED)
def test_a_value_of_any_type_in_a_hashed_column_is_named(url, database, draft, column, value):
    with open_store(url, write=True) as store:
        for number in range(1, 4):
            store.append(draft(number, idempotency_key=f"k{number}"))
    overwrite(database, column, value)
    with open_store(url, write=False) as store:
        for read in (store.verify_chain, lambda: list(store.records())):
            with pytest.raises(ChainBroken, match=r"record 2 (was changed|does not follow)"):
                read()
        if column != "decision_id":
            with pytest.raises(ChainBroken, match="record 2 was changed"):
                store.get("d2")


def overwrite(database, column, value):
    """Change the second record as someone can who may write the file, whatever its table declares."""
    connection = sqlite3.connect(database)
    connection.executescript(
        "pragma writable_schema=on; update sqlite_master set sql=replace(sql, 'NOT NULL', '')"
        " where name='decisions' and type='table';"
    )
    connection.close()
    connection = sqlite3.connect(database)
    connection.execute(f"update decisions set {column}=? where sequence=2", (value,))
    connection.commit()
    connection.close()


def test_a_replaced_last_record_is_found(written, url, draft):
    with open_store(url, write=False) as store:
        *_, before, last = store.records()
    forged = seal(draft(7, answer=b"approved!"), sequence=7, previous_hash=before.hash)
    assert forged.hash != last.hash
    connection = sqlite3.connect(written)
    connection.execute("delete from decisions where sequence=7")
    row = row_of(forged)
    connection.execute(
        f"insert into decisions ({','.join(row)}) values ({','.join('?' * len(row))})", tuple(row.values())
    )
    connection.commit()
    connection.close()
    with open_store(url, write=False) as store, pytest.raises(ChainBroken, match="record 7 was replaced"):
        store.verify_chain()


def test_requests_and_answers_are_compressed(url, tmp_path, draft):
    with open_store(url, write=True) as store:
        store.append(draft(1, request=b'{"amount": 1}' * 10_000))
    connection = sqlite3.connect(tmp_path / "decisions.db")
    (size,) = connection.execute("select length(request) from decisions").fetchone()
    connection.close()
    assert size < 1000


def test_a_closed_store_refuses(url, draft):
    store = open_store(url, write=True)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.append(draft(1))
