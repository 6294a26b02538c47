"""Outermost layer: not more work than fits, and no failure that shows its inside to the caller or data to the log."""

from __future__ import annotations

import logging
import traceback

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from risk_engine.service.problems import RETRY_SECONDS, Problem, respond, unexpected

log = logging.getLogger("risk_engine.service")


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: The application.
        max_in_flight: Requests under ``/v1`` worked on at once; health checks always pass.
    """

    def __init__(self, app: ASGIApp, *, max_in_flight: int) -> None:
        self.app = app
        self.max_in_flight = max_in_flight
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1"):
            await self._guarded(scope, receive, send)
            return
        if self.in_flight >= self.max_in_flight:
            headers = {"Retry-After": RETRY_SECONDS}
            busy = Problem(503, "busy", "too many requests at once", hint="send it again later", headers=headers)
            await respond(busy)(scope, receive, send)
            return
        self.in_flight += 1
        try:
            await self._guarded(scope, receive, send)
        finally:
            self.in_flight -= 1

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:  # noqa: BLE001 - the last resort of every request
            # The message and the path may hold what the applicant sent; the type and the place do not.
            log.error("%s request failed: %s at %s", scope.get("method", "-"), type(error).__name__, place(error))  # noqa: TRY400
            if scope["type"] == "http" and not started:
                await unexpected()(scope, receive, send)


def place(error: BaseException) -> str:
    """Where an error came from: the innermost frames, without any value.

    >>> try:
    ...     int("Zhang San")
    ... except ValueError as error:
    ...     place(error)
    '<doctest risk_engine.service.guard.place[0]>:2 <module>'
    """
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
