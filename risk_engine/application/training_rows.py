"""Rows that only training and validation read; none of them can stand in an application document."""

from __future__ import annotations

from typing import Literal

from risk_engine.application.kinds import Count, Date, Key, Money, Single, Text


class Outcome(Single, frozen=True, kw_only=True):
    """What became of one application."""

    decision: Literal["approved", "declined", "withdrawn", "not_taken_up"]
    declined_by: Literal["policy", "score", "reviewer"] | None = None
    decided_on: Date
    probe: bool = False
    booked_on: Date | None = None
    label: Literal["good", "bad", "indeterminate", "excluded", "immature"] | None = None
    exclusion: Text | None = None
    bad_on: Date | None = None
    exposure_at_default: Money | None = None
    recovered: Money | None = None
    costs: Money | None = None
    observed_until: Date


class PerformanceMonth(Single, frozen=True, kw_only=True):
    """A facility at one month's end."""

    application_id: Key
    obligor_id: Key
    month: Date
    dpd: Count
    overdue: Money
    balance: Money
    undrawn: Money
    scheduled: Money
    paid: Money
    event: Literal["none", "restructured", "written_off", "sold", "prepaid", "closed"]


class ProtectedAttribute(Single, frozen=True, kw_only=True):
    """A protected attribute of an applicant: its own file and right; the service has no code path to it."""

    application_id: Key
    attribute: Key
    value: Text
