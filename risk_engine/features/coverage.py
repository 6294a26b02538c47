"""What is known of each section: obtained or not and why, and which days it covers.

``sources`` says what each look-up returned. Without it, a section that is there was obtained, and covers the days
from its first row to ``as_of``. Several look-ups of one section: it covers only the days that all of them cover.
A look-up that says it is incomplete covers no window at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.errors import DataError
from risk_engine.features.prepared import PreparedSection
from risk_engine.features.tables import Floats, Ints
from risk_engine.vocabulary import Cause, State

NAMES = tuple(name for name, held in SECTIONS.items() if not held.training_only)
PLACE: Mapping[str, int] = {name: place for place, name in enumerate(NAMES)}

_STATUS = SECTIONS["sources"].columns["status"].words
_OBTAINED = _STATUS.index("obtained")
# Refusal is information and is told before an outage; the codes rank what is told when look-ups differ.
_CAUSES = {
    "refused": Cause.REFUSED,
    "unavailable": Cause.UNAVAILABLE,
    "no_record": Cause.NO_RECORD,
    "not_requested": Cause.NOT_REQUESTED,
}
_RANK = np.array([list(_CAUSES)[::-1].index(word) + 1 if word in _CAUSES else 0 for word in _STATUS])
_CAUSE_OF_RANK = np.array([0, *(int(cause) for cause in reversed(_CAUSES.values()))], np.uint8)


@dataclass(frozen=True, slots=True)
class Coverage:
    """States, causes and covered days of every section, (sections, n) each in the order of :data:`NAMES`.

    Attributes:
        states: uint8 :class:`State`.
        causes: uint8 :class:`Cause`.
        starts: First covered day; -inf where nothing limits it.
        ends: The day after the last covered day.
        assumed: True where coverage was taken from the first row.
    """

    states: npt.NDArray[np.uint8]
    causes: npt.NDArray[np.uint8]
    starts: Floats
    ends: Floats
    assumed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Looked:
    """What ``sources`` says, (sections, n)."""

    any: npt.NDArray[np.bool_]
    obtained: npt.NDArray[np.bool_]
    rank: Ints
    starts: Floats
    ends: Floats


def cover(held: Mapping[str, PreparedSection], now: Floats, *, document: bool) -> Coverage:
    """States and coverage of every section.

    Args:
        held: The sections that are there.
        now: Days, (n,).
        document: In a document an empty list was obtained; in a table zero rows are obtained only by ``sources``.
    """
    shape = (len(NAMES), len(now))
    looked = _look(held.get("sources"), shape)
    states = np.full(shape, int(State.NOT_OBTAINED), np.uint8)
    causes = np.full(shape, int(Cause.NOT_REQUESTED), np.uint8)
    starts = np.full(shape, -np.inf)
    ends = np.broadcast_to(now + 1.0, shape).copy()
    assumed = np.zeros(shape, np.bool_)
    for name in held.keys() | {NAMES[place] for place in np.flatnonzero(looked.any.any(axis=1)).tolist()}:
        place, section = PLACE[name], held.get(name)
        there = np.full(shape[1], section is not None and (document or SECTIONS[name].single))
        if section is not None and not document:
            there |= (section.sent > 0) | looked.obtained[place]
        elif section is None and not document:
            there |= looked.obtained[place]
        said = looked.any[place]
        obtained = there & (looked.obtained[place] | ~said)
        states[place][obtained] = int(State.VALUE)
        causes[place] = np.where(said, _CAUSE_OF_RANK[looked.rank[place]], causes[place])
        # Looked up and obtained, but the rows were not sent.
        causes[place][looked.obtained[place]] = int(Cause.UNAVAILABLE)
        causes[place][obtained] = int(Cause.NO_CAUSE)
        starts[place], assumed[place] = _starts(section, looked.starts[place], obtained)
        ends[place] = np.minimum(ends[place], looked.ends[place]) if covers_time(SECTIONS[name]) else np.inf
    return Coverage(states, causes, starts, ends, assumed)


def _look(sources: PreparedSection | None, shape: tuple[int, int]) -> _Looked:
    looked = _Looked(
        np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.int64),
        np.full(shape, -np.inf), np.full(shape, np.inf),
    )  # fmt: skip
    if sources is None or not len(sources.order):
        return looked
    book = sources.texts("section")
    if not book:
        raise DataError("the table sources has no code book for its column section", hint="SectionTable.texts")
    places = np.array([PLACE.get(name, -1) for name in book])[sources.column("section").astype(np.int64)]
    owner = np.repeat(np.arange(shape[1]), np.diff(sources.offsets))
    status = sources.column("status").astype(np.int64)
    known = places >= 0
    at = (places[known], owner[known])
    looked.any[at] = True
    np.maximum.at(looked.rank, at, _RANK[status[known]])
    got = known & (status == _OBTAINED)
    at = (places[got], owner[got])
    looked.obtained[at] = True
    start, end = sources.column("covers_from")[got], sources.column("covers_until")[got] + 1.0
    partial = sources.column("complete")[got] == 0
    np.maximum.at(looked.starts, at, np.where(partial, np.inf, np.where(np.isnan(start), -np.inf, start)))
    np.minimum.at(looked.ends, at, np.where(partial, -np.inf, np.where(np.isnan(end), np.inf, end)))
    return looked


def _starts(
    section: PreparedSection | None, told: Floats, obtained: npt.NDArray[np.bool_]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The first covered day: as told, else that of the first row."""
    if section is None or not covers_time(section.contract):
        return told, np.zeros(len(told), np.bool_)
    first = np.full(len(told), -np.inf)
    filled = np.flatnonzero(np.diff(section.offsets) > 0)
    if len(filled):
        dates = section.dates
        if "period_start" in section.contract.columns:
            dates = np.fmin(section.column("period_start"), dates)
        first[filled] = np.floor(np.minimum.reduceat(dates, section.offsets[filled]))
    silent = np.isneginf(told)
    return np.where(silent, first, told), silent & obtained


def covers_time(contract: SectionContract) -> bool:
    """Whether the section's rows are events in time, so that a window can lie outside what was looked at."""
    return contract.event is not None and not contract.snapshot and not contract.single
