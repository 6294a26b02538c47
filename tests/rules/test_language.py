"""The rule language: each row is a sentence, the facts, the truth, and the trace of every clause."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.errors import ExpressionError
from risk_engine.facts import Fact, FactValue, Says
from risk_engine.rules.conditions import compile_condition, compile_value
from risk_engine.rules.language import parse_condition, parse_value
from risk_engine.rules.results import Truth
from risk_engine.vocabulary import FactType, State

A = Fact(name="a", says=Says("a", "a"), unit="days")
B = Fact(name="b", says=Says("b", "b"), unit="days")
ZERO = Fact(name="zero", says=Says("z", "z"), unit="days", none_reads_as=0.0)
KIND = Fact(name="kind", says=Says("k", "k"), unit="word", type=FactType.WORD, words=("x", "y", "z"))
OLD = Fact(name="old", says=Says("o", "o"), unit="boolean", type=FactType.BOOLEAN)
SINCE = Fact(name="since", says=Says("s", "s"), unit="date", type=FactType.DATE)
FACTS = {fact.name: fact for fact in (A, B, ZERO, KIND, OLD, SINCE)}
VALUES = {"limit": 10.0, "some": ("x", "y"), "start": dt.date(2024, 1, 1), "best": "x"}
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
MISSING, NONE, NOT_APPLICABLE = State.NOT_OBTAINED, State.NONE, State.NOT_APPLICABLE


def hold(given_facts):
    return {
        name: FactValue(None, plain) if isinstance(plain, State) else FactValue(plain, State.VALUE)
        for name, plain in given_facts.items()
    }


def run(sentence, given_facts):
    truth, clauses = compile_condition(parse_condition(sentence), FACTS, VALUES)(hold(given_facts))
    return truth, [(c.fact, c.operator, c.value, c.threshold, c.truth) for c in clauses]


ROWS = [
    # comparison, both sides of the threshold, and the unknown
    ("a > limit", {"a": 11.0}, T, [("a", ">", 11.0, 10.0, T)]),
    ("a > limit", {"a": 10.0}, F, [("a", ">", 10.0, 10.0, F)]),
    ("a >= limit", {"a": 10.0}, T, [("a", ">=", 10.0, 10.0, T)]),
    ("a < -1.5", {"a": -2.0}, T, [("a", "<", -2.0, -1.5, T)]),
    ("a <= limit", {"a": 10.5}, F, [("a", "<=", 10.5, 10.0, F)]),
    ("a == 3", {"a": 3.0}, T, [("a", "==", 3.0, 3.0, T)]),
    ("10 < a", {"a": 11.0}, T, [("a", ">", 11.0, 10.0, T)]),
    ("a > limit", {"a": MISSING}, U, [("a", ">", "not_obtained", 10.0, U)]),
    ("a > limit", {}, U, [("a", ">", "not_obtained", 10.0, U)]),
    ("a > limit", {"a": NOT_APPLICABLE}, U, [("a", ">", "not_applicable", 10.0, U)]),
    ("a > limit", {"a": NONE}, U, [("a", ">", "none", 10.0, U)]),
    ("a > limit", {"a": float("nan")}, U, [("a", ">", "not_obtained", 10.0, U)]),
    ("a > limit", {"a": float("inf")}, U, [("a", ">", "not_obtained", 10.0, U)]),
    ("zero < limit", {"zero": NONE}, T, [("zero", "<", "none", 10.0, T)]),
    ("zero > limit", {"zero": NONE}, F, [("zero", ">", "none", 10.0, F)]),
    ("zero > limit", {"zero": MISSING}, U, [("zero", ">", "not_obtained", 10.0, U)]),
    # words; x != 'x' on missing is unknown, never true
    ("kind == 'x'", {"kind": "x"}, T, [("kind", "==", "x", "x", T)]),
    ("kind != best", {"kind": "y"}, T, [("kind", "!=", "y", "x", T)]),
    ("kind != 'x'", {"kind": MISSING}, U, [("kind", "!=", "not_obtained", "x", U)]),
    ("kind in ['x', 'y']", {"kind": "y"}, T, [("kind", "in", "y", ("x", "y"), T)]),
    ("kind in some", {"kind": "z"}, F, [("kind", "in", "z", ("x", "y"), F)]),
    ("kind not in some", {"kind": "z"}, T, [("kind", "not in", "z", ("x", "y"), T)]),
    ("kind not in some", {"kind": NONE}, U, [("kind", "not in", "none", ("x", "y"), U)]),
    # truths and dates
    ("old", {"old": True}, T, [("old", "==", True, True, T)]),
    ("not old", {"old": True}, F, [("old", "==", True, True, T)]),
    ("old == false", {"old": False}, T, [("old", "==", False, False, T)]),
    ("since < start", {"since": dt.date(2023, 12, 31)}, T, [("since", "<", "2023-12-31", "2024-01-01", T)]),
    ("since >= 2024-02-01", {"since": dt.date(2024, 1, 31)}, F, [("since", ">=", "2024-01-31", "2024-02-01", F)]),
    ("since < start", {"since": MISSING}, U, [("since", "<", "not_obtained", "2024-01-01", U)]),
    # states
    ("a is unknown", {"a": MISSING}, T, [("a", "is", "not_obtained", "unknown", T)]),
    ("a is unknown", {"a": NONE}, T, [("a", "is", "none", "unknown", T)]),
    ("zero is unknown", {"zero": NONE}, F, [("zero", "is", "none", "unknown", F)]),
    ("a is unknown", {"a": 1.0}, F, [("a", "is", 1.0, "unknown", F)]),
    ("a is none", {"a": NONE}, T, [("a", "is", "none", "none", T)]),
    ("zero is none", {"zero": NONE}, T, [("zero", "is", "none", "none", T)]),
    ("a is none", {"a": 1.0}, F, [("a", "is", 1.0, "none", F)]),
    ("a is none", {"a": MISSING}, U, [("a", "is", "not_obtained", "none", U)]),
    ("a is not none", {"a": MISSING}, U, [("a", "is not", "not_obtained", "none", U)]),
    ("a is none", {"a": NOT_APPLICABLE}, U, [("a", "is", "not_applicable", "none", U)]),
    ("a is not_obtained", {"a": float("nan")}, T, [("a", "is", "not_obtained", "not_obtained", T)]),
    ("a is not_applicable", {"a": NOT_APPLICABLE}, T, [("a", "is", "not_applicable", "not_applicable", T)]),
    ("kind is not_applicable", {"kind": "x"}, F, [("kind", "is", "x", "not_applicable", F)]),
    # arithmetic, decimal, between facts
    ("a > b", {"a": 2.0, "b": 1.0}, T, [("a", ">", 2.0, 1.0, T)]),
    ("a / b > 0.5", {"a": 1.0, "b": 2.0}, F, [("a / b", ">", 0.5, 0.5, F)]),
    ("a / b > 0.5", {"a": 1.0, "b": 0.0}, U, [("a / b", ">", "none", 0.5, U)]),
    ("a + b <= 0.3", {"a": 0.1, "b": 0.2}, T, [("a + b", "<=", 0.3, 0.3, T)]),
    ("a - (b - 1) == 1", {"a": 2.0, "b": 2.0}, T, [("a - (b - 1.0)", "==", 1.0, 1.0, T)]),
    ("a - b > 1", {"a": MISSING, "b": NONE}, U, [("a - b", ">", "not_obtained", 1.0, U)]),
    ("a - b > 1", {"a": 2.0, "b": NONE}, U, [("a - b", ">", "none", 1.0, U)]),
    ("a * 2 > b", {"a": 2.0, "b": MISSING}, U, [("a * 2.0", ">", 4.0, "not_obtained", U)]),
    # every clause is told, also where another has decided
    ("a > 1 or b > 1", {"a": 2.0}, T, [("a", ">", 2.0, 1.0, T), ("b", ">", "not_obtained", 1.0, U)]),
    ("a > 1 and b > 1", {"a": 1.0}, F, [("a", ">", 1.0, 1.0, F), ("b", ">", "not_obtained", 1.0, U)]),
    ("a > 1 and b > 1", {"a": 2.0}, U, [("a", ">", 2.0, 1.0, T), ("b", ">", "not_obtained", 1.0, U)]),
    (
        "not (a > 1 or kind == 'x') and b > 1",
        {"a": 0.0, "kind": "y", "b": 2.0},
        T,
        [("a", ">", 0.0, 1.0, F), ("kind", "==", "y", "x", F), ("b", ">", 2.0, 1.0, T)],
    ),
]


@pytest.mark.parametrize(("sentence", "facts", "truth", "trace"), ROWS, ids=[f"{r[0]} | {r[1]}" for r in ROWS])
def test_truth_and_trace(sentence, facts, truth, trace):
    assert run(sentence, facts) == (truth, trace)


@pytest.mark.parametrize("sentence", sorted({row[0] for row in ROWS}))
def test_print_parses_back(sentence):
    node = parse_condition(sentence)
    assert str(parse_condition(str(node))) == str(node)


KLEENE = {
    "and": {(T, T): T, (T, F): F, (T, U): U, (F, T): F, (F, F): F, (F, U): F, (U, T): U, (U, F): F, (U, U): U},
    "or": {(T, T): T, (T, F): T, (T, U): T, (F, T): T, (F, F): F, (F, U): U, (U, T): T, (U, F): U, (U, U): U},
}


@pytest.mark.parametrize("word", ["and", "or"])
def test_kleene(word):
    given_facts = {T: 2.0, F: 1.0, U: MISSING}
    for left, right in itertools.product((T, F, U), repeat=2):
        assert (
            run(f"a > 1 {word} b > 1", {"a": given_facts[left], "b": given_facts[right]})[0]
            is KLEENE[word][left, right]
        )
    assert run("not a > 1", {"a": MISSING})[0] is U


BAD = [
    ("", "the end"),
    ("a", None),
    ("a >", "the end"),
    ("a > 1 b", "found 'b' at character 7"),
    ("1 < a < 3", "one comparison, joined by 'and'"),
    ("a = 1", "found '=' at character 3"),
    ("a.b > 1", "found '.'"),
    ("f(a) > 1", "found '('"),
    ("a[0] > 1", "found '['"),
    ("a > 1 and", "the end"),
    ("(a > 1", "')'"),
    ("a in (1)", "a list of words or a parameter"),
    ("kind in ['x'", "',' or ']'"),
    ("kind in [x]", "a word in quotes"),
    ("a is missing", "one of unknown, none, not_obtained, not_applicable"),
    ("since > 2024-02-30", "a date that exists"),
    ("a > -b", "a number after '-'"),
    ("(a > 1) + 2 > 1", "a value instead of the comparison"),
    ("1", "a comparison of 1.0"),
    ("a + 1", "a comparison of a + 1.0"),
    ("a > 12abc", "found '1'"),
    ("a > " + "9" * 321, "a number below 1.79e+308"),
    ("a > -" + "9" * 321, "a number below 1.79e+308"),
    ("a > 1; import os", "found ';'"),
    ("__import__('os') == 1", "found '('"),
    ("not " * 60 + "old", "levels of brackets"),
    ("(" * 60 + "a > 1" + ")" * 60, "levels of brackets"),
    ("a > 1 or " * 300 + "a > 2", "characters"),
]


@pytest.mark.parametrize(("sentence", "words"), BAD, ids=[row[0][:30] for row in BAD])
def test_not_a_sentence(sentence, words):
    if words is None:
        assert str(parse_condition(sentence)) == sentence
        return
    with pytest.raises(ExpressionError) as caught:
        parse_condition(sentence)
    assert words in str(caught.value)


@given(st.text(alphabet="ab10.'<>=!()[]+-*/ andortiskn_", max_size=40))
def test_any_text_is_a_sentence_or_a_told_error(text):
    try:
        node = parse_condition(text)
    except ExpressionError:
        return
    assert str(parse_condition(str(node))) == str(node)


def test_amounts():
    limit = compile_value(parse_value("0.1 * a"), FACTS, VALUES)
    assert limit(hold({"a": 3.0})) == (0.3, 0.3)
    assert limit(hold({"a": MISSING})) == (None, "not_obtained")
    with pytest.raises(ExpressionError, match="a value instead of"):
        parse_value("a > 1")


COMPARISONS = st.sampled_from(
    ["a > 1", "b <= a", "kind == 'x'", "kind not in some", "old", "since < start", "a / b > 1"]
)
SENTENCES = st.recursive(
    COMPARISONS,
    lambda part: st.one_of(
        part.map("not ({})".format),
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(lambda made: f"({made[0]}) {made[1]} ({made[2]})"),
    ),
    max_leaves=6,
)
KNOWN = st.fixed_dictionaries(
    {
        "a": st.sampled_from([0.0, 1.0, 2.0]),
        "b": st.sampled_from([0.0, 1.0, 2.0]),
        "kind": st.sampled_from("xyz"),
        "old": st.booleans(),
        "since": st.sampled_from([dt.date(2023, 1, 1), dt.date(2024, 1, 1)]),
    }
)


@given(sentence=SENTENCES, known=KNOWN, gone=st.sets(st.sampled_from(["a", "b", "kind", "old", "since"])))
def test_a_missing_fact_makes_a_truth_unknown_and_never_turns_it(sentence, known, gone):
    full = run(sentence, known)[0]
    part = run(sentence, {**known, **dict.fromkeys(gone, MISSING)})[0]
    assert part in (full, U)
