"""API keys: shown once, kept as a digest, revoked at once."""

from __future__ import annotations

import datetime as dt

import pytest

from risk_engine.errors import UnknownName
from risk_engine.store import Role, open_store

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("role", Role)
def test_a_key_opens_with_its_text(store, role):
    key, text = store.create_key(role, now=NOW)
    assert store.open_key(text) == key
    assert key.role == role


def test_a_key_is_remembered_over_a_restart(url):
    with open_store(url, write=True) as store:
        key, text = store.create_key(Role.SCORE, now=NOW)
    with open_store(url, write=False) as store:
        assert store.open_key(text) == key


def test_two_keys_differ_and_are_long(store):
    texts = {store.create_key(Role.SCORE, now=NOW)[1] for _ in range(20)}
    assert len(texts) == 20
    assert all(len(text.partition(".")[2]) >= 43 for text in texts)


def test_a_wrong_key_opens_nothing(store):
    key, text = store.create_key(Role.SCORE, now=NOW)
    _, other = store.create_key(Role.SCORE, now=NOW)
    wrong = [
        "",
        ".",
        key.key_id,
        f"{key.key_id}.",
        text + "x",
        text[:-1],
        f"{key.key_id}.{other.partition('.')[2]}",
        "é.é",
        "nobody.x",
    ]
    assert [store.open_key(guess) for guess in wrong] == [None] * len(wrong)


def test_the_secret_is_not_in_the_database(url, tmp_path):
    with open_store(url, write=True) as store:
        _, text = store.create_key(Role.ADMIN, now=NOW)
    secret = text.partition(".")[2].encode()
    assert all(secret not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_revoked_key_opens_nothing_from_then_on(store, url):
    key, text = store.create_key(Role.SCORE, now=NOW)
    revoked = store.revoke_key(key.key_id, now=NOW)
    assert revoked.revoked_at == NOW.isoformat()
    assert store.open_key(text) is None
    assert store.revoke_key(key.key_id, now=NOW + dt.timedelta(days=1)).revoked_at == NOW.isoformat()
    with open_store(url, write=False) as reader:
        assert reader.open_key(text) is None


def test_revoking_a_key_that_is_not_there(store):
    key, _ = store.create_key(Role.SCORE, now=NOW)
    with pytest.raises(UnknownName, match=f"no API key named .*did you mean '{key.key_id}'"):
        store.revoke_key(key.key_id + "0", now=NOW)
