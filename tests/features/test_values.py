"""What expressions are worth: small documents, values a person can check."""

from __future__ import annotations

import math

import pytest

from risk_engine.features.language import (
    FALLING,
    RISING,
    ArgMax,
    Count,
    Last,
    LongestRun,
    Max,
    Mean,
    Min,
    Quantile,
    Slope,
    Std,
    Sum,
    Top,
    absolute,
    ago,
    applicant,
    application,
    attribute,
    bills,
    by,
    daily,
    date_of,
    days,
    days_left_in_month,
    ever,
    filings,
    fill,
    gaps,
    invoices,
    ledger,
    log,
    log10,
    maximum,
    minimum,
    monthly,
    months,
    months_since,
    now,
    past_months,
    payables,
    pending,
    previous,
    when,
)  # fmt: skip
from tests.application.documents import minimal_document
from tests.features.evidence import document, invoice, source
from tests.features.measure import measured, value

AMOUNTS = [(1, "2020-02-28", 10.0), (2, "2020-02-10", 20.0), (3, "2020-01-31", 30.0), (4, "2019-12-31", 40.0),
           (5, "2019-03-01", 50.0), (6, "2019-02-28", 60.0)]  # fmt: skip
SALES = document(
    invoices=[
        *(invoice(*told, counterparty="bd"[told[0] % 2]) for told in AMOUNTS),
        invoice(7, "2020-02-20", 7.0, direction="in", counterparty="z"),
    ]
)
out = when(invoices.direction == "out", invoices.net_amount)
month = monthly(out)

REDUCED = [
    (Sum(out, days(29)), 30.0),  # from 1 February
    (Sum(out, days(30)), 30.0 + 30.0),
    (Sum(out, months(1)), 30.0),
    (Sum(out, months(12)), 150.0),
    (Sum(out, past_months(12)), 150.0),
    (Sum(out, ever), 210.0),
    (Count(out, ever), 6.0),
    (Count(invoices.direction == "in", ever), 1.0),
    (Mean(invoices.direction == "in", ever), 1 / 7),
    (Count(~(invoices.direction == "in"), ever), 6.0),
    (Mean(out, ever), 35.0),
    (Std(out, months(1)), math.sqrt(50)),
    (Min(out, ever), 10.0),
    (Max(out, ever), 60.0),
    (Last(out, ever), 10.0),
    (Quantile(out, 0.5, ever), 35.0),
    (Quantile(out, 0.1, ever), 15.0),
    (Top(out, 2, ever), 110.0),
    (Top(out, 99, months(1)), 30.0),
    (Slope(month, months(3)), -5.0),  # 40, 30, 30
    (Sum(month, months(3)), 100.0),
    (Count(month, months(12)), 12.0),
    (Count(monthly(out, empty=None), months(12)), 4.0),
    (LongestRun(month == 0, months(12)), 8.0),  # April to November
    (LongestRun(out > 25, ever), 4.0),  # the purchase between them is passed over
    (LongestRun(out > 99, ever), 0.0),
    (LongestRun(when(out < 0, out) < 1, ever), "NONE"),
    (LongestRun(monthly(when(out < 0, out), empty=None) == 0, months(12)), "NONE"),
    (LongestRun(monthly(when(out < 0, out)) == 0, months(12)), 12.0),
    (Count(by(invoices.counterparty, out), ever), 2.0),
    (Max(by(invoices.counterparty, out), ever), 120.0),  # b: 20, 40, 60
    (Sum(when(invoices.counterparty == ArgMax(by(invoices.counterparty, out), ever), out), ever), 120.0),
    (Max(gaps(out), ever), 305.0),
    (Max(gaps(out, ends=True), days(60)), 30.0),  # 1 January to 31 January
    (Sum(gaps(out, ends=True), days(60)), 60.0),
    (Max(date_of(gaps(out)) - date_of(gaps(out)), ever), 0.0),
    (ago(months(1), Sum(out, months(1))), 30.0),
    (ago(months(12), Sum(out, ever)), 60.0),
    (Sum(month / ago(months(1), month), months(2)), 1.0 + 0.75),
    (Sum(when(days_left_in_month(date_of(month)) == 30, month), months(3)), 70.0),  # December and January have 31 days
    (Mean(now - invoices.issued_on, days(2)), 2.0),
    (Sum(previous(out), ever), 60.0 + 50 + 40 + 30 + 20 + 20),  # the purchase, too, comes after a sale of 20
    (Sum(previous(out, by=invoices.counterparty), ever), 60.0 + 50 + 40 + 30),
    (Sum(out * 2 - out / 2, months(1)), 45.0),
    (Sum(out / (out - 10), months(1)), 2.0),  # 10 / 0 is not counted
    (Sum(minimum(out, 15) + maximum(out, 15), months(1)), 25.0 + 35.0),
    (Sum(absolute(-out), months(1)), 30.0),
    (Sum(log10(out), days(3)), 1.0),
    (Sum(log(out - 10), days(3)), 0.0),
    (Count(fill(out, 0), ever), 7.0),
    (Sum(invoices.direction.is_in(("in", "out")), ever), 7.0),
    (months_since(Min(invoices.issued_on, ever)), 12.0),
    (application.amount / 1000, 250.0),
    (application.term_months * 2, 24.0),
    (application.purpose == "working_capital", 1.0),
    (application.purpose.is_in(("tax", "vehicle")), 0.0),
    (application.revolving, 0.0),
    (when(application.term_months > 6, application.term_months), 12.0),
    (when(application.term_months > 60, application.term_months), "NONE"),
    (fill(when(application.term_months > 60, application.term_months), 5), 5.0),
]


@pytest.mark.parametrize(("expression", "expected"), REDUCED, ids=[str(told) for told, _ in REDUCED])
def test_values(expression, expected):
    found = value(expression, SALES)
    assert found == (expected if isinstance(expected, str) else pytest.approx(expected, abs=1e-9))


EMPTY = document(invoices=[])
NONE_OF = [
    Mean, Std, Min, Max, Last, Slope, lambda x, w: Quantile(x, 0.5, w), lambda x, w: Top(x, 1, w),
    lambda x, w: LongestRun(x > 0, w),
]  # fmt: skip


@pytest.mark.parametrize("reduce", NONE_OF)
def test_an_empty_section_has_none(reduce):
    assert value(reduce(invoices.net_amount, ever), EMPTY) == "NONE"
    assert value(reduce(invoices.net_amount, months(12)), EMPTY) == "NONE"


@pytest.mark.parametrize("reduce", [Count, Sum])
def test_counts_and_sums_of_an_empty_section_are_zero(reduce):
    assert value(reduce(invoices.net_amount, months(12)), EMPTY) == 0.0


@pytest.mark.parametrize("reduce", [Count, Sum, *NONE_OF])
def test_missing_is_never_zero(reduce):
    assert value(reduce(invoices.net_amount, months(12)), minimal_document()) == "NOT_OBTAINED NOT_REQUESTED"
    assert value(reduce(invoices.net_amount, months(12)) * 0, minimal_document()) == "NOT_OBTAINED NOT_REQUESTED"
    assert value(fill(reduce(invoices.net_amount, months(12)), 0), minimal_document()) == "NOT_OBTAINED NOT_REQUESTED"


@pytest.mark.parametrize("status", ["refused", "unavailable", "no_record", "not_requested"])
def test_the_cause_is_kept(status):
    plain = minimal_document() | {"sources": [source("invoices", status=status)]}
    assert value(Count(invoices.tax, ever), plain) == f"NOT_OBTAINED {status.upper()}"
    # Rows beside a look-up that says it got none are not believed.
    assert value(Count(invoices.tax, ever), SALES | {"sources": plain["sources"]}) == f"NOT_OBTAINED {status.upper()}"


def test_the_greatest_state_wins():
    none, missing = Mean(invoices.tax, ever), Mean(ledger.amount, ever)
    assert value(none + missing, EMPTY) == "NOT_OBTAINED NOT_REQUESTED"
    assert value(none + 1, EMPTY) == "NONE"


def test_a_value_that_was_not_obtained_taints_the_rows_it_is_compared_with():
    assert value(Count(out > Mean(ledger.amount, ever), ever), SALES) == "NOT_OBTAINED NOT_REQUESTED"
    assert value(Count(out > Mean(when(out < 0, out), ever), ever), SALES) == 0.0


ONE, ZERO = Sum(out, months(1)) / 30, Sum(when(out < 0, out), ever)
PATHOLOGIES = [
    # expression, direction, value, clipped
    (ZERO / ZERO, RISING, "NONE", False),
    (ONE / ZERO, RISING, 9.0, True),
    (ONE / ZERO, FALLING, -9.0, True),
    (ONE / ZERO, "none", "NONE", False),
    (ONE / (ZERO - 1), RISING, 9.0, True),
    (ZERO / (ZERO - 1), RISING, 9.0, True),
    (-ONE / (ZERO - 1), RISING, 9.0, True),
    (1 - ONE / ZERO, RISING, 9.0, True),
    (ONE / ZERO + Mean(when(out < 0, out), ever), RISING, "NONE", False),
    (fill(ONE / ZERO, 3), RISING, 9.0, True),
    (log10(ZERO), FALLING, -9.0, True),
    (ONE / -2, RISING, -0.5, False),
    (ONE * 100, RISING, "NOT_OBTAINED INVALID", False),
]


@pytest.mark.parametrize(("expression", "risk", "expected", "clipped"), PATHOLOGIES, ids=range(len(PATHOLOGIES)))
def test_pathologies_are_declared(expression, risk, expected, clipped):
    assert value(expression, SALES, risk=risk, range=(-9, 9)) == expected
    assert bool(measured(expression, SALES, risk=risk, range=(-9, 9)).clipped[0, 0]) is clipped


def test_clip_is_extreme_but_true_and_ends_the_adverse_way():
    matrix = measured(ONE * 5, SALES, range=(0, 1000), clip=(0, 3))
    assert matrix.values[0, 0] == 3.0
    assert matrix.clipped[0, 0]
    assert value(ONE / ZERO, SALES, risk=RISING, range=(0, 1000), clip=(0, 3)) == 3.0


@pytest.mark.parametrize(("number", "decimals", "expected"), [
    (0.125, 2, 0.12), (0.375, 2, 0.38), (2.5, 0, 2.0), (3.5, 0, 4.0), (-2.5, 0, -2.0), (1e300, 2, 1e300),
    (-0.1, 0, 0.0),
])  # fmt: skip
def test_rounded_once_half_to_even(number, decimals, expected):
    found = value(application.term_months / 12 * number, minimal_document(), decimals=decimals)
    assert found == expected
    assert math.copysign(1, found) == math.copysign(1, expected)


def test_windows_on_another_date():
    items = [
        {"counterparty": "s", "reason": "goods", "incurred_on": "2019-01-10", "due_on": due, "amount": amount}
        for due, amount in [("2020-02-10", 1.0), ("2020-01-15", 2.0), ("2020-06-01", 4.0), ("2020-02-20", 8.0)]
    ]
    plain = document(payables=items)
    assert value(Sum(payables.amount, months(1), on=payables.due_on), plain) == 9.0
    assert value(Last(payables.amount, months(2), on=payables.due_on), plain) == 8.0
    assert value(Sum(payables.amount, ever, on=payables.due_on), plain) == 11.0
    assert value(Sum(payables.amount, months(2)), plain) == 0.0


def test_pending_moves_with_now():
    plain = document(invoices=[invoice(1, "2018-05-05", 5.0, voided_on="2019-06-01")])
    valid = when(pending(invoices.issued_on, invoices.voided_on), invoices.net_amount)
    assert value(Sum(valid, ever), plain) == 0.0
    assert value(ago(months(12), Sum(valid, ever)), plain) == 5.0
    assert value(ago(months(24), Sum(valid, ever)), plain) == 0.0


def posting(account, seq, booked_on, balance, amount=0.0):
    return {
        "account": account, "seq": seq, "booked_on": booked_on, "amount": amount, "balance": balance,
        "counterparty_kind": "company", "category": "other", "category_source": "engine", "version": "1",
    }  # fmt: skip


def test_day_end_levels_are_carried_forward_and_summed_over_accounts():
    plain = document(ledger=[
        posting("a", 2, "2020-02-26", 7.0, 2.0), posting("a", 1, "2020-02-26", 5.0),
        posting("b", 9, "2020-02-28", 100.0),
    ])  # fmt: skip
    level = daily(ledger.balance, per=ledger.account)
    # 25 nothing yet, 26 and 27: 7, 28 and 29: 107
    assert value(Count(level, days(5)), plain) == 4.0
    assert value(Sum(level, days(5)), plain) == 7.0 + 7.0 + 107.0 + 107.0
    assert value(Last(daily(ledger.balance), days(5)), plain) == 100.0
    assert value(Mean(level, days(2)), plain) == 107.0  # set before the window


def bill(start, end, consumption, due_on, **more):
    return {
        "kind": "electricity", "meter": "m", "period_start": start, "period_end": end, "consumption": consumption,
        "unit": "kWh", "estimated": False, "amount": 1.0, "due_on": due_on, **more,
    }  # fmt: skip


def test_a_bill_is_spread_over_the_days_it_covers():
    plain = document(utility_bills=[
        bill("2019-12-17", "2020-01-15", 300.0, "2020-01-25"), bill("2020-01-16", "2020-02-29", 450.0, "2020-02-29"),
    ])  # fmt: skip
    spread = monthly(bills.consumption, spread=(bills.period_start, bills.period_end))
    assert value(Last(spread, months(2)), plain) == pytest.approx(290.0)  # 29 days of February
    assert value(Sum(spread, months(2)), plain) == pytest.approx(150.0 + 450.0)
    assert value(Count(monthly(bills.consumption, empty=None), months(3)), plain) == 2.0


def test_complete_months_of_periods_end_with_the_last_period_due():
    def filing(month, due_on):
        return {
            "tax": "vat", "period_start": f"2020-{month:02d}-01", "period_end": ["2020-01-31", "2020-02-29"][month - 1],
            "due_on": due_on, "filed_on": due_on, "declared_sales": 10.0 * month, "tax_due": 0.0,
        }  # fmt: skip

    due = document(tax_filings=[filing(1, "2020-02-15"), filing(2, "2020-02-29")])
    undue = document(tax_filings=[filing(1, "2020-02-15"), filing(2, "2020-03-15")])
    missing = document(
        tax_filings=[{**filing(1, "2020-02-15"), "period_start": "2019-10-01", "period_end": "2019-10-31"}]
    )
    sales = Sum(filings.declared_sales, months(1))
    assert value(sales, due) == 20.0
    assert value(sales, undue) == 10.0
    assert value(sales, missing) == 0.0  # a period so late is missing, not undue


def test_attributes_of_the_lender():
    rows = [
        {"name": "age", "value": 30, "known_at": "2020-01-01T00:00:00+08:00"},
        {"name": "age", "value": 31, "known_at": "2020-02-01T00:00:00+08:00"},
        {"name": "age", "value": 99, "known_at": "2020-04-01T00:00:00+08:00"},
        {"name": "own", "value": True},
        {"name": "job", "value": "skilled"},
        {"name": "told", "value": "28"},
        {"name": "endless", "value": "1e999"},
    ]
    plain = minimal_document() | {"attributes": rows}
    assert value(attribute("age"), plain) == 31.0
    assert value(attribute("own"), plain) == 1.0
    assert value(attribute("told"), plain) == 28.0
    assert value(attribute("job", words=("none", "skilled")), plain) == 1.0
    assert value(attribute("job", words=("none",)), plain) == "NOT_OBTAINED INVALID"
    assert value(attribute("job"), plain) == "NOT_OBTAINED INVALID"
    assert value(attribute("endless"), plain) == "NOT_OBTAINED INVALID"
    assert value(attribute("absent"), plain) == "NONE"
    plain["sources"] = [source("attributes", status="refused")]
    assert value(attribute("age"), plain) == "NOT_OBTAINED REFUSED"
    assert value(attribute("age"), minimal_document()) == "NOT_OBTAINED NOT_REQUESTED"
    assert value(attribute("age"), minimal_document() | {"attributes": []}) == "NONE"
    assert value(attribute("age"), minimal_document() | {"attributes": rows[2:3]}) == "NOT_OBTAINED NOT_REQUESTED"


def test_what_the_applicant_left_out_was_not_obtained():
    assert value(months_since(applicant.established_on), minimal_document()) == "NOT_OBTAINED NOT_REQUESTED"


def test_rows_about_other_parties_are_theirs():
    party = {"party": "G", "role": "guarantor", "kind": "company", "name": "G", "identifier": "91110000600037341L"}
    rows = [invoice(1, "2020-02-01", 5.0), invoice(2, "2020-02-02", 70.0, party="G"),
            invoice(3, "2020-02-03", 1.0, party="applicant")]  # fmt: skip
    plain = document(invoices=rows) | {"parties": [party]}
    assert value(Sum(invoices.net_amount, ever), plain) == 6.0
