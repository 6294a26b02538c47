"""What a document must satisfy beyond the types of its values.

The checks read typed rows and, in the second walk, rows of which some values could not be read: such a value is None
here, and a check that needs it stays silent, so that one mistake is told once.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from risk_engine.application.contract import APPLICANT, SECTIONS
from risk_engine.application.currencies import CURRENCIES
from risk_engine.application.document import LISTS, Application, decided_at
from risk_engine.application.identifiers import HINT, PSEUDONYM, expected_identifier
from risk_engine.errors import Fault, nearest_hint

CLOCK_TOLERANCE = dt.timedelta(minutes=10)
"""How far the sender's clock may run ahead of the moment of decision."""

ONE_DAY = dt.timedelta(days=1)

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years in which a decision can be made: every window and offset around them is still a date."""

MOST_HINTED = 20
"""In a case of more parties no reference to a stranger is compared with them: the sender chooses how many there are."""

_IN_MONEY = frozenset(name for name in LISTS if "original_currency" in SECTIONS[name].columns)
_CURRENCY_OR_NONE = CURRENCIES | {None}
PERIODS = {
    "sources": ("covers_from", "covers_until"),
    "tax_filings": ("period_start", "period_end"),
    "utility_bills": ("period_start", "period_end"),
    "accounts": ("covers_from", "covers_until"),
}
"""Where a row tells a period: its first and its last day."""

MONTHLY = tuple(name for name in LISTS if SECTIONS[name].event == "month")
"""Where a row tells a month, by its last day: one month told under two dates would count twice."""

PARTY_COLUMNS = {"relations": ("party", "from_", "to"), "guarantees": ("party", "provider")}
"""Attributes that name a party, where it is not ``party`` alone."""

_PAST_DATES = {
    "application": (),
    "applicant": ("established_on", "birth_date", "residence_since"),
    "parties": ("birth_date", "role_since", "industry_since"),
}
_NEEDED = {
    "company": ("industry", "industry_scheme"),
    "sole_trader": ("industry", "industry_scheme"),
    "person": ("birth_date",),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What could be read of a document.

    Attributes:
        application: The request, or None.
        applicant: The applicant, or None.
        sections: Rows by section.
        now: Moment of decision where the document names none.
        document: The document itself, where all of it could be read.
        told: Paths of what could not be read: there None is not the same as left out.
    """

    application: Any
    applicant: Any
    sections: Mapping[str, Sequence[Any]]
    now: dt.datetime | None = None
    document: Application | None = None
    told: AbstractSet[str] = frozenset()

    @classmethod
    def whole(cls, application: Application, now: dt.datetime | None) -> Seen:
        """A document that was decoded without a fault."""
        sections = {name: rows for name, rows in application.listed.items() if rows}
        return cls(application.application, application.applicant, sections, now, application)

    def decided_at(self) -> dt.datetime | None:
        """The moment of decision; without a clock the latest the request names; None where it could not be read."""
        request = self.application
        if request is None or "$.application.as_of" in self.told:
            return None
        stated: dt.datetime | None = request.as_of
        submitted = request.submitted_at
        if stated is not None or submitted is None:
            return stated
        return decided_at(request, self.now) if self.now else max(submitted, request.completed_at or submitted)

    def rows(self, section: str) -> Iterator[tuple[int, Any]]:
        """Position and row of every row."""
        return enumerate(self.sections.get(section, ()))

    def column(self, section: str, name: str) -> Sequence[Any]:
        """One attribute of every row."""
        if self.document is not None:
            return self.document.columns(section).get(name, ())
        return tuple(map(attrgetter(name), self.sections.get(section, ())))


def check(seen: Seen) -> Iterator[Fault]:
    """Every whole-document fault, one check after the other."""
    for one in CHECKS:
        yield from one(seen)


def _request(seen: Seen) -> Iterator[Fault]:
    request = seen.application
    if request is None:
        return
    if request.amount is not None and request.amount <= 0:
        yield Fault("$.application.amount", str(request.amount), "an amount above 0")
    if request.currency is not None and request.currency not in CURRENCIES:
        yield _no_currency("$.application.currency", request.currency)
    if request.as_of is not None and not FIRST_YEAR <= request.as_of.year <= LAST_YEAR:
        expected = f"a moment of the years {FIRST_YEAR} to {LAST_YEAR}"
        yield Fault("$.application.as_of", request.as_of.isoformat(), expected)


def _original_currencies(seen: Seen) -> Iterator[Fault]:
    for section in filter(_IN_MONEY.__contains__, seen.sections):
        if not _CURRENCY_OR_NONE.issuperset(seen.column(section, "original_currency")):
            for at, row in seen.rows(section):
                if row.original_currency not in _CURRENCY_OR_NONE:
                    yield _no_currency(f"$.{section}[{at}].original_currency", row.original_currency)


def _no_currency(path: str, found: str) -> Fault:
    hint = nearest_hint(found.upper(), CURRENCIES)
    return Fault(path, _short(found), "an ISO 4217 code such as CNY", hint)


def _fees(seen: Seen) -> Iterator[Fault]:
    for at, fee in seen.rows("fees"):
        path = f"$.fees[{at}]"
        if fee.amount is not None and fee.amount < 0:
            yield Fault(f"{path}.amount", str(fee.amount), "an amount of at least 0")
        if fee.amount is None and fee.rate is None and seen.told.isdisjoint(("$.fees", path, f"{path}.rate")):
            yield Fault(f"{path}.amount", "nothing", "either an amount or a rate")
        if fee.amount is not None and fee.rate is not None:
            yield Fault(f"{path}.rate", "a rate beside an amount", "either an amount or a rate")


def _needed(seen: Seen) -> Iterator[Fault]:
    """What a kind of applicant must state. Where the identifier was replaced, the birth date was removed with it."""
    applicant = seen.applicant
    if applicant is None or applicant.kind is None:
        return
    replaced = (applicant.identifier or "").startswith(f"{PSEUDONYM}:")
    for column in _NEEDED[applicant.kind]:
        if getattr(applicant, column) is None and not (replaced and column == "birth_date"):
            expected = SECTIONS["applicant"].columns[column].kind
            yield Fault(f"$.applicant.{column}", "nothing", f"a {expected}, needed for a {applicant.kind}")


def _future(seen: Seen) -> Iterator[Fault]:
    decided_at = seen.decided_at()
    if decided_at is None:
        return
    request = seen.application
    for column in ("submitted_at", "completed_at"):
        moment = getattr(request, column, None)
        if moment is not None and moment - decided_at > CLOCK_TOLERANCE:
            yield _too_late(f"$.application.{column}", decided_at, moment.isoformat())
    today = decided_at.date()
    for path, row, columns in _dated(seen):
        for column in columns:
            day = getattr(row, column)
            if day is not None and day > today:
                yield _too_late(f"{path}.{column}", decided_at, _told_day(column, day))


def _dated(seen: Seen) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    if seen.applicant is not None:
        yield "$.applicant", seen.applicant, _PAST_DATES["applicant"]
    for at, party in seen.rows("parties"):
        yield f"$.parties[{at}]", party, _PAST_DATES["parties"]


def _told_day(column: str, day: dt.date) -> str:
    return "a later date" if column == "birth_date" else day.isoformat()


def _too_late(path: str, decided_at: dt.datetime, found: str) -> Fault:
    return Fault(path, found, f"nothing after {decided_at.isoformat()}", "the moment of decision is as_of")


def _identifiers(seen: Seen) -> Iterator[Fault]:
    jurisdiction = getattr(seen.application, "jurisdiction", None)
    if jurisdiction is None:
        return
    people = [("$.applicant", seen.applicant)] if seen.applicant is not None else []
    people += [(f"$.parties[{at}]", party) for at, party in seen.rows("parties")]
    for path, person in people:
        if person.kind is None or person.identifier is None:
            continue
        expected = expected_identifier(person.kind, person.identifier, jurisdiction)
        if expected:
            found = f"text of {len(person.identifier)} characters"
            yield Fault(f"{path}.identifier", found, expected, HINT)


def _repeated_rows(seen: Seen) -> Iterator[Fault]:
    for section in seen.sections:
        yield from _repeated(seen, section, "row_id")
    yield from _repeated(seen, "parties", "party")


def _repeated(seen: Seen, section: str, column: str) -> Iterator[Fault]:
    keys = seen.column(section, column)
    if len({*keys} - {None}) == len(keys) - keys.count(None):
        return
    first: dict[str, int] = {}
    for at, key in enumerate(keys):
        if key is not None and first.setdefault(key, at) != at:
            expected, hint = f"a {column} of its own", f"row {first[key]} of this application has the same"
            yield Fault(f"$.{section}[{at}].{column}", _short(key), expected, hint)


def _party_references(seen: Seen) -> Iterator[Fault]:
    listed = [party.party for _, party in seen.rows("parties")]
    if None in listed:
        return
    known = {None, APPLICANT, *listed}
    for section in seen.sections:
        for column in PARTY_COLUMNS.get(section, ("party",)):
            if known.issuperset(seen.column(section, column)):
                continue
            for at, row in seen.rows(section):
                if getattr(row, column) not in known:
                    yield _stranger(f"$.{section}[{at}].{column.rstrip('_')}", getattr(row, column), known)


def _stranger(path: str, party: str, known: Collection[str | None]) -> Fault:
    near = nearest_hint(party, [one for one in known if one]) if len(known) <= MOST_HINTED else ""
    hint = near or "leave it out where the row is about the applicant"
    return Fault(path, _short(party), "a party of $.parties, or applicant", hint)


def _reserved_party(seen: Seen) -> Iterator[Fault]:
    for at, row in seen.rows("parties"):
        if row.party == APPLICANT:
            yield Fault(f"$.parties[{at}].party", APPLICANT, "another word", "the applicant stands in $.applicant")


def _source_sections(seen: Seen) -> Iterator[Fault]:
    for at, source in seen.rows("sources"):
        if source.section is not None and source.section not in LISTS:
            hint = nearest_hint(source.section, LISTS)
            yield Fault(f"$.sources[{at}].section", _short(source.section), "a section of evidence", hint)


def _periods(seen: Seen) -> Iterator[Fault]:
    for section, (start, end) in PERIODS.items():
        for at, row in seen.rows(section):
            first, last = getattr(row, start), getattr(row, end)
            if first is not None and last is not None and last < first:
                yield Fault(f"$.{section}[{at}].{end}", last.isoformat(), f"{first.isoformat()} ({start}) or later")


def _months(seen: Seen) -> Iterator[Fault]:
    for section in filter(MONTHLY.__contains__, seen.sections):
        if all(map(_ends_month, {*seen.column(section, "month")} - {None})):
            continue
        for at, row in seen.rows(section):
            if row.month is not None and not _ends_month(row.month):
                last = row.month.replace(day=monthrange(row.month.year, row.month.month)[1])
                hint = f"{last.isoformat()} for {last.isoformat()[:7]}"
                yield Fault(f"$.{section}[{at}].month", row.month.isoformat(), "the last day of the month", hint)


def _ends_month(day: dt.date) -> bool:
    return day == dt.date.max or (day + ONE_DAY).day == 1


def _filed(seen: Seen) -> Iterator[Fault]:
    for at, filing in seen.rows("tax_filings"):
        if filing.filed_on is not None and filing.tax_due is None:
            yield Fault(f"$.tax_filings[{at}].tax_due", "nothing", "an amount, since the period was filed")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


CHECKS: tuple[Callable[[Seen], Iterator[Fault]], ...] = (
    _request,
    _original_currencies,
    _fees,
    _needed,
    _future,
    _identifiers,
    _repeated_rows,
    _reserved_party,
    _party_references,
    _source_sections,
    _periods,
    _months,
    _filed,
)
"""What is asked of every document; batch screens for what is asked of rows (:mod:`risk_engine.batch.suspects`)."""
