"""What is known of each section: obtained or not and why, and which days it covers.

``sources`` says what each look-up returned. Without it, a section that is there was obtained, and covers the days
from its first row to ``as_of``. Several look-ups of one section: it covers only the days that all of them cover.
A look-up that says it is incomplete covers no window at all. Where the evidence is less than a look-up returned (the
section is not there, or has fewer known rows about that party than its ``row_count``) the section contradicts itself.

A section of the household is known as far as it is known of every liable party: a co-borrower of whom there is
neither a look-up nor a row was not looked at, so that leaving out debts never helps. An empty list speaks for the
applicant alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.errors import DataError
from risk_engine.features.coverage_kernels import look, settle, start_with_first_row, tell
from risk_engine.features.household import HOUSEHOLD
from risk_engine.features.prepared import NO_ROWS, NOTHING, PreparedSection
from risk_engine.features.tables import Bytes, Floats, Ints, Truths
from risk_engine.vocabulary import Cause

NAMES = tuple(name for name, held in SECTIONS.items() if not held.training_only)
PLACE: Mapping[str, int] = {name: place for place, name in enumerate(NAMES)}

# Refusal is information and is told before an outage; the codes rank what is told when look-ups differ.
_CAUSES = {
    "refused": Cause.REFUSED,
    "unavailable": Cause.UNAVAILABLE,
    "no_record": Cause.NO_RECORD,
    "not_requested": Cause.NOT_REQUESTED,
}
_TOLD = ("covers_from", "covers_until", "complete", "row_count", "provider")
_STATUS = SECTIONS["sources"].columns["status"].words
# What was obtained ranks 0.
_RANK = np.array([list(_CAUSES)[::-1].index(word) + 1 if word in _CAUSES else 0 for word in _STATUS], np.uint8)
# Rank 0, nobody said anything, is told as not requested too.
_CAUSE_OF_RANK = np.array([int(Cause.NOT_REQUESTED), *(int(cause) for cause in reversed(_CAUSES.values()))], np.uint8)


@dataclass(frozen=True, slots=True)
class Coverage:
    """States, causes and covered days of every section, (sections, n) each in the order of :data:`NAMES`.

    Attributes:
        states: uint8 :class:`State`.
        causes: uint8 :class:`Cause`.
        starts: First covered day; -inf where nothing limits it.
        ends: The day after the last covered day.
        assumed: True where coverage was taken from the first row.
        told: True where a look-up says what became of the section.
        short: True where less is there than a look-up returned.
        uncounted: True where a look-up does not say how many rows it returned.
    """

    states: Bytes
    causes: Bytes
    starts: Floats
    ends: Floats
    assumed: Truths
    told: Truths
    short: Truths
    uncounted: Truths


def cover(held: Mapping[str, PreparedSection], now: Floats, owners: Ints, *, document: bool) -> Coverage:
    """States and coverage of every section.

    Args:
        held: The sections that are there.
        now: Days, (n,).
        owners: The applicant of each co-borrower, (k,).
        document: In a document an empty list was obtained, but not one of which nothing was known at ``as_of``; in a
            table zero rows are obtained only by ``sources``.
    """
    n, liable = len(now), len(now) + len(owners)
    asked, looked, worst, starts, ends, uncounted, returned = _look(held.get("sources"), liable)
    rows, known = np.zeros((2, len(NAMES), liable), np.int64)
    there = np.zeros((len(NAMES), n), np.bool_)
    for name, section in held.items():
        place = PLACE[name]
        there[place] = document or section.sent > 0
        if len(section.known):
            section.count_rows(rows[place], known[place])
        elif document:
            rows[place, 0] = 1
    obtained, assumed, short = settle(
        rows, known, there, owners, _TIMED, _SINGLE, document, asked, looked, worst, starts, ends, returned
    )
    for place in np.flatnonzero(assumed.any(axis=1)).tolist():
        _start_with_first_row(held[NAMES[place]], assumed[place], starts[place])
    states, causes = tell(
        now, owners, _JOINT, _TIMED, _CAUSE_OF_RANK, obtained, worst, starts, ends, assumed, short, uncounted
    )
    return Coverage(
        states, causes, np.ascontiguousarray(starts[:, :n]), np.ascontiguousarray(ends[:, :n]),
        assumed[:, :n], asked[:, :n], short[:, :n], uncounted[:, :n],
    )  # fmt: skip


def _look(sources: PreparedSection | None, liable: int) -> tuple[Truths, Truths, Bytes, Floats, Floats, Truths, Ints]:
    """What ``sources`` says, (sections, liable parties) each, as :func:`look` puts it together."""
    if sources is None or not len(sources.kept):
        return look(
            len(NAMES), liable, NO_ROWS, NO_ROWS, _RANK[:0], NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NO_ROWS
        )
    book = sources.texts("section")
    if not book:
        raise DataError("the table sources has no code book for its column section", hint="SectionTable.texts")
    section, status = sources.as_sent("section"), sources.as_sent("status")
    if np.count_nonzero((section < len(book)) & (status < len(_RANK))) < len(section):  # nor is NaN
        raise DataError("a row of the table sources has no section or status, or a code that no word belongs to")
    place = np.array([PLACE.get(name, -1) for name in book])[section.astype(np.int64)]
    rank = _RANK[status.astype(np.int64)]
    since, until, complete, count, provider = (sources.as_sent(name) for name in _TOLD)
    ranked = np.lexsort([provider, place, sources.liable])
    return look(len(NAMES), liable, sources.liable, place, rank, since, until, complete, count, provider, ranked)


def _start_with_first_row(section: PreparedSection, silent: Truths, starts: Floats) -> None:
    parties, days = section.repeated
    since = section.as_sent("period_start") if "period_start" in section.contract.columns else NOTHING
    start_with_first_row(
        np.concatenate([section.liable, parties]), np.concatenate([section.days, days]), since,
        section.contract.event == "month", silent, starts,
    )  # fmt: skip


def covers_time(contract: SectionContract) -> bool:
    """Whether the section's rows are events in time, so that a window can lie outside what was looked at."""
    return contract.event is not None and not contract.snapshot and not contract.single


_TIMED = np.array([covers_time(SECTIONS[name]) for name in NAMES])
_SINGLE = np.array([SECTIONS[name].single for name in NAMES])
_JOINT = np.array([name in HOUSEHOLD for name in NAMES])
