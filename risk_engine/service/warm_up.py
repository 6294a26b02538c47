"""Compiling and loading everything a decision needs before the first caller waits for it."""

from __future__ import annotations

import datetime as dt

from risk_engine.application import decode
from risk_engine.bundle import Release
from risk_engine.decision.underwrite import underwrite

ROUNDS = 3

DOCUMENT = b"""{
  "application": {
    "application_id": "warm-up", "obligor_id": "warm-up", "submitted_at": "2020-03-01T00:00:00+00:00",
    "jurisdiction": "XX", "lender_kind": "other", "product": "warm-up", "customer_kind": "new", "amount": "1",
    "currency": "CNY", "term_months": 1, "repayment": "bullet", "purpose": "other", "channel": "warm-up", "test": true
  },
  "applicant": {
    "kind": "company", "name": "warm-up", "identifier": "warm-up", "region": "XX", "industry": "warm-up",
    "industry_scheme": "nace"
  },
  "invoices": [
    {"invoice_no": "1", "direction": "out", "issued_on": "2000-01-31", "counterparty_kind": "unknown", "net_amount": 1,
     "tax": 0, "voided_on": "2000-02-01"},
    {"invoice_no": "2", "direction": "out", "issued_on": "2000-01-31", "counterparty_kind": "unknown", "net_amount": 1,
     "tax": 0}
  ],
  "ledger": [
    {"account": "warm-up", "seq": 1, "booked_on": "2000-01-31", "amount": 1, "balance": 1, "counterparty_kind": "own",
     "category": "other", "category_source": "engine", "version": "warm-up"}
  ],
  "credit_enquiries": [{"lender": "warm-up", "own": false, "on": "2000-01-31", "reason": "application"}],
  "incomes": [{"kind": "salary", "month": "2000-01-31", "net": 1, "verified": "none"}]
}"""
"""A small whole document with rows to look through. It fits no product, so it is referred; the path is the same."""


def warm_up(release: Release) -> None:
    """Decide a made-up application a few times; nothing is recorded."""
    as_of = dt.datetime.combine(release.effective_from, dt.time(), dt.UTC)  # a day the policy covers
    for _ in range(ROUNDS):
        underwrite(decode(DOCUMENT), release, as_of=as_of, decision_id="warm-up").to_json()
