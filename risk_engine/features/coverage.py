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
from risk_engine.features.tables import Bytes, Floats
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
_RANK = [list(_CAUSES)[::-1].index(word) + 1 if word in _CAUSES else 0 for word in _STATUS]
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
    rank: Bytes
    starts: Floats
    ends: Floats


def cover(held: Mapping[str, PreparedSection], now: Floats, *, document: bool) -> Coverage:
    """States and coverage of every section.

    Args:
        held: The sections that are there.
        now: Days, (n,).
        document: In a document an empty list was obtained, but not one of which nothing was known at ``as_of``; in a
            table zero rows are obtained only by ``sources``.
    """
    shape = (len(NAMES), len(now))
    looked = _look(held.get("sources"), shape)
    there = np.zeros(shape, np.bool_) if document else looked.obtained.copy()
    for name, section in held.items():
        known = np.diff(section.offsets) > 0
        there[PLACE[name]] |= known | (section.sent == 0) | looked.obtained[PLACE[name]] if document else known
    obtained = there & (looked.obtained | ~looked.any)
    causes = _CAUSE_OF_RANK[looked.rank]
    # Looked up and obtained, but the rows were not sent.
    causes[looked.obtained] = int(Cause.UNAVAILABLE)
    causes[obtained] = int(Cause.NO_CAUSE)
    states = np.full(shape, int(State.NOT_OBTAINED), np.uint8)
    states[obtained] = int(State.VALUE)
    starts, ends = looked.starts, np.minimum(now + 1.0, looked.ends)
    starts[_UNTIMED], ends[_UNTIMED] = -np.inf, np.inf
    assumed = np.zeros(shape, np.bool_)
    for name, section in held.items():
        place = PLACE[name]
        if covers_time(section.contract):
            silent = obtained[place] & (starts[place] == -np.inf)
            if silent.any():
                assumed[place] = silent
                starts[place][silent] = _first_days(section)[silent]
    return Coverage(states, causes, starts, ends, assumed)


def _look(sources: PreparedSection | None, shape: tuple[int, int]) -> _Looked:
    looked = _Looked(
        np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.uint8),
        np.full(shape, -np.inf), np.full(shape, np.inf),
    )  # fmt: skip
    if sources is None or not len(sources.order):
        return looked
    book = sources.texts("section")
    if not book:
        raise DataError("the table sources has no code book for its column section", hint="SectionTable.texts")
    owner = np.repeat(np.arange(shape[1]), np.diff(sources.offsets)).tolist()
    told = [sources.column(name).tolist() for name in ("section", "status", "covers_from", "covers_until", "complete")]
    for who, section, status, start, end, complete in zip(owner, *told, strict=True):
        place = PLACE.get(book[int(section)])
        if place is None:
            continue
        looked.any[place, who] = True
        looked.rank[place, who] = max(looked.rank[place, who], _RANK[int(status)])
        if int(status) != _OBTAINED:
            continue
        looked.obtained[place, who] = True
        since, until = (start, end + 1.0) if complete else (np.inf, -np.inf)
        if since > looked.starts[place, who]:
            looked.starts[place, who] = since
        if until < looked.ends[place, who]:
            looked.ends[place, who] = until
    return looked


def _first_days(section: PreparedSection) -> Floats:
    """The day of each applicant's first row; -inf where there is none."""
    first = np.full(len(section.offsets) - 1, -np.inf)
    filled = np.flatnonzero(section.offsets[1:] > section.offsets[:-1])
    if len(filled):
        dates = section.dates
        if "period_start" in section.contract.columns:
            dates = np.fmin(section.column("period_start"), dates)
        first[filled] = np.floor(np.minimum.reduceat(dates, section.offsets[filled]))
    return first


def covers_time(contract: SectionContract) -> bool:
    """Whether the section's rows are events in time, so that a window can lie outside what was looked at."""
    return contract.event is not None and not contract.snapshot and not contract.single


_UNTIMED = [place for name, place in PLACE.items() if not covers_time(SECTIONS[name])]
