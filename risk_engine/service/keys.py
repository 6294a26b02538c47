"""``/v1/keys``: making and revoking API keys while the service runs; it alone may write to its database."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from risk_engine.errors import Fault, InputFaults, UnknownName
from risk_engine.service.access import Right, authorize
from risk_engine.service.body import read_json_body
from risk_engine.service.moment import Clock
from risk_engine.service.openapi import SECURITY
from risk_engine.service.problems import Problem
from risk_engine.settings import Settings
from risk_engine.store import ApiKey, Role, Store


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for."""

    role: Role


def key_routes(store: Store, settings: Settings, clock: Clock) -> APIRouter:
    """The routes for keys with the role admin."""
    router = APIRouter(prefix="/v1/keys", tags=["keys"])
    secured = {"security": SECURITY}

    @router.post("", openapi_extra=secured, response_class=Response, status_code=201)
    async def create(request: Request) -> Response:
        """Make a key: ``{"role": "score"}``. Its text is in this answer and nowhere else."""
        authorize(request, store, Right.KEYS)
        asked = _asked(await read_json_body(request, settings))
        key, text = await run_in_threadpool(store.create_key, asked.role, now=clock())
        return _json({**_shown(key), "key": text}, status=201)

    @router.get("", openapi_extra=secured, response_class=Response)
    async def list_keys(request: Request) -> Response:
        """Every key without its secret, revoked ones too."""
        authorize(request, store, Right.KEYS)
        return _json([_shown(key) for key in store.api_keys()], status=200)

    @router.delete("/{key_id}", openapi_extra=secured, response_class=Response)
    async def revoke(request: Request, key_id: str) -> Response:
        """Revoke a key from the next request on."""
        authorize(request, store, Right.KEYS)
        try:
            key = await run_in_threadpool(store.revoke_key, key_id, now=clock())
        except UnknownName as error:
            raise Problem(404, "not-found", error.message, hint=error.hint) from None
        return _json(_shown(key), status=200)

    return router


def _asked(body: bytes) -> NewKey:
    try:
        return msgspec.json.decode(body, type=NewKey)
    except msgspec.DecodeError as error:
        roles = ", ".join(Role)
        raise InputFaults([Fault("$", str(error)[:80], f'{{"role": one of {roles}}}')]) from None


def _shown(key: ApiKey) -> dict[str, Any]:
    return {"key_id": key.key_id, "role": key.role, "created_at": key.created_at, "revoked_at": key.revoked_at}


def _json(plain: object, *, status: int) -> Response:
    return Response(msgspec.json.encode(plain), status, media_type="application/json")
