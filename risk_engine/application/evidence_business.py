"""Evidence about the firm: registry, courts, tax, invoices, utilities, premises, accounts filed, staff, visits."""

from __future__ import annotations

from typing import Literal

from risk_engine.application.kinds import (
    Count,
    Date,
    Fraction,
    Key,
    Money,
    MoneyRow,
    MonthEnd,
    Number,
    Row,
    Text,
    Value,
    Year,
)


class IdentityCheck(Row, frozen=True, kw_only=True):
    """One check of who the applicant or a party is."""

    check: Literal["registry_match", "id_document", "liveness", "account_ownership", "phone", "address", "name_match"]
    source: Literal["registry", "tax", "bank", "utility", "document"]
    claimed: Text | None = None
    found: Text | None = None
    similarity: Fraction | None = None
    result: Literal["pass", "fail", "inconclusive"]
    checked_on: Date


class RegistryEvent(MoneyRow, frozen=True, kw_only=True):
    """A change in, or a listing by, the company register."""

    kind: Literal[
        "established",
        "legal_representative",
        "owner",
        "executive",
        "scope",
        "name",
        "address",
        "capital",
        "annual_report",
        "abnormal_list",
        "serious_violation",
        "revoked",
        "equity_pledged",
    ]
    on: Date
    published_on: Date | None = None
    until: Date | None = None
    share: Fraction | None = None
    amount: Money | None = None


class LegalEvent(MoneyRow, frozen=True, kw_only=True):
    """A court case, listing or penalty."""

    kind: Literal[
        "civil_case",
        "enforcement",
        "dishonest",
        "restricted_consumption",
        "equity_frozen",
        "asset_frozen",
        "insolvency",
        "penalty",
        "sanction",
        "pep",
        "adverse_media",
    ]
    role: Literal["plaintiff", "defendant", "debtor", "third"]
    cause: Literal["loan", "sale", "labour", "tort", "other"] | None = None
    authority: Literal["court", "tax", "environment", "safety", "quality", "labour", "other"] | None = None
    match: Literal["exact", "fuzzy"] | None = None
    amount: Money | None = None
    share: Fraction | None = None
    opened_on: Date
    published_on: Date
    closed_on: Date | None = None


class TaxFiling(MoneyRow, frozen=True, kw_only=True):
    """A period of one tax, filed or not: it exists from ``period_end``, what it declares from ``filed_on``.

    A row not yet filed leaves ``tax_due`` out; an amended version carries ``known_at``.
    """

    tax: Literal["vat", "corporate_income", "consumption", "withheld_income", "surcharge", "social_fee", "other"]
    period_start: Date
    period_end: Date
    version: Count = 1
    due_on: Date
    filed_on: Date | None = None
    declared_sales: Money | None = None
    uninvoiced_sales: Money | None = None
    tax_due: Money | None = None
    tax_paid: Money = 0.0
    refund: Money = 0.0
    paid_on: Date | None = None
    deferred_until: Date | None = None
    late_fee: Money = 0.0


class TaxGrade(Row, frozen=True, kw_only=True):
    """The tax authority's yearly grade of the taxpayer."""

    year: Year
    grade: Literal["A", "B", "M", "C", "D"]
    scheme: Text
    published_on: Date


class TaxEvent(MoneyRow, frozen=True, kw_only=True):
    """A notice of the tax authority."""

    kind: Literal["dunning", "inspection", "violation", "abnormal_household"]
    on: Date
    until: Date | None = None
    amount: Money | None = None
    penalty: bool


class Invoice(MoneyRow, frozen=True, kw_only=True):
    """A VAT invoice; amounts are signed, a credit note is negative and names what it reverses."""

    invoice_no: Text
    direction: Literal["in", "out"]
    issued_on: Date
    counterparty: Text | None = None
    counterparty_kind: Literal["company", "person", "unknown"]
    net_amount: Money
    tax: Money
    voided_on: Date | None = None
    reverses: Text | None = None


class UtilityBill(MoneyRow, frozen=True, kw_only=True):
    """A bill of one meter over one period."""

    kind: Literal["electricity", "water", "gas", "heat", "telecom"]
    meter: Text
    period_start: Date
    period_end: Date
    consumption: Number
    unit: Text
    estimated: bool
    amount: Money
    due_on: Date
    paid_on: Date | None = None
    notice_on: Date | None = None
    cut_on: Date | None = None


class Premises(MoneyRow, frozen=True, kw_only=True):
    """A site the firm works from."""

    site: Text
    tenure: Literal["own", "lease", "free"]
    since: Date
    until: Date | None = None
    meter: Text | None = None
    meter_since: Date | None = None
    rent: Money | None = None
    area_m2: Number | None = None
    landlord_related: bool | None = None


class FinancialStatement(MoneyRow, frozen=True, kw_only=True):
    """Accounts of a year or an interim period; a line not stated is left out, never zero."""

    period_end: Date
    months: Count
    audited: bool
    consolidated: bool
    published_on: Date
    sales: Money | None = None
    cost_of_sales: Money | None = None
    ebitda: Money | None = None
    ebit: Money | None = None
    interest: Money | None = None
    tax: Money | None = None
    distributions: Money | None = None
    net_profit: Money | None = None
    operating_cash_flow: Money | None = None
    capex: Money | None = None
    total_assets: Money | None = None
    current_assets: Money | None = None
    cash: Money | None = None
    receivables: Money | None = None
    inventory: Money | None = None
    total_liabilities: Money | None = None
    current_liabilities: Money | None = None
    payables: Money | None = None
    interest_bearing_debt: Money | None = None
    retained_earnings: Money | None = None
    equity: Money | None = None


class SocialInsuranceMonth(MoneyRow, frozen=True, kw_only=True):
    """Social insurance of one month; ``month`` is the last day of the month it describes."""

    month: MonthEnd
    insured_employees: Count
    due: Money
    paid_on: Date | None = None


class SiteVisit(Row, frozen=True, kw_only=True):
    """What a visitor saw."""

    on: Date
    by: Text
    item: Literal["premises", "machines", "stock", "staff", "books", "licence", "other"]
    result: Literal["agrees", "differs", "absent"]
    count: Number | None = None
    note: Text | None = None


class Attribute(Row, frozen=True, kw_only=True):
    """An attribute of the lender's own; no study may read one whose name tells a protected ground."""

    name: Key
    value: Value
