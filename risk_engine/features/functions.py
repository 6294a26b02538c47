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
    """``value`` where the condition is true, else nothing; a row whose condition is unknown is not counted."""
    taken = lift(value)
    need(condition, "boolean", "when")
    return elementwise("when", (condition, taken), taken.kind)


def fill(value: Expression, instead: Operand) -> Expression:
    """``instead`` where there is nothing. Over one value only NONE is filled: what was not obtained stays so."""
    other = lift(instead, value)
    if value.kind != other.kind:
        raise ExpressionError(f"fill({value}, {other}) fills a {value.kind} with a {other.kind}", hint="same kind")
    return elementwise("fill", (value, other), value.kind)


def log(value: Expression) -> Expression:
    """Natural logarithm; nothing at or below 0 (over one value: see *pathologies*)."""
    return elementwise("log", (value,), numbers(f"log({value})", value))


def log10(value: Expression) -> Expression:
    """Decimal logarithm; nothing at or below 0 (over one value: see *pathologies*)."""
    return elementwise("log10", (value,), numbers(f"log10({value})", value))


def absolute(value: Expression) -> Expression:
    """The distance from 0."""
    return elementwise("absolute", (value,), numbers(f"absolute({value})", value))


def minimum(left: Operand, right: Operand) -> Expression:
    """The smaller; nothing where either is nothing."""
    return _both("minimum", left, right)


def maximum(left: Operand, right: Operand) -> Expression:
    """The greater; nothing where either is nothing."""
    return _both("maximum", left, right)


def _both(op: str, left: Operand, right: Operand) -> Expression:
    a, b = lift(left), lift(right)
    if a.kind != b.kind or a.kind.name not in ("number", "date"):
        raise ExpressionError(f"{op}({a}, {b}) compares a {a.kind} with a {b.kind}", hint="compare like with like")
    return elementwise(op, (a, b), a.kind)


def days_left_in_month(date: Expression) -> Expression:
    """Days from a date to the end of its month; 0 on the last day."""
    need(date, "date", "days_left_in_month")
    return elementwise("days_left_in_month", (date,), NUMBER)


def months_since(date: Expression) -> Expression:
    """Complete calendar months from a date to ``now``: one less where now's day of the month is the earlier one."""
    need(date, "date", "months_since")
    return elementwise("months_since", (date,), NUMBER)


def pending(since: Expression, until: Expression) -> Expression:
    """True where a thing had begun and not ended at ``now``: since < now, and until null or >= now."""
    need(since, "date", "pending")
    need(until, "date", "pending")
    return elementwise("pending", (since, until), BOOLEAN)


def previous(value: Expression, *, by: Expression | None = None) -> Expression:
    """The last earlier counted value, among rows with the same key where ``by`` is given."""
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
    ``offsets[i]:offsets[i + 1]``. Raise ``version`` when its meaning changes; left out it stays as it is, at first 1.
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
