"""Tables of many applicants: what is refused, and how little a table can tell of absence."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from risk_engine.errors import DataError
from risk_engine.features import SectionTable, from_document, from_tables
from risk_engine.features.language import Count, Sum, attribute, ever, invoices
from risk_engine.features.plan import Plan
from risk_engine.features.tables import ApplicantTable
from risk_engine.vocabulary import State
from tests.application.documents import minimal_document
from tests.features.evidence import application, document, invoice, table_columns
from tests.features.measure import feature

APPLICANTS = ApplicantTable(np.array([1.6e9, 1.6e9]), np.array([480.0, 480.0]))


def test_offsets_that_fall_are_refused():
    with pytest.raises(DataError, match="do not rise"):
        SectionTable(np.array([0, 2, 1]), {})


def test_columns_of_another_length_are_refused():
    with pytest.raises(DataError, match="column tax has 3 rows, the offsets tell 2"):
        SectionTable(np.array([0, 2]), {"tax": np.ones(3)})


def test_tables_of_other_applicants_are_refused():
    with pytest.raises(DataError, match="tells of 1 applicants, the requests of 2"):
        from_tables(APPLICANTS, {"invoices": SectionTable(np.array([0, 0]), {})})


def test_an_applicant_asks_once():
    with pytest.raises(DataError, match="applicant 0 has 2 rows of application"):
        from_tables(APPLICANTS, {"application": SectionTable(np.array([0, 2, 3]), {"term_months": np.ones(3)})})


@pytest.mark.parametrize(("name", "column"), [("sources", "section"), ("attributes", "name")])
def test_texts_that_are_read_need_their_code_book(name, column):
    table = SectionTable(np.array([0, 1, 1]), {column: np.zeros(1), "status": np.zeros(1), "value": np.ones(1)})
    with pytest.raises(DataError, match=f"table {name} has no code book for its column {column}"):
        Plan([feature(attribute("x"))]).run(from_tables(APPLICANTS, {name: table}))


NO_CODE = [
    {"section": np.nan}, {"section": 1.0}, {"section": -1.0}, {"section": np.inf}, {"status": np.nan}, {"status": 9.0},
    {"status": -1.0}, {"status": None},
]  # fmt: skip


@pytest.mark.parametrize("wrong", NO_CODE, ids=str)
def test_a_look_up_says_of_which_section_and_what_became_of_it(wrong):
    told = {"section": 0.0, "status": 0.0} | wrong
    columns = {name: np.array([code]) for name, code in told.items() if code is not None}
    table = SectionTable(np.array([0, 1, 1]), columns, {"section": ("invoices",)})
    with pytest.raises(DataError, match="row of the table sources has no section or status"):
        from_tables(APPLICANTS, {"sources": table})


@pytest.mark.parametrize("column", ["section", "status"])
def test_so_does_one_of_a_document_that_was_made_without_being_read(column):
    made = application(document(invoices=[], ledger=[]))
    looks = [replace(made.sources[0], **{column: None}), *made.sources[1:]]
    with pytest.raises(DataError, match="row of the table sources has no section or status"):
        from_document(replace(made, sources=looks))


def test_nobody_at_all():
    nobody = from_tables(ApplicantTable(np.empty(0), np.empty(0)), {})
    assert Plan([feature(Count(invoices.tax, ever))]).run(nobody).values.shape == (0, 1)


def test_no_rows_are_none_only_where_a_look_up_says_so():
    with_rows = document(invoices=[invoice(1, "2020-02-01", 1.0)])
    looked_up = document(invoices=[])
    absent = minimal_document()
    columns = table_columns([application(plain) for plain in (with_rows, looked_up, absent)])
    matrix = Plan([feature(Count(invoices.tax, ever))]).run(columns)
    assert matrix.values[:, 0].tolist()[:2] == [1.0, 0.0]
    assert matrix.states[:, 0].tolist() == [0, 0, 2]


def test_a_look_up_of_unknown_start_that_returned_nothing_needs_no_table_of_its_section():
    columns = {"section": np.zeros(1), "status": np.zeros(1), "complete": np.ones(1)}
    table = SectionTable(np.array([0, 1, 1]), columns, {"section": ("invoices",)})
    told = from_tables(APPLICANTS, {"sources": table})
    matrix = Plan([feature(Count(invoices.tax, ever))]).run(told)
    assert matrix.states[:, 0].tolist() == [State.VALUE, State.NOT_OBTAINED]
    assert told.covers("invoices")[0].tolist() == [-np.inf, -np.inf]
    assert told.notes(0) == ("coverage of invoices assumed from first row",)


def test_what_does_not_concern_some_applicants():
    both = [application(document(invoices=[invoice(1, "2020-02-01", 1.0)])) for _ in range(2)]
    columns = table_columns(both, not_applicable={"invoices": np.array([True, False])})
    matrix = Plan([feature(Sum(invoices.net_amount, ever))]).run(columns)
    assert matrix.states[:, 0].tolist() == [3, 0]
