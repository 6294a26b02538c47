"""The rule language: one sentence of comparisons, parsed, never evaluated by Python.

::

    invoice_gap_max_365d > max_invoice_gap and not (registry_status in inactive_statuses)
    request_to_sales_12m is unknown or limit / sales_invoiced_12m > 0.5

Closed on purpose: comparison, ``and``/``or``/``not``, ``in``, ``is unknown`` (also ``none``, ``not_obtained``,
``not_applicable``) and arithmetic between values. No calls, no attributes, no indexing.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from risk_engine.errors import ExpressionError

STATE_WORDS = ("unknown", "none", "not_obtained", "not_applicable")
COMPARISONS = ("<", "<=", "==", "!=", ">=", ">")
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "true", "false", *STATE_WORDS})
_LONGEST = 2000
_DEEPEST = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<date>\d{4}-\d{2}-\d{2})|(?P<number>\d+(?:\.\d+)?(?![\w.]))|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign><=|>=|==|!=|[-+*/<>()\[\],]))"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A fact or a parameter."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a word, a truth or a date, as written."""

    value: float | str | bool | dt.date

    def __str__(self) -> str:
        if isinstance(self.value, bool):
            return str(self.value).lower()
        return f"'{self.value}'" if isinstance(self.value, str) else f"{self.value}"


@dataclass(frozen=True, slots=True)
class Words:
    """A written list of words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return "[" + ", ".join(f"'{word}'" for word in self.words) + "]"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``+ - * /`` between two values."""

    sign: str
    left: Value
    right: Value

    def __str__(self) -> str:
        left = f"({self.left})" if isinstance(self.left, Arithmetic) else str(self.left)
        right = f"({self.right})" if isinstance(self.right, Arithmetic) else str(self.right)
        return f"{left} {self.sign} {right}"


Value = Name | Literal | Arithmetic


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison of two values."""

    sign: str
    left: Value
    right: Value

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True, slots=True)
class Member:
    """A word fact among words, or among the words of a parameter."""

    left: Value
    words: Words | Name
    negated: bool

    def __str__(self) -> str:
        return f"{self.left} {'not in' if self.negated else 'in'} {self.words}"


@dataclass(frozen=True, slots=True)
class StateTest:
    """What is known of a fact, rather than its value."""

    left: Value
    state: str
    negated: bool

    def __str__(self) -> str:
        return f"{self.left} {'is not' if self.negated else 'is'} {self.state}"


@dataclass(frozen=True, slots=True)
class Holds:
    """A bare boolean fact."""

    left: Value

    def __str__(self) -> str:
        return str(self.left)


@dataclass(frozen=True, slots=True)
class Not:
    """True where the part is false; unknown stays unknown."""

    part: Condition

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class Join:
    """``and`` or ``or`` over two or more parts."""

    word: str
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({part})" if isinstance(part, Join) else str(part) for part in self.parts)


Leaf = Compare | Member | StateTest | Holds
Condition = Leaf | Not | Join
Node = Value | Condition
_Parsed = TypeVar("_Parsed")


def parse_condition(text: str) -> Condition:
    """Read what a rule's ``when`` says.

    Raises:
        ExpressionError: Not a sentence of the language, with the place where reading stopped.

    >>> str(parse_condition("18<=age and (not member or kind in ['a','b'])"))
    "18.0 <= age and (not (member) or kind in ['a', 'b'])"
    """
    parser = _Parser(text)
    return parser.whole(parser.condition(parser.either()))


def parse_value(text: str) -> Value:
    """Read an amount, such as a cap's ``limit``.

    >>> str(parse_value("max_limit_to_sales * sales_invoiced_12m"))
    'max_limit_to_sales * sales_invoiced_12m'
    """
    parser = _Parser(text)
    return parser.whole(parser.value(parser.either()))


def names_in(node: Node) -> Iterator[str]:
    """Every name in the order written, repeats included."""
    match node:
        case Name(name):
            yield name
        case Arithmetic(_, left, right) | Compare(_, left, right):
            yield from names_in(left)
            yield from names_in(right)
        case Member(left, words, _):
            yield from names_in(left)
            if isinstance(words, Name):
                yield words.name
        case StateTest(left) | Holds(left):
            yield from names_in(left)
        case Not(part):
            yield from names_in(part)
        case Join(_, parts):
            for part in parts:
                yield from names_in(part)


def leaves(node: Condition) -> Iterator[Leaf]:
    """The clauses of a condition, in the order written."""
    match node:
        case Not(part):
            yield from leaves(part)
        case Join(_, parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield node


class _Parser:
    """Recursive descent over the tokens; values and conditions share one grammar until they meet."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise ExpressionError(f"found {len(text)} characters, expected at most {_LONGEST}")
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at][:2]

    def take(self, *wanted: str) -> str:
        """Take the next sign or keyword if it is one of these; empty if not."""
        kind, word = self.peek()
        if word in wanted and kind in ("sign", "keyword"):
            self.at += 1
            return word
        return ""

    def stop(self, expected: str) -> ExpressionError:
        _, word, place = self.tokens[self.at]
        found = repr(word) if word else "the end"
        return ExpressionError(f"found {found} at character {place + 1}, expected {expected}")

    def whole(self, node: _Parsed) -> _Parsed:
        if self.peek()[0] != "end":
            raise self.stop("the end" if self.peek()[1] not in COMPARISONS else "one comparison, joined by 'and'")
        return node

    def condition(self, node: Node) -> Condition:
        if isinstance(node, Name):
            return Holds(node)
        if isinstance(node, Literal | Arithmetic):
            raise self.stop(f"a comparison of {node}")
        return node

    def value(self, node: Node) -> Value:
        if isinstance(node, Name | Literal | Arithmetic):
            return node
        raise self.stop(f"a value instead of the comparison {node}")

    def either(self) -> Node:
        return self.join("or", lambda: self.join("and", self.negation))

    def join(self, word: str, part: Callable[[], Node]) -> Node:
        first = part()
        if not self.take(word):
            return first
        parts = [self.condition(first), self.condition(part())]
        while self.take(word):
            parts.append(self.condition(part()))
        return Join(word, tuple(parts))

    def negation(self) -> Node:
        if not self.take("not"):
            return self.clause()
        self.deeper()
        negated = Not(self.condition(self.negation()))
        self.depth -= 1
        return negated

    def clause(self) -> Node:
        left = self.sum()
        if sign := self.take(*COMPARISONS):
            return Compare(sign, self.value(left), self.value(self.sum()))
        if self.take("is"):
            negated = bool(self.take("not"))
            state = self.take(*STATE_WORDS)
            if not state:
                raise self.stop("one of " + ", ".join(STATE_WORDS))
            return StateTest(self.value(left), state, negated)
        if self.take("in"):
            return Member(self.value(left), self.words(), negated=False)
        if self.peek()[1] == "not" and self.tokens[self.at + 1][1] == "in":
            self.at += 2
            return Member(self.value(left), self.words(), negated=True)
        return left

    def words(self) -> Words | Name:
        kind, word = self.peek()
        if kind == "name":
            self.at += 1
            return Name(word)
        if not self.take("["):
            raise self.stop("a list of words or a parameter")
        words = [self.quoted()]
        while self.take(","):
            words.append(self.quoted())
        if not self.take("]"):
            raise self.stop("',' or ']'")
        return Words(tuple(words))

    def quoted(self) -> str:
        kind, word = self.peek()
        if kind != "text":
            raise self.stop("a word in quotes")
        self.at += 1
        return word[1:-1]

    def sum(self) -> Node:
        return self.chain(("+", "-"), lambda: self.chain(("*", "/"), self.atom))

    def chain(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        left = part()
        while sign := self.take(*signs):
            left = Arithmetic(sign, self.value(left), self.value(part()))
        return left

    def atom(self) -> Node:
        if self.take("("):
            self.deeper()
            node = self.either()
            self.depth -= 1
            if not self.take(")"):
                raise self.stop("')'")
            return node
        minus = bool(self.take("-"))
        kind, word = self.peek()
        if minus and kind != "number":
            raise self.stop("a number after '-'")
        if truth := self.take("true", "false"):
            return Literal(truth == "true")
        if kind not in ("number", "name", "date", "text"):
            raise self.stop("a fact, a parameter, a number, a date or a word in quotes")
        node = self.leaf(kind, word, minus=minus)
        self.at += 1
        return node

    def leaf(self, kind: str, word: str, *, minus: bool) -> Node:
        match kind:
            case "number":
                number = float(word)
                if math.isinf(number):
                    raise self.stop("a number below 1.79e+308")
                return Literal(-number if minus else number)
            case "name":
                return Name(word)
            case "text":
                return Literal(word[1:-1])
            case _:
                try:
                    return Literal(dt.date.fromisoformat(word))
                except ValueError as error:
                    raise self.stop("a date that exists") from error

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.stop(f"at most {_DEEPEST} levels of brackets")


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            gap = len(text[place:]) - len(text[place:].lstrip())
            raise ExpressionError(
                f"found {text[place + gap]!r} at character {place + gap + 1}, "
                "expected a name, a number, a sign or a word in quotes"
            )
        word = match.group(match.lastgroup)
        kind = "keyword" if match.lastgroup == "name" and word in _KEYWORDS else match.lastgroup
        yield kind, word, match.start(match.lastgroup)
        place = match.end()
    yield "end", "", len(text)
