"""Evidence of which less is there than its look-up returned contradicts itself, however the rest went missing."""

from __future__ import annotations

import pytest

from risk_engine.features import from_document
from risk_engine.features.language import Count, ever, invoices
from tests.features.evidence import application, document, invoice, table_columns
from tests.features.measure import value
from tests.features.test_time import source

ROWS = [invoice(number, f"2020-01-{number:02}", 5.0) for number in range(1, 7)]
PARTY = {"party": "boss", "role": "legal_representative", "kind": "person", "name": "W", "identifier": "pseudonym:1"}
LATE = "2021-06-01T00:00:00+08:00"


def case(rows, looks, **sections):
    return document(invoices=rows, **sections) | {"sources": looks}


def contradicts(plain):
    """Of a document and of the same rows in a table."""
    one = application(plain)
    single, tables = from_document(one), table_columns([one])
    if "invoices" in plain:  # a table cannot tell an absent section from one without rows
        assert single.broken(0) == tables.broken(0)
    return "invoices" in single.broken(0)


def test_all_rows_that_were_returned_are_there():
    plain = case(ROWS, [source("invoices", row_count=6)])
    assert not contradicts(plain)
    assert value(Count(invoices.tax, ever), plain) == 6.0
    assert not contradicts(case(ROWS, [source("invoices", row_count=5)]))  # rows may come after the look-up
    assert not contradicts(case([], [source("invoices", row_count=0)]))


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[1:],
        ROWS[:-1],
        ROWS[:2] + ROWS[4:],
        [],
        [ROWS[0] | {"party": "boss"}, *ROWS[1:]],
        [*ROWS[:-1], ROWS[-1] | {"known_at": LATE}],
    ],
    ids=["first gone", "last gone", "a period gone", "all gone", "relabelled", "known late"],
)
def test_less_than_was_returned(rows):
    plain = case(rows, [source("invoices", row_count=6)], parties=[PARTY])
    assert contradicts(plain)
    assert value(Count(invoices.tax, ever), plain) == "NOT_OBTAINED INVALID"


def test_obtained_but_not_sent():
    for looks in ([source("invoices", row_count=6)], [source("invoices")]):
        plain = case(ROWS, looks)
        del plain["invoices"]
        assert contradicts(plain)
    refused = case(ROWS, [source("invoices", status="refused")])
    del refused["invoices"]
    assert not contradicts(refused)


def test_several_look_ups():
    again = [source("invoices", row_count=4), source("invoices", row_count=6)]
    assert not contradicts(case(ROWS, again))
    assert contradicts(case(ROWS[:5], again))
    two = [source("invoices", row_count=4), source("invoices", row_count=2, provider="another")]
    assert not contradicts(case(ROWS, two))
    assert contradicts(case(ROWS[:5], two))
    between = [
        source("invoices", row_count=3),
        source("invoices", row_count=2, provider="another"),
        source("invoices", row_count=4),
    ]
    assert not contradicts(case(ROWS, between))
    assert contradicts(case(ROWS[:5], between))


def test_parties_are_counted_too():
    one = application(case(ROWS, [source("parties", row_count=2)], parties=[PARTY]))
    assert from_document(one).broken(0) == ("parties",)
    assert table_columns([one]).broken(0) == ("parties",)
