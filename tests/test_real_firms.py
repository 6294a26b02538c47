"""From real invoices to HTTP answers: the batch and the service decide 302 unlabelled firms alike."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import httpx
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from risk_engine.application import encode
from risk_engine.batch import decide_batch, document
from risk_engine.service import create_app
from risk_engine.settings import Settings
from risk_engine.store import Role, open_store
from risk_engine.study import Study, write_sections
from tests.conftest import STUDIES
from tests.service.conftest import running

pytestmark = pytest.mark.real_data

IN_THREAD_BYTES = 512 * 1024
"""A longer body is decided in a thread of the service, not on its loop."""


@pytest.fixture(scope="module")
def study(real_data):
    return Study.load(STUDIES / "cumcm2020c.yaml", real_data)


@pytest.fixture(scope="module")
def unlabelled(study, real_data, tmp_path_factory):
    """Section files of the firms without a label, E124 to E425."""
    whole, folder = tmp_path_factory.mktemp("sections"), tmp_path_factory.mktemp("unlabelled")
    write_sections(study, whole, threads=2)
    companies = pq.read_table(real_data / "cumcm2020c" / "companies.parquet")
    ids = companies.filter(pc.is_null(companies["default"]))["company_id"]
    for file in whole.glob("*.parquet"):
        table = pq.read_table(file)
        pq.write_table(table.filter(pc.is_in(table["application_id"], ids)), folder / file.name)
    return folder


@pytest.fixture(scope="module")
def summary(cumcm_release, unlabelled):
    return decide_batch(cumcm_release, unlabelled, unlabelled / "decided").to_json()


@pytest.fixture(scope="module")
def rows(summary, unlabelled):
    table = pq.read_table(unlabelled / "decided" / "decisions.parquet")
    return {row["application_id"]: row for row in table.to_pylist()}


@pytest.fixture(scope="module")
def ten(rows, unlabelled):
    """The three with the most invoices, the three with the fewest, four in between."""
    counts = Counter(pq.read_table(unlabelled / "invoices.parquet")["application_id"].to_pylist())
    ranked = sorted(rows, key=lambda name: (-counts[name], name))
    return [*ranked[:3], *ranked[50:250:50], *ranked[-3:]]


def test_all_302_are_decided_and_counted(summary, rows):
    assert summary["applications"] == len(rows) == sum(summary["outcomes"].values()) == 302
    counted = Counter(row["outcome"] for row in rows.values())
    assert summary["outcomes"] == {word: counted[word] for word in ("approve", "refer", "decline")}
    assert sum(summary["refer_kinds"].values()) == summary["outcomes"]["refer"]
    assert min(summary["outcomes"].values()) > 0, "real firms come out all three ways"
    assert summary["synthetic"] is False


def test_the_facts_most_often_unknown_are_listed(summary):
    unknown = summary["unknown"]
    assert unknown[0] == {"fact": "company_age_months", "count": 302, "states": {"not_obtained": 302}}
    counts = [entry["count"] for entry in unknown]
    assert counts == sorted(counts, reverse=True)
    assert all(entry["count"] == sum(entry["states"].values()) for entry in unknown)


def test_every_answer_tells_what_is_not_known_about_these_firms(summary, rows):
    assert any("When the firms defaulted is not known" in warning for warning in summary["warnings"])
    for row in rows.values():
        notes = json.loads(row["decision_json"])["notes"]
        assert set(summary["warnings"]) <= set(notes)
        assert not any("synthetic" in note for note in notes)


def test_every_firm_that_gets_less_than_asked_is_told_why(rows):
    for row in rows.values():
        as_requested = row["outcome"] == "approve" and row["binding_cap"] == "requested"
        assert bool(row["reasons"]) != as_requested
        assert len(row["reasons"]) <= 4


def test_the_banks_rating_reaches_nothing(cumcm_release, unlabelled, rows, tmp_path_factory):
    for file in unlabelled.glob("*.parquet"):
        assert not {"rating", "default"} & set(pq.read_schema(file).names)
    model = json.dumps(sorted(name for name in (*cumcm_release.plan.names, *cumcm_release.terms.facts)))
    assert "rating" not in model
    for name, data in cumcm_release.model.files().items():
        assert b"rating" not in data, name
    for row in rows.values():
        assert "rating" not in row["decision_json"].replace("operating", "")


def test_the_http_answer_is_the_batch_row(cumcm_release, unlabelled, rows, ten, tmp_path):
    database = f"sqlite:///{tmp_path}/decisions.db"
    sizes = []
    with open_store(database, write=True) as store:
        key = store.create_key(Role.VALIDATE, now=dt.datetime.now(dt.UTC))[1]
        app = create_app(cumcm_release, store, Settings(release=unlabelled, database=database))
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        with (
            running(app) as address,
            httpx.Client(base_url=address, headers=headers, timeout=60, verify=False) as client,
        ):
            for name in ten:
                body = encode(document(unlabelled, name))
                sizes.append(len(body))
                answer = client.post("/v1/decisions", content=body)
                assert answer.status_code == 201, answer.text
                said, row = answer.json(), json.loads(rows[name]["decision_json"])
                assert said.pop("decision_id") != row.pop("decision_id")
                assert said == row, name
                again = client.get(answer.headers["location"])
                assert again.content == answer.content
        assert store.verify_chain() == len(ten) == 10
    assert max(sizes) > IN_THREAD_BYTES > min(sizes)
