from __future__ import annotations

import pytest

from risk_engine.decision.record import Draft
from risk_engine.store import open_store


@pytest.fixture(scope="session")
def draft():
    def make(number, **changes):
        plain = {
            "decision_id": f"d{number}",
            "application_id": f"a{number}",
            "key_id": "key_1",
            "idempotency_key": None,
            "recorded_at": "2026-01-01T00:00:00+00:00",
            "request": b'{"request":%d}' % number,
            "answer": b'{"answer":%d}' % number,
        }
        return Draft(**{**plain, **changes})

    return make


@pytest.fixture
def database(tmp_path):
    return tmp_path / "decisions.db"


@pytest.fixture
def url(database):
    return f"sqlite:///{database}"


@pytest.fixture
def store(url):
    with open_store(url, write=True) as opened:
        yield opened


@pytest.fixture
def written(url, draft, database):
    with open_store(url, write=True) as opened:
        for number in range(1, 8):
            opened.append(draft(number))
    return database
