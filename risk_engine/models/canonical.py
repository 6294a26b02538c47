"""One way to write plain data as bytes, so that equal models have equal hashes."""

from __future__ import annotations

import json


def canonical_json(plain: object) -> bytes:
    r"""Sorted keys, shortest floats that read back exactly, no NaN, UTF-8, one newline at the end.

    >>> canonical_json({"b": 0.1, "a": [1, None]})
    b'{\n "a": [\n  1,\n  null\n ],\n "b": 0.1\n}\n'
    """
    return (json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
