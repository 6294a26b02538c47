"""A second, forgiving reader of JSON: it keeps repeated keys and says where the text stops being JSON.

Slower than the typed decode; it runs only once something is known to be wrong.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from risk_engine.errors import BrokenJson, Fault

_strings_or_constants = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', re.DOTALL)
_escapes = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)

LONGEST_INTEGER = 40
"""An integer of more characters is a :class:`Huge` and never computed."""


class Pairs(list[tuple[str, Any]]):
    """An object as it was written: keys in order, repeated ones too."""


class Huge:
    """A number too large to be meant; nothing can be done with it but to refuse it."""

    __slots__ = ()


class _Constant(Exception):
    """NaN or Infinity was met."""


def read_json(body: bytes) -> object:
    """Read bytes into lists, :class:`Pairs`, text, numbers, truths and None.

    Raises:
        BrokenJson: One fault with its position.
        RecursionError: Nested deeper than Python can follow.

    >>> read_json(b'{"a": 1, "a": [2]}')
    [('a', 1), ('a', [2])]
    >>> read_json(b'{"a": }')
    Traceback (most recent call last):
    risk_engine.errors.BrokenJson: the body is not JSON: line 1 column 7 (byte 6): found '}', expected a value
    """
    text = _text(body)
    _refuse_lone_surrogates(text)
    try:
        return _reader.decode(text)
    except json.JSONDecodeError as told:
        raise _broken(text, told.pos, _expected(told.msg)) from None
    except _Constant:
        at = next(m.start() for m in _strings_or_constants.finditer(text) if not m.group().startswith('"'))
        raise _broken(text, at, "a number; NaN and Infinity are not JSON") from None


def _text(body: bytes) -> str:
    try:
        return bytes(body).decode()
    except UnicodeDecodeError as told:
        before = body[: told.start].decode()
        raise _broken(before, len(before), "UTF-8 text", found=f"byte 0x{body[told.start]:02x}") from None


def _refuse_lone_surrogates(text: str) -> None:
    if "\\u" not in text:
        return
    high: re.Match[str] | None = None
    for escape in _escapes.finditer(text):
        code = int(escape.group(1) or "0", 16)
        is_low = 0xDC00 <= code <= 0xDFFF
        if high is not None and not (is_low and escape.start() == high.end()):
            raise _lone(text, high)
        if high is None and is_low:
            raise _lone(text, escape)
        high = escape if 0xD800 <= code <= 0xDBFF else None
    if high is not None:
        raise _lone(text, high)


def _lone(text: str, escape: re.Match[str]) -> BrokenJson:
    return _broken(text, escape.start(), "a surrogate pair, or the character itself", found=escape.group())


def _broken(text: str, at: int, expected: str, *, found: str = "") -> BrokenJson:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    byte = len(text[:at].encode())
    found = found or (repr(text[at]) if at < len(text) else "the end")
    hint = "remove the byte order mark" if text[at : at + 1] == "\ufeff" else ""
    return BrokenJson([Fault(f"line {line} column {column} (byte {byte})", found, expected, hint)])


def _expected(told: str) -> str:
    words = {
        "Expecting value": "a value",
        "Extra data": "nothing after the document",
        "Expecting property name enclosed in double quotes": "a key in double quotes",
        "Unterminated string starting at": "a string with a closing quote",
        "Invalid control character at": "a string without raw control characters",
    }
    return words.get(told) or told.removeprefix("Expecting ").removesuffix(" delimiter") + " (JSON)"


def _integer(digits: str) -> int | Huge:
    return Huge() if len(digits) > LONGEST_INTEGER else int(digits)


def _fraction(digits: str) -> float | Huge:
    number = float(digits)
    return number if math.isfinite(number) else Huge()


def _refuse_constant(_: str) -> NoReturn:
    raise _Constant


_reader = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_int=_integer, parse_float=_fraction, parse_constant=_refuse_constant
)
