"""What an expression is made of: shape (rows, cells, one), kind of value, window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from risk_engine.errors import ExpressionError

Level = Literal["row", "cells", "one"]
Unit = Literal["days", "months", "past_months", "ever"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How many values an expression has per applicant, and what they belong to.

    Attributes:
        level: ``row`` (one per row of a section), ``cells`` (one per month, day, key or gap) or ``one``.
        axis: What the values belong to, in words; two shapes combine when their axes are equal.
        section: The section behind rows and cells; empty for one value.
        cells: What made the cells: ``monthly``, ``daily``, ``by`` or ``gaps``; empty for rows and one value.
    """

    level: Level
    axis: str = ""
    section: str = ""
    cells: str = ""

    def __str__(self) -> str:
        return {"row": f"rows of {self.axis}", "cells": self.axis, "one": "one value"}[self.level]


ONE = Shape("one")


def rows_of(section: str) -> Shape:
    """The shape of a section's columns."""
    return Shape("row", section, section)


def combine(shapes: list[Shape], what: str) -> Shape:
    """The shape of values taken together; one values stretch over rows and cells.

    Raises:
        ExpressionError: Two sections or two axes meet; the message names both.
    """
    found = ONE
    for shape in shapes:
        if shape.level == "one" or shape == found:
            continue
        if found.level != "one":
            raise ExpressionError(
                f"{what} mixes {found} and {shape}",
                hint="reduce each to one value first, e.g. Sum(a) / Sum(b)"
                if found.section != shape.section
                else "cells meet only on one axis",
            )
        found = shape
    return found


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: ``number``, ``boolean``, ``date`` (days), ``word`` of a closed list, or ``text`` of a column."""

    name: Literal["number", "boolean", "date", "word", "text"]
    words: tuple[str, ...] = ()
    column: str = ""

    def __str__(self) -> str:
        return f"text of {self.column}" if self.name == "text" else self.name


NUMBER = Kind("number")
BOOLEAN = Kind("boolean")
DATE = Kind("date")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of days that ends before ``now``; :func:`days`, :func:`months` and :func:`past_months` make it.

    Raises:
        ExpressionError: Not a whole number from 1 to 12000.

    >>> str(months(12)), months(12).suffix, months(12).words
    ('months(12)', '12m', '12 complete months')
    """

    unit: Unit
    count: int = 0

    def __post_init__(self) -> None:
        if self.unit != "ever" and (not isinstance(self.count, int) or not 1 <= self.count <= 12_000):
            raise ExpressionError(f"a window of {self.count!r} {self.unit}", hint="give a whole number from 1 to 12000")

    def __str__(self) -> str:
        return "ever" if self.unit == "ever" else f"{self.unit}({self.count})"

    @property
    def suffix(self) -> str:
        """What ``over=`` appends to a feature's name."""
        return "ever" if self.unit == "ever" else f"{self.count}{'d' if self.unit == 'days' else 'm'}"

    @property
    def words(self) -> str:
        """The window for people."""
        return {
            "days": f"{self.count} days",
            "months": f"{self.count} complete months",
            "past_months": f"past {self.count} months",
            "ever": "ever",
        }[self.unit]


def days(count: int) -> Window:
    """The ``count`` days before ``now``: ``[now - count, now)``.

    Args:
        count: Whole, 1 to 12000.

    Raises:
        ExpressionError: Another count.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(ledger.amount, days(2)), booked_on=["2020-02-27", "2020-02-28", "2020-02-29"], amount=[1, 2, 4])
    6.0
    """
    return Window("days", count)


def months(count: int) -> Window:
    """The last ``count`` complete calendar months; for periodic sections, up to the last period already due.

    Args:
        count: Whole, 1 to 12000.

    Raises:
        ExpressionError: Another count.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(ledger.amount, months(1)), booked_on=["2020-01-31", "2020-02-01", "2020-02-29"], amount=[1, 2, 4])
    6.0
    """
    return Window("months", count)


def past_months(count: int) -> Window:
    """From the same day of the month ``count`` months ago (or the month's last day) to ``now``, rolling.

    Args:
        count: Whole, 1 to 12000.

    Raises:
        ExpressionError: Another count.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(ledger.amount, past_months(1)), booked_on=["2020-01-31", "2020-02-01"], amount=[1, 2])
    2.0
    """
    return Window("past_months", count)


ever = Window("ever")
"""Everything before ``now``."""
