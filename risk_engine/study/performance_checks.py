"""Outcomes and performance held to the data contract and to each other: every way of being wrong, with its count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from risk_engine.application import SECTIONS
from risk_engine.batch import section_faults
from risk_engine.errors import Fault, StudyFaults, nearest_hint
from risk_engine.study.definition import Study
from risk_engine.study.labels import REQUEST
from risk_engine.study.reading import Query
from risk_engine.study.target import Performance
from risk_engine.study.warehouse import Warehouse

OUTCOMES = ("application_id", "decision", "decided_on", "observed_until")
MAYBE = {"declined_by": "varchar", "booked_on": "date", "exclusion": "varchar", "bad_on": "date"}
MONTHS = ("application_id", "month", "dpd", "event")
AMOUNTS = {"overdue": "double", "balance": "double"}

APPLICATIONS_KNOWN = "applications of section application"
WRONG_REQUESTS = (
    ("rows of an application told before", "each application once",
     "application_id in (select application_id from applications group by all having count() > 1)"),
)  # fmt: skip
WRONG_OUTCOMES = (
    ("rows of an unknown application", APPLICATIONS_KNOWN,
     "application_id not in (select application_id from applications)"),
    ("rows of an application told before", "each application once",
     "application_id in (select application_id from outcomes group by all having count() > 1)"),
    ("applications booked that were not approved", "decision approved where booked_on stands",
     "booked_on is not null and decision <> 'approved'"),
    ("applications booked before the decision", "booked_on at or after decided_on", "booked_on < decided_on"),
    ("applications booked before as_of", "booked_on at or after the day of as_of", "booked_on < as_of"),
    ("applications observed until before booking", "observed_until at or after booked_on",
     "observed_until < booked_on"),
    ("applications bad before booking", "bad_on at or after booked_on", "bad_on < booked_on"),
    ("applications with declined_by that were not declined", "declined_by of declined applications only",
     "declined_by is not null and decision <> 'declined'"),
)  # fmt: skip
WRONG_MONTHS = (
    ("rows of an unknown application", APPLICATIONS_KNOWN,
     "application_id not in (select application_id from applications)"),
    ("rows of an application that was not booked", "booked_on in its outcome",
     "booked_on is null and application_id in (select application_id from applications)"),
    ("rows of a month that ended before booking", "months from booking on", "month_end < booked_on"),
    ("rows of a month told before", "each month of an application once",
     "(application_id, month_end) in (select (application_id, month_end) from months group by all having count() > 1)"),
    ("rows of a negative dpd", "days past due from 0", "dpd < 0"),
)  # fmt: skip


def keep_tables(study: Study, source: Performance, warehouse: Warehouse) -> None:
    """Keep tables ``applications``, ``outcomes`` and ``months`` (with ``month_end``) in the warehouse, checked.

    Raises:
        StudyFaults: What is wrong: columns and types first, then every kind of wrong value and contradiction, each
            with the line of its select, a count and some application ids.
    """
    told = SECTIONS["outcomes"].columns
    needed = (*MONTHS, *(AMOUNTS if source.materiality is not None else ()))
    outcomes, months = f"{source.outcomes.place}: target.outcomes", f"{source.months.place}: target.performance"
    _raise(
        [
            *section_faults("outcomes", outcomes, warehouse.schema(source.outcomes), OUTCOMES),
            *section_faults("performance", months, warehouse.schema(source.months), needed),
        ]
    )
    application = study.sections["application"]
    previous = _or_null(warehouse, application, {"previous_application_id": "varchar"})
    warehouse.keep("applications", application, f"{REQUEST}, product::varchar as product, {previous}")
    more = _or_null(warehouse, source.outcomes, MAYBE)
    warehouse.keep("outcomes", source.outcomes, f"{', '.join(OUTCOMES)}, {more}")
    amounts = _or_null(warehouse, source.months, AMOUNTS)
    warehouse.keep("months", source.months, f"{', '.join(MONTHS)}, last_day(month) as month_end, {amounts}")
    _raise(
        [
            *_nothing(warehouse, outcomes, "outcomes", OUTCOMES),
            *_nothing(warehouse, months, "months", needed),
            *_words(warehouse, outcomes, "outcomes", "decision", told["decision"].words),
            *_words(warehouse, outcomes, "outcomes", "declined_by", told["declined_by"].words),
            *_words(warehouse, outcomes, "outcomes", "exclusion", source.exclusions),
            *_words(warehouse, months, "months", "event", SECTIONS["performance"].columns["event"].words),
        ]
    )
    _raise(
        [
            *_contradictions(warehouse, f"{application.place}: application", "applications", WRONG_REQUESTS),
            *_contradictions(
                warehouse, outcomes, "outcomes left join applications using (application_id)", WRONG_OUTCOMES
            ),
            *_contradictions(warehouse, months, "months left join outcomes using (application_id)", WRONG_MONTHS),
        ]
    )


def _raise(faults: Sequence[Fault]) -> None:
    if faults:
        raise StudyFaults(faults)


def _or_null(warehouse: Warehouse, query: Query, columns: Mapping[str, str]) -> str:
    """Columns that a lender need not have, null where the select is without them."""
    there = warehouse.types(query)
    return ", ".join(
        name if name in there else f"null::{kind} as {name}" for name, kind in columns.items()
    )  # fmt: skip


def _nothing(warehouse: Warehouse, place: str, table: str, needed: Sequence[str]) -> Iterator[Fault]:
    for name in needed:
        [(count,)] = warehouse.ask(f"select count() from {table} where {name} is null")  # noqa: S608
        if count:
            yield Fault(f"{place}: column {name}", f"nothing in {count} rows", "a value in every row")


def _words(warehouse: Warehouse, place: str, table: str, column: str, words: Sequence[str]) -> Iterator[Fault]:
    given = f"select {column}, count() from {table} where {column} is not null group by all order by all"  # noqa: S608
    for word, count in warehouse.ask(given):
        if word not in words:
            expected = f"one of {', '.join(words)}" if words else f"no {column}, for target.{column}s lists no word"
            yield Fault(f"{place}: column {column}", f"{word!r} in {count} rows", expected, nearest_hint(word, words))


def _contradictions(
    warehouse: Warehouse, place: str, table: str, ways: Sequence[tuple[str, str, str]]
) -> Iterator[Fault]:
    for found, expected, where in ways:
        ids = "list(distinct application_id order by application_id)[:3]"
        [(count, some)] = warehouse.ask(f"select count(), {ids} from {table} where {where}")  # noqa: S608
        if count:
            yield Fault(place, f"{count} {found}: {', '.join(some)}", expected)
