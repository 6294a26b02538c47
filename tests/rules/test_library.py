"""The library's policies: each loads, decides as it says, and never rewards a missing fact."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import risk_engine.rules
from risk_engine.bundle import read_policy
from risk_engine.facts import Facts, FactValue, assessment_facts
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.rules import Case, Policy
from risk_engine.rules.results import RuleAnswer, RuleKind
from risk_engine.vocabulary import FactType, Stage, State
from tests.rules.conftest import BY_NAME, FACTS, GRADES

LIBRARY = Path(risk_engine.rules.__file__).parent / "library"
COMPUTED = tuple(feature.fact for feature in CATALOGUE.values())
MEANT = {fact.name: fact for fact in (*FACTS, *assessment_facts(), *COMPUTED)}
BAD = {RuleAnswer.REFER, RuleAnswer.DECLINE}


@dataclass(frozen=True)
class Shelved:
    """One policy of the library, a day and a case it covers, and facts of a sound applicant."""

    name: str
    case: Case
    day: dt.date
    sound: dict[str, object]

    @cached_property
    def policy(self) -> Policy:
        return read_policy(LIBRARY / self.name, COMPUTED, GRADES)

    def run(self, plain):
        facts = Facts(held(plain))
        return {one.id: one for stage in Stage for one in self.policy.run(stage, facts, self.case, self.day)}

    def failed(self, plain):
        return {name: str(one.result) for name, one in self.run(plain).items() if one.result in BAD}


SME = Shelved(
    "sme_term_loan",
    Case("sme_term_loan", "company", "new", "CN", "CNY", 300_000.0),
    dt.date(2020, 3, 1),
    {
        "amount_requested": 300_000.0, "term_months": 12.0, "applicant_kind": "company", "purpose": "working_capital",
        "registry_status": "active", "company_age_months": 40.0, "sales_invoiced_12m": 2e6,
        "invoice_gap_max_365d": 20.0, "invoice_history_months": 36.0, "invoice_void_share_12m": 0.05,
        "buyer_top1_share_12m": 0.3, "sales_invoiced_change_12m": 0.1, "purchases_to_sales_12m": 0.7,
        "request_to_sales_12m": 0.15, "sales_month_count_12m": 12.0, "default_probability": 0.02, "grade": "B",
        "limit": 3e5, "apr": 0.06,
    },
)  # fmt: skip
CONSUMER = Shelved(
    "consumer_loan",
    Case("consumer_loan", "person", "new", "CN", "CNY", 40_000.0),
    dt.date(2024, 3, 1),
    {
        "amount_requested": 40_000.0, "term_months": 24.0, "repayment_kind": "equal_instalment",
        "revolving_requested": False, "applicant_kind": "person", "purpose": "consumption",
        "applicant_age_years": 35.0, "bureau_consent": True, "request_to_annual_income_3m": 0.33,
        "current_dpd": 0.0, "worst_dpd_24m": 5.0, "past_due_line_months_24m": 1.0, "classified_line_count": 0.0,
        "restructured_line_count_24m": 0.0, "enquiry_count_3m": 2.0, "enquiry_count_6m": 3.0,
        "unsecured_lender_count": 2.0, "short_term_lender_count": 1.0, "revolving_utilization": 0.4,
        "thin_file": False, "household_net_income": 10_000.0, "verified_income_share_3m": 1.0,
        "employer_tenure_months_3m": 30.0, "income_cv_6m": 0.1, "income_change_3m": 0.0,
        "debt_service_to_income": 0.35, "affordable_amount": 70_000.0, "residual_income": 3_000.0,
        "assessed_instalment": 2_000.0, "household_size": 2.0, "default_probability": 0.02, "grade": "B",
        "limit": 4e4, "apr": 0.12,
    },
)  # fmt: skip
every_policy = pytest.mark.parametrize("shelved", [SME, CONSUMER], ids=lambda shelved: shelved.name)


def held(plain):
    return {
        name: FactValue(None, value) if isinstance(value, State) else FactValue(value, State.VALUE)
        for name, value in plain.items()
    }


@every_policy
def test_a_sound_applicant_passes_every_rule(shelved):
    assert set(shelved.sound) == shelved.policy.named_facts
    assert shelved.failed(shelved.sound) == {}


def test_the_catalogue_means_what_the_tests_of_rules_take_for_granted():
    catalogue = {fact.name: fact for fact in COMPUTED}
    evidence = [BY_NAME[name] for name in SME.policy.named_facts if BY_NAME[name].stage is Stage.EVIDENCE]
    for fact in evidence:
        for part in ("type", "unit", "range", "clip", "words", "none_reads_as", "decimals"):
            assert getattr(fact, part) == getattr(catalogue[fact.name], part), (fact.name, part)


@every_policy
def test_rules_say_what_they_do_in_two_languages(shelved):
    assert len(shelved.policy.rules) >= 20
    for rule in shelved.policy.rules:
        assert rule.says.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in rule.says.zh)


@pytest.mark.parametrize(
    ("shelved", "change", "expected"),
    [
        (SME, {"registry_status": "revoked"}, {"registration_active": "decline"}),
        (SME, {"invoice_gap_max_365d": 75.0}, {"invoice_gap_long": "refer"}),
        (SME, {"invoice_gap_max_365d": 95.0}, {"invoice_gap_long": "refer", "invoice_gap_too_long": "decline"}),
        (SME, {"sales_invoiced_change_12m": -0.6}, {"sales_falling": "refer", "sales_collapsing": "decline"}),
        (SME, {"company_age_months": State.NOT_OBTAINED}, {}),
        (SME, {"term_months": 60.0}, {"term_suitable": "decline"}),
        (SME, {"grade": "D"}, {"limit_by_grade": "refer"}),
        (SME, {"grade": "E"}, {"limit_by_grade": "decline"}),
        (SME, {"default_probability": 0.3}, {"default_probability_bounded": "decline"}),
        (SME, {"limit": 40_000.0}, {"limit_above_minimum": "decline"}),
        (SME, {"apr": 0.25}, {"cost_within_cap": "decline"}),
        (CONSUMER, {"applicant_kind": "company"}, {"applicant_is_person": "decline"}),
        (CONSUMER, {"applicant_age_years": 19.0}, {"age_within_band": "decline"}),
        (CONSUMER, {"bureau_consent": False}, {"bureau_consent_valid": "refer"}),
        (CONSUMER, {"purpose": "real_estate"}, {"purpose_allowed": "decline"}),
        (CONSUMER, {"repayment_kind": "bullet"}, {"repaid_month_by_month": "decline"}),
        (CONSUMER, {"worst_dpd_24m": 100.0}, {"no_default_elsewhere": "decline", "late_once": "refer"}),
        (CONSUMER, {"enquiry_count_6m": 13.0}, {"few_enquiries": "decline"}),
        (CONSUMER, {"revolving_utilization": State.NONE}, {}),
        (CONSUMER, {"employer_tenure_months_3m": State.NONE}, {}),
        (CONSUMER, {"revolving_utilization": State.NOT_OBTAINED}, {"lines_not_used_up": "refer"}),
        (CONSUMER, {"thin_file": True}, {"file_not_thin": "refer"}),
        (CONSUMER, {"thin_file": True, "amount_requested": 9_000.0}, {}),
        (CONSUMER, {"debt_service_to_income": 0.6}, {}),
        (CONSUMER, {"debt_service_to_income": 1.2}, {"debt_service_bearable": "decline"}),
        (
            CONSUMER,
            {"household_size": State.NOT_OBTAINED},
            {f"leaves_enough_for_{size}": "refer" for size in ("one", "two", "three")},
        ),
        (CONSUMER, {"verified_income_share_3m": 0.5}, {"income_verified": "refer"}),
    ],
)
def test_one_thing_wrong(shelved, change, expected):
    assert shelved.failed({**shelved.sound, **change}) == expected


@pytest.mark.parametrize(
    ("shelved", "rate", "caps"),
    [
        (SME, 0.06, {"product_maximum": 3_000_000, "limit_to_sales": 600_000, "limit_by_grade": 2_000_000}),
        (
            CONSUMER,
            0.108,
            {
                "product_maximum": 200_000,
                "income_bears_amount": 70_000,
                "leaves_enough_for_one": None,
                "leaves_enough_for_two": 84_000,  # (3,000 + 2,000 - 800) of 2,000 for 40,000
                "leaves_enough_for_three": None,
                "limit_by_grade": 150_000,
            },
        ),
    ],
    ids=("sme_term_loan", "consumer_loan"),
)
def test_tables_and_caps(shelved, rate, caps):
    facts, policy = Facts(held(shelved.sound)), shelved.policy
    assert policy.approving_grades(shelved.day) == {"A", "B", "C"}
    assert policy.table("rate_by_grade").look_up(facts, shelved.day).annual_rate == rate
    rates = [policy.table("rate_by_grade").look_up(facts.with_values({"grade": one}), shelved.day) for one in GRADES]
    assert [row.annual_rate for row in rates] == sorted(row.annual_rate for row in rates)
    assert set(policy.caps) == set(caps)
    results = shelved.run(shelved.sound)
    assert {name: results[name].cap and int(results[name].cap) for name in policy.caps} == caps


def test_no_consumer_rate_is_above_what_is_assessed_and_no_cost_above_the_ceiling():
    policy, facts = CONSUMER.policy, Facts(held(CONSUMER.sound))
    for day in (policy.effective_from, CONSUMER.day):
        table = policy.table("rate_by_grade")
        highest = max(table.look_up(facts.with_values({"grade": grade}), day).annual_rate for grade in GRADES)
        assert highest <= policy.parameter("assessment_rate", day)
        assert (1 + highest / 12) ** 12 - 1 <= policy.parameter("max_apr", day)


def value_of(fact, shelved):
    """Any value a fact can take, thresholds of the policy among them."""
    if fact.type is FactType.WORD:
        return st.sampled_from(fact.words)
    if fact.type is FactType.BOOLEAN:
        return st.booleans()
    low, high = fact.clip or fact.range or (300.0, 900.0)
    values = [shelved.policy.parameter(name, shelved.day) for name in shelved.policy.parameters]
    near = {value for value in values if isinstance(value, float) and low <= value <= high}
    anything = st.floats(low, high).map(lambda value: round(value, fact.decimals))
    return st.one_of(anything, st.sampled_from(sorted(near))) if near else anything


def everything(shelved):
    return st.fixed_dictionaries({name: value_of(MEANT[name], shelved) for name in sorted(shelved.sound)})


@every_policy
@settings(max_examples=300)
@given(data=st.data())
def test_a_missing_fact_never_passes_where_the_known_value_did_not(shelved, data):
    """Nor does it raise a cap, unless the rule says ``if_unknown: pass``."""
    plain = data.draw(everything(shelved))
    gone = data.draw(st.sets(st.sampled_from(sorted(plain)), min_size=1))
    state = data.draw(st.sampled_from([State.NOT_OBTAINED, State.NOT_APPLICABLE]))
    before, after = shelved.run(plain), shelved.run({**plain, **dict.fromkeys(gone, state)})
    passes = {rule.id for rule in shelved.policy.rules if rule.if_unknown is RuleAnswer.APPROVE}
    for name, known in before.items():
        missing = after[name]
        if known.result in BAD and name not in passes:
            assert missing.result in BAD, name
        if known.cap is not None and missing.result not in BAD:
            assert missing.cap is not None
            assert missing.cap <= known.cap


@every_policy
def test_no_rule_of_the_library_passes_the_unknown(shelved):
    assert [rule.id for rule in shelved.policy.rules if rule.if_unknown is RuleAnswer.APPROVE] == []


@every_policy
@settings(max_examples=50)
@given(data=st.data())
def test_every_result_holds_its_clauses(shelved, data):
    results = shelved.run(data.draw(everything(shelved)))
    for result in results.values():
        assert result.clauses
        assert (result.reason == "") == (result.result in (RuleAnswer.APPROVE, RuleAnswer.CAP)) or (
            result.kind in (RuleKind.CAP, RuleKind.CUT_OFF)
        )
        assert (result.refer_kind is not None) == (result.result is RuleAnswer.REFER)


@every_policy
def test_same_facts_same_results(shelved):
    assert shelved.run(shelved.sound) == shelved.run(dict(reversed(shelved.sound.items())))
