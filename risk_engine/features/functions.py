"""Functions over rows, value by value, and the opening to kernels of your own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from risk_engine.errors import ExpressionError
from risk_engine.features.expressions import Expression, Operand, elementwise, lift, numbers, walk
from risk_engine.features.shapes import BOOLEAN, NUMBER, combine

REDUCES = ("Count", "Sum", "Mean", "Std", "Min", "Max", "Last", "Quantile", "LongestRun", "Slope", "ArgMax", "Top")
CELLS = ("monthly", "daily", "by", "gaps")


def when(condition: Expression, value: Operand) -> Expression:
    """``value`` where the condition is true, else nothing; a row whose condition is unknown is not counted.

    Args:
        condition: Row, Cells or One of truths.
        value: Row, Cells or One of any kind, or a number.

    Raises:
        ExpressionError: The condition is no truth, or the two stand on different rows or cells.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(when(ledger.amount > 5, ledger.amount), ever), booked_on=["2020-02-01"] * 3, amount=[3, 10, 20])
    30.0
    """
    taken = lift(value)
    need(condition, "boolean", "when")
    return elementwise("when", (condition, taken), taken.kind)


def fill(value: Expression, instead: Operand) -> Expression:
    """``instead`` where there is nothing. Over one value only NONE is filled: what was not obtained stays so.

    Args:
        value: Row, Cells or One of any kind.
        instead: The same kind; a number, a word of the value's closed list, or an expression.

    Raises:
        ExpressionError: The two are of different kinds, or stand on different rows or cells.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(fill(ledger.amount, 7), ever), booked_on=["2020-02-01"] * 2, amount=[1, None])
    8.0
    """
    other = lift(instead, value)
    if value.kind != other.kind:
        raise ExpressionError(f"fill({value}, {other}) fills a {value.kind} with a {other.kind}", hint="same kind")
    return elementwise("fill", (value, other), value.kind)


def log(value: Expression) -> Expression:
    """Natural logarithm; nothing at or below 0 (over one value: see *pathologies*).

    Args:
        value: Row, Cells or One of numbers.

    Raises:
        ExpressionError: The values are no numbers.

    >>> from risk_engine.features.language import *
    >>> measure(log(Sum(ledger.amount, ever)), booked_on=["2020-02-01"], amount=[20])
    2.995732274
    """
    return elementwise("log", (value,), numbers(f"log({value})", value))


def log10(value: Expression) -> Expression:
    """Decimal logarithm; nothing at or below 0 (over one value: see *pathologies*).

    Args:
        value: Row, Cells or One of numbers.

    Raises:
        ExpressionError: The values are no numbers.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(log10(ledger.amount), ever), booked_on=["2020-02-01"] * 3, amount=[100, 10, 0])
    3.0
    """
    return elementwise("log10", (value,), numbers(f"log10({value})", value))


def absolute(value: Expression) -> Expression:
    """The distance from 0.

    Args:
        value: Row, Cells or One of numbers.

    Raises:
        ExpressionError: The values are no numbers.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(absolute(ledger.amount), ever), booked_on=["2020-02-01"] * 2, amount=[10, -4])
    14.0
    """
    return elementwise("absolute", (value,), numbers(f"absolute({value})", value))


def minimum(left: Operand, right: Operand) -> Expression:
    """The smaller; nothing where either is nothing.

    Args:
        left: Row, Cells or One of numbers or dates, or a number.
        right: The same kind.

    Raises:
        ExpressionError: Two kinds, neither numbers nor dates, or two different rows or cells.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(minimum(ledger.amount, 15), ever), booked_on=["2020-02-01"] * 2, amount=[10, 40])
    25.0
    """
    return _both("minimum", left, right)


def maximum(left: Operand, right: Operand) -> Expression:
    """The greater; nothing where either is nothing.

    Args:
        left: Row, Cells or One of numbers or dates, or a number.
        right: The same kind.

    Raises:
        ExpressionError: As :func:`minimum`.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(maximum(ledger.amount, 15), ever), booked_on=["2020-02-01"] * 2, amount=[10, 40])
    55.0
    """
    return _both("maximum", left, right)


def _both(op: str, left: Operand, right: Operand) -> Expression:
    a, b = lift(left), lift(right)
    if a.kind != b.kind or a.kind.name not in ("number", "date"):
        raise ExpressionError(f"{op}({a}, {b}) compares a {a.kind} with a {b.kind}", hint="compare like with like")
    return elementwise(op, (a, b), a.kind)


def days_left_in_month(date: Expression) -> Expression:
    """Days from a date to the end of its month, 0 to 30; 0 on the last day.

    Args:
        date: Row, Cells or One of dates.

    Raises:
        ExpressionError: Not a date.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(days_left_in_month(ledger.booked_on), ever), booked_on=["2020-02-20", "2020-02-29"])
    9.0
    """
    need(date, "date", "days_left_in_month")
    return elementwise("days_left_in_month", (date,), NUMBER)


def months_since(date: Expression) -> Expression:
    """Complete calendar months from a date to ``now``: one less where now's day of the month is the earlier one.

    Args:
        date: Row, Cells or One of dates.

    Raises:
        ExpressionError: Not a date.

    >>> from risk_engine.features.language import *
    >>> [measure(months_since(Last(ledger.booked_on, ever)), booked_on=[day]) for day in ("2019-03-01", "2019-03-02")]
    [12.0, 11.0]
    """
    need(date, "date", "months_since")
    return elementwise("months_since", (date,), NUMBER)


def pending(since: Expression, until: Expression) -> Expression:
    """True where a thing had begun and not ended at ``now``: since < now, and until null or >= now.

    Args:
        since: Row, Cells or One of dates.
        until: The same; null where it has not ended.

    Raises:
        ExpressionError: Either is no date, or they stand on different rows or cells.

    >>> from risk_engine.features.language import *
    >>> open_items = pending(payables.incurred_on, payables.settled_on)
    >>> measure(Count(open_items, ever), incurred_on=["2020-02-01"] * 2, settled_on=["2020-02-20", None])
    1.0
    """
    need(since, "date", "pending")
    need(until, "date", "pending")
    return elementwise("pending", (since, until), BOOLEAN)


def previous(value: Expression, *, by: Expression | None = None) -> Expression:
    """The last earlier counted value, among rows with the same key where ``by`` is given.

    Args:
        value: Row of any kind.
        by: Row of the same section, made of columns and constants alone.

    Returns:
        Row; nothing where no counted row stands before.

    Raises:
        ExpressionError: ``value`` is no row of a section, or ``by`` is none of the same, or depends on the clock.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(ledger.amount - previous(ledger.amount), ever),
    ...     booked_on=["2020-02-01", "2020-02-03", "2020-02-05"], amount=[1, 4, 9])
    8.0
    """
    need_rows(value, "previous")
    if by is None:
        return Expression("previous", (value,), value.shape, value.kind, f"previous({value})", open=value.open)
    need_key(by)
    text = f"previous({value}, by={by})"
    shape = combine([value.shape, by.shape], text)
    return Expression("previous", (value, by), shape, value.kind, text, {"labels": ("", "by")}, open=value.open)


ROW_KERNELS: dict[str, tuple[Callable[..., Any], int]] = {}
"""Row kernels by name, with the version of their meaning."""


def row_kernel(function: Callable[..., Any], *, version: int | None = None) -> Callable[..., Expression]:
    """Open the language: ``function(offsets, *columns)`` gives one value per row, numba or plain Python.

    It is called with the rows before ``now`` of many applicants at once: applicant i owns rows
    ``offsets[i]:offsets[i + 1]``.

    Args:
        function: ``offsets`` int64 (n + 1,) and columns float64 (rows,), null as NaN, to float64 (rows,).
        version: Of its meaning, raised when that changes; left out it stays as it is, at first 1.

    Returns:
        What makes a Row of numbers of one or more Rows of one section.

    Raises:
        ExpressionError: The function has no name to print, or one of another module has it; when called, an argument
            that is no row of a section, two sections, or an open window.

    >>> from risk_engine.features.language import *
    >>> def doubled(offsets, amount):
    ...     return 2 * amount
    >>> measure(Sum(row_kernel(doubled)(ledger.amount), ever), booked_on=["2020-02-01"] * 2, amount=[1, 4])
    10.0
    """
    name = str(getattr(function, "__name__", ""))
    held = ROW_KERNELS.get(name)
    if not name.isidentifier():
        raise ExpressionError(f"{function!r} has no name to print", hint="give row_kernel a plain function")
    if held is not None and held[0].__module__ != function.__module__:
        raise ExpressionError(f"two row kernels are named {name}", hint="rename one")
    if version is None:
        version = held[1] if held else 1
    ROW_KERNELS[name] = (function, version)

    def apply(*columns: Expression) -> Expression:
        text = f"row_kernel({name})({', '.join(column.text for column in columns)})"
        shape = combine([column.shape for column in columns], text)
        for column in columns:
            need_rows(column, text)
        if any(column.open for column in columns):
            raise ExpressionError(f"{text} reads an open window", hint="give the inner reduce its own window")
        return Expression("row_kernel", columns, shape, NUMBER, text, {"name": name, "version": version})

    return apply


def need(value: Expression, kind: str, op: str) -> None:
    """Refuse anything but this kind of value."""
    if not isinstance(value, Expression) or value.kind.name != kind:
        found = value.kind if isinstance(value, Expression) else type(value).__name__
        raise ExpressionError(f"{op}() needs a {kind}, but {value} is a {found}", hint="see LANGUAGE: ROWS")


def need_rows(value: Expression, op: str) -> None:
    """Refuse anything but rows of a section."""
    if not isinstance(value, Expression) or value.shape.level != "row":
        found = value.shape if isinstance(value, Expression) else type(value).__name__
        raise ExpressionError(f"{op}() needs rows of a section, but {value} is {found}", hint="start from a column")


def need_key(key: Expression) -> None:
    """A key stays the same whenever it is looked at, so that keys of two times are the same keys."""
    need_rows(key, "by")
    moving = [
        node for node in walk(key) if node.op in ("now", "pending", "months_since", "ago", "row_kernel", *REDUCES)
    ]
    if moving:
        raise ExpressionError(f"the key {key} depends on {moving[0]}", hint="build keys from columns and constants")
