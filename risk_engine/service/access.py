"""Who may do what: every request but the health checks carries an API key, and a key's role decides."""

from __future__ import annotations

from enum import Enum, auto

from fastapi import Request

from risk_engine.service.problems import Problem
from risk_engine.store import ApiKey, Role, Store


class Right(Enum):
    """What a role can be allowed."""

    DECIDE = auto()
    READ = auto()
    ANY_MOMENT = auto()
    KEYS = auto()


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.SCORE: frozenset({Right.DECIDE, Right.READ}),
    Role.REVIEW: frozenset({Right.READ}),
    Role.VALIDATE: frozenset({Right.DECIDE, Right.READ, Right.ANY_MOMENT}),
    Role.ADMIN: frozenset({Right.KEYS}),
}


def authorize(request: Request, store: Store, right: Right) -> ApiKey:
    """The key a request carries, if its role has the right.

    Raises:
        Problem: 401 without a valid key, 403 where its role is another.
    """
    text = _presented(request)
    key = store.open_key(text) if text else None
    if key is None:
        detail = "the API key is unknown or revoked" if text else "an API key is required"
        hint = "send X-API-Key or Authorization: Bearer; make a key with: risk-engine keys create --role score"
        raise Problem(401, "unauthorized", detail, hint=hint, headers={"WWW-Authenticate": "Bearer"})
    if right not in RIGHTS[key.role]:
        able = " or ".join(role for role in Role if right in RIGHTS[role])
        raise Problem(
            403, "forbidden", f"a key with the role {key.role} may not do this", hint=f"use a key with the role {able}"
        )
    return key


def _presented(request: Request) -> str:
    text = request.headers.get("x-api-key", "")
    if text:
        return text
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
