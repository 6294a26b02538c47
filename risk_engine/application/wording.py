"""How one value that does not fit is told: what was found, what was expected, what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from risk_engine.application.contract import ColumnContract
from risk_engine.application.kinds import DECIMAL_TOLD
from risk_engine.application.reading import Huge, Pairs
from risk_engine.errors import Fault, nearest_hint

PERSONAL = frozenset({"name", "identifier", "claimed", "found", "digest", "birth_date", "note", "purpose_text"})
"""Columns of which a fault tells only the type and the length."""

_EXPECTED = {
    "text": "text",
    "texts": "a list of texts",
    "date": "a date such as 2020-02-28",
    "timestamp": "a moment with its offset such as 2020-02-28T16:30:00+08:00",
    "money": "a number between -1e15 and 1e15",
    "number": "a number between -1e15 and 1e15",
    "decimal": DECIMAL_TOLD,
    "fraction": "a fraction between 0 and 1",
    "integer": "a whole number",
    "boolean": "true or false",
    "value": "text, a number between -1e15 and 1e15, true or false",
}
_day = re.compile(r"\d{4}-\d{2}-\d{2}")
_moment = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?")


def unfit(path: str, column: ColumnContract, value: object) -> Fault:
    """The fault of a value that its column cannot hold."""
    return Fault(path, describe(value, personal=column.name in PERSONAL), expected_of(column), _hint(column, value))


def describe(value: object, *, personal: bool = False) -> str:
    """Say what a value is, in at most 80 characters; of a personal one only type and length.

    >>> describe("91110000600037341L", personal=True)
    'text of 18 characters'
    >>> describe([1, 2])
    'a list of 2'
    """
    if value is None:
        return "null"
    if isinstance(value, Pairs):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, Huge):
        return "a number too large to hold"
    if personal:
        return f"text of {len(value)} characters" if isinstance(value, str) else f"a {type(value).__name__}"
    return shorten(json.dumps(value, ensure_ascii=False))


def shorten(text: str, longest: int = 60) -> str:
    """Cut a text that would fill the screen."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def expected_of(column: ColumnContract) -> str:
    """Say what a column holds."""
    if column.kind == "word":
        return "one of " + ", ".join(column.words)
    return _EXPECTED[column.kind] + bounds_of(column)


def bounds_of(column: ColumnContract) -> str:
    """Say the bounds a column sets beside its kind."""
    metadata = getattr(column.annotation, "__metadata__", ())
    if column.kind == "text" and metadata:
        return f" of {metadata[0].min_length} to {metadata[0].max_length} characters"
    if column.kind == "integer" and metadata:
        return f" from {metadata[0].ge} to {metadata[0].le}"
    return ""


def _hint(column: ColumnContract, value: object) -> str:
    if value is None:
        return "leave the key out" if column.optional else ""
    match column.kind:
        case "word" if isinstance(value, str):
            return nearest_hint(value, column.words)
        case "date" | "timestamp" if isinstance(value, str):
            return _clock_hint(column.kind, value)
        case "money" | "number" | "fraction" | "integer" if isinstance(value, str):
            return "write it without quotes"
        case "decimal" if isinstance(value, int | float):
            return "write it in quotes, so that no digit is lost"
        case "fraction" if isinstance(value, int | float) and 1 < value <= 100:
            return "18% is written 0.18"
        case "boolean" if value in (0, 1, "true", "false"):
            return "write true or false without quotes"
    return ""


def _clock_hint(kind: str, value: str) -> str:
    if kind == "date":
        if _day.fullmatch(value):
            return "no calendar has that day"
        return "write the day only" if _moment.match(value) else ""
    if _moment.fullmatch(value):
        return "add the offset from UTC"
    return "write the time too" if _day.fullmatch(value) else ""


def nearest_key(key: str, known: Sequence[str]) -> str:
    """The hint for a key nobody defined."""
    return nearest_hint(key, known) or "leave it out; lender's own columns belong in attributes"
