"""One tiny broken policy for each way of being wrong; the words of the message are the test."""

from __future__ import annotations

import contextlib
import itertools
import re
import textwrap

import pytest

from risk_engine.errors import PolicyFaults

RULES, PARAMETERS, TABLE = "rules/all.yaml", "parameters.yaml", "tables/limit.yaml"
EVIDENCE, POLICY = "evidence.yaml", "policy.yaml"

# file, what stood there, what stands there now, line of the fault, words of the message
BROKEN = {
    # rules: names, types, units, ranges
    "unknown fact": (RULES, "_max_365d > max_gap", "_max_36d > max_gap", 4,
                     ["invoice_gap_max_36d", "a fact or a parameter", "did you mean 'invoice_gap_max_365d'?"]),
    "unknown parameter": (RULES, "> max_gap", "> max_gaps", 4, ["max_gaps", "did you mean 'max_gap'?"]),
    "two units": (RULES, "> max_gap", "> max_share", 4, ["(days) > max_share (ratio)", "same unit"]),
    "two types": (RULES, "> max_gap", "> 2024-01-01", 4, ["(date)", "same type"]),
    "word and number": (RULES, "invoice_gap_max_365d > max_gap", "purpose == 1", 4, ["purpose (word)", "same type"]),
    "number in words": (RULES, "invoice_gap_max_365d > max_gap", "invoice_gap_max_365d in bad_statuses", 4,
                        ["a word fact before in"]),
    "words compared": (RULES, "invoice_gap_max_365d > max_gap", "registry_status == bad_statuses", 4, ["words"]),
    "words ordered": (RULES, "invoice_gap_max_365d > max_gap", "purpose > 'tax'", 4, ["== or != for a word"]),
    "unknown word": (RULES, "invoice_gap_max_365d > max_gap", "purpose == 'taxes'", 4, ["'taxes'", "'tax'"]),
    "unknown word in list": (RULES, "invoice_gap_max_365d > max_gap", "purpose in ['tax', 'vehicles']", 4,
                             ["vehicles in", "did you mean 'vehicle'?"]),
    "in a number": (RULES, "invoice_gap_max_365d > max_gap", "purpose in max_gap", 4, ["a parameter in words"]),
    "no fact": (RULES, "invoice_gap_max_365d > max_gap", "max_gap > 10", 4, ["names a fact"]),
    "bare number": (RULES, "invoice_gap_max_365d > max_gap", "invoice_gap_max_365d", 4, ["a comparison, or a boolean"]),
    "state of a parameter": (RULES, "> max_gap", "> max_gap or max_gap is none", 4, ["a fact before is"]),
    "sum of two units": (RULES, "invoice_gap_max_365d > max_gap", "invoice_gap_max_365d + term_months > 1", 4,
                         ["same unit, or a ratio"]),
    "arithmetic on words": (RULES, "invoice_gap_max_365d > max_gap", "purpose + 1 > 1", 4, ["between numbers"]),
    "beyond the range": (RULES, "> max_gap", "> 400", 4, ["400", "within the range of invoice_gap_max_365d, 0 to 365"]),
    "beyond the clip": (RULES, "invoice_gap_max_365d > max_gap", "sales_invoiced_change_12m > 0.6", 4,
                        ["within the clip of sales_invoiced_change_12m, -1 to 0.5"]),
    "parameter beyond the range": (PARAMETERS, "2025-07-01: {value: 45", "2025-07-01: {value: 450", None,
                                   ["max_gap = 450.0 from 2025-07-01", "0 to 365"]),
    "syntax": (RULES, "> max_gap", ">> max_gap", 4, ["found '>' at character 23"]),
    "withholding passes": (RULES, "> max_gap", "> max_gap and invoice_gap_max_365d is not unknown", 4,
                           ["is not unknown", "turn the test round"]),
    "withholding passes under not": (RULES, "> max_gap", "> max_gap and not (purpose is not_obtained)", 4,
                                     ["purpose is not_obtained", "a missing fact would pass"]),
    # rules: the entry
    "no if_unknown": (RULES, "  if_unknown: refer\n", "", 1, ["no if_unknown", "rule gap with if_unknown:"]),
    "if_unknown misspelt": (RULES, "if_unknown: refer", "if_unknown: reffer", 5, ["reffer", "did you mean 'refer'?"]),
    "decline a person": (RULES, "if_unknown: refer", "if_unknown: decline", 5, ["concerns persons", "incomplete"]),
    "unknown reason": (RULES, "interrupted_trading", "interupted_trading", 6, ["'interrupted_trading'?"]),
    "unknown kind": (RULES, "kind: knock_out", "kind: knockout", 3, ["knockout", "did you mean 'knock_out'?"]),
    "unknown key": (RULES, "  reason:", "  overideable: never\n  reason:", 6, ["overideable", "'overridable'?"]),
    "no when": (RULES, "  when: invoice_gap_max_365d > max_gap\n", "", 1, ["no when"]),
    "half a sentence": (RULES, ", zh: 中断过长则拒绝", "", 2, ["no zh"]),
    "limit on a knock-out": (RULES, "  reason:", "  limit: 5\n  reason:", 6, ["no limit on a knock_out"]),
    "odd override": (RULES, "  reason:", "  overridable: always\n  reason:", 6, ["always", "one of never"]),
    "odd refer kind": (RULES, "  reason:", "  refer_kind: judgment\n  reason:", 6, ["'judgement'?"]),
    "odd scope": (RULES, "  reason:", "  scope: {applicant_kind: [firm]}\n  reason:", 6, ["firm", "one of company"]),
    "odd amount in scope": (RULES, "  reason:", "  scope: {amount: lots}\n  reason:", 6, ["a range such as"]),
    # the examples of a rule
    "wrong example": (RULES, "expect: decline", "expect: pass", 9,
                      ["gap answers decline", "pass, as the example says", "> 45.0 is true at 46.0"]),
    "one side only": (RULES, "{invoice_gap_max_365d: 46}, expect: pass", "{invoice_gap_max_365d: 61}, expect: decline",
                      8, ["no example where invoice_gap_max_365d > max_gap does not hold"]),
    "never fires": (RULES, "{invoice_gap_max_365d: 46}, expect: decline", "{invoice_gap_max_365d: 6}, expect: pass",
                    8, ["no example where invoice_gap_max_365d > max_gap holds"]),
    "no unknown": (RULES, "    - {given: {invoice_gap_max_365d: not_obtained}, expect: refer}\n", "", 8,
                   ["no example where gap is unknown", "not_obtained"]),
    "example of another fact": (RULES, "given: {invoice_gap_max_365d: not", "given: {term_months: not", 11,
                                ["term_months", "a fact that gap names"]),
    "example outside the range": (RULES, "365d: not_obtained", "365d: 999", 11, ["999"]),
    "example before the policy": (RULES, "as_of: 2025-06-30", "as_of: 2023-06-30", 10, ["from 2024-01-01"]),
    "unknown key in example": (RULES, "{given:", "{givn: 1, given:", 11, ["did you mean 'given'?"]),
    # parameters
    "no value for a covered day": (PARAMETERS, "2024-01-01: {value: 60", "2024-02-01: {value: 60", 4,
                                   ["a first value of max_gap on 2024-02-01", "2024-01-01"]),
    "no why": (PARAMETERS, "{value: 60, why: committee}", "{value: 60}", 5, ["no why"]),
    "text for a number": (PARAMETERS, "value: 60", "value: sixty", 5, ["'sixty'", "a value in days"]),
    "one word for words": (PARAMETERS, "[revoked, cancelled]", "revoked", 21, ["a list of words"]),
    "undated": (PARAMETERS, "2024-01-01: {value: 60", "first: {value: 60", 5, ["YYYY-MM-DD"]),
    "no values": (PARAMETERS, "  unit: words\n  values:\n    2024-01-01: {value: [revoked, cancelled], why: committee}",
                  "  unit: words\n  values: {}", 20, ["values by the date"]),
    "named as a fact": (PARAMETERS, "ceiling:", "limit:", 12, ["limit", "not named as a fact"]),
    "repeated parameter": (PARAMETERS, "max_share:", "max_gap:", 7, ["the key max_gap again", "line 1"]),
    # tables
    "gap": (TABLE, '  - ["D..G", "any",     decline, null,   score_below_cutoff]'.replace("null,   ", "null, "),
            "", 4, ["no row for grade = D, buyer_top1_share_12m = 0", "a gap"]),
    "gap of one end": (TABLE, '"> 0.40"', '"0.41..1"', 4, ["between 0.4 and 0.41", "a gap"]),
    "unreachable row": (TABLE, '  - ["D..G"', '  - ["B", "any", decline, null, score_below_cutoff]\n  - ["D..G"', 9,
                        ["row 5, which can never be hit"]),
    "unknown column": (TABLE, "buyer_top1_share_12m", "buyer_top_share_12m", 3, ["'buyer_top1_share_12m'?"]),
    "no answers": (TABLE, "outcome, max_loan, reason]", "purpose, term_months]", 3, ["one fact and one answer"]),
    "unknown grade": (TABLE, '"D..G"', '"D..H"', 9, ["words of grade: A, B, C, D, E, F, G"]),
    "grades backwards": (TABLE, '"D..G"', '"G..D"', 9, ["in the order A, B, C"]),
    "cell beyond the range": (TABLE, '"<= 0.35"', '"<= 35"', 6, ["35", "buyer_top1_share_12m, 0 to 1"]),
    "cell of another unit": (TABLE, '"<= 0.35"', '"<= max_gap"', 6, ["max_gap in days", "same unit"]),
    "cell of an unknown parameter": (TABLE, '"<= 0.35"', '"<= max_shar"', 6, ["did you mean 'max_share'?"]),
    "unreadable cell": (TABLE, '"<= 0.35"', '"about 0.35"', 6, ["a range of buyer_top1_share_12m"]),
    "cell without end": (TABLE, '"<= 0.35"', f'"<= {"9" * 321}"', 6, ["a range of buyer_top1_share_12m"]),
    "declined without a reason": (TABLE, "score_below_cutoff", "null", 9, ["a reason on a row that gives decline"]),
    "unknown reason in a row": (TABLE, "score_below_cutoff", "score_below_cut", 9, ["'score_below_cutoff'?"]),
    "unknown outcome": (TABLE, "approve, ceiling", "approved, ceiling", 5, ["did you mean 'approve'?"]),
    "odd max_loan": (TABLE, "150000", "lots", 6, ["max_loan: a number"]),
    "a max_loan below nothing": (TABLE, "150000", "-150000", 6, ["max_loan: a number"]),
    "too large a max_loan": (TABLE, "150000", "9" * 321, 6, ["found 999", "no further from 0 than"]),
    "short row": (TABLE, '["D..G", "any",     decline,', '["D..G", decline,', 9, ["a row of 5"]),
    "table passes the unknown": (TABLE, "if_unknown: refer", "if_unknown: approve", 10, ["expected refer"]),
    "table declines the unknown": (TABLE, "if_unknown: refer", "if_unknown: decline", 10, ["concerns persons too"]),
    "odd hit": (TABLE, "hit: first", "hit: collect", 2, ["one of first, unique"]),
    # evidence
    "kinds without a row": (EVIDENCE, "[company, sole_trader]", "[company]", 1,
                            ["no row for applicant_kind sole_trader", "a gap"]),
    "two rows for a kind": (EVIDENCE, "[person]", "[company, person]", 1, ["rows 1 and 2 both hold", "an overlap"]),
    "age of an optional section": (EVIDENCE, "need: required, max_age_days", "need: optional, max_age_days", 5,
                                   ["max_age_days on a section that is required, or looked up"]),
    "odd look-up": (EVIDENCE, "max_age_days: 90", "look_up: 1", 5, ["found 1", "true or false"]),
    "odd age": (EVIDENCE, "max_age_days: 90", "max_age_days: 0", 5, ["a whole number of days"]),
    "odd need": (EVIDENCE, "application: required", "application: requried", 4, ["did you mean 'required'?"]),
    # policy.yaml
    "no owner": (POLICY, "owner: credit committee\n", "", 1, ["no owner"]),
    "ends before it begins": (POLICY, "owner:", "effective_until: 2023-01-01\nowner:", 6, ["from 2024-01-01 on"]),
    "includes what is not there": (POLICY, "rules/all.yaml", "rules/other.yaml", 8, ["rules/other.yaml"]),
    "leaves a file out": (POLICY, ", tables/limit.yaml", "", 8, ["no tables/limit.yaml", "include it or take it away"]),
    "unknown reason for unknown": (POLICY, "insufficient_evidence", "insuficient", 7, ["insuficient"]),
    "yaml trap": (POLICY, "owner: credit committee", "owner: NO", 6, ["found NO", "true or false"]),
}  # fmt: skip


def faults_of(folder):
    with pytest.raises(PolicyFaults) as caught:
        folder.load()
    return caught.value.faults


@pytest.mark.parametrize("name", BROKEN)
def test_broken_once(folder, name):
    file, old, new, line, words = BROKEN[name]
    faults = faults_of(folder.swap(file, old, new))
    told = [str(fault) for fault in faults]
    place = f"{file}:{line}:" if line else ""
    matching = [text for text in told if all(word in text for word in words) and text.startswith(place)]
    assert matching, "\n".join(told)


def test_sound_before_it_is_broken(folder):
    assert folder.load().id == "demo"


def test_word_of_a_parameter_nobody_has(folder):
    folder.swap(RULES, "invoice_gap_max_365d > max_gap", "registry_status in bad_statuses")
    folder.swap(PARAMETERS, "[revoked, cancelled]", "[revoked, canceled]")
    assert any("canceled in bad_statuses" in str(f) and "'cancelled'?" in str(f) for f in faults_of(folder))


def test_an_empty_list_of_examples(folder):
    text = folder.files[RULES]
    folder.files[RULES] = text[: text.index("  examples:")] + "  examples: []\n"
    assert any("a list of examples" in str(fault) for fault in faults_of(folder))


def test_rows_that_overlap(folder):
    folder.swap(TABLE, "hit: first", "hit: unique").swap(TABLE, '"> 0.40"', '">= 0.40"')
    [fault] = faults_of(folder)
    assert fault.path == f"{TABLE}:7: rows[2]"
    assert "rows 1 and 3 both hold for grade = A, buyer_top1_share_12m = 0.4" in str(fault)


def test_rules_that_are_not_a_list(folder):
    told = [str(fault) for fault in faults_of(folder.rule("id: gap"))]
    assert f"{RULES}:1: found {{'id': 'gap'}}, expected a list of rules" in told


def test_repeated_id(folder):
    folder.files[RULES] += folder.files[RULES]
    [fault] = faults_of(folder)
    assert fault.path == f"{RULES}:12: [1].id"
    assert "the id gap again" in str(fault)
    assert f"{RULES}:1" in str(fault)


CAP = """\
    - id: cap
      says: {en: Cap, zh: 上限}
      kind: cap
      limit: max_share * sales_invoiced_12m
      if_unknown: refer
      reason: low_turnover
      examples:
        - {given: {sales_invoiced_12m: 100}, expect: 50}
        - {given: {sales_invoiced_12m: not_obtained}, expect: refer}
    """
CAPS = {
    "pass where unknown": ("if_unknown: refer", "if_unknown: pass", ["an unknown cap is not the absence of a cap"]),
    "not money": ("limit: max_share * sales_invoiced_12m", "limit: max_share", ["max_share in ratio", "currency"]),
    "not a value": ("* sales_invoiced_12m", "* sales_invoiced_12m > 3", ["a value instead of the comparison"]),
    "no limit": ("      limit: max_share * sales_invoiced_12m\n", "", ["no limit"]),
    "more where unknown": ("if_unknown: refer", "if_unknown: 1000", ["leaving a fact out would raise the limit"]),
    "never unknown": ("expect: refer", "expect: 0", ["answers refer"]),
}


@pytest.mark.parametrize("name", CAPS)
def test_broken_cap(folder, name):
    old, new, words = CAPS[name]
    assert old in CAP
    told = [str(fault) for fault in faults_of(folder.rule(CAP.replace(old, new)))]
    assert any(all(word in text for word in words) for text in told), told


def test_an_unknown_section_is_told_where_sections_are_given(folder):
    with pytest.raises(PolicyFaults, match="did you mean 'invoices'"):
        folder.swap(EVIDENCE, "invoices: {", "invoice: {").load(sections=("application", "invoices", "incomes"))


def young(when, *examples):
    """A second rule of the file."""
    return textwrap.dedent(f"""\
        - id: young
          says: {{en: Decline the young, zh: 成立过短则拒绝}}
          kind: knock_out
          when: {when}
          if_unknown: refer
          reason: interrupted_trading
          examples:
        """) + "".join(f"    - {{given: {{{given}}}, expect: {expect}}}\n" for given, expect in examples)


def test_an_unknown_clause_where_another_decides_does_not_show_what_unknown_answers(folder):
    when = "company_age_months < 24 and term_months < 24"
    shown = [
        ("company_age_months: 12, term_months: 12", "decline"),
        ("company_age_months: 30, term_months: 30", "pass"),
        ("company_age_months: not_obtained, term_months: 30", "pass"),
    ]
    before = folder.files[RULES]
    folder.files[RULES] = before + young(when, *shown)
    [fault] = faults_of(folder)
    assert "[1].examples: found no example where young is unknown" in str(fault)
    folder.files[RULES] = before + young(when, *shown, ("company_age_months: not_obtained, term_months: 12", "refer"))
    folder.load()


def test_a_rule_that_no_missing_fact_leaves_open_shows_none(folder):
    when = "company_age_months is unknown or company_age_months < 24"
    answers = ((12, "decline"), (30, "pass"), ("not_obtained", "decline"))
    shown = [(f"company_age_months: {held}", told) for held, told in answers]
    folder.files[RULES] += young(when, *shown)
    folder.load()


def test_all_faults_at_once(folder):
    folder.swap(RULES, "> max_gap", "> max_gaps").swap(PARAMETERS, "value: 0.5", "value: half")
    folder.swap(TABLE, '"D..G"', '"D..H"').swap(EVIDENCE, "application: required", "application: must")
    files = [fault.path.split(":")[0] for fault in faults_of(folder)]
    assert files == [EVIDENCE, PARAMETERS, RULES, TABLE]


JUNK = [
    "",
    "[]",
    "{}",
    "null",
    "-1",
    "1.0e+300",
    "9" * 321,
    "-" + "9" * 321,
    ".inf",
    "2024-01-01",
    "true",
    "'x'",
    "[[x]]",
    "{x: [1]}",
    "any",
    "a..b",
    "x > 1",
]
FIXED_CAP = """\
    - id: fixed_cap
      says: {en: Cap, zh: 上限}
      kind: cap
      when: sales_invoiced_12m < 100
      limit: 60
      if_unknown: 5
      reason: low_turnover
      examples:
        - {given: {sales_invoiced_12m: 99}, expect: 60}
        - {given: {sales_invoiced_12m: 100}, expect: pass}
        - {given: {sales_invoiced_12m: not_obtained}, expect: 5}
    """


@pytest.mark.parametrize("file", [POLICY, PARAMETERS, EVIDENCE, RULES, TABLE])
def test_any_damage_is_told_and_nothing_else_happens(folder, file):
    """Every value of every line, replaced by junk: the folder loads, or its faults are told."""
    folder.files[RULES] += (
        folder.files[RULES]
        .replace("id: gap", "id: scoped")
        .replace(
            "  reason:",
            "  scope: {amount: '>= 5', product: [demo]}\n  overridable: never\n  refer_kind: fraud\n  reason:",
        )
        .replace("{given:", "{case: {amount: 7, product: demo}, given:")
    ) + textwrap.dedent(FIXED_CAP)
    folder.load()
    whole = folder.files[file]
    spots = [match.span(1) for match in re.finditer(r"[:\[,{-] +([^\s,\]}{\[]+)", whole)]
    assert len(spots) > 5
    for (start, end), junk in itertools.product(spots, JUNK):
        folder.files[file] = whole[:start] + junk + whole[end:]
        with contextlib.suppress(PolicyFaults):
            folder.load()


def test_a_missing_folder(folder, tmp_path):
    folder.files = {}
    path = faults_of(folder)[0].path
    assert path.endswith("/policy.yaml")
    assert path.startswith(str(tmp_path))
    assert "policy.yaml: found no such file" in str(faults_of(folder)[0])
