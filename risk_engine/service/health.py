"""``/healthz`` says the process is alive, ``/readyz`` that it can decide and record; neither needs a key."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from fastapi import APIRouter, Response

from risk_engine.bundle import Release
from risk_engine.errors import StoreError
from risk_engine.portfolio import Portfolio
from risk_engine.service.problems import RETRY_SECONDS, Problem
from risk_engine.store import Store

log = logging.getLogger("risk_engine.service")


def health_routes(release: Release | Portfolio, store: Store) -> APIRouter:
    """The routes a load balancer asks."""
    router = APIRouter(tags=["health"])
    told = msgspec.json.encode({"status": "ready", **_deciding(release)})

    @router.get("/healthz", response_class=Response)
    async def alive() -> Response:
        """200 as long as the process answers; touches nothing."""
        return Response(b'{"status":"alive"}', media_type="application/json")

    @router.get("/readyz", response_class=Response)
    def ready() -> Response:
        """200, with what decides, when that is loaded and the store takes a write through to the disk, else 503."""
        try:
            store.check_writable()
        except StoreError as error:
            log.error("not ready: %s", error)  # noqa: TRY400 - the message says it, no trace needed
            headers = {"Retry-After": RETRY_SECONDS}
            raise Problem(503, "not-ready", "the store cannot be written", headers=headers) from None
        return Response(told, media_type="application/json")

    return router


def _deciding(release: Release | Portfolio) -> dict[str, Any]:
    if isinstance(release, Portfolio):
        return {"portfolio": release.id, "releases": [one.id for one in release.releases]}
    return {"release": release.id}
