"""Outside what the model was built for the answer is refer, and no score is given."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest

from risk_engine.bundle import Scope
from risk_engine.decision.scope import outside_scope
from risk_engine.facts import Fact, Says
from risk_engine.rules import Case, RuleAnswer, Truth
from risk_engine.vocabulary import ReferKind, RiskDirection

SCOPE = Scope(("sme_term_loan",), ("company", "sole_trader"), "CNY", (20_000.0, 5_000_000.0), {"sales": (10.0, 90.0)})
SALES = Fact(name="sales", says=Says("Sales", "销售额"), unit="currency")
INSIDE = Case("sme_term_loan", "company", "new", "CN", "CNY", 100_000.0)


def outside(case, *sales, risk=RiskDirection.NONE):
    """Asked with the sales that lie beyond their range, where they do."""
    return outside_scope(SCOPE, case, [(dataclasses.replace(SALES, risk=risk), value) for value in sales])


def test_inside_there_is_nothing_to_say():
    assert outside(INSIDE) == (None, [])
    for edge in (20_000.0, 5_000_000.0):
        assert outside(msgspec.structs.replace(INSIDE, amount=edge)) == (None, [])


def test_a_number_is_beyond_its_range_past_either_end_and_an_unknown_one_beyond_none(release):
    names, ranges = release.model.names, release.terms.scope.ranges
    for end, past in ((0, -np.inf), (1, np.inf)):
        numbers = np.array([ranges[name][end] for name in names])
        assert beyond(release, numbers) == {}
        further = np.nextafter(numbers, past)
        assert beyond(release, further) == dict(zip(names, further, strict=True))
    assert beyond(release, np.full(len(names), np.nan)) == {}


def beyond(release, numbers):
    """What a release says of one applicant's numbers, given as the model reads them."""
    return {fact.name: value for fact, value in release.beyond(numbers.tolist())}


OUTSIDE = [
    ({"product": "leasing"}, [], "product"),
    ({"applicant_kind": "person"}, [], "applicant_kind"),
    ({"currency": "USD"}, [], "currency"),
    ({"amount": 19_999.99}, [], "amount_requested"),
    ({"amount": 5_000_000.01}, [], "amount_requested"),
    ({}, [9.99], "sales"),
    ({}, [90.01], "sales"),
]


@pytest.mark.parametrize(("case", "sales", "named"), OUTSIDE)
def test_outside_it_refers_and_names_what_is_outside(case, sales, named):
    result, notes = outside(msgspec.structs.replace(INSIDE, **case), *sales)
    assert not notes
    assert (result.result, result.refer_kind, result.reason) == (
        RuleAnswer.REFER,
        ReferKind.JUDGEMENT,
        "outside_model_scope",
    )
    (clause,) = result.clauses
    assert (clause.fact, clause.truth) == (named, Truth.FALSE)
    assert clause.threshold


def test_everything_outside_is_named_at_once():
    case = msgspec.structs.replace(INSIDE, product="leasing", amount=1.0)
    assert [clause.fact for clause in outside(case, 0.0)[0].clauses] == [
        "product",
        "amount_requested",
        "sales",
    ]


# --- in a whole decision


def refers_without_score(answer):
    assert answer.outcome == "refer"
    assert (answer.default_probability, answer.score, answer.grade, answer.price) == (None, None, None, None)
    codes = [reason.code for reason in answer.reasons]
    assert "outside_model_scope" in codes
    assert "insufficient_evidence" not in codes, "evidence was there; only the score is not"
    whole = msgspec.json.decode(answer.to_json())
    (rule,) = [rule for rule in whole["rules"] if rule["id"] == "model_scope"]
    return {clause["fact"] for clause in rule["clauses"]}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"product": "invoice_finance"}, "product"),
        ({"currency": "USD"}, "currency"),
        ({"amount": "5000000.01"}, "amount_requested"),
    ],
)
def test_a_request_outside_is_never_scored(ask, approved, changed, fields, named):
    assert refers_without_score(ask(changed(approved, **fields))) == {named}


def test_an_applicant_outside_is_never_scored(ask, approved, release):
    terms = msgspec.structs.replace(
        release.terms, scope=msgspec.structs.replace(release.terms.scope, applicant_kinds=("sole_trader",))
    )
    answer = ask(approved, release=dataclasses.replace(release, terms=terms))
    assert refers_without_score(answer) == {"applicant_kind"}


BEYOND = [
    (RiskDirection.FALLING, 9.99, "refers"),
    (RiskDirection.FALLING, 90.01, "noted"),
    (RiskDirection.RISING, 9.99, "noted"),
    (RiskDirection.RISING, 90.01, "refers"),
]


@pytest.mark.parametrize(("risk", "sales", "told"), BEYOND)
def test_beyond_the_adverse_end_it_refers_beyond_the_other_it_notes(risk, sales, told):
    result, notes = outside(INSIDE, sales, risk=risk)
    assert (result is not None, bool(notes)) == (told == "refers", told == "noted")


def test_an_applicant_better_than_any_in_training_is_told_so(ask, approved):
    """Ten thousand times the sales of any firm the model has seen: hiding some of them is worth nothing."""
    larger = [msgspec.structs.replace(row, net_amount=row.net_amount * 1e4) for row in approved.invoices]
    answer = ask(msgspec.structs.replace(approved, invoices=larger))
    assert any("sales_invoiced_log_12m is better than in any training row" in note for note in answer.notes)


def test_a_decline_stays_a_decline_outside(ask, approved, changed):
    answer = ask(changed(approved, amount="6000000.00", purpose="real_estate"))
    assert (answer.outcome, answer.score, answer.grade, answer.limit) == ("decline", None, None, None)
    assert [reason.code for reason in answer.reasons] == ["purpose_of_loan"]
