"""Errors as RFC 9457 problem documents: what went wrong, where, and what to do; never how the inside looks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from risk_engine.errors import (
    BrokenJson,
    ChainBroken,
    Fault,
    InputFaults,
    KeyConflict,
    RiskEngineError,
    StoreError,
)

log = logging.getLogger("risk_engine.service")

RETRY_SECONDS = "1"


class Problem(Exception):
    """A request that is answered with an error, as the raiser words it."""

    def __init__(
        self, status: int, kind: str, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.hint = hint
        self.headers = headers


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a caller receives with any status of 400 and above.

    Attributes:
        type: ``urn:risk-engine:problem:`` and a word that stays the same over versions.
        title: The status in words.
        status: The HTTP status.
        detail: What is wrong with this request.
        hint: What to do about it.
        faults: Every fault of a document, each with its path.
    """

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    faults: tuple[Fault, ...] = ()


def respond(problem: Problem, faults: tuple[Fault, ...] = ()) -> Response:
    """A problem as a response."""
    body = ProblemBody(
        type=f"urn:risk-engine:problem:{problem.kind}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        hint=problem.hint,
        faults=faults,
    )
    return Response(msgspec.json.encode(body), problem.status, problem.headers, "application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every known error of ``app`` with a problem document."""
    for kind in (Problem, RiskEngineError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)


def unexpected() -> Response:
    """The answer when the service itself failed."""
    return respond(
        Problem(500, "internal-error", "the service failed; the request was not answered", hint="tell its operator")
    )


async def _answer(_: Request, error: Exception) -> Response:
    match error:
        case Problem():
            return respond(error)
        case InputFaults():
            return _faulty_document(error)
        case KeyConflict():
            return respond(Problem(409, "key-conflict", error.message, hint=error.hint))
        case StoreError():
            return _untrusted_store(error)
        case HTTPException():
            return _http_error(error)
        case RequestValidationError():
            return _bad_parameters(error)
    raise error


def _faulty_document(error: InputFaults) -> Response:
    if isinstance(error, BrokenJson):
        return respond(Problem(400, "broken-json", error.what, hint=error.hint), error.faults)
    count = f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}"
    return respond(Problem(422, "input-faults", f"{error.what}: {count}", hint=error.hint), error.faults)


def _untrusted_store(error: StoreError) -> Response:
    # The operator finds the cause in the log; a caller only needs to know what it means for the request.
    if isinstance(error, ChainBroken):
        log.critical("%s", error)
        hint = "tell its operator: risk-engine verify names the record"
        return respond(Problem(500, "chain-broken", "the stored record was changed and cannot be trusted", hint=hint))
    log.error("%s", error)
    hint = "send the same request again later, with the same Idempotency-Key"
    headers = {"Retry-After": RETRY_SECONDS}
    detail = "no decision can be recorded now, so none is given"
    return respond(Problem(503, "not-recorded", detail, hint=hint, headers=headers))


def _http_error(error: HTTPException) -> Response:
    allowed = (error.headers or {}).get("Allow", "")
    hint = {404: "see /docs for what there is", 405: f"allowed here: {allowed}"}.get(error.status_code, "")
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return respond(Problem(error.status_code, kind, str(error.detail), hint=hint, headers=error.headers))


def _bad_parameters(error: RequestValidationError) -> Response:
    faults = tuple(
        Fault(".".join(map(str, entry["loc"])), repr(entry.get("input"))[:80], entry["msg"]) for entry in error.errors()
    )
    return respond(Problem(422, "bad-parameters", "the request's parameters have faults"), faults)
