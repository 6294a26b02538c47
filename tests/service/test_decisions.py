"""Deciding over HTTP: recorded, idempotent, the same bytes however they are asked for."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from risk_engine.store import Role
from risk_engine.store.replay import replay_records
from tests.service.conftest import NOW


def test_a_decision_is_answered_recorded_and_read_back(service, body):
    answer = service.post(body)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["application_id"] == "A-1"
    assert told["outcome"] in {"approve", "refer", "decline"}
    assert answer.headers["location"] == f"/v1/decisions/{told['decision_id']}"
    assert service.get(answer.headers["location"]).content == answer.content
    record = service.store.get(told["decision_id"])
    assert (record.request, record.answer) == (body, answer.content)
    assert record.key_id == service.keys[Role.SCORE].partition(".")[0]
    assert record.recorded_at == NOW.isoformat()


def test_each_request_without_a_key_is_a_new_decision(service, body):
    first, second = service.post(body), service.post(body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["decision_id"] != second.json()["decision_id"]


def test_a_repeat_with_the_same_key_gets_the_same_bytes(service, body):
    before = service.recorded
    first = service.post(body, Idempotency_Key="order-0")
    again = service.post(body, Idempotency_Key="order-0")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    assert service.recorded == before + 1


def test_a_repeat_with_another_body_is_a_conflict(service, body):
    before = service.recorded
    service.post(body, Idempotency_Key="order-1")
    other = service.post(body + b" ", Idempotency_Key="order-1")
    assert other.status_code == 409
    assert other.json()["type"] == "urn:risk-engine:problem:key-conflict"
    assert "choose a new key" in other.json()["hint"]
    assert service.recorded == before + 1


def test_the_key_belongs_to_the_caller(service, body):
    assert service.post(body, Idempotency_Key="order-2").status_code == 201
    assert service.post(body, Idempotency_Key="order-2", role=Role.VALIDATE).status_code == 201


def test_repeats_that_arrive_together_are_decided_once(service, body):
    before = service.recorded
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: service.post(body, Idempotency_Key="order-3"), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert service.recorded == before + 1


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "naïve", "tab\tbed"])
def test_keys_that_are_not_visible_ascii_are_refused(service, body, key):
    answer = service.post(body, Idempotency_Key=key.encode())
    assert answer.status_code == 400
    assert "1 to 200 visible ASCII" in answer.json()["detail"]


def test_the_longest_key(service, body):
    assert service.post(body, Idempotency_Key="~" * 200).status_code == 201


def test_the_short_view_ends_with_the_reasons(service, body):
    answer = service.post(body, view="short", Idempotency_Key="view")
    assert answer.status_code == 201
    assert list(answer.json())[-2:] == ["reasons", "notes"]
    assert {"rules", "features", "versions"}.isdisjoint(answer.json())
    full = service.post(body, Idempotency_Key="view")
    assert full.status_code == 200
    assert {"rules", "features", "versions"} <= set(full.json())
    assert answer.json() == {name: full.json()[name] for name in answer.json()}
    assert service.get(answer.headers["location"] + "?view=short").content == answer.content


def test_an_unknown_view(service, body):
    answer = service.post(body, view="tiny")
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"] == "query.view"


def test_the_clock_decides_in_the_applicant_s_offset(service, body):
    as_of = dt.datetime.fromisoformat(service.post(body).json()["as_of"])
    assert as_of == NOW
    assert as_of.utcoffset() == dt.timedelta(hours=8)


DAYS = [
    # the clock, when and where it was submitted, the day there, the day after
    ("2026-03-01T20:00:00+00:00", "2026-03-02T03:59:00+08:00", "2026-03-02", "2026-03-03"),
    ("2026-03-02T02:00:00+00:00", "2026-03-01T20:59:00-05:00", "2026-03-01", "2026-03-02"),
]


@pytest.mark.parametrize(("now", "submitted_at", "today", "tomorrow"), DAYS, ids=["east", "west"])
def test_the_applicant_s_day_is_no_future_and_is_replayed(
    start, release_dir, document, now, submitted_at, today, tomorrow
):
    document["application"]["submitted_at"] = submitted_at
    with start(dt.datetime.fromisoformat(now)) as service:
        document["applicant"]["established_on"] = tomorrow
        (fault,) = service.post(json.dumps(document)).json()["faults"]
        assert fault["path"] == "$.applicant.established_on"
        document["applicant"]["established_on"] = today
        answer = service.post(json.dumps(document))
        assert answer.status_code == 201, answer.text
        assert answer.json()["as_of"].startswith(today)
        report = replay_records(service.store, release_dir.parent)
        assert (report.replayed, report.drifted) == (1, ())


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_a_moment_near_the_clock_is_taken(service, document, minutes):
    document["application"]["as_of"] = (NOW + dt.timedelta(minutes=minutes)).isoformat()
    answer = service.post(json.dumps(document))
    assert answer.status_code == 201
    assert dt.datetime.fromisoformat(answer.json()["as_of"]) == NOW + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize("minutes", [-11, 11, -60 * 24 * 365])
def test_another_moment_needs_the_role_validate(service, document, minutes):
    document["application"]["as_of"] = (NOW + dt.timedelta(minutes=minutes)).isoformat()
    document["application"]["submitted_at"] = "2024-01-01T00:00:00+00:00"
    refused = service.post(json.dumps(document))
    assert refused.status_code == 422
    (fault,) = refused.json()["faults"]
    assert fault["path"] == "$.application.as_of"
    assert "within 10 minutes" in fault["expected"]
    assert "validate" in fault["hint"]
    assert service.post(json.dumps(document), role=Role.VALIDATE).status_code == 201


def test_a_large_document_is_decided_too(service, document):
    row = document["invoices"][0]
    document["invoices"] = [{**row, "invoice_no": str(number), "net_amount": 1.0 + number} for number in range(8000)]
    body = json.dumps(document).encode()
    assert len(body) > 1 << 20
    assert service.post(body, Idempotency_Key="large").status_code == 201
    assert service.post(body, Idempotency_Key="large").status_code == 200


def test_large_and_small_documents_side_by_side_come_out_as_alone(service, document, body):
    row = document["invoices"][0]
    document["invoices"] = [{**row, "invoice_no": str(number), "net_amount": 1.0 + number} for number in range(6000)]
    bodies = [json.dumps(document).encode(), body] * 4

    def told(sent):
        answer = service.post(sent).json()
        return {name: value for name, value in answer.items() if name != "decision_id"}

    alone = [told(sent) for sent in bodies[:2]]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(told, bodies)) == alone * 4
