"""Reading the chain of records, and checking it from its first record to its head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import zstandard
from sqlalchemy import Connection, Engine, Row, func, select

from risk_engine.decision.record import GENESIS, Record, verify
from risk_engine.errors import ChainBroken
from risk_engine.store.tables import chain_head, decisions

PAGE = 500
"""Records read in one go: short read transactions leave the writer free to fold its log back into the file."""

LEVEL = 1
"""zstd level: 59 KB in 72 microseconds; higher levels cost a decision more than they save the disk."""


class Head(NamedTuple):
    """The end of the chain. Written down elsewhere it proves later that nothing before it was changed or cut off."""

    sequence: int
    hash: str


def row_of(record: Record) -> dict[str, Any]:
    """A record as its table row, request and answer compressed."""
    packer = zstandard.ZstdCompressor(level=LEVEL)
    return {
        **{name: getattr(record, name) for name in Record.__struct_fields__},
        "request": packer.compress(record.request),
        "answer": packer.compress(record.answer),
    }


def record_of(row: Row[Any]) -> Record:
    """A table row as the record it was made from.

    Raises:
        ChainBroken: Its request or answer cannot be unpacked, or another field is not of the type it was written with.
    """
    held = {name: getattr(row, name) for name in Record.__struct_fields__}
    unpacker = zstandard.ZstdDecompressor()
    try:
        held |= {name: unpacker.decompress(held[name]) for name in ("request", "answer")}
    except (zstandard.ZstdError, TypeError, MemoryError) as error:
        raise ChainBroken(f"record {row.sequence} was changed: its request or answer cannot be unpacked") from error
    try:
        return msgspec.convert(held, Record)
    except msgspec.ValidationError as error:
        raise ChainBroken(f"record {row.sequence} was changed: {error}") from error


def read_head(connection: Connection) -> Head:
    """The end of the chain as the writer noted it."""
    row = connection.execute(select(chain_head.c.sequence, chain_head.c.hash).where(chain_head.c.id == 1)).one_or_none()
    if row is None:
        raise ChainBroken("the note of the chain's head was removed")
    try:
        return msgspec.convert(tuple(row), Head)
    except msgspec.ValidationError as error:
        raise ChainBroken(f"the note of the chain's head was changed: {error}") from error


def read_records(engine: Engine, *, until: int | None = None) -> Iterator[Record]:
    """All records in order, up to sequence ``until`` where given."""
    last = -1
    while True:
        page = select(decisions).where(decisions.c.sequence > last).order_by(decisions.c.sequence).limit(PAGE)
        with engine.connect() as connection:
            rows = connection.execute(page if until is None else page.where(decisions.c.sequence <= until)).all()
        if not rows:
            return
        yield from map(record_of, rows)
        last = rows[-1].sequence


def verify_chain(engine: Engine) -> Head:
    """Check every record against the one before it, and the last against the head.

    What it finds: a changed field, a removed, inserted, reordered or replaced record, a cut-off tail. What it cannot
    find alone is a chain that was rebuilt whole by someone who may write the file: compare the head it returns with
    one written down elsewhere.

    Raises:
        ChainBroken: Names the first record that is wrong and how.
    """
    with engine.connect() as connection:
        head, last = read_head(connection), connection.execute(select(func.max(decisions.c.sequence))).scalar_one()
    if (last or 0) > head.sequence:
        raise ChainBroken(f"record {head.sequence + 1} was added behind the head of the chain")
    reached = Head(0, GENESIS)
    for record in read_records(engine, until=head.sequence):
        if record.sequence != reached.sequence + 1:
            raise ChainBroken(f"record {reached.sequence + 1} was removed: next comes record {record.sequence}")
        verify(record, previous_hash=reached.hash)
        reached = Head(record.sequence, record.hash)
    if reached.sequence < head.sequence:
        raise ChainBroken(
            f"record {reached.sequence + 1} was removed: the chain ends there, its head says {head.sequence}"
        )
    if reached != head:
        raise ChainBroken(f"record {head.sequence} was replaced, or the note of the chain's head was changed")
    return head
