"""API keys: a public id, a role, and the digest of a 256-bit random secret that is shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, Row, select, update

from risk_engine.errors import UnknownName
from risk_engine.store.tables import api_keys


class Role(StrEnum):
    """What a key may do."""

    SCORE = "score"  # ask for decisions and read them
    REVIEW = "review"  # read them
    VALIDATE = "validate"  # ask as of any moment, and read
    ADMIN = "admin"  # make and revoke keys


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key: enough to recognize it, not enough to use it."""

    key_id: str
    role: Role
    secret_sha256: bytes
    created_at: str
    revoked_at: str | None = None

    def opened_by(self, secret: str) -> bool:
        """Whether the secret is this key's and the key is not revoked; takes the same time for every wrong secret.

        >>> key, text = new_key(Role.SCORE, "2026-01-01T00:00:00+00:00")
        >>> key.opened_by(text.partition(".")[2]), key.opened_by("guess")
        (True, False)
        """
        return hmac.compare_digest(_digest(secret), self.secret_sha256) and self.revoked_at is None


def new_key(role: Role, created_at: str) -> tuple[ApiKey, str]:
    """A key and its text ``key_id.secret``, which nobody can show again.

    The digest needs no salt and no slow hash: a 256-bit random secret cannot be guessed from a list.
    """
    key_id = f"key_{secrets.token_hex(6)}"
    secret = secrets.token_urlsafe(32)
    return ApiKey(key_id=key_id, role=role, secret_sha256=_digest(secret), created_at=created_at), f"{key_id}.{secret}"


def read_keys(connection: Connection) -> dict[str, ApiKey]:
    """All keys by id, revoked ones too, oldest first."""
    rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id))
    return {row.key_id: _key(row) for row in rows}


def insert_key(connection: Connection, key: ApiKey) -> None:
    """Keep a new key."""
    connection.execute(api_keys.insert().values(**msgspec.structs.asdict(key)))


def revoke_key(connection: Connection, key_id: str, revoked_at: str) -> ApiKey:
    """Mark a key revoked; revoking twice keeps the first time.

    Raises:
        UnknownName: There is no such key.
    """
    known = read_keys(connection)
    if key_id not in known:
        raise UnknownName.nearest("API key", key_id, known)
    if known[key_id].revoked_at is None:
        connection.execute(update(api_keys).where(api_keys.c.key_id == key_id).values(revoked_at=revoked_at))
    return read_keys(connection)[key_id]


def _key(row: Row[tuple[str, str, bytes, str, str | None]]) -> ApiKey:
    plain = row._asdict()
    return ApiKey(**{**plain, "role": Role(plain["role"])})


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


NOBODY = new_key(Role.REVIEW, "")[0]
"""Compared with where the key id is unknown, so that the time of an answer does not tell which ids exist."""
