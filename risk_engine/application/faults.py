"""The second walk: every fault of a document, each with its path.

It runs after the typed decode said no (or when a key may be repeated, which the typed decode does not see), over a
plain reading of the JSON. Rows and values are judged by the same typed decoders, so the two agree by construction.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, islice
from types import SimpleNamespace
from typing import Any

import msgspec

from risk_engine.application.checks import Seen, check
from risk_engine.application.contract import SECTIONS, ColumnContract, SectionContract
from risk_engine.application.kinds import read_custom
from risk_engine.application.reading import Pairs, read_json
from risk_engine.application.wording import describe, nearest_key, shorten, unfit
from risk_engine.errors import Fault

DEEPEST = 32
_TOO_DEEP = f"nesting of at most {DEEPEST}"
_plain_key = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")


def list_faults(body: bytes, *, max_faults: int, now: dt.datetime | None) -> list[Fault]:
    """Every fault of the document, in reading order, up to ``max_faults``.

    Raises:
        BrokenJson: The bytes are not JSON.
    """
    try:
        plain = read_json(body)
    except RecursionError:
        return [Fault("$", "nesting too deep to read", _TOO_DEEP)]
    walk = _Walk(now)
    return list(islice(chain(_structure(plain, "$", 1), walk.document(plain), walk.checks()), max_faults))


def _structure(value: object, path: str, depth: int) -> Iterator[Fault]:
    """Keys that stand twice, and nesting too deep, wherever they are."""
    if not isinstance(value, list):
        return
    if depth > DEEPEST:
        yield Fault(path, f"nesting of {depth}", _TOO_DEEP)
    elif isinstance(value, Pairs):
        seen = set()
        for key, one in value:
            if key in seen:
                yield Fault(_under(path, key), "the same key again", "each key once", "only one value can be meant")
            seen.add(key)
            yield from _structure(one, _under(path, key), depth + 1)
    else:
        for at, one in enumerate(value):
            if isinstance(one, list) and (depth == DEEPEST or not _is_flat(one)):
                yield from _structure(one, f"{path}[{at}]", depth + 1)


def _is_flat(value: list[Any]) -> bool:
    """An object that repeats no key and holds no other: the ordinary row, over which time must not be lost."""
    if not isinstance(value, Pairs):
        return False
    held = dict(value)
    return len(held) == len(value) and not any(isinstance(one, list) for one in held.values())


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if _plain_key.fullmatch(key) else f"{path}[{json.dumps(shorten(key), ensure_ascii=False)}]"


class _Walk:
    """One pass over a document; keeps what could be read for the whole-document checks."""

    def __init__(self, now: dt.datetime | None) -> None:
        self._now = now
        self._told: set[str] = set()
        self._singles: dict[str, Any] = {}
        self._rows: dict[str, list[Any]] = {}

    def document(self, plain: object) -> Iterator[Fault]:
        """Faults of keys and values, section after section."""
        if not isinstance(plain, Pairs):
            yield Fault("$", describe(plain), "an object with application and applicant")
            return
        known = [name for name, section in SECTIONS.items() if not section.training_only]
        for key, value in plain:
            section = SECTIONS.get(key)
            if section is None or section.training_only:
                yield self._unknown("$", key, known)
            elif section.single:
                yield from self._single(section, value)
            else:
                yield from self._list(section, value)
        given = {key for key, _ in plain}
        for name in known:
            if SECTIONS[name].single and name not in given:
                yield Fault(f"$.{name}", "nothing", "an object")

    def checks(self) -> Iterator[Fault]:
        """Faults of the whole document, except where a value was already told."""
        request, applicant = self._singles.get("application"), self._singles.get("applicant")
        seen = Seen(request, applicant, self._rows, self._now, told=self._told)
        yield from (fault for fault in check(seen) if fault.path not in self._told)

    def _single(self, section: SectionContract, value: object) -> Iterator[Fault]:
        if isinstance(value, Pairs):
            self._singles[section.name], faults = self._row(section, f"$.{section.name}", value)
            yield from faults
        else:
            yield Fault(f"$.{section.name}", describe(value), "an object")

    def _list(self, section: SectionContract, value: object) -> Iterator[Fault]:
        path = f"$.{section.name}"
        rows = self._rows[section.name] = []
        if not isinstance(value, list) or isinstance(value, Pairs):
            rows.append(_readable(section, Pairs()))
            hint = "leave the key out where nobody looked, [] where there was none" if value is None else ""
            yield self._tell(Fault(path, describe(value), "a list of rows", hint))
            return
        for at, row in enumerate(value):
            if isinstance(row, Pairs):
                read, faults = self._row(section, f"{path}[{at}]", row)
                rows.append(read)
                yield from faults
            else:
                rows.append(_readable(section, Pairs()))
                yield self._tell(Fault(f"{path}[{at}]", describe(row), "an object"))

    def _row(self, section: SectionContract, path: str, row: Pairs) -> tuple[Any, Iterator[Fault]]:
        """The row as far as it can be read, and what is wrong with the rest."""
        whole = _read_row(section, row)
        if whole is not None:
            return whole, iter(())
        return _readable(section, row), self._row_faults(section, path, row)

    def _row_faults(self, section: SectionContract, path: str, row: Pairs) -> Iterator[Fault]:
        for key, value in row:
            column = section.columns.get(key)
            if column is None:
                yield self._unknown(path, key, list(section.columns))
            else:
                yield from self._value(f"{path}.{key}", section, column, value)
        given = {key for key, _ in row}
        for column in section.columns.values():
            if not column.optional and column.name not in given:
                yield self._tell(Fault(f"{path}.{column.name}", "nothing", unfit(path, column, None).expected))

    def _value(self, path: str, section: SectionContract, column: ColumnContract, value: object) -> Iterator[Fault]:
        if _read_value(section, column, value)[0]:
            return
        if column.kind == "texts" and isinstance(value, list) and not isinstance(value, Pairs):
            for at, one in enumerate(value):
                if not isinstance(one, str):
                    yield self._tell(Fault(f"{path}[{at}]", describe(one), "text"))
            return
        yield self._tell(unfit(path, column, value))

    def _unknown(self, path: str, key: str, known: Sequence[str]) -> Fault:
        section = SECTIONS.get(key) if path == "$" else None
        hint = "read by training only; it never stands in a document" if section else nearest_key(key, known)
        return self._tell(Fault(_under(path, key), "a key the contract does not know", "a key of the contract", hint))

    def _tell(self, fault: Fault) -> Fault:
        self._told.add(fault.path)
        return fault


@cache
def _row_decoder(section: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(SECTIONS[section].row, dec_hook=read_custom)


@cache
def _value_decoder(section: str, column: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(SECTIONS[section].columns[column].annotation, dec_hook=read_custom)


def _decoded(decoder: msgspec.json.Decoder[Any], value: object) -> tuple[bool, Any]:
    """Whether a plain value is what the decoder takes, and what it makes of it."""
    try:
        return True, decoder.decode(msgspec.json.encode(value))
    except (msgspec.ValidationError, TypeError):  # a Huge cannot be written
        return False, None


def _read_value(section: SectionContract, column: ColumnContract, value: object) -> tuple[bool, Any]:
    if value is None:
        return column.nullable, None
    if isinstance(value, Pairs):
        return False, None
    return _decoded(_value_decoder(section.name, column.name), value)


def _read_row(section: SectionContract, row: Pairs) -> msgspec.Struct | None:
    """The typed row, or None where a value, a key or the lack of one is a fault."""
    given = dict(row)
    if any(isinstance(value, Pairs) for value in given.values()):
        return None
    read: msgspec.Struct | None = _decoded(_row_decoder(section.name), given)[1]
    return read


def _readable(section: SectionContract, row: Pairs) -> SimpleNamespace:
    """The row with None in place of what was left out or could not be read."""
    given = dict(row)
    return SimpleNamespace(
        **{
            column.attribute: _read_value(section, column, given.get(name))[1]
            for name, column in section.columns.items()
        }
    )
