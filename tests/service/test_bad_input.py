"""Everything a caller can get wrong: a clear error each time, and the service goes on with its chain whole."""

from __future__ import annotations

import json
import shutil
import socket
from urllib.parse import urlsplit

import pytest

from risk_engine.api import serve
from risk_engine.errors import PolicyFaults, ReleaseError
from risk_engine.settings import Settings
from risk_engine.store import Role
from tests.conftest import ROOT, STUDIES
from tests.releases import signed_anew

MEBIBYTE = 1 << 20


def spoiled(document, section, **changes):
    document[section] = {**document[section], **changes}
    return json.dumps(document).encode()


def with_invoice(document, **changes):
    document["invoices"][3] = {**document["invoices"][3], **changes}
    return json.dumps(document).encode()


BAD_BODIES = {
    "nothing": (lambda document: b"", 400, "line 1 column "),
    "truncated": (lambda document: json.dumps(document).encode()[:-100], 400, "line 1 column "),
    "not JSON": (lambda document: b"application_id=17", 400, "line 1 column "),
    "not UTF-8": (lambda document: b'{"application": "\xff"}', 400, "line 1 column "),
    "two documents": (lambda document: json.dumps(document).encode() * 2, 400, "line 1 column "),
    "a list": (lambda document: b"[]", 422, "$"),
    "no sections": (lambda document: b"{}", 422, "$"),
    "wrong type": (
        lambda document: spoiled(document, "application", term_months="twelve"),
        422,
        "$.application.term_months",
    ),
    "negative term": (
        lambda document: spoiled(document, "application", term_months=-12),
        422,
        "$.application.term_months",
    ),
    "unknown currency": (
        lambda document: spoiled(document, "application", currency="ZZZ"),
        422,
        "$.application.currency",
    ),
    "amount as a number": (lambda document: spoiled(document, "application", amount=-1), 422, "$.application.amount"),
    "impossible date": (
        lambda document: with_invoice(document, issued_on="2025-02-30"),
        422,
        "$.invoices[3].issued_on",
    ),
    "a date of another form": (
        lambda document: with_invoice(document, issued_on="15/03/2025"),
        422,
        "$.invoices[3].issued_on",
    ),
    "a word outside the list": (
        lambda document: with_invoice(document, direction="sideways"),
        422,
        "$.invoices[3].direction",
    ),
    "an unknown column": (lambda document: with_invoice(document, colour="red"), 422, "$.invoices[3]"),
    "an unknown section": (lambda document: json.dumps({**document, "horoscope": []}).encode(), 422, "$"),
    "a nested bomb": (lambda document: b"[" * 100_000, 422, "$"),
}


@pytest.mark.parametrize("what", BAD_BODIES)
def test_bad_bodies(service, document, body, what):
    spoil, status, path = BAD_BODIES[what]
    before = service.recorded
    answer = service.post(spoil(document), Idempotency_Key="k")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert any(fault["path"].startswith(path) for fault in problem["faults"]), problem
    assert all(fault["found"] and fault["expected"] for fault in problem["faults"])
    assert service.recorded == before
    goes_on(service, body)


def test_all_faults_are_told_at_once(service, document):
    document["application"].update(term_months=-1, amount="free")
    answer = service.post(with_invoice(document, issued_on="2025-02-30"))
    paths = {fault["path"] for fault in answer.json()["faults"]}
    assert {"$.application.term_months", "$.application.amount", "$.invoices[3].issued_on"} <= paths
    assert "faults" in answer.json()["detail"]


def test_a_moment_before_the_policy_was_in_force(service, document, body):
    document["application"].update(submitted_at="2013-02-28T10:00:00+08:00", as_of="2013-03-01T10:00:00+08:00")
    document["applicant"]["established_on"] = "2001-05-01"
    document["invoices"] = []
    answer = service.post(json.dumps(document).encode(), role=Role.VALIDATE)
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert fault["path"] == "$.application.as_of"
    assert "covers: from 2015-01-01" in fault["expected"]
    goes_on(service, body)


def test_a_body_over_the_bound(service, body):
    answer = service.post(b" " * (8 * MEBIBYTE + 1))
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"the body is longer than {8 * MEBIBYTE} bytes"
    goes_on(service, body)


def test_a_body_at_the_bound_is_read(service, body):
    assert service.post(body.ljust(8 * MEBIBYTE)).status_code == 201


def test_a_chunked_body_over_the_bound(service, body):
    answer = service.post(b" " * MEBIBYTE for _ in range(9))
    assert answer.status_code == 413
    goes_on(service, body)


def raw(service, head, content=b"", *, hang_up=False):
    address = urlsplit(service.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX-API-Key: {service.keys[Role.SCORE]}\r\n"
            f"Content-Type: application/json\r\n{head}\r\n\r\n".encode()
            + content
        )
        return b"" if hang_up else connection.recv(65536)


def test_a_length_that_claims_too_much_is_refused_before_the_body(service, body):
    assert raw(service, "Content-Length: 99999999999").startswith(b"HTTP/1.1 413")
    answer = raw(service, "Content-Length: 99999999999\r\nExpect: 100-continue")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()
    goes_on(service, body)


def test_a_length_that_claims_too_little_cuts_the_body(service, body):
    assert raw(service, "Content-Length: 20", body).startswith(b"HTTP/1.1 400")
    goes_on(service, body)


def test_a_caller_that_hangs_up(service, body):
    raw(service, f"Content-Length: {len(body)}", body[:50], hang_up=True)
    goes_on(service, body)


def test_a_caller_that_does_not_send(start, body):
    with start(body_seconds=0.2) as service:
        assert raw(service, f"Content-Length: {len(body)}", body[:50]).startswith(b"HTTP/1.1 408")
        goes_on(service, body)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonish", "text/json"]
)
def test_other_content_types(service, body, kind):
    answer = service.post(body, Content_Type=kind)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["hint"]
    goes_on(service, body)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.lender+json"])
def test_json_by_any_name(service, body, kind):
    assert service.post(body, Content_Type=kind).status_code == 201


def test_a_client_that_would_rather_speak_http_2_is_told_so(service, body):
    """The server reads no body of such a request: to call it broken JSON would mislead."""
    asked = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    refused = service.post(body, **asked)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (400, "no-upgrade")
    assert "HTTP_1_1" in refused.json()["hint"]
    assert service.post(body, Upgrade="h2c").status_code == 201, "without Connection it is a mere word"


def test_a_compressed_body(service, body):
    answer = service.post(body, Content_Encoding="gzip")
    assert answer.status_code == 415
    assert "uncompressed" in answer.json()["hint"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/v1/decisions/", 404),
        ("PUT", "/v1/decisions", 405),
        ("DELETE", "/v1/decisions/d1", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_places_that_are_not_there(service, method, path, status):
    with service.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert status != 405 or answer.headers["allow"] in answer.json()["hint"]


@pytest.mark.parametrize("changed", ["", "model/scorecard.json", "policy/parameters.yaml"])
def test_a_release_that_cannot_be_served_beside_one_that_is(service, body, release_dir, tmp_path, changed):
    release = tmp_path / "release"
    if changed:
        shutil.copytree(release_dir, release)
        with (release / changed).open("a") as file:
            file.write(" ")
    with pytest.raises(ReleaseError, match=f"{changed} was changed" if changed else "no release at"):
        serve(Settings(release=release, database=f"sqlite:///{service.store.path}"))
    goes_on(service, body)


def test_a_release_with_a_broken_policy_beside_one_that_is_sound(service, body, release_dir, tmp_path):
    release = shutil.copytree(release_dir, tmp_path / "release")
    policy = release / "policy" / "policy.yaml"
    policy.write_text(policy.read_text().replace("effective_from", "effective_form"))
    with pytest.raises(PolicyFaults, match="effective_form"):
        serve(Settings(release=signed_anew(release), database=f"sqlite:///{service.store.path}"))
    goes_on(service, body)


def test_a_study_with_a_wrong_column_beside_a_service(service, body, run, tmp_path):
    study, column = tmp_path / "study.yaml", "performance.parquet' where application_id"
    whole = (STUDIES / "sample_sme.yaml").read_text().replace("../..", str(ROOT))
    assert column in whole
    study.write_text(whole.replace(column, f"{column}_"))
    ended, _, err = run("train", study, "--out", tmp_path / "release")
    assert ended == 2
    assert ["application_id_" in line for line in err] == [True]
    goes_on(service, body)


def goes_on(service, body):
    """The service still answers and records; what it refused did not change the chain."""
    before = service.recorded
    assert service.post(body).status_code == 201
    assert service.recorded == before + 1
