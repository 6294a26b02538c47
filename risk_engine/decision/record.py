"""The record of a decision: what was asked, what was answered, and a hash that ties it to the record before.

The hash covers every field. The request enters through its own digest, so that a request which the law orders to be
erased one day can go without breaking the chain of all later records; as long as it is there, :func:`verify` checks it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import struct
import uuid

import msgspec

from risk_engine.errors import ChainBroken

GENESIS = "0" * 64
"""What the first record has as ``previous_hash``."""

FORMAT = b"risk-engine record 1"
"""First bytes of what is hashed; another encoding gets another number, old records keep theirs."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is about to be recorded; it has no place in the chain yet.

    Attributes:
        decision_id: Identifier of the decision, unique in the store.
        application_id: The lender's identifier of the application.
        key_id: Public part of the API key that asked.
        idempotency_key: The caller's ``Idempotency-Key``, unique for one API key; None where none was sent.
        recorded_at: RFC 3339 time of the server's clock.
        request: The body exactly as it came.
        answer: The full answer exactly as it was sent.
    """

    decision_id: str
    application_id: str
    key_id: str
    idempotency_key: str | None
    recorded_at: str
    request: bytes
    answer: bytes


class Record(Draft, frozen=True, kw_only=True):
    """A recorded decision: a draft with its place in the chain.

    Attributes:
        sequence: 1 for the first record, then without gaps.
        request_sha256: Hex digest of the request.
        previous_hash: ``hash`` of the record before, :data:`GENESIS` for the first.
        hash: Hex digest over every other field.
    """

    sequence: int
    request_sha256: str
    previous_hash: str
    hash: str


def seal(draft: Draft, *, sequence: int, previous_hash: str) -> Record:
    """Give a draft its place in the chain.

    >>> draft = Draft(decision_id="d1", application_id="a1", key_id="k1", idempotency_key=None,
    ...               recorded_at="2026-01-01T00:00:00+00:00", request=b"{}", answer=b"{}")
    >>> first = seal(draft, sequence=1, previous_hash=GENESIS)
    >>> verify(first, previous_hash=GENESIS)
    >>> verify(msgspec.structs.replace(first, answer=b"[]"), previous_hash=GENESIS)
    Traceback (most recent call last):
        ...
    risk_engine.errors.ChainBroken: record 1 was changed: its fields no longer give its hash
    """
    unsealed = Record(
        **msgspec.structs.asdict(draft),
        sequence=sequence,
        request_sha256=sha256(draft.request),
        previous_hash=previous_hash,
        hash="",
    )
    return msgspec.structs.replace(unsealed, hash=sha256(_hashed_bytes(unsealed)))


def verify(record: Record, *, previous_hash: str) -> None:
    """Check one record against itself and against the hash of the record before it.

    Raises:
        ChainBroken: The record does not follow the one before, or one of its fields was changed.
    """
    at = f"record {record.sequence}"
    if record.previous_hash != previous_hash:
        raise ChainBroken(f"{at} does not follow the record before it: records were removed, reordered or replaced")
    if sha256(_hashed_bytes(record)) != record.hash:
        raise ChainBroken(f"{at} was changed: its fields no longer give its hash")
    if sha256(record.request) != record.request_sha256:
        raise ChainBroken(f"{at} was changed: its request no longer gives request_sha256")


def sha256(content: bytes) -> str:
    """Hex digest.

    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def new_decision_id(now: dt.datetime) -> str:
    """A fresh identifier (UUID version 7, RFC 9562 section 5.7): later ones sort later, which keeps the index compact.

    >>> new_decision_id(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))[:15]
    '019b76da-a800-7'
    """
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    version, variant = 7 << 76, 2 << 62
    noise = secrets.randbits(12) << 64 | secrets.randbits(62)
    return str(uuid.UUID(int=milliseconds << 80 | version | variant | noise))


def _hashed_bytes(record: Record) -> bytes:
    # Each field with its length in front: no two different records can give the same bytes. None is told apart from "".
    idempotency = b"-" if record.idempotency_key is None else b"+" + record.idempotency_key.encode()
    fields = (
        FORMAT,
        str(record.sequence).encode(),
        record.previous_hash.encode(),
        record.decision_id.encode(),
        record.application_id.encode(),
        record.key_id.encode(),
        idempotency,
        record.recorded_at.encode(),
        record.request_sha256.encode(),
        record.answer,
    )
    return b"".join(part for field in fields for part in (struct.pack(">Q", len(field)), field))
