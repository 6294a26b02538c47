"""Documents rebuilt from tables say what the tables say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from risk_engine.application import decode, encode
from risk_engine.batch import check_rows, document, documents
from risk_engine.errors import TableFaults, UnknownName


def test_a_document_has_the_rows_of_its_applicant(sections):
    first = document(sections(), "A1")
    assert first.application.amount == Decimal("500000.00")
    assert first.application.as_of.utcoffset() == dt.timedelta(hours=8)
    assert [(row.direction, row.net_amount, row.voided_on) for row in first.invoices] == [
        ("out", 100.25, None), ("in", 50.5, dt.date(2020, 1, 6)),
    ]  # fmt: skip
    assert decode(encode(first)) == first


def test_an_empty_section_that_was_obtained_is_an_empty_list(sections):
    assert document(sections(), "A3").invoices == []


def test_an_empty_section_nobody_looked_up_is_left_out(sections):
    def refused(tables):
        tables["sources"]["status"] = ["obtained", "obtained", "refused"]

    assert document(sections(refused), "A3").invoices is msgspec.UNSET


def test_a_look_up_made_only_later_does_not_count(sections):
    def later(tables):
        tables["sources"]["retrieved_at"] = [
            "2020-02-29T23:00:00+08:00",
            "2020-02-29T23:00:00+08:00",
            "2020-03-02T00:00:00Z",
        ]

    assert document(sections(later), "A3").invoices is msgspec.UNSET


def test_a_section_without_a_file_is_left_out(sections):
    assert document(sections(), "A1").ledger is msgspec.UNSET


def test_documents_come_in_order_and_can_be_chosen(sections):
    folder = sections()
    assert [one.application.application_id for one in documents(folder)] == ["A1", "A2", "A3"]
    assert [one.application.application_id for one in documents(folder, ["A3", "A1"])] == ["A1", "A3"]


def test_an_unknown_applicant_is_named_with_the_nearest(sections):
    with pytest.raises(UnknownName, match=r"no application named 'A11' \(did you mean 'A1'"):
        document(sections(), "A11")


def test_attributes_are_numbers_or_words(sections):
    def own(tables):
        tables["attributes"] = {
            "application_id": ["A1", "A1"],
            "name": ["duration", "savings"],
            "value": [12.0, None],
            "value_text": [None, "low"],
        }

    rows = document(sections(own), "A1").attributes
    assert [(row.name, row.value) for row in rows] == [("duration", 12.0), ("savings", "low")]


def test_arrow_types_that_mean_the_same_make_the_same_document(sections):
    def other_types(tables):
        moment = dt.datetime(2020, 2, 29, 16, tzinfo=dt.UTC)
        tables["application"]["as_of"] = pa.array([moment] * 3, pa.timestamp("us", "Asia/Shanghai"))
        tables["application"]["amount"] = pa.array([Decimal("500000.00")] * 3, pa.decimal128(12, 2))
        for column in ("direction", "counterparty"):
            tables["invoices"][column] = pa.array(tables["invoices"][column]).dictionary_encode()
        tables["invoices"]["net_amount"] = pa.array(
            [Decimal("100.25"), Decimal("50.5"), Decimal(75)], pa.decimal128(12, 2)
        )

    plain = encode(document(sections(), "A1"))
    assert encode(document(sections(other_types), "A1")) == plain


def test_rows_that_make_no_valid_document_are_told(sections):
    def future(tables):
        tables["applicant"]["established_on"] = [dt.date(2021, 1, 1)] * 3

    with pytest.raises(TableFaults, match=r"established_on.*A2"):
        document(sections(future), "A2")


def fee_rows(amount):
    """One fee, its amount as a decimal of a large scale."""
    return {
        "application_id": ["A1"],
        "payee": ["lender"],
        "kind": ["arrangement"],
        "amount": pa.array([Decimal(amount)], pa.decimal128(38, 18)),
        "when": ["upfront"],
        "mandatory": [True],
    }


@pytest.mark.parametrize("amount", ["0", "0.01", "12.5", "580000"])
def test_a_decimal_of_a_large_scale_is_an_amount(sections, amount):
    folder = sections(lambda tables: tables.update(fees=fee_rows(amount)))
    assert check_rows(folder) == 3
    first = document(folder, "A1")
    assert first.fees[0].amount == Decimal(amount)
    assert decode(encode(first)) == first


def days(*numbers):
    return pa.array(np.array(numbers, np.int32)).cast(pa.date32())


def moments(*microseconds):
    return pa.array(microseconds, pa.timestamp("us", "UTC"))


MISFITS = {
    "a date of no calendar": ("invoices", {"issued_on": days(0, 2**31 - 1, 0)}),
    "a moment of no calendar": ("sources", {"retrieved_at": moments(475_492_000_000_000_000, 0, 0)}),
    "a number beside a word": ("attributes", {
        "application_id": ["A1", "A2"], "name": ["a", "a"], "value": [1.0, 2.0], "value_text": ["b", None],
    }),
    "an unknown word": ("invoices", {"direction": ["out", "oot", "in"]}),
}  # fmt: skip


@pytest.mark.parametrize("way", MISFITS)
def test_what_a_batch_refuses_of_an_applicant_no_document_is_made_of(sections, way):
    section, columns = MISFITS[way]
    folder = sections(lambda tables: tables.setdefault(section, {}).update(columns))
    told = []
    for read in (lambda: check_rows(folder), lambda: document(folder, "A1")):
        with pytest.raises(TableFaults) as refused:
            read()
        told.append(refused.value.faults)
    assert told[0] == told[1]
    assert "applicant A1" in told[0][0].path
    assert [one.application.application_id for one in documents(folder, ["A2", "A3"])] == ["A2", "A3"]
