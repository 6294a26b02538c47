"""Where formulas begin: sections of the data contract, ``now`` and the lender's own attributes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from risk_engine import application as contract
from risk_engine.errors import ExpressionError, nearest_hint
from risk_engine.features.expressions import Expression, quoted
from risk_engine.features.shapes import BOOLEAN, DATE, NUMBER, ONE, Kind, rows_of

_KINDS: Mapping[str, Kind] = MappingProxyType(
    dict.fromkeys(("money", "decimal", "fraction", "integer", "number"), NUMBER)
    | dict.fromkeys(("date", "timestamp"), DATE)
    | {"boolean": BOOLEAN}
)

NOT_FOR_FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "applicant": ("name", "identifier", "birth_date"),
        "parties": ("name", "identifier", "birth_date"),
        "identity_checks": ("claimed", "found"),
        "linked_applications": ("digest",),
    }
)
"""Columns that tell who somebody is, and age, which is a protected ground."""


def kind_of(section: str, column: contract.ColumnContract) -> Kind:
    """How a column's values are read."""
    if column.kind == "word":
        return Kind("word", column.words)
    if column.kind == "text":
        return Kind("text", column=f"{section}.{column.attribute}")
    return _KINDS[column.kind]


class Section:
    """A section of the data contract; its columns are attributes: Row, or One where the section stands once.

    Raises:
        ExpressionError: A column that the section does not have, or that no feature may read.

    >>> Section("invoices").net_amount
    <invoices.net_amount: rows of invoices, number>
    """

    __slots__ = ("_columns", "_name", "_single")

    def __init__(self, name: str) -> None:
        held = contract.SECTIONS[name]
        self._name = name
        self._single = held.single
        self._columns = {column.attribute: column for column in held.columns.values()}

    def __getattr__(self, attribute: str) -> Expression:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        column = self._columns.get(attribute)
        told = f"{self._name}.{attribute}"
        if column is None:
            raise ExpressionError(
                f"the section {self._name} has no column {attribute!r}", hint=nearest_hint(attribute, self._columns)
            )
        unreadable = column.kind in ("texts", "value") or (self._single and column.kind == "text")
        if attribute in NOT_FOR_FEATURES.get(self._name, ()):
            raise ExpressionError(f"{told} cannot be read by a feature", hint="it tells who somebody is, or an age")
        if unreadable:
            raise ExpressionError(f"{told} cannot be read by a feature", hint="numbers, dates, words and truths can")
        settings = {"section": self._name, "column": column.name}
        kind = kind_of(self._name, column)
        if self._single:
            return Expression("input", (), ONE, kind, told, settings)
        return Expression("column", (), rows_of(self._name), kind, told, settings)

    def __dir__(self) -> list[str]:
        return sorted(self._columns)

    def __repr__(self) -> str:
        return f"<section {self._name}: {', '.join(self._columns)}>"


def attribute(name: str, *, words: tuple[str, ...] | str | None = None) -> Expression:
    """One of the lender's own attributes: a number or truth, or with ``words`` one word of a closed list.

    The last known row of that name counts; a value of the other kind, or a word outside the list, is
    not obtained with cause *invalid*.

    Args:
        name: As the documents of the lender write it.
        words: One or more different words.

    Returns:
        One of numbers, a truth as 0 or 1; with ``words`` One of words.

    Raises:
        ExpressionError: No name, or words that are no tuple of different ones.

    >>> attribute("duration_months"), attribute("savings", words=("none", "some")).kind.words
    (<attribute("duration_months"): one value, number>, ('none', 'some'))
    """
    if not isinstance(name, str) or not name:
        raise ExpressionError(f"attribute({name!r}) has no name", hint='attribute("duration_months")')
    settings = {"section": "attributes", "name": name}
    if words is None:
        return Expression("attribute", (), ONE, NUMBER, f"attribute({quoted(name)})", settings)
    given = tuple(words)
    if isinstance(words, str) or not given or len(set(given)) != len(given):
        raise ExpressionError(f"attribute({name!r}) has the words {words!r}", hint="give a tuple of different words")
    listed = ", ".join(quoted(word) for word in given) + ("," if len(given) == 1 else "")
    text = f"attribute({quoted(name)}, words=({listed}))"
    return Expression("attribute", (), ONE, Kind("word", given), text, {**settings, "words": given})


now = Expression("now", (), ONE, DATE, "now")
"""The calendar date of ``as_of`` in its own offset."""

SECTIONS: Mapping[str, Section] = MappingProxyType(
    {name: Section(name) for name, held in contract.SECTIONS.items() if not held.training_only}
)
"""Section objects by name; rows that only training reads have none."""
