"""The rows behind a value add up to it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.features import from_document
from risk_engine.features.catalogue.postings import inflow as standing_inflow
from risk_engine.features.catalogue.postings import net_flow
from risk_engine.features.language import (
    Count,
    Max,
    Sum,
    ago,
    attribute,
    by,
    days,
    ever,
    invoices,
    months,
    payables,
    pending,
    when,
)
from risk_engine.features.lineage import Line, lineage
from risk_engine.features.plan import Plan
from tests.features.evidence import application, document, invoice, random_document, table_columns
from tests.features.examples import inflow, net_sales
from tests.features.measure import feature

SUMS = [
    Sum(standing_inflow, days(180)),
    Sum(net_flow, months(12)),
    Sum(net_sales, months(12)),
    Sum(inflow, days(180)),
    ago(months(6), Sum(net_sales, days(90))),
    Sum(when(pending(payables.incurred_on, payables.settled_on), payables.amount), ever),
    Sum(payables.amount, months(12), on=payables.due_on),
]


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_rows_add_up_to_the_value(seed):
    plain = random_document(seed, 60)
    columns = from_document(application(plain))
    for expression in SUMS:
        made = feature(expression, decimals=2)
        lines = lineage(made, columns)
        assert sum(line.value for line in lines) == pytest.approx(Plan([made]).run(columns).values[0, 0], abs=0.006)
        for line in lines:
            row = plain[line.section][line.place]
            assert line.value == row.get("net_amount", row.get("amount"))


def test_rows_are_told_by_the_place_they_were_sent_at():
    rows = [invoice(1, "2020-02-20", 4.0), invoice(2, "2010-01-01", 9.0), invoice(3, "2020-02-10", 2.0)]
    columns = from_document(application(document(invoices=rows)))
    made = feature(Sum(invoices.net_amount, months(1)))
    told = "Sum(invoices.net_amount, months(1))"
    assert lineage(made, columns) == [Line("invoices", 2, 2.0, told), Line("invoices", 0, 4.0, told)]


def test_every_reduce_tells_its_own_rows():
    rows = [invoice(1, "2020-02-20", 4.0), invoice(2, "2020-01-01", 9.0)]
    made = feature(
        Count(invoices.net_amount > 5, ever) / Max(by(invoices.counterparty, invoices.net_amount), months(1))
    )
    lines = lineage(made, from_document(application(document(invoices=rows))))
    assert [(line.place, line.reduce[:5]) for line in lines] == [(1, "Count"), (0, "by(in")]


def test_one_applicant_of_a_chunk():
    both = [application(document(invoices=[invoice(1, "2020-02-20", amount)])) for amount in (4.0, 5.0)]
    assert [line.value for line in lineage(feature(Sum(invoices.net_amount, ever)), table_columns(both), 1)] == [5.0]


def test_evidence_that_was_not_obtained_has_no_rows():
    columns = from_document(application(document(invoices=[invoice(1, "2020-02-20", 1.0)] * 2)))
    assert lineage(feature(Sum(invoices.net_amount, ever)), columns) == []


def test_an_attribute_tells_the_last_row_of_its_name():
    rows = [
        {"row_id": "1", "name": "points", "value": 3.0, "known_at": "2020-02-01T00:00:00+08:00"},
        {"row_id": "2", "name": "job", "value": "skilled"},
        {"row_id": "3", "name": "points", "value": 5.0, "known_at": "2020-02-20T00:00:00+08:00"},
        {"row_id": "4", "name": "points", "value": 9.0, "known_at": "2021-01-01T00:00:00+08:00"},
    ]
    both = [application(document(attributes=told)) for told in ([], rows)]
    for columns, row in ((from_document(both[1]), 0), (table_columns(both), 1)):
        ratio = feature(attribute("points") / (attribute("points") + attribute("absent")))
        assert lineage(ratio, columns, row) == [Line("attributes", 2, 5.0, 'attribute("points")')]
        job = feature(attribute("job", words=("none", "skilled")))
        assert [(line.place, line.value) for line in lineage(job, columns, row)] == [(1, 1.0)]
        (unread,) = lineage(feature(attribute("job")), columns, row)
        assert (unread.place, math.isnan(unread.value)) == (1, True)
    assert lineage(feature(attribute("points")), table_columns(both), 0) == []
