"""Every feature of the catalogue against SQL written by hand: one query per catalogue module over 200 applicants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from risk_engine.application import SECTIONS, decode
from risk_engine.facts import FactMatrix
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.columns import from_document
from risk_engine.features.language import Feature
from risk_engine.features.plan import Plan
from risk_engine.vocabulary import Cause, State
from tests.features.catalogue_cases import Row, body, cases

QUERIES = Path(__file__).parent / "oracle"
MODULES = (
    "request", "invoices", "partners", "ledger", "balances", "accounts", "counterparties", "debt_service", "conduct",
)  # fmt: skip

TEXT, DAY, REAL = pa.string(), pa.date32(), pa.float64()
FIRM = {
    "application_id": TEXT, "as_of": REAL, "today": DAY, "amount": REAL, "term_months": REAL, "revolving": pa.bool_(),
    "repayment": TEXT, "purpose": TEXT, "customer_kind": TEXT, "kind": TEXT, "registry_status": TEXT,
    "established_on": DAY, "registered_capital": REAL, "paid_in_capital": REAL, "has_invoices": pa.bool_(),
    "has_ledger": pa.bool_(), "has_accounts": pa.bool_(), "has_tax_filings": pa.bool_(),
}  # fmt: skip
INVOICE = {
    "application_id": TEXT, "direction": TEXT, "issued_on": DAY, "voided_on": DAY, "known_at": REAL,
    "counterparty": TEXT, "counterparty_kind": TEXT, "net_amount": REAL, "tax": REAL,
}  # fmt: skip
POSTING = {
    "application_id": TEXT, "account": TEXT, "seq": REAL, "booked_on": DAY, "known_at": REAL, "amount": REAL,
    "balance": REAL, "counterparty": TEXT, "counterparty_kind": TEXT, "category": TEXT, "returned_on": DAY,
    "return_reason": TEXT, "reverses": REAL,
}  # fmt: skip
ACCOUNT = {
    "application_id": TEXT, "account": TEXT, "covers_from": DAY, "covers_until": DAY, "overdraft_limit": REAL,
    "closed_on": DAY,
}  # fmt: skip
FILING = {"application_id": TEXT, "period_start": DAY, "period_end": DAY, "paid_on": DAY, "tax_paid": REAL}
TABLES = {"invoices": INVOICE, "ledger": POSTING, "accounts": ACCOUNT, "tax_filings": FILING}
SOURCE = {"application_id": TEXT, "section": TEXT, "status": TEXT, "covers_from": DAY, "covers_until": DAY}


FINEST = 12
"""Decimals of the features compared: their own rounding would hide errors of half the last printed digit."""
RELATIVE = 1e-9


class Told(NamedTuple):
    """What SQL says of one feature of one applicant; ``scale`` is the sum of absolute inputs."""

    known: bool
    value: float | None
    scale: float
    cause: str


@pytest.fixture(scope="module")
def documents() -> list[Row]:
    return cases()


@pytest.fixture(scope="module")
def matrix(documents: list[Row]) -> FactMatrix:
    plan = Plan([unrounded(feature) for feature in CATALOGUE.values()])
    runs = [plan.run(from_document(decode(body(document)))) for document in documents]
    return FactMatrix(
        plan.facts,
        *(np.concatenate([getattr(run, part) for run in runs]) for part in ("values", "states", "causes", "clipped")),
    )


def unrounded(feature: Feature) -> Feature:
    """The same feature without the rounding of its ``decimals``."""
    return Feature.from_json(feature.to_json() | {"decimals": FINEST})


@pytest.fixture(scope="module")
def oracle(documents: list[Row]) -> Iterator[dict[str, list[Told]]]:
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        load(database, documents)
        for views in ("evidence", "ledger_evidence"):
            database.execute((QUERIES / f"{views}.sql").read_text(encoding="utf-8"))
        causes = {
            section: dict(database.execute(query).fetchall())
            for section, query in (
                ("invoices", "SELECT application_id, cause_if_unknown FROM spans"),
                ("ledger", "SELECT application_id, cause FROM ledger_cover"),
            )
        }
        told: dict[str, list[Told]] = {}
        for module in MODULES:
            query = (QUERIES / f"{module}.sql").read_text(encoding="utf-8")
            for key, name, known, value, scale, *cause in database.execute(query).fetchall():
                # Where one section is read its own cause tells; what an applicant leaves out was not asked for.
                own = [causes[section][key] for section in CATALOGUE[name].fact.sections if section in causes]
                told.setdefault(name, []).append(Told(known, value, scale, [*cause, *own, "not_requested"][0]))
        yield told


def load(database: duckdb.DuckDBPyConnection, documents: list[Row]) -> None:
    firms, sources = [], []
    rows: dict[str, list[Row]] = {section: [] for section in TABLES}
    for document in documents:
        key = {"application_id": document["application"]["application_id"]}
        as_of: dt.datetime = document["application"]["as_of"]
        there = {f"has_{section}": section in document for section in TABLES}
        firm = document["applicant"] | document["application"] | there
        firms.append(firm | {"amount": float(firm["amount"]), "as_of": as_of.timestamp(), "today": as_of.date()})
        for section, held in rows.items():
            for row in document.get(section, []):
                known = {"known_at": row["known_at"].timestamp()} if "known_at" in row else {}
                held.append(key | row | known)
        sources += [key | row for row in document.get("sources", [])]
    words = [
        {"of": column.name, "word": word, "place": float(place)}
        for section in ("application", "applicant")
        for column in SECTIONS[section].columns.values()
        for place, word in enumerate(column.words)
    ]
    keep(database, "firm", FIRM, firms)
    for section, columns in TABLES.items():
        keep(database, f"raw_{section}", columns, rows[section])
    keep(database, "raw_sources", SOURCE, sources)
    keep(database, "words", {"of": TEXT, "word": TEXT, "place": REAL}, words)


def keep(database: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: list[Any]) -> None:
    table = pa.table({column: pa.array([row.get(column) for row in rows], kind) for column, kind in columns.items()})
    database.register(f"{name}_given", table)
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_given")


def test_every_feature_has_its_query(oracle: dict[str, list[Told]]) -> None:
    assert set(oracle) == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_plan_says_what_sql_says(name: str, matrix: FactMatrix, oracle: dict[str, list[Told]]) -> None:
    place = matrix.names.index(name)
    wrong = [
        (number, told, *found)
        for number, (told, *found) in enumerate(
            zip(
                oracle[name],
                *(part[:, place].tolist() for part in (matrix.values, matrix.states, matrix.causes)),
                strict=True,
            )
        )
        if not agree(told, *found)
    ]
    assert not wrong, wrong[:3]


def agree(told: Told, value: float, state: int, cause: int) -> bool:
    expected = State.NOT_OBTAINED if not told.known else State.NONE if told.value is None else State.VALUE
    if state != expected:
        return False
    if cause != (Cause[told.cause.upper()] if expected == State.NOT_OBTAINED else Cause.NO_CAUSE):
        return False
    if expected != State.VALUE:
        return bool(np.isnan(value))
    assert told.value is not None
    return abs(value - told.value) <= RELATIVE * told.scale


def test_the_cases_reach_every_state_of_every_feature_of_evidence(matrix: FactMatrix) -> None:
    for place, fact in enumerate(matrix.facts):
        if {"invoices", "ledger", "accounts"} & {*fact.sections}:
            met = {State(state) for state in matrix.states[:, place].tolist()}
            assert {State.VALUE, State.NOT_OBTAINED} <= met, fact.name
            assert State.NONE in met or not fact.if_none, fact.name
