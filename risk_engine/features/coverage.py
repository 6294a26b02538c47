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
from typing import Any

import numpy as np

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.errors import DataError
from risk_engine.features.coverage_kernels import RANKED, settle
from risk_engine.features.household import HOUSEHOLD
from risk_engine.features.prepared import NO_ROWS, NOTHING, PreparedSection
from risk_engine.features.tables import Bytes, Floats, Ints, Truths
from risk_engine.vocabulary import Cause

NAMES = tuple(name for name, held in SECTIONS.items() if not held.training_only)
PLACE: Mapping[str, int] = {name: place for place, name in enumerate(NAMES)}

_TOLD = ("covers_from", "covers_until", "complete", "row_count", "provider")
_CAUSES = {
    "refused": Cause.REFUSED,
    "unavailable": Cause.UNAVAILABLE,
    "no_record": Cause.NO_RECORD,
    "not_requested": Cause.NOT_REQUESTED,
}
_STATUS = SECTIONS["sources"].columns["status"].words
# What was obtained ranks 0.
_RANKS = np.array([RANKED.index(_CAUSES[word]) + 1 if word in _CAUSES else 0 for word in _STATUS])


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


def cover(
    held: Mapping[str, PreparedSection], singles: Mapping[str, Truths], now: Floats, owners: Ints, *, document: bool
) -> Coverage:
    """States and coverage of every section.

    Args:
        held: The sections that are there.
        singles: Of those that stand once, whether they do, (n,).
        now: Days, (n,).
        owners: The applicant of each co-borrower, (k,).
        document: In a document an empty list was obtained, but not one of which nothing was known at ``as_of``; in a
            table zero rows are obtained only by ``sources``.
    """
    n, parties, sections = len(now), len(now) + len(owners), len(NAMES)
    there = np.zeros((sections, n), np.bool_)
    counts, first = np.zeros((sections, 2, parties), np.int64), np.full((sections, parties), np.inf)
    for name, stands in singles.items():
        there[PLACE[name]] = stands
    for name, section in held.items():
        place = PLACE[name]
        there[place] = document or section.sent > 0
        if section.told is not None:
            told = len(section.told[1])
            counts[place, :, :told], first[place, :told] = section.told
        elif document:
            counts[place, 0, 0] = 1
    codes, days = np.empty((2, sections, n), np.uint8), np.empty((2, sections, n))
    flags = np.empty((4, sections, n), np.bool_)
    known = settle(
        now, owners, _TIMED, _SINGLE, _JOINT, document, there, counts, first, codes, days, flags,
        *_look_ups(held.get("sources")),
    )  # fmt: skip
    if not known:
        raise DataError("a row of the table sources has no section or status, or a code that no word belongs to")
    return Coverage(*codes, *days, *flags)


def _look_ups(sources: PreparedSection | None) -> tuple[Any, ...]:
    """What ``sources`` says, as the last arguments of :func:`settle`."""
    if sources is None or not len(sources.kept):
        return NO_ROWS, NO_ROWS, NO_ROWS, NOTHING, NO_ROWS, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING
    book = sources.texts("section")
    if not book:
        raise DataError("the table sources has no code book for its column section", hint="SectionTable.texts")
    places = np.array([PLACE.get(name, -1) for name in book])
    section, status, *told = (sources.as_sent(name) for name in ("section", "status", *_TOLD))
    return sources.offsets, sources.liable, places, section, _RANKS, status, *told


def covers_time(contract: SectionContract) -> bool:
    """Whether the section's rows are events in time, so that a window can lie outside what was looked at."""
    return contract.event is not None and not contract.snapshot and not contract.single


_TIMED = np.array([covers_time(SECTIONS[name]) for name in NAMES])
_SINGLE = np.array([SECTIONS[name].single for name in NAMES])
_JOINT = np.array([name in HOUSEHOLD for name in NAMES])
