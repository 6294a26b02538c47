"""The applications of a study with their labels, as the lender states them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from risk_engine.errors import Fault, StudyFaults, nearest_hint
from risk_engine.study.definition import Study
from risk_engine.study.reading import Query
from risk_engine.study.warehouse import Warehouse
from risk_engine.study.waterfall import BAD, GOOD, Waterfall, vintage

COLUMNS = ("application_id", "is_bad", "observed_until")
LABELS = "labels"
"""Under which name the hash of labels stands beside those of section files."""

STEPS = ("without_label", GOOD, BAD)

REQUEST = (
    "application_id::varchar as application_id, obligor_id::varchar as obligor_id,"
    " left(as_of::varchar, 10)::date as as_of"
)
"""What labels need of a request; the date of a moment is that of its own offset."""


class LabelledRow(NamedTuple):
    """One application that is good or bad."""

    application_id: str
    obligor_id: str
    is_bad: bool
    as_of: dt.date
    booked_on: dt.date | None
    vintage: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """The good and bad applications of a study, and where the others ended.

    Attributes:
        rows: One an application, in the order of the study.
        waterfall: Every application of the study.
        steps: The step in which each application ended.
        vintages: The quarter in which each application is counted: of booking where it is told, else of ``as_of``.
        warnings: What a reader of any figure must know about the labels.
    """

    rows: tuple[LabelledRow, ...]
    waterfall: Waterfall
    steps: Mapping[str, str]
    vintages: Mapping[str, str]
    warnings: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Hash of the rows in the order of their ids: who is good and who is bad, decided when, booked when."""
        rows = sorted(self.rows, key=lambda row: row.application_id)
        return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()


def stated_labels(study: Study, query: Query, warehouse: Warehouse) -> Labelled:
    """Read labels as the lender states them.

    Args:
        study: Whose labels.
        query: Selects application_id, is_bad, observed_until, in a stated order.
        warehouse: Open over the study's files.

    Raises:
        StudyFaults: Wrong columns or types, nulls, applications that are unknown or stand twice, labels all alike.
    """
    place = f"{query.place}: target.labels"
    types = warehouse.types(query)
    _check_types(place, types)
    order = [list(types).index(name) for name in COLUMNS]
    stated = [tuple(row[column] for column in order) for row in warehouse.rows(query)]
    warehouse.keep("applications", study.sections["application"], REQUEST)
    requests = warehouse.ask(
        f"select application_id, obligor_id, as_of, {horizon_end('as_of')} from applications",  # noqa: S608
        {"horizon": study.target.horizon_months},
    )
    known = {key: (obligor, as_of, end) for key, obligor, as_of, end in requests}
    refuse(place, [f"nothing in row {at}" for at, row in enumerate(stated, start=1) if None in row], "a value")
    repeated = [f"applicant {key} again" for key, count in Counter(row[0] for row in stated).items() if count > 1]
    refuse(place, repeated, "each applicant once")
    refuse(place, [f"applicant {row[0]}" for row in stated if str(row[0]) not in known],
           "applicants of section application")  # fmt: skip
    rows = tuple(
        LabelledRow(key, obligor, is_bad, as_of, None, vintage(as_of))
        for key, is_bad, (obligor, as_of, _) in ((str(row[0]), row[1], known[str(row[0])]) for row in stated)
    )
    landed = dict.fromkeys(known, STEPS[0]) | {row.application_id: BAD if row.is_bad else GOOD for row in rows}
    vintages = {key: vintage(as_of) for key, (_, as_of, _) in known.items()}
    waterfall = Waterfall.of(STEPS, ((vintages[key], step) for key, step in landed.items()))
    refuse_one_class(place, rows, waterfall)
    until = {str(row[0]): row[2] for row in stated}
    early = [row for row in rows if until[row.application_id] < known[row.application_id][2]]
    warnings = (*_immature(study, rows, early), *one_class_vintages(waterfall))
    return Labelled(rows, waterfall, landed, vintages, warnings)


def horizon_end(day: str) -> str:
    """The last day of a horizon, in SQL: the same day of a month ``$horizon`` months later, or that month's last.

    From a month's last day it is a month's last day, so that as many month ends lie within from any day.

    Args:
        day: A column of dates.
    """
    later = f"({day} + to_months($horizon::int))::date"
    return f"case when {day} = last_day({day}) then last_day({later}) else {later} end"


def refuse(place: str, found: Sequence[str], expected: str) -> None:
    """Raise what was found, if anything was."""
    if found:
        raise StudyFaults([Fault(place, told, expected) for told in found[:100]])


def refuse_one_class(place: str, rows: Sequence[LabelledRow], waterfall: Waterfall) -> None:
    """Raise where nothing can be learned, every row good, every row bad, or none: say where the others ended."""
    if len({row.is_bad for row in rows}) < 2:
        ended = ", ".join(f"{count} {step}" for step, count in waterfall.total.items() if count)
        raise StudyFaults([Fault(place, f"{len(rows)} rows, all alike", "good and bad outcomes", ended)])


def one_class_vintages(waterfall: Waterfall) -> tuple[str, ...]:
    """Name the vintages whose rows are all good or all bad: no figure can be told for them alone."""
    alone = [
        f"{name} ({counts[GOOD]} good, {counts[BAD]} bad)"
        for name, counts in waterfall.counts.items()
        if (counts[GOOD] > 0) != (counts[BAD] > 0)
    ]
    return (f"Vintages of one class: {', '.join(alone)}.",) if alone else ()


def _immature(study: Study, rows: Sequence[LabelledRow], early: Sequence[LabelledRow]) -> tuple[str, ...]:
    if not early:
        return ()
    by = ", ".join(f"{name} {count}" for name, count in sorted(Counter(row.vintage for row in early).items()))
    told = f"{len(early)} of {len(rows)} rows were observed for less than the horizon of {study.target.horizon_months}"
    return (f"{told} months; their labels are taken as stated ({by}).",)


def _check_types(place: str, types: Mapping[str, str]) -> None:
    faults = []
    for name in COLUMNS:
        if name not in types:
            hint = nearest_hint(name, [given for given in types if given not in COLUMNS])
            faults.append(Fault(place, f"no column {name}", f"{', '.join(COLUMNS)}", hint))
    faults += [
        Fault(place, f"a column {name}", f"{', '.join(COLUMNS)} only", nearest_hint(name, COLUMNS))
        for name in types
        if name not in COLUMNS
    ]
    if types.get("is_bad", "BOOLEAN") != "BOOLEAN":
        faults.append(Fault(f"{place}: column is_bad", types["is_bad"], "true or false", 'such as "default" = 1'))
    if types.get("observed_until", "DATE") != "DATE":
        faults.append(Fault(f"{place}: column observed_until", types["observed_until"], "a date"))
    if faults:
        raise StudyFaults(faults)
