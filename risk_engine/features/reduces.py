"""What reduces rows or cells to one value, each with its own window or an open one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from risk_engine import application as contract
from risk_engine.errors import ExpressionError
from risk_engine.features.cells import ago, cells_in
from risk_engine.features.expressions import SYMBOLS, Expression, binary, constant, elementwise, numbers, unary, walk
from risk_engine.features.functions import REDUCES, need
from risk_engine.features.shapes import BOOLEAN, DATE, NUMBER, ONE, Kind, Window, ever


def _reduce(
    op: str, value: Expression, window: Window | None, on: Expression | None, covered: float,
    kind: Kind = NUMBER, more: Mapping[str, Any] | None = None, extra: str = "",
) -> Expression:  # fmt: skip
    if value.shape.level == "one":
        raise ExpressionError(f"{op}({value}) reduces one value", hint="give it rows or cells")
    if not 0 < covered <= 1:
        raise ExpressionError(f"covered={covered} in {op}({value})", hint="a share of the window above 0, at most 1")
    told = [value.text, *([extra] if extra else []), *([str(window)] if window else [])]
    parts, labels = [value], [""]
    if on is not None:
        _check_on(op, value, on)
        told.append(f"on={on}")
        parts.append(on)
        labels.append("on")
    if covered != 1:
        told.append(f"covered={constant(covered)}")
    text = f"{op}({', '.join(told)})"
    needs = value.shape.level == "row" or value.open
    if window is not None:
        _check_window(value, window, needs=needs, dated=on is not None)
    settings = {"labels": tuple(labels), "window": window, "covered": float(covered), **(more or {})}
    return Expression(op, tuple(parts), ONE, kind, text, settings, open=needs and window is None)


def _check_window(value: Expression, window: Window, *, needs: bool, dated: bool) -> None:
    if not needs:
        raise ExpressionError(f"{value} has a window of its own, beside {window}", hint="leave one of them out")
    section = value.shape.section
    if window != ever and not dated and contract.SECTIONS[section].event is None:
        raise ExpressionError(f"rows of {section} have no date for {window}", hint="use ever, or on=a date column")
    for node in cells_in(value):
        if node.settings["window"] is not None:
            continue
        if node.op == "monthly" and window.unit not in ("months", "ever"):
            raise ExpressionError(f"{node} has broken months in {window}", hint="use months(n) or ever")
        if node.op == "gaps" and node.settings["ends"] and window == ever:
            raise ExpressionError(f"{node} over ever has no first day", hint="use days(n) or months(n)")
    if window == ever and value.shape.cells == "monthly" and any(node.op == "ago" for node in walk(value)):
        raise ExpressionError(f"{value} over ever has two numbers of months", hint="use months(n)")


def _check_on(op: str, value: Expression, on: Expression) -> None:
    if value.shape.level != "row":
        raise ExpressionError(f"{op}({value}, on={on}) windows {value.shape}", hint="on= is for rows")
    if on.op != "column" or on.kind != DATE or on.shape != value.shape:
        raise ExpressionError(
            f"{op}(..., on={on}) is no date column of {value.shape.section}",
            hint="name a date column of the same section",
        )


def close(expression: Expression, window: Window) -> Expression:
    """Give every open reduce this window.

    Raises:
        ExpressionError: A reduce cannot take it.
    """
    if not expression.open:
        return expression
    if expression.op in REDUCES:
        held = expression.settings
        on = expression.parts[1] if "on" in held["labels"] else None
        more = {name: held[name] for name in ("q",) if name in held}
        extra = constant(held["q"]).text if "q" in held else ""
        return _reduce(expression.op, expression.parts[0], window, on, held["covered"], expression.kind, more, extra)
    parts = tuple(close(part, window) for part in expression.parts)
    match expression.op:
        case op if op in SYMBOLS:
            return binary(op, *parts)
        case "not" | "neg":
            return unary(expression.op, parts[0])
        case "is_in":
            return parts[0].is_in(expression.settings["words"])
        case "ago":
            return ago(expression.settings["shift"], parts[0])
        case _:
            return elementwise(expression.op, parts, expression.kind)


def Count(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """How many are counted; of a condition, how many are true. 0 where nothing is.

    Args:
        value: Row or Cells of any kind.
        window: What is looked back over; None leaves it to the Cells, which may have one, or to the feature's ``over``.
        on: A date column of the rows' section for the window to go by, instead of the section's own.
        covered: Least share of the window that look-ups must cover, above 0, at most 1; below it, not obtained.

    Returns:
        One.

    Raises:
        ExpressionError: One value is reduced, a window or ``on`` does not fit, or ``covered`` is out of range.

    >>> from risk_engine.features.language import *
    >>> rows = {"booked_on": ["2020-02-01"] * 3, "amount": [1, -2, None]}
    >>> measure(Count(ledger.amount, ever), **rows), measure(Count(ledger.amount < 0, ever), **rows)
    (2.0, 1.0)
    """
    return _reduce("Count", value, window, on, covered)


def Sum(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The sum, in order; 0 where nothing is counted.

    Args:
        value: Row or Cells of numbers, or of truths.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; neither numbers nor truths.

    >>> from risk_engine.features.language import *
    >>> measure(Sum(ledger.amount, ever), booked_on=["2020-02-01"] * 3, amount=[1, -2, None])
    -1.0
    """
    return _of_numbers("Sum", value, window, on, covered)


def Mean(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The mean; of a condition, the share that is true.

    Args:
        value: Row or Cells of numbers, or of truths.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; neither numbers nor truths.

    >>> from risk_engine.features.language import *
    >>> rows = {"booked_on": ["2020-02-01"] * 2, "amount": [1, 4]}
    >>> measure(Mean(ledger.amount, ever), **rows), measure(Mean(ledger.amount < 2, ever), **rows)
    (2.5, 0.5)
    """
    return _of_numbers("Mean", value, window, on, covered)


def Std(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The standard deviation with ddof 1; nothing below two values.

    Args:
        value: Row or Cells of numbers, or of truths.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; neither numbers nor truths.

    >>> from risk_engine.features.language import *
    >>> measure(Std(ledger.amount, ever), booked_on=["2020-02-01"] * 3, amount=[1, 3, 5])
    2.0
    """
    return _of_numbers("Std", value, window, on, covered)


def Min(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The least.

    Args:
        value: Row or Cells of numbers or dates.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; neither numbers nor dates.

    >>> from risk_engine.features.language import *
    >>> measure(Min(ledger.amount, ever), booked_on=["2020-02-01"] * 3, amount=[3, 1, 2])
    1.0
    """
    return _of_order("Min", value, window, on, covered)


def Max(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The greatest.

    Args:
        value: Row or Cells of numbers or dates.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; neither numbers nor dates.

    >>> from risk_engine.features.language import *
    >>> measure(Max(ledger.amount, ever), booked_on=["2020-02-01"] * 3, amount=[3, 1, 2])
    3.0
    """
    return _of_order("Max", value, window, on, covered)


def Last(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The last counted value.

    Args:
        value: Row or Cells in order, of any kind but text.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; a text, or Cells of ``by``, which have no order.

    >>> from risk_engine.features.language import *
    >>> measure(Last(ledger.amount, ever), booked_on=["2020-02-01", "2020-02-03", "2020-02-05"], amount=[3, 1, None])
    1.0
    """
    _ordered("Last", value)
    if value.kind.name == "text":
        raise ExpressionError(
            f"Last({value}) is a {value.kind}", hint="only ArgMax(by(...)) gives a text, to compare rows with"
        )
    return _reduce("Last", value, window, on, covered, value.kind)


def Quantile(  # noqa: N802 - a word of the language
    value: Expression, q: float, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The q-quantile, linear between neighbours (Hyndman and Fan 7, as numpy).

    Args:
        value: Row or Cells of numbers.
        q: 0 to 1; 0.5 is the median.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; no numbers, or q out of range.

    >>> from risk_engine.features.language import *
    >>> measure(Quantile(ledger.amount, 0.25, ever), booked_on=["2020-02-01"] * 3, amount=[30, 10, 20])
    15.0
    """
    if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 <= q <= 1:
        raise ExpressionError(f"Quantile({value}, {q!r})", hint="q lies from 0 to 1")
    numbers(f"Quantile({value}, {q})", value)
    return _reduce("Quantile", value, window, on, covered, NUMBER, {"q": float(q)}, constant(q).text)


def Top(  # noqa: N802 - a word of the language
    value: Expression, count: int, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The sum of the ``count`` greatest, all of them where there are fewer; nothing where none is counted.

    Args:
        value: Row or Cells of numbers.
        count: Whole, 1 to 1000.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; no numbers, or a count out of range.

    >>> from risk_engine.features.language import *
    >>> measure(Top(ledger.amount, 2, ever), booked_on=["2020-02-01"] * 3, amount=[30, 10, 20])
    50.0
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 1000:
        raise ExpressionError(f"Top({value}, {count!r})", hint="a whole number from 1 to 1000")
    numbers(f"Top({value}, {count})", value)
    return _reduce("Top", value, window, on, covered, NUMBER, {"q": float(count)}, str(count))


def LongestRun(  # noqa: N802 - a word of the language
    condition: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The most rows or cells in a row for which the condition is true.

    0 where some are counted and the condition is never true; nothing where none is counted. What is not counted, also a
    row whose condition compares a null, is passed over and ends no run.

    Args:
        condition: Row of truths, in the section's order, or Cells that have one: monthly, daily, gaps.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; no condition, or one over keys.

    >>> from risk_engine.features.language import *
    >>> day = ["2020-02-01", "2020-02-02", "2020-02-03"]
    >>> measure(LongestRun(ledger.amount > 0, ever), booked_on=day, amount=[1, 2, -3])
    2.0
    """
    need(condition, "boolean", "LongestRun")
    _ordered("LongestRun", condition)
    return _reduce("LongestRun", condition, window, on, covered)


def Slope(  # noqa: N802 - a word of the language
    value: Expression, window: Window | None = None, *, on: Expression | None = None, covered: float = 1.0
) -> Expression:
    """The least-squares slope: of cells per cell (month, day, gap), of rows per day; nothing below two dates.

    Args:
        value: Row with dates, or Cells in order, of numbers.
        window: See :func:`Count`.
        on: See :func:`Count`.
        covered: See :func:`Count`.

    Raises:
        ExpressionError: As :func:`Count`; no numbers, rows without dates, or Cells of ``by``.

    >>> from risk_engine.features.language import *
    >>> measure(Slope(ledger.amount, ever), booked_on=["2020-02-01", "2020-02-03", "2020-02-05"], amount=[1, 4, 7])
    1.5
    """
    _ordered("Slope", value)
    if value.shape.level == "row" and on is None and contract.SECTIONS[value.shape.section].event is None:
        raise ExpressionError(f"Slope({value}) has no dates", hint="rows of this section are undated; use on=")
    numbers(f"Slope({value})", value)
    return _reduce("Slope", value, window, on, covered)


def ArgMax(cells: Expression, window: Window | None = None, *, covered: float = 1.0) -> Expression:  # noqa: N802 - a word of the language
    """The key with the greatest value; of equals the first in order.

    Args:
        cells: Cells of :func:`by`.
        window: See :func:`Count`.
        covered: See :func:`Count`.

    Returns:
        One of the key's kind, to compare rows with.

    Raises:
        ExpressionError: As :func:`Count`; what is given has no keys.

    >>> from risk_engine.features.language import *
    >>> buyer = ArgMax(by(ledger.counterparty, ledger.amount, ever))
    >>> measure(Count(when(ledger.counterparty == buyer, ledger.amount), ever),
    ...     booked_on=["2020-02-01", "2020-02-03", "2020-02-05"], counterparty=["a", "b", "a"], amount=[3, 5, 4])
    2.0
    """
    if cells.shape.cells != "by":
        raise ExpressionError(f"ArgMax({cells}) has no keys: {cells.shape}", hint="give it by(key, value)")
    kind: Kind = cells_in(cells)[0].settings["key"]
    return _reduce("ArgMax", cells, window, None, covered, kind)


def _of_numbers(op: str, value: Expression, window: Window | None, on: Expression | None, covered: float) -> Expression:
    if value.kind != BOOLEAN:
        numbers(f"{op}({value})", value)
    return _reduce(op, value, window, on, covered)


def _of_order(op: str, value: Expression, window: Window | None, on: Expression | None, covered: float) -> Expression:
    if value.kind.name not in ("number", "date"):
        raise ExpressionError(f"{op}({value}) orders a {value.kind}", hint="numbers and dates have an order")
    return _reduce(op, value, window, on, covered, value.kind)


def _ordered(op: str, value: Expression) -> None:
    if value.shape.cells == "by":
        raise ExpressionError(f"{op}({value}) needs an order, and keys have none", hint="use monthly, daily or gaps")
