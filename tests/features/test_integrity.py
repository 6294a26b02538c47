"""Evidence that contradicts itself is not obtained, cause invalid."""

from __future__ import annotations

import numpy as np
import pytest

from risk_engine.features import ApplicantTable, SectionTable, from_document, from_tables
from risk_engine.features.language import Count, bills, credit_history, credit_lines, ever, filings, invoices, ledger
from tests.features.evidence import application, document, invoice, table_columns
from tests.features.measure import value
from tests.features.test_household import line, month
from tests.features.test_values import bill, posting

FILING = {
    "tax": "vat", "period_start": "2020-01-01", "period_end": "2020-01-31", "due_on": "2020-02-15", "tax_due": 0.0,
}  # fmt: skip
ELECTRICITY = bill("2020-01-01", "2020-01-31", 5.0, "2020-02-15")

CASES = [
    ("invoices", [invoice(1, "2020-01-01", 5.0), invoice(1, "2020-01-01", 5.0, tax=1.0)], True),
    ("invoices", [invoice(1, "2020-01-01", 5.0), invoice(2, "2020-01-01", 5.0)], False),
    ("invoices", [invoice(1, "2020-01-01", 5.0), invoice(1, "2020-01-01", -5.0)], False),
    ("invoices", [invoice(1, "2020-01-01", 5.0), invoice(1, "2020-01-01", 5.0, direction="in")], False),
    ("invoices", [invoice(1, "2020-01-01", 5.0), invoice(1, "2021-01-01", 5.0)], False),
    ("ledger", [posting("a", 1, "2020-01-01", 5.0, 5.0), posting("a", 2, "2020-01-02", 7.0, 2.0)], False),
    ("ledger", [posting("a", 1, "2020-01-01", 5.0, 5.0), posting("a", 2, "2020-01-02", 8.0, 2.0)], True),
    ("ledger", [posting("a", 1, "2020-01-01", 5.0, 5.0), posting("a", 1, "2020-01-02", 5.0, 0.0)], True),
    ("ledger", [posting("a", 1, "2020-01-01", 5.0, 5.0), posting("a", 9, "2020-01-02", 8.0, 2.0)], False),
    ("ledger", [posting("a", 1, "2020-01-01", 5.0, 5.0), posting("b", 2, "2020-01-02", 8.0, 2.0)], False),
    ("credit_lines", [line("a", 1.0), line("a", 2.0, observed_on="2020-02-21")], True),
    ("credit_lines", [line("a", 1.0), line("b", 1.0)], False),
    ("credit_history", [month("a", "2020-01-31", 0), month("a", "2020-01-31", 5)], True),
    ("credit_history", [month("a", "2020-01-31", 0), month("a", "2019-12-31", 0)], False),
    ("tax_filings", [FILING, FILING], True),
    ("tax_filings", [FILING, FILING | {"version": 2}], False),
    ("utility_bills", [ELECTRICITY, ELECTRICITY], True),
    ("utility_bills", [ELECTRICITY, ELECTRICITY | {"meter": "n"}], False),
    ("utility_bills", [ELECTRICITY | {"period_start": "2020-01-31"}], False),  # a day is a period
]
COUNTS = {
    "credit_lines": credit_lines.balance,
    "credit_history": credit_history.dpd,
    "invoices": invoices.tax,
    "ledger": ledger.amount,
    "tax_filings": filings.period_end,
    "utility_bills": bills.amount,
}


@pytest.mark.parametrize(("section", "rows", "contradicts"), CASES)
def test_a_contradiction_makes_the_section_invalid(section, rows, contradicts):
    plain = document(**{section: rows})
    columns = from_document(application(plain))
    found = value(Count(COUNTS[section], ever), plain)
    if contradicts:
        assert columns.broken(0) == (section,)
        assert columns.notes(0)[-1] == f"{section} contradicts itself"
        assert found == "NOT_OBTAINED INVALID"
    else:
        assert columns.broken(0) == ()
        assert found >= 1.0


def test_a_pair_is_of_one_applicant():
    one = application(document(invoices=[invoice(1, "2020-01-01", 5.0)]))
    columns = table_columns([one, one])
    assert (columns.broken(0), columns.broken(1)) == ((), ())


def test_a_period_that_ends_before_it_begins():
    columns = {"period_start": np.array([18293.0]), "period_end": np.array([18292.0])}
    applicants = ApplicantTable(np.array([1.6e9]), np.array([0.0]))
    held = from_tables(applicants, {"tax_filings": SectionTable(np.array([0, 1]), columns)})
    assert held.broken(0) == ("tax_filings",)
