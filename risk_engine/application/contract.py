"""What stands in each section, and when each value becomes known: derived from the row Structs.

A row exists from ``known_at``, else from its *public* date, else from its *event* date; a row with none of them
always existed. A *revealed* column reads null until the date in its revealing column has come.
"""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from risk_engine.application.document import Application
from risk_engine.application.kinds import DecimalText
from risk_engine.application.training_rows import Outcome, PerformanceMonth, ProtectedAttribute

APPLICANT = "applicant"
"""What a row may say for ``party`` when it is about the applicant."""


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """One column of a section.

    Attributes:
        name: As it is written in documents and tables (``class``).
        kind: text, texts, date, timestamp, money, decimal, fraction, integer, number, boolean, word or value.
        words: The closed list of a word column, in the contract's order.
        optional: Whether a row may leave it out.
        nullable: Whether it may also be written as null.
        attribute: The row's Python attribute (``class_``); the same as ``name`` unless that is a keyword.
        annotation: The type one value is decoded as, without None.
    """

    name: str
    kind: str
    words: tuple[str, ...]
    optional: bool
    nullable: bool
    attribute: str
    annotation: Any


@dataclass(frozen=True, slots=True)
class SectionContract:
    """One section.

    Attributes:
        name: As it is written in documents and as a table's file name.
        row: The Struct of one row.
        single: Stands once (``application``, ``applicant``) rather than as a list of rows.
        training_only: Read by training or validation only; an unknown key in a document.
        event: The column that dates the row for windows.
        public: The column that makes the row known where ``known_at`` is left out.
        revealed: Column -> the column whose date reveals it.
        snapshot: State without a date of its own; every row says when it was seen, in ``observed_on``.
        periodic: Rows are periods; trend windows end at the last period already due.
        columns: Column contracts by name, in order.
    """

    name: str
    row: type[msgspec.Struct]
    single: bool
    training_only: bool
    event: str | None
    public: str | None
    revealed: Mapping[str, str]
    snapshot: bool
    periodic: bool
    columns: Mapping[str, ColumnContract]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    event: str | None = None
    public: str | None = None
    revealed: Mapping[str, str] = field(default_factory=dict)
    snapshot: bool = False
    periodic: bool = False


def _itself(*columns: str) -> dict[str, str]:
    return {column: column for column in columns}


def _by(date: str, *columns: str) -> dict[str, str]:
    return dict.fromkeys((date, *columns), date)


_DECLARED = ("declared_sales", "uninvoiced_sales", "tax_due", "refund", "deferred_until")

_CLOCKS: Mapping[str, _Clock] = {
    "relations": _Clock(event="since", revealed=_itself("until")),
    "related_firms": _Clock(event="observed_on", snapshot=True),
    "linked_applications": _Clock(event="on"),
    "consents": _Clock(event="granted_on", revealed=_itself("withdrawn_on")),
    "sources": _Clock(event="retrieved_at"),
    "identity_checks": _Clock(event="checked_on"),
    "registry_events": _Clock(event="on", public="published_on", revealed=_itself("until")),
    "legal_events": _Clock(event="opened_on", public="published_on", revealed=_itself("closed_on")),
    "tax_filings": _Clock(
        event="period_end",
        periodic=True,
        revealed={**_by("filed_on", *_DECLARED), **_by("paid_on", "tax_paid", "late_fee")},
    ),
    "tax_grades": _Clock(event="published_on"),
    "tax_events": _Clock(event="on", revealed=_itself("until")),
    "invoices": _Clock(event="issued_on", revealed=_itself("voided_on")),
    "utility_bills": _Clock(event="period_end", periodic=True, revealed=_itself("paid_on", "notice_on", "cut_on")),
    "premises": _Clock(event="since"),
    "accounts": _Clock(event="covers_from", revealed=_itself("closed_on")),
    "ledger": _Clock(event="booked_on", revealed=_by("returned_on", "return_reason")),
    "payables": _Clock(event="incurred_on", revealed={**_by("settled_on", "settled_amount"), **_itself("disputed_on")}),
    "receivables": _Clock(
        event="incurred_on", revealed={**_by("settled_on", "settled_amount"), **_itself("disputed_on")}
    ),
    "credit_lines": _Clock(
        event="opened_on", public="observed_on", snapshot=True, revealed=_itself("closed_on", "restructured_on")
    ),
    "credit_history": _Clock(event="month", periodic=True),
    "credit_enquiries": _Clock(event="on"),
    "guarantees": _Clock(revealed=_by("verified_on", "verified_with")),
    "guarantees_given": _Clock(event="since", public="observed_on", snapshot=True),
    "financials": _Clock(event="period_end", public="published_on", periodic=True),
    "social_insurance": _Clock(event="month", periodic=True, revealed=_itself("paid_on")),
    "incomes": _Clock(event="month", periodic=True),
    "facilities": _Clock(event="opened_on", public="observed_on", snapshot=True, revealed=_itself("restructured_on")),
    "site_visits": _Clock(event="on"),
    "outcomes": _Clock(event="decided_on"),
    "performance": _Clock(event="month", periodic=True),
}

_TRAINING_ROWS: Mapping[str, type[msgspec.Struct]] = {
    "outcomes": Outcome,
    "performance": PerformanceMonth,
    "protected": ProtectedAttribute,
}

_PLAIN_KINDS: Mapping[Any, str] = {
    str: "text",
    list[str]: "texts",
    dt.date: "date",
    dt.datetime: "timestamp",
    DecimalText: "decimal",
    int: "integer",
    bool: "boolean",
}


def _without_none(annotation: object) -> object:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        left = tuple(part for part in typing.get_args(annotation) if part is not type(None))
        return left[0] if len(left) == 1 else typing.Union[left]  # noqa: UP007 - built at run time
    return annotation


def _kind(annotation: object) -> str:
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return "word"
    if origin is typing.Annotated:
        plain, meta = typing.get_args(annotation)
        return str((meta.extra or {}).get("kind") or _PLAIN_KINDS[plain])
    if origin in (typing.Union, types.UnionType):
        return "value"
    return _PLAIN_KINDS[annotation]


def _columns(row: type[msgspec.Struct]) -> Mapping[str, ColumnContract]:
    hints = typing.get_type_hints(row, include_extras=True)
    columns = {}
    for told in msgspec.structs.fields(row):
        annotation = _without_none(hints[told.name])
        kind = _kind(annotation)
        words = typing.get_args(annotation) if kind == "word" else ()
        columns[told.encode_name] = ColumnContract(
            name=told.encode_name,
            kind=kind,
            words=words,
            optional=not told.required,
            nullable=type(None) in typing.get_args(hints[told.name]),
            attribute=told.name,
            annotation=annotation,
        )
    return MappingProxyType(columns)


def _section(name: str, row: type[msgspec.Struct], *, single: bool, training_only: bool) -> SectionContract:
    clock = _CLOCKS.get(name, _Clock())
    return SectionContract(
        name=name,
        row=row,
        single=single,
        training_only=training_only,
        event=clock.event,
        public=clock.public or clock.event,
        revealed=MappingProxyType(dict(clock.revealed)),
        snapshot=clock.snapshot,
        periodic=clock.periodic,
        columns=_columns(row),
    )


def _sections() -> Mapping[str, SectionContract]:
    found = {}
    for name, hint in typing.get_type_hints(Application).items():
        single = isinstance(hint, type)
        row = hint if single else typing.get_args(_without_unset(hint))[0]
        found[name] = _section(name, row, single=single, training_only=False)
    for name, row in _TRAINING_ROWS.items():
        found[name] = _section(name, row, single=False, training_only=True)
    return MappingProxyType(found)


def _without_unset(hint: object) -> object:
    return next(part for part in typing.get_args(hint) if part is not msgspec.UnsetType)


SECTIONS: Mapping[str, SectionContract] = _sections()
"""Every section by name, in the contract's order; training-only sections last."""
