"""The tables of the store. One file, because their columns are a contract with every database already written."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA_VERSION = 1
"""Kept in SQLite's ``user_version``; a store with a higher one was written by a newer engine."""

metadata = MetaData()

decisions = Table(
    "decisions",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("decision_id", Text, nullable=False, unique=True),
    Column("application_id", Text, nullable=False, index=True),
    Column("key_id", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("recorded_at", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),  # zstd
    Column("answer", LargeBinary, nullable=False),  # zstd
    Column("request_sha256", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("decisions_once", "key_id", "idempotency_key", unique=True),  # rows without a key are all distinct
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("sequence", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)
