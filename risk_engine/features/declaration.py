"""Features: an expression and everything a reader of its value must know. Catalogues: features by name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import msgspec

from risk_engine.errors import ExpressionError, ReleaseError, UnknownName
from risk_engine.facts import Fact, Says, reason_codes
from risk_engine.features.expressions import Expression, expression_hash, sections, walk
from risk_engine.features.parsing import parse
from risk_engine.features.reduces import close
from risk_engine.features.shapes import Window
from risk_engine.vocabulary import FactType, RiskDirection

PACKAGE = Path(__file__).parents[1]
_TYPES = {"number": FactType.NUMBER, "boolean": FactType.BOOLEAN, "date": FactType.DATE, "word": FactType.WORD}


class _Stored(msgspec.Struct, frozen=True):
    """What is stored beside the fact."""

    expression: str
    hash: str


class Feature:
    """A fact and the expression that measures it.

    A feature without a name gets it from the variable it is assigned to (:meth:`Catalogue.of`).
    ``over=[...]`` declares one feature per window: open windows of the expression take it.

    Attributes:
        expression: What is measured.
        fact: What it means; its name is empty until a catalogue names it.
        origin: File and line of the declaration.
        over: Windows still to be expanded; empty for a feature that can run.

    What else it is declared with is a :class:`~risk_engine.facts.Fact`'s, by the same names.

    Raises:
        ExpressionError: The expression is not one value, or of texts; its window is open without ``over``, or closed
            with it; ``use``, ``decimals``, ``range``, ``clip``, ``type`` or ``words`` do not fit.

    >>> from risk_engine.features.language import *
    >>> sales = Feature(
    ...     Sum(invoices.net_amount), over=[months(3), months(12)], says=("Sales", "销售额"), unit="currency",
    ...     decimals=2, risk=FALLING, reason="low_turnover", why="what is sold repays", source="", group="sales")
    >>> sales.named("sales")[1]
    <Feature sales_12m = Sum(invoices.net_amount, months(12))>
    """

    __slots__ = ("expression", "fact", "origin", "over")

    def __init__(
        self,
        expression: Expression,
        *,
        says: tuple[str, str],
        unit: str,
        decimals: int,
        range: tuple[float, float] | None = None,  # noqa: A002 - the word of the language
        risk: RiskDirection,
        reason: str,
        why: str,
        source: str,
        group: str,
        use: str = "obligor",
        over: Sequence[Window] | None = None,
        clip: tuple[float, float] | None = None,
        none_reads_as: float | None = None,
        if_none: str = "",
        type: FactType | None = None,  # noqa: A002 - the word of the language
        words: tuple[str, ...] = (),
    ) -> None:
        fact = Fact(
            name="", says=Says(*says), unit=unit, type=_type_of(expression, type, words), decimals=decimals,
            range=_ends(range), clip=_ends(clip), risk=risk, reason=reason,
            words=expression.kind.words, sections=sections(expression), use=use, group=group,
            window=_window_words(expression),
            none_reads_as=none_reads_as, if_none=if_none, why=why, source=source,
        )  # fmt: skip
        _refuse_odd(fact)
        self.over = tuple(over or ())
        if expression.open and not self.over:
            raise ExpressionError(f"{expression} has an open window", hint="give it a window, or over=[...]")
        if self.over and not expression.open:
            raise ExpressionError(f"{expression} has no open window for over=", hint="leave over= or the windows out")
        self.expression = expression
        self.fact = fact
        self.origin = _origin()
        for window in self.over:
            close(expression, window)

    def __repr__(self) -> str:
        return f"<Feature {self.fact.name or '?'} = {self.expression}>"

    @property
    def name(self) -> str:
        """The fact's name."""
        return self.fact.name

    @property
    def hash(self) -> str:
        """sha256 of the printed expression and the versions of its kernels."""
        return expression_hash(self.expression)

    def _with(self, fact: Fact, expression: Expression) -> Feature:
        made = object.__new__(type(self))
        made.expression, made.fact, made.origin, made.over = expression, fact, self.origin, ()
        return made

    def named(self, name: str) -> tuple[Feature, ...]:
        """The features this declaration makes under a name: one, or one per window of ``over``."""
        if not self.over:
            return (self._with(replace(self.fact, name=name), self.expression),)
        made = []
        for window in self.over:
            closed = close(self.expression, window)
            fact = replace(self.fact, name=f"{name}_{window.suffix}", window=_window_words(closed))
            made.append(self._with(fact, closed))
        return tuple(made)

    def to_json(self) -> dict[str, Any]:
        """The fact, the printed expression and its hash: what a model bundle keeps and runs."""
        return {**self.fact.to_json(), "expression": str(self.expression), "hash": self.hash}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read back what :meth:`to_json` wrote.

        Raises:
            ReleaseError: The stored hash is not that of the expression as this engine runs it.
            ExpressionError: The fact cannot be a feature's, or is not what its expression measures.
            UnknownName: It has a reason that nobody defined.
            msgspec.ValidationError: It is not what :meth:`to_json` writes.
        """
        stored = msgspec.convert(plain, _Stored)
        made = object.__new__(cls)
        made.expression, made.fact = parse(stored.expression), Fact.from_json(plain)
        made.origin, made.over = "", ()
        if made.hash != stored.hash:
            raise ReleaseError(
                f"feature {made.name} means something else in this engine ({stored.hash[:12]} became {made.hash[:12]})",
                hint="train the model again, or run the engine version it was trained with",
            )
        _refuse_odd(made.fact)
        _refuse_other(made.fact, made.expression)
        return made


class Catalogue(Mapping[str, Feature]):
    """Features by name, in the order declared.

    Raises:
        ExpressionError: Two features have one name.
        UnknownName: A feature is asked for that it does not have; the message names the nearest.

    >>> from risk_engine.features.catalogue import CATALOGUE
    >>> CATALOGUE["operating_inflow_cv_12m"].fact.unit
    'ratio'
    """

    def __init__(self, features: Sequence[Feature]) -> None:
        self._held: dict[str, Feature] = {}
        for feature in features:
            if feature.name in self._held:
                first = self._held[feature.name].origin
                raise ExpressionError(
                    f"two features are named {feature.name}: {first}, {feature.origin}", hint="rename one"
                )
            self._held[feature.name] = feature

    @classmethod
    def of(cls, *modules: ModuleType) -> Catalogue:
        """The features of modules, named by their variables."""
        found: dict[int, tuple[str, Feature]] = {}
        for module in modules:
            for name, held in vars(module).items():
                if isinstance(held, Feature) and not name.startswith("_"):
                    found.setdefault(id(held), (name, held))
        return cls([made for name, held in found.values() for made in held.named(name)])

    def __getitem__(self, name: str) -> Feature:
        if name not in self._held:
            raise UnknownName.nearest("feature", name, self._held)
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self)} features>"


def _type_of(expression: Expression, given: FactType | None, words: tuple[str, ...]) -> FactType:
    if not isinstance(expression, Expression) or expression.shape.level != "one":
        told = f"{expression} is {expression.shape}" if isinstance(expression, Expression) else repr(expression)
        raise ExpressionError(f"a feature is one value, but {told}", hint="reduce it: Sum, Count, Mean ...")
    if expression.kind.name not in _TYPES:
        raise ExpressionError(f"{expression} is a {expression.kind}", hint="a text cannot be a feature")
    found = _TYPES[expression.kind.name]
    if (given is not None and given != found) or (words and words != expression.kind.words):
        raise ExpressionError(
            f"{expression} is a {found}, not a {given} {words or ''}", hint="leave type= and words= out"
        )
    return found


def _ends(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if ends is None else (float(ends[0]), float(ends[1]))


def _refuse_odd(fact: Fact) -> None:
    """Refuse what no feature may say, whatever it measures."""
    if fact.use not in ("obligor", "facility", "both"):
        raise ExpressionError(f"use={fact.use!r}", hint="obligor, facility or both")
    if not 0 <= fact.decimals <= 12:
        raise ExpressionError(f"decimals={fact.decimals!r}", hint="0 to 12")
    for what, ends in (("range", fact.range), ("clip", fact.clip)):
        if ends is not None and not ends[0] < ends[1]:
            raise ExpressionError(f"{what}={ends} is empty", hint="(least, greatest)")


def _refuse_other(fact: Fact, expression: Expression) -> None:
    """Refuse a stored fact that is not what its expression measures, or tells a reason that nobody defined."""
    if fact.reason and fact.reason not in reason_codes():
        raise UnknownName.nearest("reason", fact.reason, reason_codes())
    measured = {
        "type": _type_of(expression, None, ()),
        "words": expression.kind.words,
        "sections": sections(expression),
    }
    for what, found in measured.items():
        if getattr(fact, what) != found:
            raise ExpressionError(f"{fact.name} is stored with other {what} than its expression has")


def _window_words(expression: Expression) -> str:
    windows = [node.settings["window"] for node in walk(expression) if node.settings.get("window") is not None]
    return ", ".join(dict.fromkeys(window.words for window in windows))


def _origin() -> str:
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    if frame is None:
        return ""
    path = Path(frame.f_code.co_filename)
    told = path.relative_to(PACKAGE.parent) if path.is_relative_to(PACKAGE) else Path(path.name)
    return f"{told.as_posix()}:{frame.f_lineno}"
