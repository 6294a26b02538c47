"""Every feature of the catalogue against SQL written by hand: one query per catalogue module over 200 applicants.

Which debits answer which credits, each once, depends on the order of the rows: plain Python tells SQL that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest

from risk_engine.facts import FactMatrix
from risk_engine.features.catalogue import CATALOGUE
from tests.features import test_household_oracle
from tests.features.answers import keep_answers
from tests.features.catalogue_cases import Row, cases
from tests.features.sql import (
    DAY,
    REAL,
    TEXT,
    TRUTH,
    Told,
    assert_every_state,
    disagreements,
    features_of,
    keep,
    keep_words,
    measured,
    run_file,
)

MODULES = (
    "request", "invoices", "partners", "ledger", "balances", "accounts", "counterparties", "debt_service", "conduct",
)  # fmt: skip

FEATURES = features_of(MODULES)

FIRM = {
    "application_id": TEXT, "as_of": REAL, "today": DAY, "amount": REAL, "term_months": REAL, "revolving": TRUTH,
    "repayment": TEXT, "purpose": TEXT, "customer_kind": TEXT, "kind": TEXT, "registry_status": TEXT,
    "established_on": DAY, "registered_capital": REAL, "paid_in_capital": REAL, "has_invoices": TRUTH,
    "has_ledger": TRUTH, "has_accounts": TRUTH, "has_tax_filings": TRUTH,
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


@pytest.fixture(scope="module")
def documents() -> list[Row]:
    return cases()


@pytest.fixture(scope="module")
def matrix(documents: list[Row]) -> FactMatrix:
    return measured(FEATURES, documents)


@pytest.fixture(scope="module")
def oracle(documents: list[Row]) -> Iterator[dict[str, list[Told]]]:
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        load(database, documents)
        for views in ("macros", "evidence", "ledger_evidence"):
            run_file(database, views)
        keep_answers(database)
        causes = {
            section: dict(database.execute(query).fetchall())
            for section, query in (
                ("invoices", "SELECT application_id, cause_if_unknown FROM spans"),
                ("ledger", "SELECT application_id, cause FROM ledger_cover"),
            )
        }
        told: dict[str, list[Told]] = {}
        for module in MODULES:
            for key, name, known, value, scale, *cause in run_file(database, module):
                # Where one section is read its own cause tells; what an applicant leaves out was not asked for.
                own = [causes[section][key] for section in FEATURES[name].fact.sections if section in causes]
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
    keep(database, "firm", FIRM, firms)
    for section, columns in TABLES.items():
        keep(database, f"raw_{section}", columns, rows[section])
    keep(database, "raw_sources", SOURCE, sources)
    keep_words(database, ("application", "applicant"))


def test_every_feature_has_its_query(oracle: dict[str, list[Told]]) -> None:
    assert set(oracle) == set(FEATURES)
    assert {*FEATURES, *test_household_oracle.FEATURES} == set(CATALOGUE)


@pytest.mark.parametrize("name", FEATURES)
def test_the_plan_says_what_sql_says(name: str, matrix: FactMatrix, oracle: dict[str, list[Told]]) -> None:
    wrong = disagreements(matrix, name, oracle[name])
    assert not wrong, wrong[:3]


def test_the_cases_reach_every_state_of_every_feature_of_evidence(matrix: FactMatrix) -> None:
    read = {"invoices", "ledger", "accounts"}
    assert_every_state(matrix, tuple(fact.name for fact in matrix.facts if read & {*fact.sections}))
