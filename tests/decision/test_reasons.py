"""At most four reasons, and only true ones."""

from __future__ import annotations

import pytest

from risk_engine.decision.reasons import MOST_REASONS, Share, principal_reasons
from risk_engine.facts import Fact, Says, reason_codes
from risk_engine.rules import RuleAnswer, RuleKind, RuleResult
from risk_engine.vocabulary import State


def failed(name, reason, kind=RuleKind.REFER):
    return RuleResult(name, kind, RuleAnswer.DECLINE, reason=reason)


def knock_out(name, reason):
    return failed(name, reason, RuleKind.KNOCK_OUT)


def share(name, reason, log_odds, state=State.VALUE):
    return Share(Fact(name=name, says=Says(name, name), unit="ratio", reason=reason), state, log_odds)


SHARES = [
    share("churn", "lost_customers", 0.2),
    share("sales", "low_turnover", 0.5),
    share("cv", "unstable_income", 0.4),
    share("gap", "interrupted_trading", -0.3),
    share("slope", "falling_sales", 0.1),
    share("change", "falling_sales", 0.6),
    share("region", "", 9.0),
]
BY_SCORE = failed("limit_by_grade", "score_below_cutoff", RuleKind.CUT_OFF)


def told(results, binding=None, shares=SHARES):
    return [(reason.code, reason.source) for reason in principal_reasons(results, binding, lambda: shares)]


def codes(*given, **more):
    return [code for code, _ in told(*given, **more)]


def not_asked():
    pytest.fail("the score did not fail: its shares are nobody's business")


def test_nothing_failed_gives_no_reason():
    assert principal_reasons([], None, not_asked) == ()


def test_a_rule_gives_its_own_reason_in_two_languages():
    (reason,) = principal_reasons([failed("void_share_high", "cancelled_invoices")], None, not_asked)
    assert (reason.code, reason.source) == ("cancelled_invoices", "rule void_share_high")
    assert (reason.says.en, reason.says.zh) == reason_codes()["cancelled_invoices"].says


def test_knock_outs_come_first_otherwise_in_the_order_of_the_rules():
    given = [
        failed("a", "falling_sales"),
        knock_out("b", "low_turnover"),
        failed("c", "lost_customers"),
        knock_out("d", "purpose_of_loan"),
    ]
    assert codes(given) == ["low_turnover", "purpose_of_loan", "falling_sales", "lost_customers"]


def test_a_knock_out_that_only_refers_waits_its_turn():
    """A fact it names is missing: it knocks nobody out."""
    unknown = RuleResult("b", RuleKind.KNOCK_OUT, RuleAnswer.REFER, reason="insufficient_evidence")
    given = [RuleResult("a", RuleKind.REFER, RuleAnswer.REFER, reason="falling_sales"), unknown]
    assert codes(given) == ["falling_sales", "insufficient_evidence"]


def test_never_more_than_four():
    given = [failed(code, code) for code in list(reason_codes())[:9]]
    assert codes(given) == list(reason_codes())[:MOST_REASONS]
    assert len(codes([knock_out("purpose", "purpose_of_loan"), BY_SCORE])) == MOST_REASONS == 4


def test_each_code_once_from_the_first_who_says_it():
    given = [failed("gap_long", "interrupted_trading"), failed("few_months", "interrupted_trading")]
    assert told(given) == [("interrupted_trading", "rule gap_long")]
    assert ("low_turnover", "rule small") in told([failed("small", "low_turnover"), BY_SCORE])
    assert len(codes([failed("small", "low_turnover"), BY_SCORE])) == len(
        set(codes([failed("x", "low_turnover"), BY_SCORE]))
    )


def test_the_score_is_told_by_what_lowered_it():
    """Summed per code, worst first; what speaks for the applicant and what has no reason are left out."""
    assert told([BY_SCORE]) == [
        ("falling_sales", "score: change, slope"),
        ("low_turnover", "score: sales"),
        ("unstable_income", "score: cv"),
        ("lost_customers", "score: churn"),
    ]


def test_a_code_whose_facts_cancel_out_is_not_told():
    shares = [share("a", "falling_sales", 0.3), share("b", "falling_sales", -0.3), share("c", "low_turnover", 0.1)]
    assert codes([BY_SCORE], shares=shares) == ["low_turnover"]


def test_a_fact_that_helps_is_not_named_beside_one_that_hurts():
    shares = [share("a", "falling_sales", 0.3), share("b", "falling_sales", -0.1)]
    assert told([BY_SCORE], shares=shares) == [("falling_sales", "score: a")]


def test_a_fact_nobody_knows_is_lack_of_evidence():
    """Sales that nobody looked at are not small; sales that were looked for and not found are."""
    shares = [
        share("sales", "low_turnover", 0.9, State.NOT_OBTAINED),
        share("cv", "unstable_income", 0.5, State.NONE),
        share("region", "", 9.0, State.NOT_OBTAINED),
    ]
    assert told([BY_SCORE], shares=shares) == [
        ("insufficient_evidence", "score: sales"),
        ("unstable_income", "score: cv"),
    ]


def test_equal_shares_come_in_the_order_of_their_codes():
    shares = [share("b", "low_turnover", 0.5), share("a", "falling_sales", 0.5)]
    assert codes([BY_SCORE], shares=shares) == ["falling_sales", "low_turnover"]
    assert codes([BY_SCORE], shares=shares[::-1]) == ["falling_sales", "low_turnover"]


def test_a_limit_under_the_minimum_is_told_by_the_cap_that_holds_it():
    small = knock_out("limit_above_minimum", "limit_below_minimum")
    cap = RuleResult("limit_to_sales", RuleKind.CAP, RuleAnswer.CAP, reason="low_turnover")
    assert told([small], cap) == [("low_turnover", "rule limit_to_sales")]
    grade = RuleResult("limit_by_grade", RuleKind.CUT_OFF, RuleAnswer.APPROVE)
    assert codes([small], grade)[0] == "falling_sales"


def test_a_request_under_the_minimum_is_told_once():
    small = knock_out("limit_above_minimum", "limit_below_minimum")
    assert codes([knock_out("amount_large_enough", "outside_product"), small]) == ["outside_product"]
    assert codes([small]) == ["limit_below_minimum"]


def test_a_cap_by_grade_always_has_a_reason():
    """A firm of a good but not the best grade stands above the boundary in everything; its weakest side is told."""
    grade = RuleResult("limit_by_grade", RuleKind.CUT_OFF, RuleAnswer.APPROVE)
    shares = [share("a", "falling_sales", -0.3), share("b", "low_turnover", -0.1), share("c", "low_turnover", -0.05)]
    assert told([grade], grade, shares=shares) == [("low_turnover", "score: c")]
