"""Who may do what."""

from __future__ import annotations

import json

import httpx
import pytest

from risk_engine.store import Role

ALLOWED = {
    Role.SCORE: (201, 200, 403),
    Role.VALIDATE: (201, 200, 403),
    Role.REVIEW: (403, 200, 403),
    Role.ADMIN: (403, 403, 200),
}


@pytest.mark.parametrize("role", Role)
def test_roles(service, body, role):
    made = service.post(body).headers["location"]
    answers = (service.post(body, role=role), service.get(made, role=role), service.get("/v1/keys", role=role))
    assert tuple(answer.status_code for answer in answers) == ALLOWED[role]
    for answer in answers:
        if answer.status_code == 403:
            assert f"role {role}" in answer.json()["detail"]
            assert "use a key with the role" in answer.json()["hint"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/decisions"), ("GET", "/v1/decisions/d1"), ("GET", "/v1/keys")]
)
@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "key_0.guess"}, {"Authorization": "Bearer"}, {"Authorization": "Basic abc"}]
)
def test_without_a_valid_key(service, method, path, headers):
    answer = httpx.request(method, service.base_url + path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:risk-engine:problem:unauthorized"
    assert "risk-engine keys create" in answer.json()["hint"]


def test_a_bearer_token_serves_as_well(service, body):
    headers = {"Authorization": f"Bearer {service.keys[Role.SCORE]}", "Content-Type": "application/json"}
    assert httpx.post(service.base_url + "/v1/decisions", content=body, headers=headers).status_code == 201


def test_a_decision_that_is_not_there(service):
    answer = service.get("/v1/decisions/nobody")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_keys_are_made_and_revoked_while_the_service_runs(service, body):
    with service.client(Role.ADMIN) as admin:
        made = admin.post("/v1/keys", json={"role": "score"})
        assert made.status_code == 201
        key = made.json()
        service.keys["new"] = key.pop("key")
        assert service.post(body, role="new").status_code == 201
        assert key in admin.get("/v1/keys").json()
        assert service.keys["new"].partition(".")[2] not in admin.get("/v1/keys").text
        assert admin.delete(f"/v1/keys/{key['key_id']}").json()["revoked_at"]
        assert service.post(body, role="new").status_code == 401
        assert admin.delete("/v1/keys/key_0").status_code == 404


@pytest.mark.parametrize("asked", [{}, {"role": "king"}, {"role": "score", "more": 1}, []])
def test_a_key_that_cannot_be_made(service, asked):
    with service.client(Role.ADMIN) as admin:
        answer = admin.post("/v1/keys", content=json.dumps(asked), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "score, review, validate, admin" in answer.json()["faults"][0]["expected"]
