"""The application factory."""

from __future__ import annotations

from fastapi import FastAPI

from risk_engine.bundle import Release
from risk_engine.portfolio import Portfolio
from risk_engine.service import problems
from risk_engine.service.decisions import decision_routes
from risk_engine.service.guard import Guard
from risk_engine.service.health import health_routes
from risk_engine.service.keys import key_routes
from risk_engine.service.moment import Clock, utc_clock
from risk_engine.service.openapi import describe
from risk_engine.settings import Settings
from risk_engine.store import Store


def create_app(release: Release | Portfolio, store: Store, settings: Settings, *, clock: Clock = utc_clock) -> FastAPI:
    """The decision service over a loaded release and a store open for writing.

    Args:
        release: What decides, or the portfolio that says what decides.
        store: Where each answer is recorded first. The caller closes it after the service has stopped.
        settings: Bounds of the service.
        clock: The present; tests give their own.
    """
    app = FastAPI(
        title="risk-engine",
        summary="Credit decisions, recorded before they are answered",
        version="1",
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(decision_routes(release, store, settings, clock))
    app.include_router(key_routes(store, settings, clock))
    app.include_router(health_routes(release, store))
    problems.install(app)
    app.add_middleware(Guard, max_in_flight=settings.max_in_flight)
    app.openapi = describe(app)  # type: ignore[method-assign]  # the way FastAPI documents
    return app
