"""The lowest cap binds, the worst result wins, the most serious referral says where a case goes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.decision.strategy import caps_known, giving, limit, refer_kind, worst_outcome
from risk_engine.rules import RuleAnswer, RuleKind, RuleResult
from risk_engine.vocabulary import SEVERITY, Outcome, ReferKind

STEP = Decimal(1000)


def cap(name, amount, answer=RuleAnswer.CAP):
    return RuleResult(name, RuleKind.CAP, answer, cap=None if amount is None else Decimal(amount))


def result(answer, goes_to=None):
    return RuleResult(f"{answer}_{goes_to}", RuleKind.REFER, answer, refer_kind=goes_to)


LIMITS = [
    # asked, caps, limit, what binds
    ("250000.00", [], "250000.00", None),
    ("250000.55", [("a", "300000")], "250000.55", None),  # as requested: not rounded
    ("250000.00", [("a", "250000.00")], "250000.00", None),  # a cap at the request holds nothing back
    ("250000.00", [("a", "249999.99")], "249000", "a"),
    ("250000.00", [("a", "200000"), ("b", "100500.10"), ("c", "180000")], "100000", "b"),
    ("250000.00", [("a", "90000"), ("b", "90000")], "90000", "a"),  # of equals, the first
    ("250000.00", [("a", None), ("b", "999.99")], "0", "b"),
    ("250000.00", [("a", "0")], "0", "a"),
    ("250000.00", [("a", "-5000")], "0", "a"),
]


@pytest.mark.parametrize(("asked", "caps", "amount", "binding"), LIMITS)
def test_the_lowest_cap_binds_rounded_down_to_the_step(asked, caps, amount, binding):
    given_limit, by = limit(Decimal(asked), STEP, [cap(*one) for one in caps])
    assert given_limit == Decimal(amount)
    assert (by and by.id) == binding


def test_a_cap_counts_beside_any_answer():
    """A row of a grade table approves and caps at once."""
    results = [cap("grade", "100000", RuleAnswer.APPROVE), cap("referred", "50000", RuleAnswer.REFER)]
    assert limit(Decimal(200000), STEP, results)[1].id == "referred"


amounts = st.decimals(min_value=0, max_value=10_000_000, places=2)


@given(amounts, st.lists(amounts, max_size=5), st.sampled_from(["1", "1000", "0.01", "50000"]))
def test_a_limit_is_never_more_than_asked_or_capped(asked, caps, step):
    results = [cap(f"c{number}", amount) for number, amount in enumerate(caps)]
    amount, binding = limit(asked, Decimal(step), results)
    assert 0 <= amount <= min([asked, *caps])
    if binding is None:
        assert amount == asked
    else:
        assert amount % Decimal(step) == 0
        assert binding.cap == min(caps)
        assert binding.cap - amount < Decimal(step)


@pytest.mark.parametrize(
    ("answer", "kind", "row", "known"),
    [
        (RuleAnswer.REFER, RuleKind.CAP, None, False),
        (RuleAnswer.REFER, RuleKind.CUT_OFF, None, False),  # a fact of the table was missing
        (RuleAnswer.REFER, RuleKind.CUT_OFF, 4, True),  # a row that refers was hit: it caps nothing, or says what
        (RuleAnswer.REFER, RuleKind.REFER, None, True),
        (RuleAnswer.DECLINE, RuleKind.CUT_OFF, None, True),
        (RuleAnswer.CAP, RuleKind.CAP, None, True),
    ],
)
def test_a_limit_is_known_unless_a_cap_could_not_be_judged(answer, kind, row, known):
    assert caps_known([result(RuleAnswer.APPROVE), RuleResult("one", kind, answer, row=row)]) is known


def test_the_worst_result_wins():
    approve, refer, decline = RuleAnswer.APPROVE, RuleAnswer.REFER, RuleAnswer.DECLINE
    nothing = [RuleAnswer.CAP, RuleAnswer.CONDITION, RuleAnswer.SKIPPED]
    for answers, outcome in [
        ([], Outcome.APPROVE),
        (nothing, Outcome.APPROVE),
        ([approve, approve], Outcome.APPROVE),
        ([approve, refer, *nothing], Outcome.REFER),
        ([decline, refer, approve], Outcome.DECLINE),
        ([refer, decline], Outcome.DECLINE),
    ]:
        assert worst_outcome(map(result, answers)) is outcome, answers


@given(st.lists(st.sampled_from(list(RuleAnswer))))
def test_no_further_result_makes_an_outcome_better(answers):
    results = [result(answer) for answer in answers]
    for count in range(len(results)):
        assert SEVERITY[worst_outcome(results[:count])] <= SEVERITY[worst_outcome(results[: count + 1])]


@pytest.mark.parametrize("most", list(ReferKind))
def test_the_most_serious_referral_says_where_a_case_goes(most):
    kinds = list(ReferKind)[: list(ReferKind).index(most) + 1]
    assert [kind.value for kind in ReferKind] == ["information", "judgement", "authority", "fraud"]
    for order in (kinds, kinds[::-1]):
        assert refer_kind([result(RuleAnswer.REFER, kind) for kind in order]) is most


def test_only_referrals_say_where_a_case_goes():
    passed = result(RuleAnswer.APPROVE, ReferKind.FRAUD)
    assert refer_kind([passed]) is None
    assert refer_kind([passed, result(RuleAnswer.REFER, ReferKind.INFORMATION)]) is ReferKind.INFORMATION
    assert giving([passed, result(RuleAnswer.DECLINE)], Outcome.REFER) == []
