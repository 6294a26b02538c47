"""The library's policy: loads, decides as it says, and never rewards a missing fact."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import risk_engine.rules
from risk_engine.application import SECTIONS
from risk_engine.facts import Facts, FactValue, reason_codes
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.rules import Case, load_policy
from risk_engine.rules.results import RuleAnswer, RuleKind
from risk_engine.vocabulary import FactType, Stage, State
from tests.rules.conftest import BY_NAME, FACTS, GRADES

FOLDER = Path(risk_engine.rules.__file__).parent / "library" / "sme_term_loan"
POLICY = load_policy(FOLDER, FACTS, reason_codes(), sections=SECTIONS)
CASE = Case("sme_term_loan", "company", "new", "CN", "CNY", 300_000.0)
DAY = dt.date(2020, 3, 1)
SOUND = {
    "amount_requested": 300_000.0, "term_months": 12.0, "applicant_kind": "company", "purpose": "working_capital",
    "registry_status": "active", "company_age_months": 40.0, "sales_invoiced_12m": 2e6, "invoice_gap_max_365d": 20.0,
    "invoice_history_months": 36.0, "invoice_void_share_12m": 0.05, "buyer_top1_share_12m": 0.3,
    "sales_invoiced_change_12m": 0.1, "purchases_to_sales_12m": 0.7, "request_to_sales_12m": 0.15,
    "sales_month_count_12m": 12.0, "default_probability": 0.02, "grade": "B", "limit": 3e5, "apr": 0.06,
}  # fmt: skip
BAD = {RuleAnswer.REFER, RuleAnswer.DECLINE}


def held(plain):
    return {
        name: FactValue(None, value) if isinstance(value, State) else FactValue(value, State.VALUE)
        for name, value in plain.items()
    }


def run(plain):
    facts = Facts(held(plain))
    return {result.id: result for stage in Stage for result in POLICY.run(stage, facts, CASE, DAY)}


def failed(plain):
    return {name: str(result.result) for name, result in run(plain).items() if result.result in BAD}


def test_a_sound_firm_passes_every_rule():
    assert set(SOUND) == POLICY.named_facts
    assert failed(SOUND) == {}


def test_the_catalogue_means_what_these_tests_take_for_granted():
    catalogue = {feature.fact.name: feature.fact for feature in CATALOGUE.values()}
    evidence = [BY_NAME[name] for name in POLICY.named_facts if BY_NAME[name].stage is Stage.EVIDENCE]
    for fact in evidence:
        for part in ("type", "unit", "range", "clip", "words", "none_reads_as", "decimals"):
            assert getattr(fact, part) == getattr(catalogue[fact.name], part), (fact.name, part)


def test_rules_say_what_they_do_in_two_languages():
    assert len(POLICY.rules) >= 20
    for rule in POLICY.rules:
        assert rule.says.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in rule.says.zh)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"registry_status": "revoked"}, {"registration_active": "decline"}),
        ({"invoice_gap_max_365d": 75.0}, {"invoice_gap_long": "refer"}),
        ({"invoice_gap_max_365d": 95.0}, {"invoice_gap_long": "refer", "invoice_gap_too_long": "decline"}),
        ({"sales_invoiced_change_12m": -0.6}, {"sales_falling": "refer", "sales_collapsing": "decline"}),
        ({"company_age_months": State.NOT_OBTAINED}, {}),
        ({"term_months": 60.0}, {"term_suitable": "decline"}),
        ({"grade": "D"}, {"limit_by_grade": "refer"}),
        ({"grade": "E"}, {"limit_by_grade": "decline"}),
        ({"default_probability": 0.3}, {"default_probability_bounded": "decline"}),
        ({"limit": 40_000.0}, {"limit_above_minimum": "decline"}),
        ({"apr": 0.25}, {"cost_within_cap": "decline"}),
    ],
)
def test_one_thing_wrong(change, expected):
    assert failed({**SOUND, **change}) == expected


def test_tables_and_caps():
    facts = Facts(held(SOUND))
    assert POLICY.approving_grades(DAY) == {"A", "B", "C"}
    assert POLICY.table("rate_by_grade").look_up(facts, DAY).annual_rate == 0.06
    rates = [POLICY.table("rate_by_grade").look_up(facts.with_values({"grade": grade}), DAY) for grade in GRADES]
    assert [row.annual_rate for row in rates] == sorted(row.annual_rate for row in rates)
    assert set(POLICY.caps) == {"product_maximum", "limit_to_sales", "limit_by_grade"}
    caps = {name: int(run(SOUND)[name].cap) for name in POLICY.caps}
    assert caps == {"product_maximum": 3_000_000, "limit_to_sales": 600_000, "limit_by_grade": 2_000_000}


def value_of(fact):
    """Any value a fact can take, thresholds of the policy among them."""
    if fact.type is FactType.WORD:
        return st.sampled_from(fact.words)
    low, high = fact.clip or fact.range or (300.0, 900.0)
    near = {
        float(value)
        for parameter in POLICY._parameters.values()
        for value in parameter.values.held
        if parameter.unit == fact.unit and isinstance(value, float) and low <= value <= high
    }
    anything = st.floats(low, high).map(lambda value: round(value, fact.decimals))
    return st.one_of(anything, st.sampled_from(sorted(near))) if near else anything


EVERYTHING = st.fixed_dictionaries({name: value_of(BY_NAME[name]) for name in sorted(POLICY.named_facts)})


@settings(max_examples=300, deadline=None)
@given(plain=EVERYTHING, data=st.data())
def test_a_missing_fact_never_passes_where_the_known_value_did_not(plain, data):
    """Nor does it raise a cap, unless the rule says ``if_unknown: pass``."""
    gone = data.draw(st.sets(st.sampled_from(sorted(plain)), min_size=1))
    state = data.draw(st.sampled_from([State.NOT_OBTAINED, State.NOT_APPLICABLE]))
    before, after = run(plain), run({**plain, **dict.fromkeys(gone, state)})
    passes = {rule.id for rule in POLICY.rules if rule.if_unknown is RuleAnswer.APPROVE}
    for name, known in before.items():
        missing = after[name]
        if known.result in BAD and name not in passes:
            assert missing.result in BAD, name
        if known.cap is not None and missing.result not in BAD:
            assert missing.cap is not None
            assert missing.cap <= known.cap


def test_no_rule_of_the_library_passes_the_unknown():
    assert [rule.id for rule in POLICY.rules if rule.if_unknown is RuleAnswer.APPROVE] == []


@settings(max_examples=50, deadline=None)
@given(plain=EVERYTHING)
def test_every_result_holds_its_clauses(plain):
    results = run(plain)
    for result in results.values():
        assert result.clauses
        assert (result.reason == "") == (result.result in (RuleAnswer.APPROVE, RuleAnswer.CAP)) or (
            result.kind in (RuleKind.CAP, RuleKind.CUT_OFF)
        )
        assert (result.refer_kind is not None) == (result.result is RuleAnswer.REFER)


def test_same_facts_same_results():
    assert run(SOUND) == run(dict(reversed(SOUND.items())))
