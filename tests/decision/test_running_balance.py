"""A bank ledger whose balances do not follow from its amounts is not believed, whoever asks."""

from __future__ import annotations

import datetime as dt

import msgspec

from risk_engine.application.evidence_credit import Posting

AMOUNTS = (5_000.0, -1_200.0, 300.0, -80.0)


def with_ledger(one, lift=0.0):
    """The same application with one account's ledger; from the third posting on balances are ``lift`` too high."""
    last = one.application.as_of.date() - dt.timedelta(days=2)
    rows, balance = [], 1_000.0
    for seq, amount in enumerate(AMOUNTS):
        balance += amount + (lift if seq == 2 else 0.0)
        rows.append(
            Posting(
                account="a1", seq=seq, booked_on=last - dt.timedelta(days=30 * (len(AMOUNTS) - seq)), amount=amount,
                balance=balance, counterparty="c", counterparty_kind="company", category="sales",
                category_source="provider", version="1",
            )
        )  # fmt: skip
    looked = [source for source in one.sources if source.section != "ledger"]
    return msgspec.structs.replace(one, ledger=rows, sources=looked)


def test_a_running_balance_that_breaks_refers(ask, approved):
    answer = ask(with_ledger(approved, lift=50_000.0))
    assert answer.outcome == "refer"
    results = {rule.id: rule.result.value for rule in answer.rules}
    assert results["integrity_ledger"] == "refer"
    assert "unreliable_evidence" in [reason.code for reason in answer.reasons]
    assert "ledger contradicts itself" in answer.notes


def test_a_running_balance_that_holds_is_no_reason(ask, approved):
    answer = ask(with_ledger(approved))
    assert "integrity_ledger" not in {rule.id for rule in answer.rules}
    assert "unreliable_evidence" not in [reason.code for reason in answer.reasons]


def test_a_cent_is_rounding_and_a_crown_is_not(ask, approved):
    told = {lift: {rule.id for rule in ask(with_ledger(approved, lift=lift)).rules} for lift in (0.01, 1.0)}
    assert ["integrity_ledger" in told[lift] for lift in (0.01, 1.0)] == [False, True]
