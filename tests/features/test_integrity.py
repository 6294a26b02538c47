"""Evidence that contradicts itself is not obtained, cause invalid."""

from __future__ import annotations

import numpy as np
import pytest

from risk_engine.features import ApplicantTable, SectionTable, from_document, from_tables
from risk_engine.features.language import (
    Count,
    accounts,
    bills,
    credit_history,
    credit_lines,
    ever,
    filings,
    guarantees,
    incomes,
    invoices,
    ledger,
    social_insurance,
)
from tests.features.evidence import application, document, invoice, table_columns
from tests.features.measure import value
from tests.features.test_household import C, case, line, month, party, salary
from tests.features.test_ledger_catalogue import account
from tests.features.test_values import bill, posting

FILING = {
    "tax": "vat", "period_start": "2020-01-01", "period_end": "2020-01-31", "due_on": "2020-02-15", "tax_due": 0.0,
}  # fmt: skip
ELECTRICITY = bill("2020-01-01", "2020-01-31", 5.0, "2020-02-15")
GUARANTEE = {"guarantee": "g", "kind": "deposit", "provider": "applicant", "covered_amount": 9.0, "prior_liens": 0.0}


def insured(day):
    return {"month": day, "insured_employees": 9, "due": 5.0}


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
    ("incomes", [salary(), salary()], True),
    ("incomes", [salary(employer=None), salary(employer=None)], True),
    ("incomes", [salary(), salary(gross=7000.0, employed_since="2019-01-01", known_at="2020-02-03T09:00:00Z")], True),
    ("incomes", [salary(), salary(employer=None)], False),
    ("incomes", [salary(), salary(employer="F")], False),
    ("incomes", [salary(), salary(verified="tax")], False),
    ("incomes", [salary(), salary(net=5000.01)], False),
    ("incomes", [salary(), salary(kind="rent")], False),
    ("incomes", [salary(), salary("2019-12-31")], False),
    ("accounts", [account(1000.0), account(1000.0)], True),
    ("accounts", [account(1000.0), account(1000.0, account="b")], False),
    ("guarantees", [GUARANTEE, GUARANTEE], True),
    ("guarantees", [GUARANTEE, GUARANTEE | {"guarantee": "g2"}], False),
    ("social_insurance", [insured("2020-01-31"), insured("2020-01-31")], True),
    ("social_insurance", [insured("2020-01-31"), insured("2019-12-31")], False),
    ("tax_filings", [FILING, FILING], True),
    ("tax_filings", [FILING, FILING | {"version": 2}], False),
    ("utility_bills", [ELECTRICITY, ELECTRICITY], True),
    ("utility_bills", [ELECTRICITY, ELECTRICITY | {"meter": "n"}], False),
    ("utility_bills", [ELECTRICITY | {"period_start": "2020-01-31"}], False),  # a day is a period
]
COUNTS = {
    "accounts": accounts.overdraft_limit,
    "guarantees": guarantees.covered_amount,
    "incomes": incomes.net,
    "social_insurance": social_insurance.due,
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


D = party("D")
TOLD_BY_SEVERAL = {
    "a joint income": ([salary(), salary(party="C")], False),
    "of three": ([salary(), salary(party="C"), salary(party="D", verified="tax")], False),
    "from two sources": (
        [salary(), salary(verified="tax"), salary(party="C"), salary(party="C", verified="tax")],
        False,
    ),
    "without the employer": ([salary(), salary(party="C", employer=None)], False),
    "told again by the applicant": ([salary(), salary(), salary(party="C", verified="tax")], True),
    "told again by the co-borrower": ([salary(verified="tax"), salary(party="C"), salary(party="C")], True),
    "told again by both": ([salary(), salary(), salary(party="C"), salary(party="C")], True),
    "told again by a guarantor": ([salary(), salary(party="G"), salary(party="G")], False),
    "told again later": ([salary(), salary(known_at="2020-03-02T09:00:00Z"), salary(party="C")], False),
}


@pytest.mark.parametrize("told", TOLD_BY_SEVERAL)
def test_a_joint_income_is_no_pair_and_hides_none(told):
    rows, contradicts = TOLD_BY_SEVERAL[told]
    alone = application(case())
    for sent in (rows, rows[::-1]):
        plain = case(C, D, party("G", "guarantor"), incomes=sent)
        assert from_document(application(plain)).broken(0) == (("incomes",) if contradicts else ())
        chunk = table_columns([alone, application(plain), alone])
        assert [chunk.broken(row) for row in range(3)] == [(), ("incomes",) if contradicts else (), ()]


def test_a_period_that_ends_before_it_begins():
    columns = {"period_start": np.array([18293.0]), "period_end": np.array([18292.0])}
    applicants = ApplicantTable(np.array([1.6e9]), np.array([0.0]))
    held = from_tables(applicants, {"tax_filings": SectionTable(np.array([0, 1]), columns)})
    assert held.broken(0) == ("tax_filings",)
