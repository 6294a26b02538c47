"""Reading what a caller sends, within bounds."""

from __future__ import annotations

import asyncio

from fastapi import Request

from risk_engine.service.problems import Problem
from risk_engine.settings import Settings

LONGEST_KEY = 200


async def read_json_body(request: Request, settings: Settings) -> bytes:
    """The body as bytes; never more than the bound is held, whatever ``Content-Length`` claims.

    Raises:
        Problem: 400 where another protocol is asked for, 415 for another content type, 413 for a body over the bound,
            408 for one that does not arrive.
    """
    _refuse_upgrades(request)
    _refuse_other_types(request)
    bound = settings.max_body_bytes
    claimed = request.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > bound:
        raise _too_long(request, bound)
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for chunk in request.stream():
                length += len(chunk)
                if length > bound:
                    raise _too_long(request, bound)
                chunks.append(chunk)
    except TimeoutError:
        raise Problem(
            408,
            "slow-body",
            f"the body did not arrive within {settings.body_seconds:g} seconds",
            headers={"Connection": "close"},
        ) from None
    return b"".join(chunks)


def read_idempotency_key(request: Request) -> str | None:
    """The ``Idempotency-Key`` header, or None.

    Raises:
        Problem: 400 where it is not 1 to 200 visible ASCII characters, or came twice.
    """
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    key = given[0]
    if len(given) > 1 or not 0 < len(key) <= LONGEST_KEY or not all("!" <= character <= "~" for character in key):
        raise Problem(
            400,
            "bad-idempotency-key",
            f"Idempotency-Key must be one header of 1 to {LONGEST_KEY} visible ASCII characters",
            hint="a UUID serves well",
        )
    return key


def _refuse_upgrades(request: Request) -> None:
    """The server reads no body of a request that asks for another protocol; clients of HTTP/2 do so unasked."""
    asked = request.headers.get("upgrade")
    if asked is not None and "upgrade" in request.headers.get("connection", "").lower():
        hint = "speak HTTP/1.1: curl without --http2, Java's HttpClient with Version.HTTP_1_1"
        told = f"found Upgrade: {asked[:80]}, of which no body is read"
        raise Problem(400, "no-upgrade", told, hint=hint, headers={"Connection": "close"})


def _refuse_other_types(request: Request) -> None:
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Problem(415, "not-json", f"found content type {given[:80]!r}", hint="send Content-Type: application/json")
    coding = request.headers.get("content-encoding", "identity")
    if coding.lower() != "identity":
        raise Problem(415, "not-plain", f"found content encoding {coding[:80]!r}", hint="send the body uncompressed")


def _too_long(request: Request, bound: int) -> Problem:
    # A caller that waits for 100-continue has sent nothing yet and must not send it on this connection later. Any other
    # is still sending: closing now would reset the connection before it reads this answer, so the server discards.
    close = {"Connection": "close"} if "expect" in request.headers else None
    return Problem(
        413, "too-long", f"the body is longer than {bound} bytes", hint="one application a request", headers=close
    )
