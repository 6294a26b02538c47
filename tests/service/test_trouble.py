"""When the service itself is in trouble: nothing is answered that is not recorded, and nothing leaks."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from risk_engine.store import Role


def test_it_is_alive_and_ready(service, release):
    assert service.get("/healthz", role=None).json() == {"status": "alive"}
    ready = service.get("/readyz", role=None)
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "release": release.id}


def test_a_store_that_cannot_be_written(service, body):
    before = service.recorded
    intruder = sqlite3.connect(service.store.path)
    intruder.execute("begin immediate")
    refused = service.post(body, Idempotency_Key="k")
    ready = service.get("/readyz", role=None)
    alive = service.get("/healthz", role=None)
    intruder.rollback()
    intruder.close()
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["type"] == "urn:risk-engine:problem:not-recorded"
    assert "outcome" not in refused.json()
    assert str(service.store.path) not in refused.text
    assert (ready.status_code, ready.json()["status"], alive.status_code) == (503, 503, 200)
    assert service.recorded == before
    assert service.post(body, Idempotency_Key="k").status_code == 201
    assert service.get("/readyz", role=None).status_code == 200


def test_a_database_that_is_taken_away_records_nothing(service, body):
    path, before = service.store.path, service.recorded
    away = path.rename(path.with_name("away.db"))
    refused, ready = service.post(body), service.get("/readyz", role=None)
    away.rename(path)
    assert (refused.status_code, ready.status_code) == (503, 503)
    assert refused.json()["type"] == "urn:risk-engine:problem:not-recorded"
    assert service.recorded == before
    assert service.post(body).status_code == 201


@pytest.mark.parametrize("value", ["other", b"\xff", 7])
def test_a_record_that_was_changed_is_not_served(start, body, caplog, value):
    with start() as service:
        made = service.post(body, Idempotency_Key="k").headers["location"]
        intruder = sqlite3.connect(service.store.path)
        intruder.execute("update decisions set application_id = ?", (value,))
        intruder.commit()
        intruder.close()
        answers = service.get(made), service.post(body, Idempotency_Key="k")
    for answer in answers:
        assert answer.status_code == 500
        assert answer.json()["type"] == "urn:risk-engine:problem:chain-broken"
    assert caplog.text.count("record 1 was changed") == len(answers)


def test_a_failure_inside_shows_nothing_of_it(start, body, monkeypatch, caplog):
    from risk_engine.service import decisions

    def fails(*_, **__):
        raise KeyError("Zhang San")

    monkeypatch.setattr(decisions, "underwrite", fails)
    with caplog.at_level(logging.DEBUG), start() as service:
        answer = service.post(body)
        assert answer.status_code == 500
        assert answer.json()["type"] == "urn:risk-engine:problem:internal-error"
        assert service.get("/healthz", role=None).status_code == 200
        assert service.recorded == 0
    assert "KeyError" not in answer.text
    assert "Traceback" not in answer.text
    assert "POST request failed: KeyError at " in caplog.text
    assert "Zhang San" not in caplog.text


def test_logs_hold_no_personal_data(service, document, caplog):
    with caplog.at_level(logging.DEBUG):
        service.post(json.dumps(document))
        document["application"]["currency"] = "ZZZ"
        service.post(json.dumps(document))
        service.post(json.dumps(document)[:-1])
    for word in ("Shanghai Example", document["applicant"]["identifier"], "A-1", "C3", "ZZZ"):
        assert word not in caplog.text


def test_more_requests_than_fit_are_sent_away_at_once(start, body):
    with start(max_in_flight=2) as service:

        def slowly():
            yield body[:10]
            time.sleep(1.0)
            yield body[10:]

        with ThreadPoolExecutor(2) as pool:
            slow = [pool.submit(service.post, slowly()) for _ in range(2)]
            time.sleep(0.4)
            sent_away = service.post(body)
            alive = service.get("/healthz", role=None)
            assert [one.result().status_code for one in slow] == [201, 201]
        assert sent_away.status_code == 503
        assert sent_away.json()["type"] == "urn:risk-engine:problem:busy"
        assert sent_away.headers["retry-after"]
        assert alive.status_code == 200
        assert service.post(body).status_code == 201


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_service_describes_itself(service, path):
    assert service.get(path, role=None).status_code == 200


def test_the_description_names_request_answer_and_errors(service):
    described = service.get("/openapi.json", role=None).json()
    send = described["paths"]["/v1/decisions"]["post"]
    assert send["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Application"
    assert {"200", "201", "400", "401", "403", "409", "413", "415", "422", "503"} <= set(send["responses"])
    schemas = described["components"]["schemas"]
    for reference in references(described):
        assert reference.removeprefix("#/components/schemas/") in schemas
    assert "outcome" in schemas["Decision"]["properties"]


def references(part):
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for entry in part:
            yield from references(entry)


def test_only_an_administrator_reads_keys(service):
    assert service.get("/v1/keys", role=Role.REVIEW).status_code == 403
