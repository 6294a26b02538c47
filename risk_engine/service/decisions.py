"""``POST /v1/decisions`` and ``GET /v1/decisions/{decision_id}``."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from risk_engine.application import decode
from risk_engine.bundle import Release
from risk_engine.decision.decision import SHORT_VIEW
from risk_engine.decision.record import Draft, Record, new_decision_id
from risk_engine.decision.underwrite import underwrite
from risk_engine.portfolio import Portfolio
from risk_engine.service.access import RIGHTS, Right, authorize
from risk_engine.service.body import read_idempotency_key, read_json_body
from risk_engine.service.moment import Clock, moment_of_decision
from risk_engine.service.openapi import READ_DOCUMENTED, SEND_DOCUMENTED
from risk_engine.service.problems import Problem
from risk_engine.settings import Settings
from risk_engine.store import Answered, ApiKey, Store

IN_LINE_BYTES = 512 * 1024
"""Bodies up to this size are decided on the event loop.

A decision is a millisecond or two of pure computation under the interpreter's lock. In a thread it would take no less,
and hand-overs of the lock (5 ms each) would put a second peak into the latencies; on the loop, requests queue in order.
A larger body, of which most are attacks or mistakes and whose faults take seconds to list, goes to a thread so that
health checks and small requests still get their turn.
"""


class View(StrEnum):
    """How much of a decision to send."""

    FULL = "full"
    SHORT = "short"


def decision_routes(release: Release | Portfolio, store: Store, settings: Settings, clock: Clock) -> APIRouter:
    """The routes that decide and that read decisions."""
    router = APIRouter(tags=["decisions"])

    @router.post("/v1/decisions", openapi_extra=SEND_DOCUMENTED, response_class=Response, status_code=201)
    async def decide(request: Request, view: View = View.FULL) -> Response:
        """Decide an application. The answer is on disk before it is sent."""
        key = authorize(request, store, Right.DECIDE)
        idempotency_key = read_idempotency_key(request)
        body = await read_json_body(request, settings)

        def draft() -> Draft:
            return _draft(body, key, idempotency_key, release, clock)

        def answer() -> Answered:
            return store.answer(draft, key_id=key.key_id, idempotency_key=idempotency_key, request=body)

        answered = answer() if len(body) <= IN_LINE_BYTES else await run_in_threadpool(answer)
        record = await asyncio.wrap_future(answered.record)
        return _response(record, view, status=201 if answered.first else 200)

    @router.get("/v1/decisions/{decision_id}", openapi_extra=READ_DOCUMENTED, response_class=Response)
    async def read(request: Request, decision_id: str, view: View = View.FULL) -> Response:
        """A recorded decision, byte for byte as it was answered."""
        authorize(request, store, Right.READ)
        record = store.get(decision_id)
        if record is None:
            raise Problem(404, "not-found", "no such decision", hint="check decision_id and the service's database")
        return _response(record, view, status=200)

    return router


def _draft(body: bytes, key: ApiKey, idempotency_key: str | None, release: Release | Portfolio, clock: Clock) -> Draft:
    now = clock()
    application = decode(body, now=now)
    as_of = moment_of_decision(application, now, any_moment=Right.ANY_MOMENT in RIGHTS[key.role])
    decision = underwrite(application, release, as_of=as_of, decision_id=new_decision_id(now))
    return Draft(
        decision_id=decision.decision_id,
        application_id=decision.application_id,
        key_id=key.key_id,
        idempotency_key=idempotency_key,
        recorded_at=now.isoformat(),
        request=body,
        answer=decision.to_json(),
    )


def _response(record: Record, view: View, *, status: int) -> Response:
    content = record.answer if view is View.FULL else short_view(record.answer)
    headers = {"Location": f"/v1/decisions/{record.decision_id}"}
    return Response(content, status, headers, "application/json")


def short_view(answer: bytes) -> bytes:
    """From the outcome to the reasons, and the notes: the recorded answer without its rules, features and versions.

    >>> short_view(b'{"decision_id":"d1","rules":[],"outcome":"refer","notes":[]}')
    b'{"decision_id":"d1","outcome":"refer","notes":[]}'
    """
    whole = msgspec.json.decode(answer)
    return msgspec.json.encode({name: whole[name] for name in SHORT_VIEW if name in whole})
