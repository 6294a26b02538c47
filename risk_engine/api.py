"""The composition root of the service: settings in, a listening process out."""

from __future__ import annotations

import gc
import logging
import os
import socket

from risk_engine.errors import UsageError
from risk_engine.settings import Settings
from risk_engine.store import open_store, refuse_workers

OF_UPGRADES = ("Unsupported upgrade request", "No supported WebSocket library")
"""What uvicorn tells the log of every request that asks to upgrade: to install what is switched off."""


def serve(settings: Settings) -> None:
    """Load the release or portfolio, take the store's writer lock, and answer until told to stop (SIGINT or SIGTERM).

    Raises:
        UsageError: The database or the number of workers is refused, or the port is taken.
        ReleaseError: The release cannot be trusted.
        PortfolioFaults: The portfolio, or a release it routes to, cannot be used.
        StoreLocked: Another process writes to the database.
    """
    refuse_workers(settings.database, settings.workers)
    # LightGBM's own threads make one prediction wait for all cores: the p99 is 94 times worse. Set before it is loaded.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from risk_engine.portfolio import load_release_or_portfolio
    from risk_engine.service import create_app
    from risk_engine.service.warm_up import warm_up

    deciding = load_release_or_portfolio(settings.release)
    with _listening(settings) as listener, open_store(settings.database, write=True) as store:
        app = create_app(deciding, store, settings)
        for release in deciding.releases:
            warm_up(release)
        _settle_garbage()
        _run(app, listener)


def _listening(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        option = "--host" if isinstance(error, socket.gaierror) else "--port"
        raise UsageError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}", hint=f"choose another with {option}"
        ) from error
    return listener


def _settle_garbage() -> None:
    """Take what is loaded out of the collector's sight: full collections cost 70 ms at p99 otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _run(app: object, listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn asks for its own protocol of an application
        loop="uvloop",
        http="httptools",
        access_log=False,  # a request's address names a decision
        ws="none",  # a WebSocket's address would be logged all the same
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=10,
    )
    host, port = listener.getsockname()[:2]
    log = logging.getLogger("uvicorn.error")
    log.addFilter(lambda record: not record.getMessage().startswith(OF_UPGRADES))
    # Uvicorn names its own sockets only.
    log.info("Deciding at http://%s:%d (Press CTRL+C to stop)", host, port)
    uvicorn.Server(config).run(sockets=[listener])
