"""A real service on a real port, over a real store and a real release."""

from __future__ import annotations

import copy
import datetime as dt
import json
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from risk_engine.service import create_app
from risk_engine.settings import Settings
from risk_engine.store import Role, open_store

NOW = dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC)

DOCUMENT = {
    "application": {
        "application_id": "A-1",
        "obligor_id": "O-1",
        "submitted_at": "2026-02-28T10:00:00+08:00",
        "jurisdiction": "CN",
        "lender_kind": "bank",
        "product": "sme_term_loan",
        "customer_kind": "new",
        "amount": "300000.00",
        "currency": "CNY",
        "term_months": 12,
        "repayment": "equal_instalment",
        "purpose": "working_capital",
        "channel": "online",
    },
    "applicant": {
        "kind": "company",
        "name": "Shanghai Example Trading Co., Ltd.",
        "identifier": "91310000MA1FL0123P",
        "established_on": "2018-05-01",
        "region": "CN-SH",
        "industry": "F5191",
        "industry_scheme": "gbt4754",
    },
    "invoices": [
        {
            "invoice_no": f"{month}-{number}",
            "direction": direction,
            "issued_on": f"2025-{month:02}-15",
            "counterparty": f"C{number % 7}",
            "counterparty_kind": "company",
            "net_amount": 10_000.0 + 100 * number,
            "tax": 1_300.0,
        }
        for month in range(3, 13)
        for number, direction in enumerate(["out"] * 6 + ["in"] * 3)
    ],
}


@pytest.fixture
def document():
    """A whole document, to be spoiled at will."""
    return copy.deepcopy(DOCUMENT)


@pytest.fixture
def body(document):
    return json.dumps(document).encode()


class Service:
    """A running service with one client per role."""

    def __init__(self, base_url, store, keys):
        self.base_url = base_url
        self.store = store
        self.keys = keys

    @property
    def recorded(self):
        """How many decisions are on record; checks the chain."""
        return self.store.verify_chain()

    def client(self, role=None):
        headers = {"X-API-Key": self.keys[role]} if role else {}
        return httpx.Client(
            base_url=self.base_url, headers=headers, timeout=20, verify=False
        )  # plain HTTP: no certificates to load

    def post(self, body, *, role=Role.SCORE, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.client(role) as client:
            view = headers.pop("view", None)
            return client.post(
                "/v1/decisions" + (f"?view={view}" if view else ""),
                content=body,
                headers={"Content-Type": "application/json", **headers},
            )

    def get(self, path, *, role=Role.REVIEW):
        with self.client(role) as client:
            return client.get(path)


@contextmanager
def running(app):
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, loop="uvloop", http="httptools", access_log=False, lifespan="off", log_config=None)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def start(tmp_path_factory, release):
    """Starts a service of one's own; settings may be given, and the moment its clock shows."""

    @contextmanager
    def starting(now=NOW, **settings):
        folder = tmp_path_factory.mktemp("service")
        url = f"sqlite:///{folder}/decisions.db"
        with open_store(url, write=True) as store:
            keys = {role: store.create_key(role, now=NOW)[1] for role in Role}
            app = create_app(release, store, Settings(release=folder, database=url, **settings), clock=lambda: now)
            with running(app) as base_url:
                yield Service(base_url, store, keys)

    return starting


@pytest.fixture(scope="module")
def service(start):
    """One service for all tests of a file: each leaves it whole."""
    with start() as started:
        yield started
