"""Cells: what an applicant has one of per month, day, key or gap; and the shift of the clock."""

from __future__ import annotations

from typing import Any

from risk_engine.errors import ExpressionError
from risk_engine.features.expressions import Expression, constant, elementwise, numbers
from risk_engine.features.functions import CELLS, REDUCES, need, need_key, need_rows
from risk_engine.features.shapes import DATE, NUMBER, Shape, Window, combine, ever


def monthly(
    value: Expression,
    window: Window | None = None,
    *,
    empty: float | None = 0,
    spread: tuple[Expression, Expression] | None = None,
) -> Expression:
    """The sum of each complete calendar month.

    Args:
        value: Row of numbers.
        window: ``months(n)`` or ``ever``; None takes that of the enclosing reduce.
        empty: What a month without counted rows is; None where it is unknown.
        spread: First and last day that each row covers, Row of dates each; a row is shared by days, both ends included.

    Returns:
        Cells, one per month.

    Raises:
        ExpressionError: Not rows of numbers, a window of broken months, or a ``spread`` of no dates of the section.

    >>> from risk_engine.features.language import *
    >>> month = monthly(ledger.amount, months(3))
    >>> [measure(word(month), booked_on=["2020-02-07", "2020-02-09"], amount=[1, 2]) for word in (Count, Max, Mean)]
    [3.0, 3.0, 1.0]
    """
    need_rows(value, "monthly")
    numbers(f"monthly({value})", value)
    if window is not None and window.unit not in ("months", "ever"):
        raise ExpressionError(f"monthly(..., {window}) has broken months", hint="use months(n) or ever")
    parts = [value]
    settings: dict[str, Any] = {"labels": ("",), "empty": None if empty is None else float(empty)}
    more = [] if empty == 0 else [f"empty={'None' if empty is None else constant(empty)}"]
    if spread is not None:
        for day in spread:
            need(day, "date", "monthly(spread=)")
            need_rows(day, "monthly(spread=)")
        parts += spread
        settings["labels"] = ("", "spread", "spread")
        more.append(f"spread=({spread[0]}, {spread[1]})")
    return _cells("monthly", tuple(parts), window, settings, more, f"months of {value.shape.section}")


def daily(value: Expression, window: Window | None = None, *, per: Expression | None = None) -> Expression:
    """The level at each day's end, carried forward; with ``per`` one level per key, summed.

    Args:
        value: Row of numbers; of one day the last row counts.
        window: Any; None takes that of the enclosing reduce.
        per: Row of the same section, made of columns and constants alone.

    Returns:
        Cells, one per day; nothing before the first level.

    Raises:
        ExpressionError: Not rows of numbers, or a key that is no row or depends on the clock.

    >>> from risk_engine.features.language import *
    >>> measure(Mean(daily(ledger.balance, days(3))), booked_on=["2020-01-20", "2020-02-28"], balance=[10, 40])
    30.0
    """
    need_rows(value, "daily")
    numbers(f"daily({value})", value)
    if per is None:
        return _cells("daily", (value,), window, {"labels": ("",)}, [], f"days of {value.shape.section}")
    need_key(per)
    settings = {"labels": ("", "per")}
    return _cells("daily", (value, per), window, settings, [f"per={per}"], f"days of {value.shape.section}")


def by(key: Expression, value: Expression, window: Window | None = None) -> Expression:
    """Sum per key, nothing for a key without counted rows; two of them on one key are aligned.

    Args:
        key: Row of any kind, made of columns and constants alone.
        value: Row of numbers of the same section.
        window: Any; None takes that of the enclosing reduce.

    Returns:
        Cells, one per key.

    Raises:
        ExpressionError: ``value`` is no row of numbers, ``key`` no row or one that depends on the clock; two sections.

    >>> from risk_engine.features.language import *
    >>> measure(Max(by(ledger.counterparty, ledger.amount, ever)),
    ...     booked_on=["2020-02-01"] * 3, counterparty=["a", "b", "a"], amount=[1, 2, 4])
    5.0
    """
    need_rows(value, "by")
    need_key(key)
    numbers(f"by({key}, {value})", value)
    return _cells(
        "by", (key, value), window, {"labels": ("", ""), "key": key.kind}, [], f"{key} of {value.shape.section}"
    )


def gaps(value: Expression, window: Window | None = None, *, ends: bool = False) -> Expression:
    """Days between counted rows, 0 between rows of one day; ``ends`` adds the window's two ends.

    Args:
        value: Row of any kind.
        window: Any, with ``ends`` any but ``ever``; None takes that of the enclosing reduce.
        ends: Whether the days before the first row and after the last are gaps too.

    Returns:
        Cells, one per gap.

    Raises:
        ExpressionError: Not rows, or ``ends`` over ``ever``.

    >>> from risk_engine.features.language import *
    >>> dates = ["2020-02-03", "2020-02-20"]
    >>> [measure(Sum(gaps(ledger.booked_on, months(1), ends=ends)), booked_on=dates) for ends in (False, True)]
    [17.0, 29.0]
    """
    need_rows(value, "gaps")
    if ends and window == ever:
        raise ExpressionError(
            "gaps(ends=True) over ever has no first day", hint="use days(n), months(n) or past_months(n)"
        )
    more = ["ends=True"] if ends else []
    return _cells("gaps", (value,), window, {"labels": ("",), "ends": ends}, more, f"gaps of {value}")


def _cells(
    op: str, parts: tuple[Expression, ...], window: Window | None, settings: dict[str, Any], more: list[str], axis: str
) -> Expression:
    listed = [part.text for part, label in zip(parts, settings["labels"], strict=True) if not label]
    text = f"{op}({', '.join(listed + ([str(window)] if window else []) + more)})"
    rows = combine([part.shape for part in parts], text)
    # Keys outlive windows, so that by() over two windows meets on one axis; months and days do not.
    where = f"{axis} in {window}" if window and op != "by" else axis
    shape = Shape("cells", where, rows.section, op)
    return Expression(op, parts, shape, NUMBER, text, {**settings, "window": window}, open=window is None)


def date_of(cells: Expression) -> Expression:
    """The date of each cell: a month's first day, a day, or the day a gap ends.

    Args:
        cells: Cells of :func:`monthly`, :func:`daily` or :func:`gaps`.

    Returns:
        Cells of dates.

    Raises:
        ExpressionError: Rows, one value, or Cells of :func:`by`: they have no dates.

    >>> from risk_engine.features.language import *
    >>> level = daily(ledger.balance, days(3))
    >>> measure(Max(when(date_of(level) < now - 1, level)), booked_on=["2020-02-01", "2020-02-29"], balance=[10, 40])
    10.0
    """
    if cells.shape.cells not in ("monthly", "daily", "gaps"):
        raise ExpressionError(f"date_of({cells}) has no dates: {cells.shape}", hint="monthly, daily and gaps have")
    return elementwise("date_of", (cells,), DATE)


def cells_in(value: Expression) -> list[Expression]:
    """The monthly(), daily(), by() and gaps() an expression over cells is made of."""
    if value.op in CELLS:
        return [value]
    return [] if value.op in REDUCES else [node for part in value.parts for node in cells_in(part)]


def ago(shift: Window, value: Expression) -> Expression:
    """The same expression with ``now`` moved back: windows, cells and pending() move; what is known stays known.

    Args:
        shift: How far: ``days(n)`` or ``months(n)``.
        value: Row, Cells or One of any kind.

    Raises:
        ExpressionError: A shift that is no window, or ``ever``; months over ``ever``, of which there would be fewer.

    >>> from risk_engine.features.language import *
    >>> january = ago(months(1), Sum(ledger.amount, months(1)))
    >>> measure(january, booked_on=["2020-01-31", "2020-02-28"], amount=[1, 2])
    1.0
    """
    if not isinstance(shift, Window) or shift == ever:
        raise ExpressionError(f"ago({shift}, ...) moves nowhere", hint="use days(n) or months(n)")
    if any(node.settings.get("window") == ever for node in cells_in(value) if node.op == "monthly"):
        raise ExpressionError(f"ago({shift}, {value}) has another number of months", hint="use months(n)")
    shape = value.shape
    # Keys stay keys, and months stay months under a shift of whole months; days and gaps become others.
    moves = shape.cells in ("daily", "gaps") or (shape.cells == "monthly" and shift.unit == "days")
    if moves:
        shape = Shape("cells", f"{shape.axis}, {shift} ago", shape.section, shape.cells)
    text = f"ago({shift}, {value})"
    return Expression("ago", (value,), shape, value.kind, text, {"shift": shift}, open=value.open)
