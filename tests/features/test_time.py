"""Nothing that lies after the moment of decision, or was not known by then, can change a value."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.features import from_document
from risk_engine.features.language import Count, Sum, ago, days, ever, invoices, ledger, monthly, months, past_months
from tests.features.every import FEATURES, PLAN
from tests.features.evidence import application, document, invoice, random_document, source
from tests.features.measure import value
from tests.features.test_values import bill

SEEDS = st.integers(0, 10_000)
LATER = st.integers(0, 700)


def facts(plain: dict[str, Any]) -> tuple[bytes, ...]:
    matrix = PLAN.run(from_document(application(plain)))
    return matrix.values.tobytes(), matrix.states.tobytes(), matrix.causes.tobytes(), matrix.clipped.tobytes()


def after(days_later: int) -> str:
    return (dt.date(2020, 3, 2) + dt.timedelta(days=days_later)).isoformat()


def month_end(day: str) -> str:
    first = dt.date.fromisoformat(day).replace(day=1)
    return ((first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)).isoformat()


def later_row(row: dict[str, Any], later: str, number: int) -> dict[str, Any] | None:
    """The same row told as of the future, made absurd."""
    dates = {"issued_on", "booked_on", "period_end", "incurred_on", "opened_on", "due_on", "published_on",
             "covers_from", "covers_until", "observed_on", "month", "on"} & row.keys()  # fmt: skip
    if not dates:
        return None
    changed = row | dict.fromkeys(dates, later)
    if "month" in row:
        changed["month"] = month_end(later)
    changed.pop("party", None)
    for amount in ("net_amount", "amount", "balance", "consumption", "declared_sales", "overdraft_limit", "net",
                   "monthly_payment"):  # fmt: skip
        if amount in row:
            changed[amount] = 1e14 + number
    if "invoice_no" in row:
        changed["invoice_no"] = f"later{number}"
    if "seq" in row:
        changed["seq"] = 100_000 + number
    return changed


@settings(max_examples=25)
@given(seed=SEEDS, later=LATER)
def test_absurd_rows_after_now_change_nothing(seed, later):
    plain = random_document(seed, 60)
    before = facts(plain)
    added = 0
    more = dict(plain)
    for name in ("invoices", "ledger", "accounts", "tax_filings", "utility_bills", "payables", "legal_events",
                 "credit_lines", "credit_history", "credit_enquiries", "incomes"):  # fmt: skip
        rows = [made for number, row in enumerate(plain[name][:3]) if (made := later_row(row, after(later), number))]
        more[name] = plain[name] + rows
        added += len(rows)
    assert facts(more) == before
    assert from_document(application(more)).ignored_rows[0] == from_document(application(plain)).ignored_rows[0] + added


STATUS = {
    "invoices": {"voided_on": None}, "payables": {"settled_on": None, "disputed_on": None, "settled_amount": 5.0},
    "tax_filings": {"filed_on": None, "paid_on": None, "declared_sales": 1e13, "tax_due": 1e13, "late_fee": 1e12,
                    "tax_paid": 1e13},
    "ledger": {"returned_on": None, "return_reason": "insufficient_funds"}, "accounts": {"closed_on": None},
    "legal_events": {"closed_on": None},
    "utility_bills": {"paid_on": None, "cut_on": None},
    "credit_lines": {"closed_on": None, "restructured_on": None},
}  # fmt: skip


@settings(max_examples=25)
@given(seed=SEEDS, later=LATER)
def test_what_becomes_of_a_row_after_now_changes_nothing(seed, later):
    plain = random_document(seed, 60)
    open_rows, told = dict(plain), dict(plain)
    for name, columns in STATUS.items():
        open_rows[name] = [{key: held for key, held in row.items() if key not in columns} for row in plain[name]]
        told[name] = [row | {key: held or after(later) for key, held in columns.items()} for row in open_rows[name]]
    assert facts(told) == facts(open_rows)


def test_a_row_counts_from_when_it_was_known():
    def sales(known_at):
        rows = [invoice(1, "2020-01-05", 5.0, **({"known_at": known_at} if known_at else {}))]
        return value(Sum(invoices.net_amount, ever), document(invoices=rows))

    assert sales(None) == 5.0
    assert sales("2020-03-01T08:59:59+08:00") == 5.0
    assert sales("2020-03-01T09:00:00+08:00") == 0.0
    assert sales("2020-03-01T01:00:00+00:00") == 0.0  # the same moment
    assert sales("2020-03-01T02:00:00+01:30") == 5.0


def test_known_at_does_not_move_with_now():
    rows = [invoice(1, "2018-01-05", 5.0, known_at="2020-02-05T00:00:00+08:00")]
    assert value(ago(months(12), Sum(invoices.net_amount, ever)), document(invoices=rows)) == 5.0


def test_windows_end_before_the_day_of_decision():
    rows = [invoice(1, "2020-02-29", 1.0), invoice(2, "2020-03-01", 2.0), invoice(3, "2020-03-02", 4.0)]
    for window in (days(10), past_months(1), months(1), ever):
        assert value(Sum(invoices.net_amount, window), document(invoices=rows)) == 1.0
    assert from_document(application(document(invoices=rows))).ignored_rows[0] == 2


def test_the_day_of_decision_is_told_in_its_own_offset():
    plain = document(invoices=[invoice(1, "2020-02-29", 1.0), invoice(2, "2020-02-28", 1.0)])
    plain["application"]["as_of"] = "2020-02-29T23:30:00-05:00"
    plain["sources"] = []
    assert value(Count(invoices.tax, ever), plain) == 1.0
    plain["application"]["as_of"] = "2020-03-01T12:30:00+08:00"  # the same moment
    assert value(Count(invoices.tax, ever), plain) == 2.0


ROWS = [invoice(number, f"2019-{number:02d}-15", 1.0) for number in range(1, 13)]
CUT = [
    # covers_from, covers_until, window, value
    ("2019-03-01", "2020-02-29", months(12), 10.0),
    ("2019-03-02", "2020-02-29", months(12), "NOT_OBTAINED NOT_COVERED"),
    ("2019-03-01", "2020-02-28", months(12), "NOT_OBTAINED NOT_COVERED"),
    ("2019-03-01", "2020-02-29", days(366), 10.0),
    ("2019-03-01", "2020-02-29", days(367), "NOT_OBTAINED NOT_COVERED"),
    ("2020-02-01", "2020-02-29", ever, 12.0),
    ("2019-01-01", "2020-02-28", ever, "NOT_OBTAINED NOT_COVERED"),
]


@pytest.mark.parametrize(("start", "end", "window", "expected"), CUT)
def test_a_window_that_was_not_looked_at_is_not_obtained(start, end, window, expected):
    plain = document(invoices=ROWS) | {"sources": [source("invoices", covers_from=start, covers_until=end)]}
    assert value(Sum(invoices.net_amount, window), plain) == expected


def test_counts_may_ask_for_less():
    plain = document(invoices=ROWS) | {"sources": [source("invoices", covers_from="2019-06-01")]}
    assert value(Count(invoices.tax, months(12)), plain) == "NOT_OBTAINED NOT_COVERED"
    assert value(Count(invoices.tax, months(12), covered=0.7), plain) == 10.0
    assert value(Count(invoices.tax, months(12), covered=0.8), plain) == "NOT_OBTAINED NOT_COVERED"
    # A month outside coverage is unknown, never zero.
    assert value(Count(monthly(invoices.tax), months(12), covered=0.7), plain) == 9.0


def test_without_a_look_up_coverage_begins_with_the_first_row():
    plain = document(invoices=ROWS) | {"sources": []}
    assert value(Count(invoices.tax, days(411)), plain) == 12.0
    assert value(Count(invoices.tax, days(412)), plain) == "NOT_OBTAINED NOT_COVERED"
    assert from_document(application(plain)).notes(0) == ("coverage of invoices assumed from first row",)


def test_without_a_look_up_a_period_is_covered_from_its_first_day():
    rows = [bill("2019-12-17", "2020-01-15", 300.0, "2020-01-25"), bill("2020-01-16", "2020-02-14", 9.0, "2020-02-24")]
    plain = document(utility_bills=rows) | {"sources": []}
    assert from_document(application(plain)).covers("utility_bills")[0] == 18247.0  # 2019-12-17


def test_an_incomplete_look_up_covers_nothing():
    plain = document(invoices=ROWS) | {"sources": [source("invoices", complete=False)]}
    assert value(Count(invoices.tax, days(3)), plain) == "NOT_OBTAINED NOT_COVERED"


def test_two_look_ups_cover_what_both_cover():
    both = [source("invoices", covers_from="2019-01-01"), source("invoices", covers_until="2020-02-10")]
    plain = document(invoices=ROWS) | {"sources": both}
    assert from_document(application(plain)).covers("invoices") == (17897.0, 18303.0)


def test_a_look_up_of_the_future_is_not_known():
    plain = document(invoices=ROWS) | {"sources": [source("invoices", retrieved_at="2021-01-01T00:00:00+08:00")]}
    assert from_document(application(plain)).notes(0)[0] == "coverage of invoices assumed from first row"


def test_what_does_not_concern_the_applicant():
    columns = from_document(application(document(invoices=ROWS)), not_applicable=frozenset({"invoices"}))
    matrix = PLAN.run(columns)
    seen = {int(state) for state, feature in zip(matrix.states[0], FEATURES, strict=True)
            if feature.fact.sections == ("invoices",)}  # fmt: skip
    assert seen == {3}
    assert not np.any(matrix.causes[0][matrix.states[0] == 3])


def test_shortening_the_evidence_never_makes_a_value():
    plain = document(invoices=ROWS, ledger=[]) | {"sources": [source("invoices"), source("ledger")]}
    assert value(Count(ledger.amount, months(3)), plain) == 0.0
    del plain["ledger"]
    assert value(Count(ledger.amount, months(3)), plain) == "NOT_OBTAINED INVALID"  # obtained, but not sent
