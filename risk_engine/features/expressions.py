"""Expressions: nodes of a formula, checked when built, printed canonically.

A node knows its shape, the kind of its values, whether its window is still open, and its text. The
text is Python-like, parses back (:mod:`risk_engine.features.parsing`) and is what the hash covers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from risk_engine.errors import ExpressionError, nearest_hint
from risk_engine.features.shapes import BOOLEAN, DATE, NUMBER, ONE, Kind, Shape, combine

SYMBOLS = {
    "eq": ("==", 1), "ne": ("!=", 1), "lt": ("<", 1), "le": ("<=", 1), "gt": (">", 1), "ge": (">=", 1),
    "or": ("|", 2), "and": ("&", 3), "add": ("+", 4), "sub": ("-", 4), "mul": ("*", 5), "div": ("/", 5),
}  # fmt: skip
"""Binary operators: symbol and how tightly it binds, as in Python."""

UNARY_RANK, ATOM_RANK = 6, 9

SEMANTICS: Mapping[str, int] = MappingProxyType({"LongestRun": 2})  # 1 was 0 where nothing is counted
"""Version of a kernel's meaning where it is no longer 1; raising one changes the hash of every feature that uses it."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """One node of a formula. Build it with operators and the words of :mod:`risk_engine.features.language`.

    Attributes:
        op: What it does.
        parts: What it is made of.
        shape: Rows, cells or one value.
        kind: What its values are.
        settings: Window, constant, quantile and the like.
        text: Canonical print.
        rank: How tightly the print binds.
        open: True while a reduce in it waits for a window.

    Raises:
        ExpressionError: An operator meets two sections, two kinds of Cells, or kinds of value it does not take.

    >>> from risk_engine.features.language import *
    >>> invoices.net_amount * 1.06 > 1000
    <invoices.net_amount * 1.06 > 1000: rows of invoices, boolean>
    """

    op: str
    parts: tuple[Expression, ...]
    shape: Shape
    kind: Kind
    text: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    rank: int = ATOM_RANK
    open: bool = False

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.text}: {self.shape}, {self.kind}>"

    def __hash__(self) -> int:
        return hash(self.text)

    def __bool__(self) -> bool:
        raise ExpressionError(f"{self.text} has no truth while it is built", hint="use & | ~ instead of and, or, not")

    def __add__(self, other: Operand) -> Expression:
        return binary("add", self, other)

    def __radd__(self, other: Operand) -> Expression:
        return binary("add", other, self)

    def __sub__(self, other: Operand) -> Expression:
        return binary("sub", self, other)

    def __rsub__(self, other: Operand) -> Expression:
        return binary("sub", other, self)

    def __mul__(self, other: Operand) -> Expression:
        return binary("mul", self, other)

    def __rmul__(self, other: Operand) -> Expression:
        return binary("mul", other, self)

    def __truediv__(self, other: Operand) -> Expression:
        return binary("div", self, other)

    def __rtruediv__(self, other: Operand) -> Expression:
        return binary("div", other, self)

    def __lt__(self, other: Operand) -> Expression:
        return binary("lt", self, other)

    def __le__(self, other: Operand) -> Expression:
        return binary("le", self, other)

    def __gt__(self, other: Operand) -> Expression:
        return binary("gt", self, other)

    def __ge__(self, other: Operand) -> Expression:
        return binary("ge", self, other)

    def __eq__(self, other: Operand) -> Expression:  # type: ignore[override]  # not a truth: a condition
        return binary("eq", self, other)

    def __ne__(self, other: Operand) -> Expression:  # type: ignore[override]  # not a truth: a condition
        return binary("ne", self, other)

    def __and__(self, other: Operand) -> Expression:
        return binary("and", self, other)

    def __or__(self, other: Operand) -> Expression:
        return binary("or", self, other)

    def __invert__(self) -> Expression:
        return unary("not", self)

    def __neg__(self) -> Expression:
        return constant(-self.settings["value"]) if self.op == "constant" else unary("neg", self)

    def is_in(self, words: tuple[str, ...] | list[str] | str) -> Expression:
        """True where the word is one of these; a null counts as neither.

        Args:
            words: One or more of the closed list of the value.

        Raises:
            ExpressionError: The value is no word, no words are given, or one that the value never is.

        >>> from risk_engine.features.language import *
        >>> sold = invoices.direction.is_in(("out",))
        >>> measure(Count(sold, ever), issued_on=["2020-02-01"] * 2, direction=["in", "out"])
        1.0
        """
        if self.kind.name != "word":
            raise ExpressionError(f"{self.text} is a {self.kind}, not a word", hint="is_in compares words")
        if isinstance(words, str) or not words:
            raise ExpressionError(f"{self.text}.is_in({words!r})", hint="give a tuple of one or more words")
        # A set has no order, so the print sorts it: two spellings of one set share a hash.
        given = tuple(sorted({word(self, each).settings["word"] for each in words}))
        listed = ", ".join(quoted(each) for each in given) + ("," if len(given) == 1 else "")
        return Expression(
            "is_in", (self,), self.shape, BOOLEAN, f"{inside(self, ATOM_RANK)}.is_in(({listed}))",
            {"words": given}, open=self.open,
        )  # fmt: skip


Operand = Expression | float | str


def quoted(text: str) -> str:
    """A text as it is printed."""
    return json.dumps(text, ensure_ascii=False)


def inside(part: Expression, rank: int) -> str:
    """A part's print, in parentheses where it binds less tightly than its place needs."""
    return part.text if part.rank >= rank else f"({part.text})"


def constant(value: float) -> Expression:
    """A number.

    >>> constant(12.0).text, constant(0.05).text
    ('12', '0.05')
    """
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ExpressionError(f"the constant {value} is not finite", hint="give a finite number")
    text = str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return Expression("constant", (), ONE, NUMBER, text, {"value": number})


def word(other: Expression, text: str) -> Expression:
    """A word of the same closed list as ``other``, as a constant."""
    if other.kind.name != "word":
        raise ExpressionError(
            f"{other.text} is a {other.kind} and cannot be compared with {text!r}",
            hint="texts of one column compare only with each other",
        )
    if text not in other.kind.words:
        raise ExpressionError(
            f"{other.text} is never {text!r}",
            hint=nearest_hint(text, other.kind.words) or "one of " + ", ".join(other.kind.words),
        )
    return Expression(
        "word", (), ONE, other.kind, quoted(text), {"value": float(other.kind.words.index(text)), "word": text}
    )


def lift(value: Operand, other: Expression | None = None) -> Expression:
    """An operand as an expression."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ExpressionError(
            f"{value!r} ({type(value).__name__}) cannot stand in a feature",
            hint="give an expression, number or word",
        )
    if isinstance(value, str):
        if other is None:
            raise ExpressionError(f"the word {value!r} stands alone", hint="compare it with a column: column == 'word'")
        return word(other, value)
    return constant(value)


def binary(op: str, left: Operand, right: Operand) -> Expression:
    """Two operands and an operator between them."""
    a = left if isinstance(left, Expression) else lift(left, right if isinstance(right, Expression) else None)
    b = lift(right, a)
    symbol, rank = SYMBOLS[op]
    # A chain of comparisons means something else in Python, so a comparison inside one is always bracketed.
    text = f"{inside(a, rank + (rank == 1))} {symbol} {inside(b, rank + 1)}"
    shape = combine([a.shape, b.shape], text)
    return Expression(op, (a, b), shape, _kind(op, a, b, text), text, rank=rank, open=a.open or b.open)


def _kind(op: str, a: Expression, b: Expression, text: str) -> Kind:
    kinds = (a.kind.name, b.kind.name)
    if op in ("and", "or"):
        return _all_of("boolean", BOOLEAN, (a, b), text)
    if op in ("eq", "ne") and a.kind == b.kind:
        return BOOLEAN
    if op in ("lt", "le", "gt", "ge", "eq", "ne"):
        if kinds[0] != kinds[1] or kinds[0] not in ("number", "date"):
            raise ExpressionError(f"{text} compares a {a.kind} with a {b.kind}", hint="compare like with like")
        return BOOLEAN
    if op == "sub" and kinds == ("date", "date"):
        return NUMBER
    if (op in ("add", "sub") and kinds == ("date", "number")) or (op == "add" and kinds == ("number", "date")):
        return DATE
    return _all_of("number", NUMBER, (a, b), text)


def _all_of(name: str, kind: Kind, parts: tuple[Expression, ...], text: str) -> Kind:
    for part in parts:
        if part.kind.name != name:
            raise ExpressionError(
                f"{text} needs a {name}, but {part.text} is a {part.kind}", hint="see LANGUAGE: kinds"
            )
    return kind


def unary(op: str, value: Operand) -> Expression:
    """``~x`` and ``-x``."""
    part = lift(value)
    sign, name, kind = {"not": ("~", "boolean", BOOLEAN), "neg": ("-", "number", NUMBER)}[op]
    text = sign + inside(part, UNARY_RANK)
    return Expression(
        op, (part,), part.shape, _all_of(name, kind, (part,), text), text, rank=UNARY_RANK, open=part.open
    )


def elementwise(op: str, parts: tuple[Expression, ...], kind: Kind) -> Expression:
    """A function applied value by value, printed as a call."""
    text = f"{op}({', '.join(part.text for part in parts)})"
    shape = combine([part.shape for part in parts], text)
    return Expression(op, parts, shape, kind, text, open=any(part.open for part in parts))


def numbers(text: str, *parts: Expression) -> Kind:
    """The kind of a function over numbers.

    Raises:
        ExpressionError: One of the parts is not a number.
    """
    return _all_of("number", NUMBER, parts, text)


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node, the expression itself first."""
    yield expression
    for part in expression.parts:
        yield from walk(part)


def sections(expression: Expression) -> tuple[str, ...]:
    """The sections of the data contract an expression reads, in the order met.

    >>> from risk_engine.features.language import *
    >>> sections(Sum(ledger.amount, ever) / Sum(invoices.net_amount, ever))
    ('ledger', 'invoices')
    """
    return tuple(dict.fromkeys(node.settings["section"] for node in walk(expression) if "section" in node.settings))


def expression_hash(expression: Expression) -> str:
    """sha256 of the canonical print and the versions of the kernels it uses.

    >>> expression_hash(constant(1)) == expression_hash(constant(1.0))
    True
    """
    used = {node.op for node in walk(expression)}
    versions = {op: SEMANTICS.get(op, 1) for op in used}
    versions |= {
        node.settings["name"]: node.settings["version"] for node in walk(expression) if node.op == "row_kernel"
    }
    told = expression.text + "\n" + ",".join(f"{op}={versions[op]}" for op in sorted(versions))
    return hashlib.sha256(told.encode()).hexdigest()
