from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from risk_engine.application import SECTIONS, Application, decode, encode
from tests.application.documents import as_bytes, full_document

IN_ORDER = [
    "application", "fees", "applicant", "parties", "relations", "related_firms", "linked_applications", "consents",
    "sources", "identity_checks", "registry_events", "legal_events", "tax_filings", "tax_grades", "tax_events",
    "invoices", "utility_bills", "premises", "accounts", "ledger", "payables", "receivables", "credit_lines",
    "credit_history", "credit_enquiries", "guarantees", "guarantees_given", "financials", "social_insurance", "incomes",
    "outgoings", "facilities", "site_visits", "attributes", "outcomes", "performance", "protected",
]  # fmt: skip

REVEALED = {
    "tax_filings": {
        "filed_on": "filed_on",
        "declared_sales": "filed_on",
        "uninvoiced_sales": "filed_on",
        "tax_due": "filed_on",
        "refund": "filed_on",
        "deferred_until": "filed_on",
        "paid_on": "paid_on",
        "tax_paid": "paid_on",
        "late_fee": "paid_on",
    },
    "invoices": {"voided_on": "voided_on"},
    "utility_bills": {"paid_on": "paid_on", "notice_on": "notice_on", "cut_on": "cut_on"},
    "ledger": {"returned_on": "returned_on", "return_reason": "returned_on"},
    "payables": {"settled_on": "settled_on", "settled_amount": "settled_on", "disputed_on": "disputed_on"},
    "legal_events": {"closed_on": "closed_on"},
    "guarantees": {"verified_on": "verified_on", "verified_with": "verified_on"},
    "social_insurance": {"paid_on": "paid_on"},
}

EVIDENCE = [section for section in SECTIONS.values() if not section.single and not section.training_only]


def test_sections_stand_in_the_contracts_order():
    assert list(SECTIONS) == IN_ORDER


def test_a_document_holds_every_section_but_those_of_training():
    held = [field.name for field in msgspec.structs.fields(Application)]
    assert held == [name for name, section in SECTIONS.items() if not section.training_only]
    assert [name for name, section in SECTIONS.items() if section.training_only] == IN_ORDER[-3:]
    assert [name for name, section in SECTIONS.items() if section.single] == ["application", "applicant"]


@pytest.mark.parametrize("section", EVIDENCE, ids=lambda section: section.name)
def test_every_evidence_row_may_say_whose_it_is_and_when_it_was_known(section):
    for name in ("row_id", "party", "known_at", "provider"):
        assert name in section.columns
    assert section.columns["known_at"].kind == "timestamp"
    assert section.columns["known_at"].optional


@pytest.mark.parametrize("section", SECTIONS.values(), ids=lambda section: section.name)
def test_clocks_name_columns_that_are_clocks(section):
    clocks = {section.event, section.public, *section.revealed.values()} - {None}
    assert {section.columns[name].kind for name in clocks} <= {"date", "timestamp"}
    assert set(section.revealed) <= set(section.columns)
    if section.snapshot:
        assert "observed_on" in (section.event, section.public)
        assert not section.columns["observed_on"].optional


@pytest.mark.parametrize("name", REVEALED)
def test_statuses_are_revealed_by_their_own_date(name):
    assert SECTIONS[name].revealed == REVEALED[name]


def test_rows_with_money_may_say_what_it_was_converted_from():
    for section in EVIDENCE:
        if section.name not in ("parties", "fees"):
            holds_money = any(column.kind == "money" for column in section.columns.values())
            assert ("original_currency" in section.columns) == holds_money, section.name


def test_public_dates():
    assert {name: section.public for name, section in SECTIONS.items() if section.public != section.event} == {
        "registry_events": "published_on",
        "legal_events": "published_on",
        "credit_lines": "observed_on",
        "guarantees_given": "observed_on",
        "financials": "published_on",
        "facilities": "observed_on",
    }


def test_kinds_and_words_come_from_the_rows():
    columns = SECTIONS["invoices"].columns
    assert columns["direction"].kind == "word"
    assert columns["direction"].words == ("in", "out")
    assert columns["net_amount"].kind == "money"
    assert columns["issued_on"].annotation is dt.date
    assert [name for name, column in columns.items() if column.optional] == [
        "row_id", "party", "known_at", "provider", "original_currency", "counterparty", "voided_on", "reverses",
    ]  # fmt: skip
    assert SECTIONS["application"].columns["amount"].kind == "decimal"
    assert SECTIONS["applicant"].columns["scope_codes"].kind == "texts"
    assert SECTIONS["attributes"].columns["value"].kind == "value"
    assert SECTIONS["parties"].columns["pd"].kind == "fraction"
    assert SECTIONS["utility_bills"].columns["consumption"].kind == "number"
    assert SECTIONS["ledger"].columns["seq"].kind == "integer"


def test_a_columns_python_name_differs_only_where_it_must():
    renamed = {
        (name, column.name): column.attribute
        for name, section in SECTIONS.items()
        for column in section.columns.values()
        if column.attribute != column.name
    }
    assert renamed == {
        ("relations", "from"): "from_",
        ("credit_lines", "class"): "class_",
        ("parties", "pd"): "default_probability",
    }


def test_every_column_of_every_section_survives_the_round_trip():
    document = full_document(seed=3)
    application = decode(as_bytes(document))
    for section in SECTIONS.values():
        if section.training_only:
            continue
        given = document[section.name] if not section.single else [document[section.name]]
        read = getattr(application, section.name)
        for plain, row in zip(given, [read] if section.single else read, strict=True):
            for column in section.columns.values():
                assert msgspec.to_builtins(getattr(row, column.attribute), enc_hook=str) == _same(
                    plain.get(column.name), column.kind
                )
    assert decode(encode(application)) == application


def _same(plain, kind):
    return float(plain) if kind in ("money", "number") and plain is not None else plain
