"""Files of a model: written in one way, so that equal models have equal hashes, and refused by name where broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from risk_engine.errors import ReleaseError, RiskEngineError

Read = TypeVar("Read")
LONGEST = 200
"""Most characters said of what is wrong: a broken file may hold anything."""
_STUMBLES = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, msgspec.MsgspecError,
    RiskEngineError,
)  # fmt: skip
"""All that a reader may raise of what it did not expect."""


def canonical_json(plain: object) -> bytes:
    r"""Plain data as bytes: sorted keys, shortest floats that read back exactly, no NaN, UTF-8, one newline at the end.

    >>> canonical_json({"b": 0.1, "a": [1, None]})
    b'{\n "a": [\n  1,\n  null\n ],\n "b": 0.1\n}\n'
    """
    return (json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


@contextmanager
def reading(file: object) -> Iterator[None]:
    """Say which file or folder is broken, whatever its reader stumbles over.

    Raises:
        ReleaseError: As it was raised within, or in place of what was.
    """
    try:
        yield
    except ReleaseError:
        raise
    except _STUMBLES as error:
        raise ReleaseError(
            f"{file} is broken: {str(error)[:LONGEST]}", hint="restore the release or train it again"
        ) from error


def read_file(files: Mapping[str, bytes], name: str, read: Callable[[bytes], Read]) -> Read:
    """Read one file of a model.

    Raises:
        ReleaseError: It is missing or does not hold what it should.
    """
    with reading(name):
        if name not in files:
            raise ValueError("it is missing")
        return read(files[name])


def read_json(files: Mapping[str, bytes], name: str, read: Callable[[Any], Read]) -> Read:
    """The same of plain data."""
    return read_file(files, name, lambda data: read(msgspec.json.decode(data)))
