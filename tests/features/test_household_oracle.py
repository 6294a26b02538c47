"""Every feature of credit and of households against SQL written by hand, over 200 households."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from risk_engine.facts import FactMatrix
from tests.features.catalogue_cases import Row
from tests.features.person_cases import SECTIONS, cases
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

MODULES = ("credit", "consumer")
FEATURES = features_of(MODULES)

ROW = {"application_id": TEXT, "party": TEXT, "known_at": REAL}
TABLES = {
    "credit_lines": {
        "line": TEXT, "lender": TEXT, "own": TRUTH, "kind": TEXT, "revolving": TRUTH, "secured": TRUTH,
        "opened_on": DAY, "matures_on": DAY, "closed_on": DAY, "limit": REAL, "balance": REAL, "monthly_payment": REAL,
        "restructured_on": DAY, "class": TEXT, "current_dpd": REAL, "worst_dpd_24m": REAL, "months_past_due_24m": REAL,
        "last_past_due_on": DAY, "observed_on": DAY,
    },
    "credit_history": {
        "line": TEXT, "month": DAY, "dpd": REAL, "balance": REAL, "limit": REAL, "due": REAL, "paid": REAL,
    },
    "credit_enquiries": {"lender": TEXT, "own": TRUTH, "on": DAY, "reason": TEXT},
    "incomes": {
        "kind": TEXT, "month": DAY, "net": REAL, "verified": TEXT, "employer": TEXT, "employed_since": DAY,
    },
    "outgoings": {"kind": TEXT, "monthly": REAL},
    "parties": {"role": TEXT},
    "sources": {"section": TEXT, "status": TEXT, "covers_from": DAY, "covers_until": DAY},
}  # fmt: skip
PERSON = {
    "application_id": TEXT, "as_of": REAL, "today": DAY, "amount": REAL, "kind": TEXT, "household_size": REAL,
    "dependants": REAL, "housing": TEXT, "residence_since": DAY,
}  # fmt: skip


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
        run_file(database, "macros")
        run_file(database, "households")
        told: dict[str, list[Told]] = {}
        for module in MODULES:
            for _, name, cause, value, scale in run_file(database, module):
                told.setdefault(name, []).append(Told(cause is None, value, scale, cause or ""))
        yield told


def load(database: duckdb.DuckDBPyConnection, documents: list[Row]) -> None:
    people, sent = [], []
    rows: dict[str, list[Row]] = {section: [] for section in TABLES}
    for document in documents:
        key = {"application_id": document["application"]["application_id"]}
        as_of = document["application"]["as_of"]
        person = document["applicant"] | key | {"amount": float(document["application"]["amount"])}
        people.append(person | {"as_of": as_of.timestamp(), "today": as_of.date()})
        for section, held in rows.items():
            for row in document.get(section, []):
                known = {"known_at": row["known_at"].timestamp()} if "known_at" in row else {}
                held.append({"party": "applicant"} | key | row | known)
        sent += [key | {"section": name, "sent": len(document[name])} for name in SECTIONS if name in document]
    keep(database, "person", PERSON, people)
    keep(database, "sent", {"application_id": TEXT, "section": TEXT, "sent": REAL}, sent)
    for section, columns in TABLES.items():
        keep(database, f"raw_{section}", ROW | columns, rows[section])
    keep_words(database, ("applicant", "incomes"))


def test_every_feature_has_its_query(oracle: dict[str, list[Told]]) -> None:
    assert set(oracle) == set(FEATURES)


@pytest.mark.parametrize("name", FEATURES)
def test_the_plan_says_what_sql_says(name: str, matrix: FactMatrix, oracle: dict[str, list[Told]]) -> None:
    wrong = disagreements(matrix, name, oracle[name])
    assert not wrong, wrong[:3]


def test_the_cases_reach_every_state(matrix: FactMatrix) -> None:
    assert_every_state(matrix, matrix.names)
