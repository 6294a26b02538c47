"""Keys that stand twice in one object: the typed decode takes the last one and says nothing.

A key is always followed by a colon, so a document that holds as many colons after a closing quote as its rows hold
columns repeats none. Counting is done on the bytes at once, for a fifth of what a second parse would cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

_QUOTE, _COLON, _SPACE, _BACKSLASH = 0x22, 0x3A, 0x20, 0x5C
_plain = msgspec.json.Decoder()


def may_repeat(body: bytes, canonical: bytes) -> bool:
    """Whether a valid document may repeat a key; False is certain, True asks for the second walk.

    Args:
        body: A document that the typed decode accepted.
        canonical: The same document as the encoder writes it: what is null or default is left out.

    >>> may_repeat(b'{"a" : 1, "b": null}', b'{"a":1}')
    False
    >>> may_repeat(b'{"a":1,"a":1}', b'{"a":1}')
    True
    """
    most = _most_keys(body)
    return most is None or (most != _keys_written(canonical) and most != _keys_held(_plain.decode(body)))


def _most_keys(body: bytes) -> int | None:
    """At least the number of keys, repeated ones too; None where odd spacing hides it."""
    text = np.frombuffer(body, np.uint8)
    colon = text[1:] == _COLON
    written = np.count_nonzero(colon & (text[:-1] == _QUOTE))
    spaced = np.flatnonzero(colon & (text[:-1] <= _SPACE)) + 1
    further = text[spaced - 2]
    if np.any(further <= _SPACE):
        return None
    return int(written + np.count_nonzero(further == _QUOTE))


def _keys_written(canonical: bytes) -> int:
    """Exactly the number of keys: a quote inside text is escaped, and a contract's key has no backslash."""
    text = np.frombuffer(canonical, np.uint8)
    return int(np.count_nonzero((text[2:] == _COLON) & (text[1:-1] == _QUOTE) & (text[:-2] != _BACKSLASH)))


def _keys_held(value: Mapping[str, Any]) -> int:
    """The number of different keys, over all objects of a document."""
    rows = (rows for rows in value.values() if isinstance(rows, list))
    singles = sum(len(one) for one in value.values() if isinstance(one, dict))
    return len(value) + singles + sum(sum(map(len, section)) for section in rows)
