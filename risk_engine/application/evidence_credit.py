"""Evidence about money and credit: accounts, ledger, open items, credit lines, support, incomes, exposure."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from risk_engine.application.kinds import (
    Count,
    Date,
    Fraction,
    Integer,
    Key,
    Money,
    MoneyRow,
    MonthEnd,
    Repayment,
    Row,
    Text,
    Timestamp,
    Verified,
)


class Account(MoneyRow, frozen=True, kw_only=True):
    """An account whose ledger was read, and the period that was read: one row an account."""

    account: Text
    institution: Text
    kind: Literal["current", "savings", "wallet", "acquirer", "escrow"]
    opened_on: Date | None = None
    closed_on: Date | None = None
    covers_from: Date
    covers_until: Date
    opening_balance: Money
    overdraft_limit: Money
    primary: bool


class Posting(MoneyRow, frozen=True, kw_only=True):
    """A posting on an account; credit is positive."""

    account: Text
    seq: Integer
    booked_on: Date
    booked_at: Timestamp | None = None
    amount: Money
    balance: Money
    counterparty: Text | None = None
    counterparty_kind: Literal["own", "related", "company", "person", "lender", "government", "cash", "unknown"]
    category: Literal[
        "sales",
        "salary",
        "loan_in",
        "loan_payment",
        "fee",
        "fee_refund",
        "refund",
        "tax",
        "tax_rebate",
        "equity",
        "rent",
        "utility",
        "payroll",
        "supplier",
        "insurance",
        "cash",
        "gambling",
        "crypto",
        "securities",
        "property",
        "transfer",
        "other",
    ]
    category_source: Literal["provider", "lender", "engine"]
    version: Text
    returned_on: Date | None = None
    return_reason: Literal["insufficient_funds", "other"] | None = None
    reverses: Integer | None = None


class OpenItem(MoneyRow, frozen=True, kw_only=True):
    """A payable or receivable of the last 24 months, open or settled."""

    counterparty: Text
    reason: Literal["goods", "services", "rent", "wages", "loan", "tax", "other"]
    incurred_on: Date
    due_on: Date
    settled_on: Date | None = None
    amount: Money
    settled_amount: Money = 0.0
    disputed_on: Date | None = None


class CreditLine(MoneyRow, frozen=True, kw_only=True):
    """A tradeline as it stood on ``observed_on``."""

    line: Key
    lender: Text
    own: bool
    kind: Literal[
        "card",
        "overdraft",
        "working_capital",
        "mortgage",
        "vehicle",
        "equipment",
        "consumer",
        "bnpl",
        "advance",
        "guarantee",
        "other",
    ]
    revolving: bool = False
    secured: bool
    opened_on: Date
    matures_on: Date | None = None
    closed_on: Date | None = None
    limit: Money | None = None
    balance: Money
    monthly_payment: Money
    repayment: Repayment
    restructured_on: Date | None = None
    class_: Literal["normal", "watch", "substandard", "doubtful", "loss"] | None = field(name="class", default=None)
    current_dpd: Count
    worst_dpd_24m: Count | None = None
    months_past_due_24m: Count | None = None
    last_past_due_on: Date | None = None
    observed_on: Date


class CreditMonth(MoneyRow, frozen=True, kw_only=True):
    """A line in one month; ``month`` is the last day of the month it describes."""

    line: Key
    month: MonthEnd
    dpd: Count
    balance: Money
    limit: Money | None = None
    due: Money | None = None
    paid: Money | None = None


class CreditEnquiry(Row, frozen=True, kw_only=True):
    """Somebody asked the bureau."""

    lender: Text
    own: bool
    on: Date
    reason: Literal["application", "guarantee", "review", "self"]


class Guarantee(MoneyRow, frozen=True, kw_only=True):
    """Support received; ``provider`` is the party that gives it."""

    guarantee: Key
    kind: Literal[
        "person",
        "company",
        "guarantee_company",
        "real_estate",
        "vehicle",
        "equipment",
        "inventory",
        "receivables",
        "shares",
        "deposit",
        "policy",
    ]
    provider: Key
    eligible: bool | None = None
    verified_on: Date | None = None
    verified_with: Text | None = None
    covered_amount: Money
    market_value: Money | None = None
    appraised_on: Date | None = None
    appraiser: Text | None = None
    prior_liens: Money
    lien_rank: Count | None = None
    index_region: Text | None = None
    collateral_industry: Text | None = None
    ownership_overlap: Fraction | None = None
    expires_on: Date | None = None


class GuaranteeGiven(MoneyRow, frozen=True, kw_only=True):
    """Support the applicant gives to somebody else's debt."""

    debtor: Text
    amount: Money
    outstanding: Money
    since: Date
    until: Date | None = None
    debtor_dpd: Count | None = None
    debtor_listed: bool | None = None
    observed_on: Date


class Income(MoneyRow, frozen=True, kw_only=True):
    """Income of one month from one source; ``month`` is the last day of the month.

    Equal payments of one month from one source are told as one row: the same row again contradicts itself.
    """

    kind: Literal["salary", "business", "pension", "rent", "benefit", "other"]
    month: MonthEnd
    gross: Money | None = None
    net: Money
    verified: Verified
    employer: Text | None = None
    employed_since: Date | None = None


class Outgoing(MoneyRow, frozen=True, kw_only=True):
    """A regular outgoing of a person."""

    kind: Literal["rent", "mortgage", "living", "maintenance", "insurance", "other"]
    monthly: Money
    verified: Verified


class Facility(MoneyRow, frozen=True, kw_only=True):
    """Our own exposure to the obligor and the group."""

    facility: Key
    product: Key
    opened_on: Date
    matures_on: Date | None = None
    limit: Money
    outstanding: Money
    undrawn: Money
    dpd: Count
    worst_dpd_12m: Count
    renewals: Count
    restructured_on: Date | None = None
    observed_on: Date
