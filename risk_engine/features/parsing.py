"""From a printed expression back to the same expression, without running anything.

The text is read as a Python syntax tree; only the words of the language have a meaning in it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from risk_engine.errors import ExpressionError, nearest_hint
from risk_engine.features import (
    cells,
    functions,
    leaves,
    reduces,
    row_kernels,  # noqa: F401 - importing it makes its row kernels known by name
    shapes,
)
from risk_engine.features.expressions import Expression, binary, lift, unary

_BINARY: Mapping[type[ast.AST], str] = MappingProxyType({
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.BitAnd: "and", ast.BitOr: "or",
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
})  # fmt: skip

_CALLS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {name: getattr(functions, name) for name in (
        "when", "fill", "log", "log10", "absolute", "minimum", "maximum", "days_left_in_month", "pending", "previous",
        "months_since",
    )}
    | {name: getattr(cells, name) for name in ("monthly", "daily", "by", "gaps", "date_of", "ago")}
    | {name: getattr(reduces, name) for name in functions.REDUCES}
    | {"days": shapes.days, "months": shapes.months, "past_months": shapes.past_months, "attribute": leaves.attribute}
)  # fmt: skip

_NAMES: Mapping[str, Any] = MappingProxyType({"now": leaves.now, "ever": shapes.ever, **leaves.SECTIONS})


def parse(text: str) -> Expression:
    """Read a printed expression.

    Args:
        text: As :class:`Expression` prints, or as a catalogue writes it, without names of its own.

    Raises:
        ExpressionError: The text is no expression of the language, or cannot mean anything.

    >>> str(parse('Sum(when(invoices.direction == "out", invoices.net_amount), months(12)) / 12'))
    'Sum(when(invoices.direction == "out", invoices.net_amount), months(12)) / 12'
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as told:
        raise ExpressionError(f"{text[:80]!r} is no expression: {told}", hint="see LANGUAGE") from None
    try:
        read = _read(tree.body)
        return lift(read)
    except ExpressionError:
        raise
    except TypeError as told:
        raise ExpressionError(f"{text[:80]!r} is no expression: {told}", hint="see LANGUAGE") from None


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, (bool, int, float, str)):
            return value
        case ast.Name(id=name):
            return _named(name, _NAMES, "name")
        case ast.Tuple(elts=elements):
            return tuple(_read(each) for each in elements)
        case ast.Attribute(value=ast.Name(id=section), attr=column):
            return getattr(_named(section, leaves.SECTIONS, "section"), column)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return binary(_BINARY[type(op)], _read(left), _read(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _BINARY:
            return binary(_BINARY[type(op)], _read(left), _read(right))
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return unary("not", _read(operand))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_read(operand)
        case ast.Call():
            return _call(node)
        case _:
            raise ExpressionError(f"{ast.unparse(node)[:80]} has no meaning in a feature", hint="see LANGUAGE")


def _call(node: ast.Call) -> Any:
    given = [_read(each) for each in node.args if not isinstance(node.func, ast.Name) or node.func.id != "row_kernel"]
    named = {each.arg or "**": _read(each.value) for each in node.keywords}
    match node.func:
        case ast.Name(id="row_kernel") if len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            function, version = _named(node.args[0].id, functions.ROW_KERNELS, "row kernel")
            return functions.row_kernel(function, version=version)
        case ast.Name(id=name):
            return _named(name, _CALLS, "function")(*given, **named)
        case ast.Attribute(value=value, attr="is_in"):
            return _read(value).is_in(*given, **named)
        case ast.Call():
            return _call(node.func)(*given, **named)
        case _:
            raise ExpressionError(f"{ast.unparse(node.func)[:80]} cannot be called in a feature", hint="see LANGUAGE")


def _named(name: str, known: Mapping[str, Any], what: str) -> Any:
    if name not in known:
        raise ExpressionError(f"the language has no {what} {name!r}", hint=nearest_hint(name, known))
    return known[name]
