# ruff: noqa: E501 - the table of cases reads better on long lines
"""The ledger's features on a handful of postings, values a person can check; as of 2020-03-01."""

from __future__ import annotations

import pytest

from risk_engine.features import Plan, from_document
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.vocabulary import State
from tests.features.evidence import application, document


def ledger(*postings, start=0.0):
    """Postings of account ``a``, or of ``account``; balances run on by account."""
    rows, balances = [], {}
    for seq, (booked_on, amount, told) in enumerate(postings):
        account = told.get("account", "a")
        balances[account] = balances.get(account, start) + amount
        rows.append({
            "account": account, "seq": seq, "booked_on": booked_on, "amount": amount, "balance": balances[account],
            "counterparty_kind": "company", "category": "sales" if amount > 0 else "supplier",
            "category_source": "provider", "version": "1", **told,
        })  # fmt: skip
    return rows


def measured(name, rows, **sections):
    fact = Plan([CATALOGUE[name]]).run(from_document(application(document(ledger=rows, **sections)))).one(0)[name]
    return fact.plain if fact.state == State.VALUE else fact.state.name


BOUNCED = {"returned_on": "2020-02-12", "return_reason": "insufficient_funds"}
PAID = ("2020-02-10", -500.0, BOUNCED)
SALARY = {"counterparty": "employer", "category": "salary"}
MONTHS = ("2019-09-10", "2019-10-10", "2019-11-10", "2019-12-10", "2020-01-10", "2020-02-10")
PAYDAYS = [(day, 3_000.0, SALARY) for day in MONTHS]
FORTNIGHTS = [(day, 900.0, SALARY) for day in ("2019-09-15", "2019-09-29", "2019-10-13", "2019-10-27", "2019-11-10")]
WEEKS = [(day, 700.0, SALARY) for day in ("2020-01-19", "2020-01-26", "2020-02-02", "2020-02-16", "2020-02-23")]
SALE = ("2020-02-10", 1_000.0, {"counterparty": "x"})

CASES = {
    "a return counts once, its reversal never": ("returned_payment_count_30d", [PAID, ("2020-02-12", 500.0, {"reverses": 0})], 1),
    "fees never count": ("returned_payment_count_30d", [("2020-02-10", -5.0, BOUNCED | {"category": "fee"})], 0),
    "a return for another reason is none": ("returned_payment_count_30d", [("2020-02-10", -5.0, BOUNCED | {"return_reason": "other"})], 0),
    "a return without a reason counts": ("returned_payment_count_30d", [("2020-02-10", -5.0, {"returned_on": "2020-02-12"})], 1),
    "a return is not known before its day": ("returned_payment_count_30d", [("2020-02-10", -5.0, BOUNCED | {"returned_on": "2020-03-01"})], 0),
    "a return counts on its own day": ("returned_payment_count_30d", [("2018-02-10", -5.0, BOUNCED)], 1),
    "days since a return": ("returned_payment_recency_365d", [PAID], 18),
    "no return": ("returned_payment_recency_365d", [SALE], "NONE"),
    "operating inflow": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {})], 3.0),
    "a reversed credit is no inflow": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {}), ("2020-02-11", -999.0, {"reverses": 0})], 0.0),
    "nor is a returned one": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {"returned_on": "2020-02-20"})], 0.0),
    "a loan is no inflow": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {"category": "loan_in"})], 0.0),
    "whatever a lender calls it": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {"counterparty_kind": "lender"})], 0.0),
    "own money is no inflow": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {"counterparty_kind": "own"})], 0.0),
    "a tax rebate is no inflow": ("operating_inflow_log_12m", [("2020-02-10", 999.0, {"category": "tax"})], 0.0),
    "paydays on time": ("payday_missed_count_180d", PAYDAYS, 0),
    "one payday missed": ("payday_missed_count_180d", [*PAYDAYS[:2], *PAYDAYS[3:]], 1),
    "two missed in one gap": ("payday_missed_count_180d", [*PAYDAYS[:3], PAYDAYS[5]], 2),
    "the open gap counts each it swallows": ("payday_missed_count_180d", PAYDAYS[:4], 2),
    "a gap that began before the window does not": ("payday_missed_count_180d", [("2019-06-01", 3_000.0, SALARY), *PAYDAYS], 0),
    "seven days late is on time": ("payday_missed_count_180d", [*FORTNIGHTS[:4], ("2019-11-17", 900.0, SALARY)], 6),
    "sixteen weeks of silence": ("payday_missed_count_180d", FORTNIGHTS, 7),
    "of weekly pay one week left out is one a week late": ("payday_missed_count_180d", WEEKS, 0),
    "three times are no rhythm": ("payday_missed_count_180d", PAYDAYS[:3], "NONE"),
    "an empty ledger has no balance": ("balance_mean_log_180d", [], "NONE"),
    "days below zero by account": ("overdrawn_day_count_90d", [("2020-02-28", -10.0, {}), ("2020-02-27", 900.0, {"account": "b"})], 2),
    "fall from the peak": ("balance_drawdown_180d", [("2019-08-01", 100.0, {}), ("2019-12-01", 300.0, {}), ("2020-01-01", -100.0, {})], 0.25),
    "one payer": ("payer_top1_share_12m", [SALE, ("2020-02-11", 3_000.0, {"counterparty": "y"}), ("2020-02-12", 9_000.0, {})], 0.75),
    "unnamed payers": ("unnamed_payer_share_12m", [SALE, ("2020-02-12", 3_000.0, {})], 0.75),
    "there and back": ("circular_share_180d", [SALE, ("2020-02-17", -960.0, {"counterparty": "x"})], 1.0),
    "back too late": ("circular_share_180d", [SALE, ("2020-02-18", -960.0, {"counterparty": "x"})], 0.0),
    "a debit sends one credit back": ("circular_share_180d", [SALE, SALE, ("2020-02-17", -960.0, {"counterparty": "x"})], 0.5),
    "two debits send two back": ("circular_share_180d", [SALE, SALE, *[("2020-02-17", -960.0, {"counterparty": "x"})] * 2], 1.0),
    "one debit passes two credits on if it suffices": ("pass_through_share_180d", [SALE, SALE, ("2020-02-11", -2_000.0, {})], 1.0),
    "else the first of them": ("pass_through_share_180d", [SALE, SALE, ("2020-02-11", -1_000.0, {})], 0.5),
    "a credit that stays takes nothing from the next": ("pass_through_share_180d", [("2020-02-10", 3_000.0, {}), SALE, ("2020-02-11", -1_000.0, {})], 0.25),
    "passed on by the next day": ("pass_through_share_180d", [SALE, ("2020-02-11", -900.0, {})], 1.0),
    "passed on too late": ("pass_through_share_180d", [SALE, ("2020-02-12", -900.0, {})], 0.0),
    "two lenders and an unnamed one": ("loan_payer_count_90d", [("2020-02-10", 9.0, {"category": "loan_in"} | name) for name in ({"counterparty": "l"}, {"counterparty": "m"}, {}, {})], 3),
    "debt service": ("debt_service_to_inflow_90d", [SALE, ("2020-02-12", -300.0, {"category": "loan_payment"})], 0.3),
    "debt without inflow is the worst": ("debt_service_to_inflow_90d", [("2020-02-12", -300.0, {"category": "loan_payment"})], 3.0),
    "a loan that repays another lender": ("loan_churn_share_180d", [("2020-02-10", 100.0, {"category": "loan_in", "counterparty": "l"}), ("2020-02-13", -40.0, {"category": "loan_payment", "counterparty": "m"})], 0.4),
    "a repayment is rolled over once": ("loan_churn_share_180d", [*[("2020-02-10", 100.0, {"category": "loan_in", "counterparty": "l"})] * 2, ("2020-02-13", -120.0, {"category": "loan_payment", "counterparty": "m"})], 0.6),
    "uncategorised": ("uncategorised_share_12m", [SALE, ("2020-02-12", -250.0, {"category": "other"})], 0.2),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_handful_of_postings(case):
    name, postings, expected = CASES[case]
    assert measured(name, ledger(*postings)) == expected


def account(limit, **told):
    return {
        "account": "a", "institution": "b", "kind": "current", "covers_from": "2019-01-15", "covers_until": "2020-02-29",
        "opening_balance": 0.0, "overdraft_limit": limit, "primary": True, **told,
    }  # fmt: skip


@pytest.mark.parametrize(("limit", "beyond", "used"), [(0.0, 10, 2.0), (50.0, 10, 1.2), (100.0, 0, 0.6)])
def test_an_overdraft_is_read_against_its_limit(limit, beyond, used):
    rows = ledger(("2020-02-20", -60.0, {}))
    assert measured("over_limit_day_count_90d", rows, accounts=[account(limit)]) == beyond
    assert measured("overdraft_use_max_90d", rows, accounts=[account(limit)]) == used


def test_an_overdraft_without_its_limit_is_not_obtained():
    assert measured("over_limit_day_count_90d", ledger(SALE)) == "NOT_OBTAINED"


def test_the_account_read_for_the_shortest_time_sets_the_history():
    later, closed = (
        account(0.0, account="l", covers_from="2019-06-01"),
        account(0.0, account="c", covers_from="2020-01-01", closed_on="2020-02-01"),
    )
    assert measured("account_history_months", [], accounts=[account(0.0)]) == 13
    assert measured("account_history_months", [], accounts=[account(0.0), later]) == 9
    assert measured("account_history_months", [], accounts=[account(0.0), closed]) == 13
    assert measured("account_count", [], accounts=[account(0.0), later, closed]) == 2
