"""What ``/openapi.json`` says: schemas come from the types that decode and encode, so they cannot drift from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from risk_engine.application import schema
from risk_engine.decision.decision import Decision
from risk_engine.service.problems import ProblemBody

PLACE = "#/components/schemas/{name}"


def _json(schema_name: str, kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": {"$ref": PLACE.format(name=schema_name)}}}


def _answers(*codes: int) -> dict[str, Any]:
    said = {
        400: "Not JSON, or a bad Idempotency-Key",
        401: "No valid API key",
        403: "The key's role may not do this",
        404: "No such decision",
        408: "The body did not arrive",
        409: "The Idempotency-Key was used before with another body",
        413: "The body is too long",
        415: "The body is not application/json",
        422: "Every fault of the document, each with its path",
        503: "Nothing can be recorded now, or too many requests at once; see Retry-After",
    }
    return {
        str(code): {"description": said[code], "content": _json("ProblemBody", "application/problem+json")}
        for code in codes
    }


SECURITY: list[dict[str, list[str]]] = [{"X-API-Key": []}, {"Bearer": []}]

SEND_DOCUMENTED: dict[str, Any] = {
    "security": SECURITY,
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Repeats with the same key and body get the first answer, byte for byte.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
        }
    ],
    "requestBody": {"required": True, "content": _json("Application")},
    "responses": {
        "201": {"description": "Decided and recorded", "content": _json("Decision")},
        "200": {"description": "Decided before under this Idempotency-Key", "content": _json("Decision")},
        **_answers(400, 401, 403, 408, 409, 413, 415, 422, 503),
    },
}

READ_DOCUMENTED: dict[str, Any] = {
    "security": SECURITY,
    "responses": {
        "200": {"description": "The decision as it was answered", "content": _json("Decision")},
        **_answers(401, 403, 404, 503),
    },
}


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """A replacement for ``app.openapi`` that knows the engine's own types; computed once, when first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            components = described.setdefault("components", {})
            components.setdefault("schemas", {}).update(_schemas())
            components["securitySchemes"] = {
                "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "Bearer": {"type": "http", "scheme": "bearer"},
            }
            app.openapi_schema = described
        return app.openapi_schema

    return openapi


def _schemas() -> dict[str, Any]:
    _, ours = msgspec.json.schema_components([Decision, ProblemBody], ref_template=PLACE)
    # The request's schema is a document of its own; its references must point into this one.
    text = msgspec.json.encode(schema()).replace(b'"#/$defs/', b'"' + PLACE.format(name="").encode())
    request: dict[str, Any] = msgspec.json.decode(text)
    parts = request.pop("$defs")
    del request["$schema"]
    return {**ours, "Application": request, **parts}
