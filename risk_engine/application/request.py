"""Who asks for what, and who else stands in the case: request, applicant, parties, consents, look-ups."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from risk_engine.application.kinds import (
    ApplicantKind,
    Count,
    Date,
    DecimalText,
    Fraction,
    Heads,
    Key,
    Money,
    MoneyRow,
    Repayment,
    Row,
    Single,
    Term,
    Text,
    Texts,
    Timestamp,
)

Purpose = Literal[
    "working_capital",
    "equipment",
    "inventory",
    "renovation",
    "vehicle",
    "real_estate",
    "refinancing",
    "tax",
    "education",
    "medical",
    "travel",
    "consumption",
    "other",
]


class Request(Single, frozen=True, kw_only=True):
    """The request: what is asked for, by whom and when."""

    application_id: Key
    obligor_id: Key
    previous_application_id: Key | None = None
    submitted_at: Timestamp
    completed_at: Timestamp | None = None
    as_of: Timestamp | None = None
    jurisdiction: Key
    lender_kind: Literal["bank", "consumer_finance", "micro_lender", "facilitated", "other"]
    product: Key
    customer_kind: Literal["new", "existing", "renewal", "top_up"]
    amount: DecimalText
    currency: Text
    term_months: Term
    revolving: bool = False
    repayment: Repayment
    first_due_on: Date | None = None
    purpose: Purpose
    purpose_text: Text | None = None
    channel: Text
    intermediary: Text | None = None
    test: bool = False


class Fee(Row, frozen=True, kw_only=True):
    """A charge in the all-in cost: an amount or a rate, never both."""

    payee: Literal["lender", "platform", "guarantor", "insurer", "broker", "other"]
    kind: Text
    amount: DecimalText | None = None
    rate: Fraction | None = None
    when: Literal["upfront", "financed", "periodic"]
    mandatory: bool


class Applicant(Single, frozen=True, kw_only=True):
    """The borrower. A firm states its industry, a person the birth date (for rules only; not beside a pseudonym)."""

    kind: ApplicantKind
    name: Text
    identifier: Key
    entity_kind: (
        Literal["limited", "joint_stock", "partnership", "cooperative", "individual_business", "branch", "other"] | None
    ) = None
    registry_status: Literal["active", "suspended", "liquidation", "revoked", "cancelled"] | None = None
    established_on: Date | None = None
    industry: Text | None = None
    industry_scheme: Literal["gbt4754", "nace", "naics"] | None = None
    business_scope: Text | None = None
    scope_codes: Texts = field(default_factory=list)
    region: Text
    taxpayer_kind: Literal["general", "small_scale", "none"] | None = None
    vat_frequency: Literal["month", "quarter"] | None = None
    registered_capital: Money | None = None
    paid_in_capital: Money | None = None
    employees: Count | None = None
    birth_date: Date | None = None
    household_size: Heads | None = None
    dependants: Count | None = None
    housing: Literal["own", "mortgage", "rent", "family"] | None = None
    residence_since: Date | None = None


class Party(Row, frozen=True, kw_only=True):
    """Somebody else in the case; other rows refer to it by ``party``."""

    party: Key
    role: Literal[
        "co_borrower",
        "legal_representative",
        "controller",
        "owner",
        "guarantor",
        "spouse",
        "executive",
        "related_firm",
    ]
    kind: ApplicantKind
    name: Text
    identifier: Key
    birth_date: Date | None = None
    role_since: Date | None = None
    industry_since: Date | None = None
    net_worth: Money | None = None
    guarantees_outstanding: Money | None = None
    default_probability: Fraction | None = field(name="pd", default=None)


class Relation(Row, frozen=True, kw_only=True):
    """An edge between two parties (``applicant`` is the borrower)."""

    from_: Key = field(name="from")
    to: Key
    kind: Literal["owns", "represents", "controls", "guarantees", "family", "trades", "shares_contact"]
    share: Fraction | None = None
    indirect: bool = False
    since: Date | None = None
    until: Date | None = None


class RelatedFirm(MoneyRow, frozen=True, kw_only=True):
    """The state of a related firm on the day it was looked at."""

    party: Key
    abnormal: bool
    serious_violation: bool
    dishonest: bool
    restricted: bool
    enforcement_open: Money
    past_due: bool
    observed_on: Date


class LinkedApplication(Row, frozen=True, kw_only=True):
    """A contact detail of this case seen in another application; only its digest is sent."""

    contact: Literal["phone", "address", "device", "account", "representative"]
    digest: Key
    application: Key
    on: Date


class Consent(Row, frozen=True, kw_only=True):
    """A permission to look up or to decide."""

    scope: Literal["bureau", "tax", "bank", "biometric", "automated_decision", "cross_border"]
    granted_on: Timestamp
    expires_on: Date | None = None
    withdrawn_on: Timestamp | None = None
    evidence: Text


class Source(Row, frozen=True, kw_only=True):
    """One look-up: what a section's provider returned, which period it covers and how many rows it gave."""

    section: Key
    provider: Text
    status: Literal["obtained", "not_requested", "refused", "unavailable", "no_record"]
    retrieved_at: Timestamp
    covers_from: Date | None = None
    covers_until: Date | None = None
    complete: bool
    row_count: Count | None = None
    consent: Text | None = None
