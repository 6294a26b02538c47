"""Whole decisions on the firms of the sample."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from decimal import Decimal

import msgspec
import pytest

from risk_engine.application import Fee, decode, encode
from risk_engine.application.evidence_business import LegalEvent
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import InputFaults
from risk_engine.vocabulary import SEVERITY


def replaced(application, **sections):
    return msgspec.structs.replace(application, **sections)


def test_the_sample_has_every_outcome(answers):
    assert set(Counter(answer.outcome for answer in answers)) == {"approve", "refer", "decline"}


def test_the_same_input_gives_the_same_bytes(sample, answers, ask):
    for one, answer in zip(sample[:10], answers[:10], strict=True):
        assert ask(one).to_json() == answer.to_json()
        assert ask(decode(encode(one))).to_json() == answer.to_json()


def test_the_order_of_rows_changes_nothing(sample, answers, ask):
    looked_at = 0
    for one, answer in zip(sample[:10], answers[:10], strict=True):
        turned = {name: rows[::-1] for name in ("invoices", "ledger") if (rows := one.rows(name))}
        assert ask(replaced(one, **turned)).to_json() == answer.to_json()
        looked_at += len(turned)
    assert looked_at > 10


def test_what_comes_after_the_moment_changes_nothing_but_the_note(sample, answers, ask):
    """Tomorrow's invoices, and one that is void only from tomorrow on."""
    looked_at = 0
    for one, answer in zip(sample[:20], answers[:20], strict=True):
        if not one.invoices:
            continue
        looked_at += 1
        tomorrow = one.application.as_of.date() + dt.timedelta(days=1)
        *rows, last = one.invoices
        rows += [
            msgspec.structs.replace(last, voided_on=last.voided_on or tomorrow),
            *(msgspec.structs.replace(last, invoice_no=f"later-{n}", issued_on=tomorrow) for n in range(3)),
        ]
        told = ask(replaced(one, invoices=rows))
        assert msgspec.structs.replace(told, notes=()).to_json() == msgspec.structs.replace(answer, notes=()).to_json()
        assert set(told.notes) - set(answer.notes)
    assert looked_at >= 10


WITHHOLDING = {
    "invoices": lambda one: replaced(one, invoices=msgspec.UNSET),
    "sources": lambda one: replaced(one, sources=msgspec.UNSET),
    "both": lambda one: replaced(one, invoices=msgspec.UNSET, sources=msgspec.UNSET),
    "rows of invoices": lambda one: replaced(one, invoices=[]),
    "rows of sources": lambda one: replaced(one, sources=[]),
    "rows of invoices, and sources": lambda one: replaced(one, invoices=[], sources=msgspec.UNSET),
}


@pytest.mark.parametrize("what", WITHHOLDING)
def test_withholding_evidence_never_turns_into_an_approval(sample, answers, ask, what):
    withhold = WITHHOLDING[what]
    looked_at = 0
    for one, answer in zip(sample, answers, strict=True):
        if answer.outcome != "approve" and one.invoices:
            looked_at += 1
            assert ask(withhold(one)).outcome != "approve", one.application.application_id
    assert looked_at >= 30


def with_source(one, **changes):
    return replaced(one, sources=[replaced(source, **changes) for source in one.sources])


WORSE_LOOK_UPS = {
    "refused": lambda one: with_source(one, status="refused"),
    "unavailable": lambda one: with_source(one, status="unavailable"),
    "incomplete": lambda one: with_source(one, complete=False),
    "shorter": lambda one: with_source(one, covers_from=one.sources[0].covers_from + dt.timedelta(days=200)),
    "about another party": lambda one: with_source(one, party="p1"),
    "gone": lambda one: replaced(one, sources=msgspec.UNSET),
}


@pytest.mark.parametrize("what", WORSE_LOOK_UPS)
def test_a_worse_look_up_approves_nobody_and_raises_no_limit(sample, answers, ask, what):
    """The rows stay; only what the look-up says of them gets worse. It is not enough to drop it, or to blur it."""
    looked_at = 0
    for one, answer in zip(sample, answers, strict=True):
        if not one.invoices or one.sources[0].covers_from is None:
            continue
        looked_at += 1
        told = ask(WORSE_LOOK_UPS[what](one))
        name = one.application.application_id
        if answer.outcome != "approve":
            assert told.outcome != "approve", name
        if told.limit is not None:
            assert answer.limit is not None or answer.outcome == "decline", name
            assert told.outcome != "approve" or Decimal(told.limit.amount) <= Decimal(answer.limit.amount), name
    assert looked_at >= 30


def test_evidence_unfit_for_a_score_refers_and_does_not_decline(sample, answers, ask):
    """An outage is not information: whoever was not declined on known facts is not declined for it."""
    for one, answer in zip(sample, answers, strict=True):
        if one.invoices and answer.outcome == "approve":
            for what in ("unavailable", "incomplete", "gone"):
                told = ask(WORSE_LOOK_UPS[what](one))
                assert (told.outcome, told.refer_kind, told.score) == ("refer", "information", None), what
                assert [reason.code for reason in told.reasons] == ["insufficient_evidence"]


def test_evidence_that_all_comes_after_the_moment_is_not_zero(approved, release):
    early = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    told = underwrite(approved, release, as_of=early, decision_id="d")
    assert told.features["sales_invoiced_12m"].state == "not_obtained"
    assert told.outcome == "refer"


def test_dropping_a_look_up_that_failed_is_worth_nothing(sample, answers, ask):
    """A refused look-up beside complete rows: without it the rows would speak, with a coverage nobody confirms."""
    for one, answer in zip(sample, answers, strict=True):
        if one.invoices and answer.outcome == "approve":
            refused = with_source(one, status="refused", covers_from=None, covers_until=None)
            assert ask(refused).outcome == "refer"
            assert ask(refused).score is None
            assert ask(replaced(refused, sources=msgspec.UNSET)).outcome == "refer"


def test_where_a_cap_cannot_be_judged_no_limit_is_told(sample, answers, ask):
    """Buyers called private persons make shares unknown; the grade may follow, and with it the cap."""
    for one, answer in zip(sample, answers, strict=True):
        if one.invoices and answer.outcome != "approve":
            private = [replaced(row, counterparty_kind="person") for row in one.invoices]
            told = ask(replaced(one, invoices=private))
            assert told.outcome != "approve", one.application.application_id
            assert told.limit is None or told.score is not None


def test_no_fees_stated_and_sections_nobody_reads_are_told(sample, ask):
    assert any("no fees were stated" in note for note in ask(sample[0]).notes)
    event = LegalEvent(kind="sanction", role="defendant", match="exact", opened_on=dt.date(2020, 1, 1),
                       published_on=dt.date(2020, 1, 2))  # fmt: skip
    notes = ask(replaced(sample[0], legal_events=[event], fees=[])).notes
    assert "legal_events was sent, but nothing in this release reads it" in notes
    assert not any("fees" in note for note in notes)


def test_a_day_the_policy_does_not_cover_is_a_fault(sample, release):
    early = dt.datetime(2012, 5, 1, tzinfo=dt.UTC)
    with pytest.raises(InputFaults, match=r"\$\.application\.as_of: found 2012-05-01, expected a day that policy"):
        underwrite(sample[0], release, as_of=early, decision_id="d")


def test_without_invoices_nobody_is_approved_and_the_reason_is_that(sample, ask):
    for one in sample[:30]:
        for withhold in (WITHHOLDING["invoices"], WITHHOLDING["both"]):
            told = ask(withhold(one))
            assert told.outcome != "approve"
            known = {name for name, held in told.features.items() if held.state == "value"}
            for reason in told.reasons:
                if reason.source.startswith("score: ") and reason.code != "insufficient_evidence":
                    assert known.issuperset(reason.source.removeprefix("score: ").split(", ")), reason


def test_every_answer_says_synthetic(answers):
    assert all(any("synthetic" in note for note in answer.notes) for answer in answers)


def test_a_feature_holds_a_value_or_says_why_not(answers):
    for answer in answers:
        for name, held in answer.features.items():
            assert (held.state == "value") == (held.value is not None), name
            assert (held.state == "not_obtained") == (held.cause is not None), name
            assert held.state in {"value", "none", "not_obtained", "not_applicable"}


def test_every_fact_a_rule_names_is_told(answers, release):
    outcome_facts = {"default_probability", "score", "grade", "limit", "annual_rate", "apr", "instalment"}
    named = set(release.policy.named_facts) - outcome_facts
    read = {fact.name for fact in release.model.facts}
    assert all(set(answer.features) >= named | read for answer in answers)


def test_reasons_are_given_exactly_where_the_applicant_got_less_than_asked(sample, answers):
    for one, answer in zip(sample, answers, strict=True):
        as_requested = answer.outcome == "approve" and Decimal(answer.limit.amount) == one.application.amount
        assert bool(answer.reasons) != as_requested, one.application.application_id
        codes = [reason.code for reason in answer.reasons]
        assert len(codes) == len(set(codes)) <= 4
        assert not set(codes) & {"score_below_cutoff", "limit_below_minimum"}


def test_a_reason_of_a_rule_comes_from_a_rule_that_failed(answers):
    gave = {"approve": {"cap", "approve"}, "refer": {"refer", "cap"}, "decline": {"decline", "cap", "approve"}}
    for answer in answers:
        results = {rule.id: rule.result for rule in answer.rules}
        for reason in answer.reasons:
            kind, _, name = reason.source.partition(" ")
            if kind == "rule":
                assert results[name] in gave[answer.outcome], reason


def test_the_outcome_is_the_worst_of_the_rules(answers):
    for answer in answers:
        worst = max((rule.result.value for rule in answer.rules if rule.result.value in SEVERITY), key=SEVERITY.get)
        assert answer.outcome == worst
        assert (answer.refer_kind is not None) == (answer.outcome == "refer")


def test_a_declined_firm_is_offered_nothing_and_an_approved_one_both(answers):
    for answer in answers:
        if answer.outcome == "decline":
            assert answer.limit is None
            assert answer.price is None
        if answer.outcome == "approve":
            assert Decimal(answer.limit.amount) >= 50_000
            assert 0 < answer.price.annual_rate < answer.price.apr <= 0.24


def test_a_probability_never_stands_alone(answers):
    scored = [answer for answer in answers if answer.score is not None]
    for answer in scored:
        assert answer.default_probability.horizon_months == 12
        assert "90 days past due" in answer.default_probability.bad
        assert answer.grade in "ABCDEFG"
    unscored = [answer for answer in answers if answer.score is None]
    assert unscored
    for answer in unscored:
        assert (answer.default_probability, answer.grade, answer.limit, answer.price) == (None, None, None, None)


def test_a_lower_limit_has_its_cap_and_a_reason(sample, ask, answers, changed):
    """Two fifths of a year's sales asked, by firms that are approved for less."""
    held_by = Counter()
    for one, answer in zip(sample, answers, strict=True):
        if answer.outcome == "approve":
            sales = answer.features["sales_invoiced_12m"].value
            told = ask(changed(one, amount=f"{min(sales * 0.4, 4_000_000):.2f}"))
            if told.outcome == "approve":
                held_by[told.limit.binding_cap] += 1
                assert Decimal(told.limit.amount) % 1000 == 0
                assert Decimal(told.limit.amount) <= Decimal(sales) * Decimal("0.3")
                assert told.reasons
    assert set(held_by) >= {"limit_to_sales", "limit_by_grade"}
    assert "requested" not in held_by


def test_a_cap_too_low_for_the_product_declines_by_what_holds_it(ask, approved):
    """A few small sales: the limit they carry is below the product's minimum, and that is not how it is told."""
    sales = ask(approved).features["sales_invoiced_12m"].value
    small = [
        msgspec.structs.replace(row, net_amount=row.net_amount * 120_000 / sales, tax=0.0) for row in approved.invoices
    ]
    answer = ask(replaced(approved, invoices=small))
    assert answer.outcome == "decline"
    codes = [reason.code for reason in answer.reasons]
    assert codes[0] == "low_turnover"
    assert "limit_below_minimum" not in codes


def test_a_request_below_the_minimum_is_told_once(ask, approved, changed):
    answer = ask(changed(approved, amount="49999.99"))
    assert [reason.code for reason in answer.reasons] == ["outside_product"]


def test_what_the_price_is_made_of_adds_up(ask, approved):
    fees = [
        Fee(payee="lender", kind="origination", amount=Decimal("1500.00"), when="upfront", mandatory=True),
        Fee(payee="platform", kind="service", rate=0.005, when="financed", mandatory=True),
        Fee(payee="platform", kind="service", amount=Decimal("90.00"), when="upfront", mandatory=False),
    ]
    plain, charged = ask(approved).price, ask(replaced(approved, fees=fees)).price
    optional_only = ask(replaced(approved, fees=fees[2:])).price
    assert plain.parts == {"interest": plain.apr, "fees": 0.0}
    assert charged.parts["interest"] == plain.apr
    assert charged.parts["fees"] > 0.005
    assert optional_only.apr == plain.apr
    for price in (plain, charged):
        assert sum(price.parts.values()) == pytest.approx(price.apr, abs=1e-9)
        assert Decimal(price.instalment) > 0


def test_a_cost_over_the_cap_declines(ask, approved):
    dear = [Fee(payee="platform", kind="guarantee", rate=0.2, when="upfront", mandatory=True)]
    answer = ask(replaced(approved, fees=dear))
    assert (answer.outcome, answer.price, answer.limit) == ("decline", None, None)
    assert [reason.code for reason in answer.reasons] == ["cost_above_cap"]


def test_a_fee_that_eats_the_loan_is_an_answer(ask, approved):
    """Nothing is paid out: the yearly cost is infinite, which JSON cannot say."""
    all_of_it = [Fee(payee="platform", kind="guarantee", rate=1.0, when="upfront", mandatory=True)]
    answer = ask(replaced(approved, fees=all_of_it))
    assert answer.outcome == "decline"
    assert [reason.code for reason in answer.reasons] == ["cost_above_cap"]
    assert not re.search(rb"\binf(inity)?\b", answer.to_json().lower())
    assert msgspec.json.decode(answer.to_json())["outcome"] == "decline"


def test_evidence_that_contradicts_itself_refers(ask, approved):
    """The same invoices once more under the same numbers, with other buyers."""
    twice = [msgspec.structs.replace(row, row_id=f"again-{n}", counterparty=f"other-{n}")
             for n, row in enumerate(approved.invoices)]  # fmt: skip
    answer = ask(replaced(approved, invoices=[*approved.invoices, *twice]))
    assert answer.outcome != "approve"
    results = {rule.id: rule.result.value for rule in answer.rules}
    assert results["integrity_invoices"] == "refer"
    assert answer.features["sales_invoiced_12m"].cause == "invalid"


@pytest.mark.parametrize("value", ["abc", -5.0, 101.0])
def test_a_value_that_cannot_be_refers_where_the_model_reads_it(ask, approved, value):
    """Beyond training's worst it refers too: an impossible value must not do better."""
    assert ask(approved).outcome == "approve"
    rows = [
        msgspec.structs.replace(row, value=value) if row.name == "relationship_points" else row
        for row in approved.attributes
    ]
    answer = ask(replaced(approved, attributes=rows))
    assert (answer.outcome, answer.score) == ("refer", None)
    assert [reason.code for reason in answer.reasons] == ["unreliable_evidence"]
    told = next(rule for rule in answer.rules if rule.id == "integrity_relationship_points")
    assert (told.result, told.requests) == ("refer", ("attributes",))


def test_stale_evidence_refers_for_information(ask, approved):
    later = approved.application.as_of + dt.timedelta(days=300)
    answer = ask(approved, as_of=later)
    assert answer.outcome != "approve"
    assert {rule.id: rule.result.value for rule in answer.rules}["evidence_invoices"] == "refer"


def test_versions_name_what_decided(answers, release):
    assert {answer.versions.release for answer in answers} == {release.id}
    versions = answers[0].versions
    assert (versions.model, versions.policy) == (release.model_id, release.policy_id)
    assert versions.engine
    assert versions.schema
    assert versions.kernels
