"""A policy at work: results, dates, scopes, caps, conditions, tables, evidence."""

from __future__ import annotations

import datetime as dt
import textwrap
from decimal import Decimal

import pytest
from msgspec.structs import replace

from risk_engine.errors import PolicyFaults, ReleaseError, UnknownName
from risk_engine.facts import Facts, FactValue
from risk_engine.rules import HeldSection, Requirement
from risk_engine.vocabulary import ReferKind, Stage, State
from tests.rules.conftest import CASE

EARLY, LATE = dt.date(2025, 6, 30), dt.date(2025, 7, 1)


def known(**plain):
    return Facts(
        {
            name: FactValue(None, value) if isinstance(value, State) else FactValue(value, State.VALUE)
            for name, value in plain.items()
        }
    )


def by_id(policy, stage, facts, case=CASE, day=LATE):
    return {result.id: result for result in policy.run(stage, facts, case, day)}


def test_a_rule_that_fires_tells_everything(folder):
    result = by_id(folder.load(), Stage.EVIDENCE, known(invoice_gap_max_365d=46.0))["gap"]
    assert (result.kind, result.result, result.reason) == ("knock_out", "decline", "interrupted_trading")
    [clause] = result.clauses
    assert (clause.fact, clause.operator, clause.value, clause.threshold, clause.truth) == (
        "invoice_gap_max_365d", ">", 46.0, 45.0, "true",
    )  # fmt: skip
    assert (result.refer_kind, result.requests, result.cap, result.overridable) == (None, (), None, "second_role")


def test_parameters_hold_from_their_day(folder):
    policy = folder.load()
    assert by_id(policy, Stage.EVIDENCE, known(invoice_gap_max_365d=46.0), day=EARLY)["gap"].result == "approve"
    assert policy.parameter("max_gap", EARLY) == 60.0
    assert policy.parameter("max_gap", LATE) == 45.0
    assert policy.parameter("bad_statuses", LATE) == ("revoked", "cancelled")
    with pytest.raises(UnknownName, match="did you mean 'max_gap'"):
        policy.parameter("max_gaps", LATE)


def test_a_value_that_begins_on_the_last_day_holds_for_it(folder):
    policy = folder.swap("policy.yaml", "owner:", "effective_until: 2025-07-01\nowner:").load()
    assert by_id(policy, Stage.EVIDENCE, known(invoice_gap_max_365d=46.0), day=EARLY)["gap"].result == "approve"
    assert by_id(policy, Stage.EVIDENCE, known(invoice_gap_max_365d=46.0), day=LATE)["gap"].result == "decline"


def test_a_policy_may_hold_for_a_single_day(folder):
    policy = folder.swap("policy.yaml", "owner:", "effective_until: 2024-01-01\nowner:")
    policy.swap(
        "rules/all.yaml", "as_of: 2025-07-01, given: {invoice_gap_max_365d: 46}", "given: {invoice_gap_max_365d: 61}"
    )
    policy.swap("rules/all.yaml", "as_of: 2025-06-30, ", "")
    assert [policy.load().covers(dt.date(2024, 1, day)) for day in (1, 2)] == [True, False]


def test_a_parameter_may_be_older_than_the_policy(folder):
    """Another, whose first value holds from the policy's first day, has none on the older day."""
    policy = folder.swap("parameters.yaml", "2024-01-01: {value: 60", "2020-01-01: {value: 60").load()
    assert policy.parameter("max_gap", dt.date(2024, 1, 1)) == 60.0


def test_a_missing_fact_refers_for_information_with_the_true_reason(folder):
    result = by_id(folder.load(), Stage.EVIDENCE, known())["gap"]
    assert (result.result, result.reason, result.refer_kind) == ("refer", "insufficient_evidence", "information")
    assert result.requests == ("invoices",)
    assert result.clauses[0].value == "not_obtained"


def test_days_outside_the_policy_are_refused(folder):
    policy = folder.swap("policy.yaml", "owner:", "effective_until: 2025-12-31\nowner:").load()
    for day in (dt.date(2023, 12, 31), dt.date(2026, 1, 1)):
        with pytest.raises(ReleaseError, match=f"does not cover {day}.*2024-01-01 until 2025-12-31"):
            policy.run(Stage.EVIDENCE, known(), CASE, day)


@pytest.mark.parametrize(
    ("change", "result"), [({}, "approve"), ({"product": "card"}, "refer"), ({"currency": "USD"}, "refer")]
)
def test_another_product_or_currency_refers(folder, change, result):
    answered = by_id(folder.load(), Stage.EVIDENCE, known(), case=replace(CASE, **change))["policy_scope"]
    assert answered.result == result
    assert answered.reason == ("outside_product" if result == "refer" else "")


SCOPED = """\
    - id: scoped
      says: {en: Refer large loans to new firms, zh: 新客户大额转人工}
      kind: refer
      scope: {applicant_kind: [company], customer_kind: [new], jurisdiction: [CN], product: [demo], amount: ">= 100000"}
      when: term_months > 24
      if_unknown: refer
      reason: unsuitable_term
      refer_kind: authority
      overridable: never
      examples:
        - {given: {term_months: 25}, expect: refer}
        - {given: {term_months: 24}, expect: pass}
        - {given: {term_months: not_obtained}, expect: refer}
        - {given: {term_months: 25}, case: {applicant_kind: person}, expect: skipped}
    """


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({}, "refer"),
        ({"amount": Decimal("99999.99")}, "skipped"),
        ({"applicant_kind": "person"}, "skipped"),
        ({"customer_kind": "renewal"}, "skipped"),
        ({"jurisdiction": "DE"}, "skipped"),
        ({"product": "card"}, "skipped"),
    ],
)
def test_scope(folder, change, result):
    policy = folder.rule(SCOPED).load()
    answered = by_id(policy, Stage.EVIDENCE, known(term_months=36.0), case=replace(CASE, **change))["scoped"]
    assert answered.result == result
    assert answered.overridable == "never"
    assert (answered.refer_kind == "authority") == (result == "refer")


def test_not_applicable_is_unknown_where_the_scope_does_not_exclude(folder):
    policy = folder.rule(SCOPED).load()
    facts = known(term_months=State.NOT_APPLICABLE)
    assert by_id(policy, Stage.EVIDENCE, facts)["scoped"].clauses[0].truth == "unknown"
    assert by_id(policy, Stage.EVIDENCE, facts, case=replace(CASE, applicant_kind="person"))["scoped"].clauses == ()


def test_unknown_declines_companies_where_the_policy_says_so(folder):
    rule = SCOPED.replace("if_unknown: refer", "if_unknown: decline").replace(
        "term_months: not_obtained}, expect: refer", "term_months: not_obtained}, expect: decline"
    )
    assert by_id(folder.rule(rule).load(), Stage.EVIDENCE, known())["scoped"].result == "decline"


CAP = """\
    - id: cap
      says: {en: Cap, zh: 上限}
      kind: cap
      when: customer_kind == 'new'
      limit: ceiling
      if_unknown: 200000
      reason: low_turnover
      examples:
        - {given: {customer_kind: new}, expect: 300000}
        - {given: {customer_kind: renewal}, expect: pass}
        - {given: {customer_kind: not_obtained}, expect: 200000}
    - id: share
      says: {en: Share of sales, zh: 销售占比}
      kind: cap
      limit: max_share * sales_invoiced_12m
      if_unknown: refer
      reason: low_turnover
      examples:
        - {given: {sales_invoiced_12m: 0.05}, expect: 0.02}
        - {given: {sales_invoiced_12m: none}, expect: refer}
    - id: papers
      says: {en: Papers, zh: 用途证明}
      kind: condition
      when: amount_requested > ceiling
      if_unknown: refer
      reason: purpose_of_loan
      requests: [papers]
      examples:
        - {given: {amount_requested: 300000.01}, expect: condition}
        - {given: {amount_requested: 300000}, expect: pass}
        - {given: {amount_requested: not_obtained}, expect: refer}
    """


def test_caps_and_conditions(folder):
    policy = folder.rule(CAP).load()
    told = by_id(policy, Stage.EVIDENCE, known(customer_kind="new", sales_invoiced_12m=99.99, amount_requested=4e5))
    assert (told["cap"].result, told["cap"].cap, told["cap"].reason) == ("cap", Decimal(300000), "low_turnover")
    assert told["share"].cap == Decimal("49.99")  # 49.995, rounded down
    assert [(c.fact, c.operator, c.value) for c in told["share"].clauses] == [
        ("max_share * sales_invoiced_12m", "gives", 49.995)
    ]
    assert (told["papers"].result, told["papers"].requests) == ("condition", ("papers",))
    dark = by_id(policy, Stage.EVIDENCE, known())
    assert (dark["cap"].cap, dark["cap"].reason) == (Decimal(200000), "insufficient_evidence")
    assert (dark["share"].result, dark["share"].cap) == ("refer", None)
    assert policy.caps == ("cap", "share", "limit")


def test_what_holds_in_the_dark_is_never_above_a_limit_that_falls_one_day(folder):
    written = "2024-01-01: {value: 300000, why: committee}"
    folder.swap("parameters.yaml", written, f"{written}\n    2025-01-01: {{value: 150000, why: committee}}")
    with pytest.raises(PolicyFaults, match="an amount never above ceiling"):
        folder.rule(CAP).load()


def test_a_value_that_ended_with_the_policys_first_day_counts_no_more(folder):
    """Else an amount that was once too much for where a fact is missing could never be lowered."""
    folder.files["parameters.yaml"] += textwrap.dedent("""\
        dark:
          says: Largest loan in the dark
          unit: currency
          values:
            2020-01-01: {value: 900000, why: committee}
            2024-01-01: {value: 200000, why: committee}
        """)
    policy = folder.rule(CAP.replace("if_unknown: 200000", "if_unknown: dark")).load()
    assert by_id(policy, Stage.EVIDENCE, known())["cap"].cap == Decimal(200000)


@pytest.mark.parametrize(
    ("facts", "result", "cap", "row", "reason"),
    [
        ({"grade": "A", "buyer_top1_share_12m": 0.4}, "cap", Decimal(300000), 1, ""),
        ({"grade": "C", "buyer_top1_share_12m": 0.35}, "cap", Decimal(150000), 2, ""),
        ({"grade": "B", "buyer_top1_share_12m": 0.4001}, "decline", None, 3, "customer_concentration"),
        ({"grade": "C", "buyer_top1_share_12m": 0.4}, "refer", None, 4, "customer_concentration"),
        ({"grade": "G"}, "decline", None, 5, "score_below_cutoff"),
        ({"grade": "A"}, "refer", None, None, "insufficient_evidence"),
        ({"buyer_top1_share_12m": 0.1}, "refer", None, None, "insufficient_evidence"),
    ],
)
def test_table(folder, facts, result, cap, row, reason):
    policy = folder.load()
    told = by_id(policy, Stage.SCORE, known(**facts))["limit"]
    assert (told.kind, told.result, told.cap, told.row, told.reason) == ("cut_off", result, cap, row, reason)
    assert (told.refer_kind is not None) == (result == "refer")
    looked_up = policy.table("limit").look_up(known(**facts), LATE)
    assert (looked_up.number if looked_up else None) == row
    assert "limit" not in by_id(policy, Stage.EVIDENCE, known(**facts))


REFERRING = """\
    table: limit
    hit: first
    columns: [grade, outcome, reason, refer_kind]
    rows:
      - ["A",    approve, null, null]
      - ["B",    refer,   customer_concentration, authority]
      - ["C",    refer,   customer_concentration, null]
      - ["D..G", decline, score_below_cutoff, null]
    if_unknown: refer
    """


def test_a_row_says_who_a_referral_goes_to(folder):
    folder.files["tables/limit.yaml"] = textwrap.dedent(REFERRING)
    policy = folder.load()
    told = {grade: by_id(policy, Stage.SCORE, known(grade=grade))["limit"].refer_kind for grade in "ABCD"}
    assert told == {"A": None, "B": "authority", "C": "judgement", "D": None}
    assert by_id(policy, Stage.SCORE, known())["limit"].refer_kind == "information"
    folder.swap("tables/limit.yaml", "score_below_cutoff, null]", "score_below_cutoff, authority]")
    with pytest.raises(PolicyFaults, match="refer_kind only on a row that refers"):
        folder.load()


def test_a_row_that_a_missing_fact_leaves_open_is_not_passed_over(folder):
    """A later row that holds for everybody must not answer for it."""
    policy = folder.swap("tables/limit.yaml", '"D..G", "any"', '"any", "any"').load()
    told = by_id(policy, Stage.SCORE, known(grade="A"))["limit"]
    assert (told.result, told.row) == ("refer", None)
    assert [(clause.fact, clause.truth) for clause in told.clauses] == [
        ("grade", "true"),
        ("buyer_top1_share_12m", "unknown"),
    ]


def test_approving_grades_follow_the_table(folder):
    assert folder.load().approving_grades(LATE) == {"A", "B", "C"}
    folder.swap("tables/limit.yaml", '"A..B", "<= 0.40", approve, ceiling', '"A..B", "<= 0.40", refer, ceiling')
    folder.swap("tables/limit.yaml", "ceiling, null]", "ceiling, score_below_cutoff]")
    assert folder.load().approving_grades(LATE) == {"C"}


def test_a_grade_must_be_approved_by_every_table_about_grades(folder):
    folder.swap("policy.yaml", "tables/limit.yaml]", "tables/limit.yaml, tables/second.yaml]")
    folder.files["tables/second.yaml"] = textwrap.dedent(REFERRING).replace("table: limit", "table: second")
    assert folder.load().approving_grades(LATE) == {"A"}


def test_a_grade_that_an_earlier_row_declines_is_not_approved_by_a_later_one(folder):
    rest = '["D..F", "any", decline, null, score_below_cutoff]\n  - ["any", "any", approve, 1000, null]'
    folder.swap("tables/limit.yaml", '["D..G", "any",     decline, null, score_below_cutoff]', rest)
    assert folder.load().approving_grades(LATE) == {"A", "B", "C", "G"}


def test_stage_is_the_latest_fact_named(folder):
    rule = SCOPED.replace("term_months > 24", "term_months > 24 and limit > 0").replace(
        "{term_months:", "{limit: 1, term_months:"
    )
    rule = rule.replace("expect: pass}", "expect: pass}\n        - {given: {limit: 0, term_months: 1}, expect: pass}")
    policy = folder.rule(rule).load()
    assert "scoped" in by_id(policy, Stage.OFFER, known())
    assert "scoped" not in by_id(policy, Stage.EVIDENCE, known())
    assert policy.named_facts == {"term_months", "limit", "grade", "buyer_top1_share_12m"}


def test_evidence_matrix(folder):
    policy = folder.load()
    asked = policy.evidence(CASE)
    assert asked["invoices"] == Requirement("required", 90, ReferKind.INFORMATION, ("invoices_24m",))
    assert asked["incomes"].need == "not_applicable"
    assert policy.evidence(replace(CASE, applicant_kind="person"))["incomes"].refer_kind is ReferKind.JUDGEMENT


@pytest.mark.parametrize(
    ("held", "result", "requests"),
    [
        (HeldSection(State.VALUE, 90.0), "approve", ()),
        (HeldSection(State.VALUE, 91.0), "refer", ("invoices_24m",)),
        (HeldSection(State.NONE), "refer", ("invoices_24m",)),
        (HeldSection(State.NOT_OBTAINED), "refer", ("invoices_24m",)),
        (None, "refer", ("invoices_24m",)),
    ],
)
def test_required_evidence(folder, held, result, requests):
    sections = {"application": HeldSection(State.VALUE)} | ({"invoices": held} if held else {})
    told = {answer.id: answer for answer in folder.load().evidence_results(CASE, sections)}
    assert set(told) == {"evidence_application", "evidence_invoices"}
    assert told["evidence_application"].result == "approve"
    answer = told["evidence_invoices"]
    assert (answer.result, answer.requests) == (result, requests)
    assert answer.reason == ("insufficient_evidence" if result == "refer" else "")


@pytest.mark.parametrize(("looked_up", "result"), [(True, "approve"), (False, "refer")])
def test_evidence_that_must_be_looked_up(folder, looked_up, result):
    """Rows without a look-up may be any part of the truth."""
    folder.swap("evidence.yaml", "max_age_days: 90,", "max_age_days: 90, look_up: true,")
    held = {"application": HeldSection(State.VALUE), "invoices": HeldSection(State.VALUE, 1.0, looked_up)}
    answer = {told.id: told for told in folder.load().evidence_results(CASE, held)}["evidence_invoices"]
    assert answer.result == result
    assert [str(clause.truth) for clause in answer.clauses] == [
        "true",
        "true",
        "true" if looked_up else "false",
        "true",
    ]


ACCOUNTED = [
    (HeldSection(State.VALUE, 1.0), "approve", ["true", "true"]),
    (HeldSection(State.VALUE, 1.0, looked_up=False), "refer", ["false", "true"]),
    (HeldSection(State.VALUE, 1.0, counted=False), "refer", ["true", "false"]),
    (HeldSection(State.NOT_OBTAINED), "approve", ["true", "true"]),
    (HeldSection(State.NOT_OBTAINED, refused=True), "refer", ["true", "false"]),
    (HeldSection(State.NOT_OBTAINED, looked_up=False), "refer", ["false", "true"]),
    (None, "refer", ["false", "true"]),
]


@pytest.mark.parametrize(("held", "result", "truths"), ACCOUNTED)
def test_optional_evidence_that_must_be_accounted_for(folder, held, result, truths):
    """It need not be there, but somebody must have asked, and the applicant must not have refused."""
    folder.swap("evidence.yaml", "need: required, max_age_days: 90,", "need: optional, look_up: true,")
    sections = {"application": HeldSection(State.VALUE)} | ({"invoices": held} if held else {})
    answer = {told.id: told for told in folder.load().evidence_results(CASE, sections)}["evidence_invoices"]
    assert answer.result == result
    assert [str(clause.truth) for clause in answer.clauses] == truths


@pytest.mark.parametrize(("days", "result"), [(396.0, "approve"), (395.0, "refer"), (0.0, "refer")])
def test_evidence_that_must_reach_back(folder, days, result):
    folder.swap("evidence.yaml", "max_age_days: 90,", "max_age_days: 90, covers_days: 396,")
    held = {"application": HeldSection(State.VALUE), "invoices": HeldSection(State.VALUE, 1.0, covered_days=days)}
    answer = {told.id: told for told in folder.load().evidence_results(CASE, held)}["evidence_invoices"]
    assert answer.result == result
    assert answer.clauses[-1].value == days


def test_contents_are_what_was_read(folder):
    policy = folder.load()
    assert set(policy.contents) == set(folder.files)
    assert policy.contents["policy.yaml"].decode() == folder.files["policy.yaml"]
