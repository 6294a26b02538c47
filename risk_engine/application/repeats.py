"""Keys that stand twice in one object: the typed decode takes the last one and says nothing.

A key is always followed by a colon, so a document that holds as many colons after a closing quote as its rows hold
columns repeats none. Counting costs a fifth of what a second parse would.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import NODEFAULT

from risk_engine.application.document import Application

Bytes = npt.NDArray[np.uint8]

_QUOTE, _COLON, _SPACE = 0x22, 0x3A, 0x20
_plain = msgspec.json.Decoder()


def may_repeat(body: bytes, application: Application) -> bool:
    """Whether a valid document may repeat a key; False is certain, True asks for the second walk.

    Args:
        body: A document that the typed decode accepted.
        application: What it was decoded to.
    """
    text = np.frombuffer(body, np.uint8)
    # Before the colon of a key stand a quote or white space, all of them small numbers; in text they may stand too.
    colons = text[1:] == _COLON
    colons &= text[:-1] <= _QUOTE
    least = _least_keys(application)
    if np.count_nonzero(colons) == least:
        return False
    most = _most_keys(text, colons)
    return most is None or (most != least and most != _keys_held(_plain.decode(body)))


def _most_keys(text: Bytes, colons: npt.NDArray[np.bool_]) -> int | None:
    """At least the number of keys, repeated ones too; None where odd spacing hides it."""
    before = text[:-1]
    written = np.count_nonzero(colons & (before == _QUOTE))
    spaced = np.flatnonzero(colons & (before <= _SPACE))
    further = text[spaced - 1]
    if np.any(further <= _SPACE):
        return None
    return int(written + np.count_nonzero(further == _QUOTE))


def _least_keys(application: Application) -> int:
    """At most the number of different keys: one written as null or as its default is not counted."""
    singles = (application.application, application.applicant)
    total = len(singles) + len(application.listed)
    for single in singles:
        needed, optional = _keys_of(single.__class__)
        total += needed + sum(getattr(single, key) != default for key, default in optional)
    for name, rows in application.listed.items():
        if rows:
            needed, optional = _keys_of(rows[0].__class__)
            columns = application.columns(name)
            total += len(rows) * needed
            total += sum(len(rows) - columns[key].count(default) for key, default in optional if key in columns)
    return total


@cache
def _keys_of(row: type[msgspec.Struct]) -> tuple[int, tuple[tuple[str, Any], ...]]:
    """How many keys every row has, and the attributes of the others with what they are where left out."""
    fields = msgspec.structs.fields(row)
    optional = tuple(
        (told.name, told.default_factory() if told.default is NODEFAULT else told.default)
        for told in fields
        if not told.required
    )
    return len(fields) - len(optional), optional


def _keys_held(value: Mapping[str, Any]) -> int:
    """The number of different keys, over all objects of a document."""
    rows = (rows for rows in value.values() if isinstance(rows, list))
    singles = sum(len(one) for one in value.values() if isinstance(one, dict))
    return len(value) + singles + sum(sum(map(len, section)) for section in rows)
