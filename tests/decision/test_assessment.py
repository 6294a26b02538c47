"""What the applicant can afford: identities first, then whole decisions on made-up persons."""

from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.application import Consent, Fee
from risk_engine.application.request import Party
from risk_engine.batch import documents
from risk_engine.bundle import read_policy
from risk_engine.decision.assessment import affordable_amount, assess, assessed_instalment
from risk_engine.decision.pricing import payment_plan
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import PolicyFaults
from risk_engine.facts import Facts, FactValue
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.vocabulary import Cause, State
from tests.persons import POLICY

AS_OF = dt.datetime.fromisoformat("2024-03-01T10:00:00+08:00")
KINDS = ("equal_instalment", "equal_principal", "interest_only", "bullet", "on_demand")
FEES = (
    Fee(payee="insurer", kind="life", amount=Decimal(20), when="periodic", mandatory=True),
    Fee(payee="lender", kind="setting up", rate=0.02, when="financed", mandatory=True),
    Fee(payee="broker", kind="advice", amount=Decimal(500), when="upfront", mandatory=True),
    Fee(payee="insurer", kind="luggage", amount=Decimal(90), when="periodic", mandatory=False),
)


@pytest.fixture(scope="module")
def everyone(persons):
    return list(documents(persons.sections))


@pytest.fixture(scope="module")
def decided(persons):
    def decide(application, as_of=AS_OF):
        return underwrite(application, persons.release, as_of=as_of, decision_id="d")

    return decide


@pytest.fixture(scope="module")
def answers(everyone, decided):
    return [decided(one) for one in everyone]


@pytest.fixture(scope="module")
def request_of(everyone):
    def change(**fields):
        return msgspec.structs.replace(everyone[0].application, **fields)

    return change


def with_request(application, **fields):
    return msgspec.structs.replace(application, application=msgspec.structs.replace(application.application, **fields))


@settings(max_examples=200)
@given(
    cents=st.integers(5_000, 5_000_000),
    rate=st.sampled_from([0.0, 0.03, 0.216, 0.24]),
    months=st.integers(1, 60),
    kind=st.sampled_from(KINDS),
    fees=st.sampled_from([(), FEES]),
)
def test_the_instalment_of_the_affordable_amount_is_the_headroom(request_of, cents, rate, months, kind, fees):
    request, headroom = request_of(term_months=months, repayment=kind), cents / 100
    amount = affordable_amount(headroom, rate, request, fees)
    assert assessed_instalment(amount, rate, request, fees) == pytest.approx(headroom, abs=0.0101)
    assert assessed_instalment(amount, rate, request, fees) <= headroom
    assert assessed_instalment(amount + 0.02 * months, rate, request, fees) > headroom


def test_fees_alone_may_take_the_headroom(request_of):
    assert affordable_amount(19.99, 0.2, request_of(), FEES) == 0.0
    assert affordable_amount(0.0, 0.2, request_of()) == 0.0


def test_a_loan_repaid_evenly_is_assessed_by_its_own_plan(request_of):
    for kind in ("equal_instalment", "equal_principal"):
        own = payment_plan(30_000, 0.24, 24, kind).instalment
        assert assessed_instalment(30_000, 0.24, request_of(term_months=24, repayment=kind)) == own


@pytest.mark.parametrize("kind", ["interest_only", "bullet", "on_demand"])
def test_principal_left_to_the_end_is_assessed_as_put_aside_month_by_month(request_of, kind):
    request = request_of(term_months=12, repayment=kind)
    assert assessed_instalment(12_000, 0.24, request) == 1_240.00  # 1,000 of principal and 2 % of interest
    assert assessed_instalment(12_000, 0.24, request) > payment_plan(12_000, 0.24, 12, kind).instalment


def test_a_revolving_line_is_assessed_as_drawn_in_full(request_of):
    assert assessed_instalment(12_000, 0.24, request_of(term_months=12, revolving=True)) == 1_240.00


def test_the_rate_of_the_day_assesses(everyone, decided):
    request = everyone[0].application
    for day, rate in (("2023-12-31", 0.216), ("2024-01-01", 0.24)):
        moment = dt.datetime.fromisoformat(f"{day}T10:00:00+08:00")
        early = with_request(everyone[0], submitted_at=moment, as_of=None)
        told = decided(early, moment).features["assessed_instalment"].value
        assert told == payment_plan(float(request.amount), rate, request.term_months, "equal_instalment").instalment


def test_every_fact_follows_from_the_others(answers, everyone, persons):
    ceiling = persons.release.policy.parameter("max_debt_service_to_income", AS_OF.date())
    for one, answer in zip(everyone, answers, strict=True):
        value = {name: held.value for name, held in answer.features.items()}
        income, debts = value["household_net_income"], value["household_debt_service"]
        assert value["debt_service_to_income"] == pytest.approx(
            (debts + value["assessed_instalment"]) / income, abs=1e-4
        )
        left = income - debts - value["assessed_instalment"] - value["household_living_costs"]
        assert value["residual_income"] == pytest.approx(left, abs=0.01)
        headroom = max(ceiling * income - debts, 0.0)
        bears = assessed_instalment(value["affordable_amount"], 0.24, one.application)
        assert bears == pytest.approx(headroom, abs=0.03)
        within = float(one.application.amount) <= value["affordable_amount"]
        assert within == (value["assessed_instalment"] <= round(headroom, 6))


def test_no_limit_is_above_what_income_bears(answers):
    for answer in answers:
        assert answer.limit is None or float(answer.limit.amount) <= answer.features["affordable_amount"].value


def test_what_is_offered_leaves_the_household_its_floor(answers, everyone, persons):
    """At the assessment rate, and so at every rate that is offered."""
    day, policy, held = AS_OF.date(), persons.release.policy, set()
    for one, answer in zip(everyone, answers, strict=True):
        if answer.limit is None:
            continue
        value = {name: told.value for name, told in answer.features.items()}
        size = ("one", "two", "three")[int(value["household_size"]) - 1]
        instalment = assessed_instalment(float(answer.limit.amount), 0.24, one.application)
        before = value["household_net_income"] - value["household_debt_service"] - value["household_living_costs"]
        assert before - instalment >= policy.parameter(f"residual_floor_{size}", day) - 0.02
        assert answer.price is None or float(answer.price.instalment) <= instalment
        held.add(answer.limit.binding_cap)
    assert "requested" in held
    assert any(name.startswith("leaves_enough") for name in held)


def test_asking_for_more_than_income_bears_gets_what_it_bears(answers, everyone, decided):
    approved = [
        (Decimal(str(answer.features["affordable_amount"].value)), one)
        for answer, one in zip(answers, everyone, strict=True)
        if answer.outcome == "approve" and answer.features["household_net_income"].value > 6_000
    ]
    affordable, one = min(approved, key=lambda pair: pair[0])
    told = decided(with_request(one, amount=affordable + 500))
    assert (told.outcome, told.limit.binding_cap) == ("approve", "income_bears_amount")
    assert Decimal(0) <= affordable - Decimal(told.limit.amount) < 100
    assert [reason.code for reason in told.reasons] == ["existing_obligations"]


HELD = {
    "household_net_income": FactValue(10_000.0, State.VALUE),
    "household_debt_service": FactValue(2_000.0, State.VALUE),
    "household_living_costs": FactValue(3_000.0, State.VALUE),
}
MADE = ("debt_service_to_income", "residual_income", "affordable_amount")


@pytest.fixture(scope="module")
def assessed(everyone, persons):
    def of(**changes):
        return assess(Facts({**HELD, **changes}), everyone[0], persons.release.policy, AS_OF)

    return of


@pytest.mark.parametrize("missing", HELD)
@pytest.mark.parametrize("state", [State.NOT_OBTAINED, State.NOT_APPLICABLE, State.NONE])
def test_an_input_nobody_has_is_an_answer_nobody_has(assessed, missing, state):
    cause = Cause.REFUSED if state is State.NOT_OBTAINED else Cause.NO_CAUSE
    facts = assessed(**{missing: FactValue(None, state, cause)})
    read_by = MADE if missing != "household_living_costs" else ("residual_income",)
    for name in MADE:
        expected = FactValue(None, state, cause) if name in read_by else FactValue(facts[name].plain, State.VALUE)
        assert facts[name] == expected
    assert facts["assessed_instalment"].state is State.VALUE


@pytest.mark.parametrize("income", [0.0, -100.0])
def test_debts_without_income_are_the_adverse_end(assessed, income):
    facts = assessed(household_net_income=FactValue(income, State.VALUE))
    assert facts["debt_service_to_income"].plain == 10.0
    assert facts["affordable_amount"].plain == 0.0
    assert facts.clipped == {"debt_service_to_income"}


def test_a_policy_without_the_rate_gets_no_such_facts(everyone):
    facts = [feature.fact for feature in CATALOGUE.values()]
    policy = read_policy(POLICY.with_name("sme_term_loan"), facts, tuple("ABCDEFG"))
    assert assess(Facts(HELD), everyone[0], policy, AS_OF) == Facts(HELD)


def test_age_counts_completed_years(persons, everyone):
    def age(born, day):
        person = msgspec.structs.replace(everyone[0].applicant, birth_date=dt.date.fromisoformat(born))
        one = msgspec.structs.replace(everyone[0], applicant=person)
        moment = dt.datetime.fromisoformat(f"{day}T10:00:00+08:00")
        return assess(Facts({}), one, persons.release.policy, moment)["applicant_age_years"].plain

    assert (age("1990-03-02", "2024-03-01"), age("1990-03-01", "2024-03-01")) == (33.0, 34.0)
    assert (age("2004-02-29", "2023-02-28"), age("2004-02-29", "2023-03-01")) == (18.0, 19.0)


CONSENT = Consent(scope="bureau", granted_on=AS_OF - dt.timedelta(minutes=5), evidence="form")


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ([CONSENT], True),
        ([msgspec.structs.replace(CONSENT, scope="tax")], False),
        ([msgspec.structs.replace(CONSENT, granted_on=AS_OF)], False),
        ([msgspec.structs.replace(CONSENT, known_at=AS_OF + dt.timedelta(days=1))], False),
        ([msgspec.structs.replace(CONSENT, withdrawn_on=AS_OF - dt.timedelta(minutes=1))], False),
        ([msgspec.structs.replace(CONSENT, withdrawn_on=AS_OF)], True),  # from then on
        ([msgspec.structs.replace(CONSENT, withdrawn_on=AS_OF + dt.timedelta(days=1))], True),
        ([msgspec.structs.replace(CONSENT, expires_on=dt.date(2024, 2, 29))], False),
        ([msgspec.structs.replace(CONSENT, expires_on=dt.date(2024, 3, 1))], True),
        ([msgspec.structs.replace(CONSENT, party="co1")], False),
        ([], None),
        (msgspec.UNSET, None),
    ],
)
def test_a_consent_holds_at_the_moment_or_refers(everyone, answers, decided, consents, expected):
    one = next(d for a, d in zip(answers, everyone, strict=True) if a.outcome == "approve")
    told = decided(msgspec.structs.replace(one, consents=consents))
    assert told.features["bureau_consent"].value is expected
    assert told.outcome == ("approve" if expected else "refer")


def test_a_co_borrower_must_consent_too(everyone, persons):
    party = Party(party="co1", role="co_borrower", kind="person", name="P", identifier="pseudonym:co1")
    alone = msgspec.structs.replace(everyone[0], parties=[party], consents=[CONSENT])
    both = msgspec.structs.replace(alone, consents=[CONSENT, msgspec.structs.replace(CONSENT, party="co1")])
    guarantor = msgspec.structs.replace(alone, parties=[msgspec.structs.replace(party, role="guarantor")])
    asked = (alone, both, guarantor)
    told = [assess(Facts({}), one, persons.release.policy, AS_OF)["bureau_consent"].plain for one in asked]
    assert told == [False, True, True]


WITHHELD = ("incomes", "outgoings", "credit_lines", "credit_enquiries", "consents", "sources")


@pytest.mark.parametrize("section", WITHHELD)
def test_withholding_a_section_refers_and_approves_nobody(everyone, answers, decided, section):
    for one, answer in list(zip(everyone, answers, strict=True))[::6]:
        told = decided(msgspec.structs.replace(one, **{section: msgspec.UNSET}))
        assert told.outcome == ("refer" if answer.outcome == "approve" else told.outcome)
        assert told.outcome != "approve"
        assert (told.score, told.default_probability) == (None, None)


@pytest.mark.parametrize(("days", "outcome"), [(31, "approve"), (32, "refer")])
def test_a_report_of_the_bureau_grows_too_old(everyone, answers, decided, days, outcome):
    """A snapshot is as old as the day it was seen, whatever its look-up says of it."""
    one = next(d for a, d in zip(answers, everyone, strict=True) if a.outcome == "approve")
    seen = AS_OF.date() - dt.timedelta(days=days)
    lines = [msgspec.structs.replace(line, observed_on=seen) for line in one.credit_lines]
    told = decided(msgspec.structs.replace(one, credit_lines=lines))
    assert told.outcome == outcome
    if outcome == "refer":
        (rule,) = (rule for rule in told.rules if rule.id == "evidence_credit_lines")
        assert [clause.fact for clause in rule.clauses if clause.truth == "false"] == ["age of credit_lines in days"]


def test_a_person_of_unknown_age_is_asked_for_papers(everyone, answers, decided):
    one = next(d for a, d in zip(answers, everyone, strict=True) if a.outcome == "approve")
    nameless = msgspec.structs.replace(one, applicant=msgspec.structs.replace(one.applicant, birth_date=None))
    told = decided(nameless)
    assert (told.outcome, told.refer_kind) == ("refer", "information")
    assert told.features["applicant_age_years"].cause == "not_requested"


@pytest.mark.parametrize(
    ("amount", "currency", "kind"), [("900.00", "CNY", None), ("30000.00", "USD", None), ("30000.00", "CNY", "company")]
)
def test_outside_the_model_nothing_is_scored(everyone, decided, amount, currency, kind):
    one = with_request(everyone[0], amount=Decimal(amount), currency=currency)
    if kind:
        one = msgspec.structs.replace(one, applicant=msgspec.structs.replace(one.applicant, kind=kind))
    told = decided(one)
    assert told.outcome != "approve"
    assert told.score is None
    assert next(rule for rule in told.rules if rule.id == "model_scope").result == "refer"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (("parameters.yaml", "assessment_rate:", "another_rate:"), "no number assessment_rate"),
        (("parameters.yaml", "max_debt_service_to_income:", "other:"), "no number max_debt_service_to_income"),
    ],
)
def test_a_policy_that_assesses_without_its_parameters_is_refused(tmp_path, spoil, expected):
    name, old, new = spoil
    folder = tmp_path / "policy"
    shutil.copytree(POLICY, folder)
    text = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    facts = [feature.fact for feature in CATALOGUE.values()]
    with pytest.raises(PolicyFaults, match=expected):
        read_policy(folder, facts, tuple("ABCDEFG"))


def test_a_release_that_computes_no_income_cannot_assess():
    facts = [feature.fact for feature in CATALOGUE.values() if feature.name != "household_living_costs"]
    with pytest.raises(PolicyFaults, match=r"rules/affordability.yaml:\d+: found no feature household_living_costs"):
        read_policy(POLICY, facts, tuple("ABCDEFG"))
