"""What is known of each section: obtained or not and why, and which days it covers.

``sources`` says what each look-up returned. Without it, a section that is there was obtained, and covers the days
from its first row to ``as_of``. Several look-ups of one section: it covers only the days that all of them cover.
A look-up that says it is incomplete covers no window at all.

A section of the household is known as far as it is known of every liable party: a co-borrower of whom there is
neither a look-up nor a row was not looked at, so that leaving out debts never helps. An empty list speaks for the
applicant alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.errors import DataError
from risk_engine.features.household import HOUSEHOLD
from risk_engine.features.prepared import PreparedSection
from risk_engine.features.tables import Bytes, Floats, Ints
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
_RANK_OF_OUTAGE = _RANK[_STATUS.index("unavailable")]
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
    """What ``sources`` says, (sections, liable parties)."""

    any: npt.NDArray[np.bool_]
    obtained: npt.NDArray[np.bool_]
    rank: Bytes
    starts: Floats
    ends: Floats


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
    shape = (len(NAMES), liable)
    looked = _look(held.get("sources"), shape, n)
    there = looked.obtained.copy()
    if document:
        there[:, :n] = False
    for name, section in held.items():
        known = _rows_of_each(section, liable) > 0
        if document:
            known[:n] |= (section.sent == 0) | looked.obtained[PLACE[name], :n]
        there[PLACE[name]] |= known
    obtained = there & (looked.obtained | ~looked.any)
    # Looked up and obtained, but the rows were not sent: an outage.
    rank = np.where(looked.obtained, np.uint8(_RANK_OF_OUTAGE), looked.rank)
    rank[obtained] = 0
    starts, ends = looked.starts, looked.ends
    starts[_UNTIMED], ends[_UNTIMED] = -np.inf, np.inf
    assumed = np.zeros(shape, np.bool_)
    for name, section in held.items():
        place = PLACE[name]
        if covers_time(section.contract):
            silent = obtained[place] & (starts[place] == -np.inf)
            if silent.any():
                assumed[place] = silent
                starts[place][silent] = _first_days(section, liable)[silent]
    for name in HOUSEHOLD if len(owners) else ():
        place = PLACE[name]
        for fold, told in ((np.logical_and, obtained), (np.maximum, rank), (np.maximum, starts), (np.minimum, ends),
                           (np.logical_or, assumed)):  # fmt: skip
            fold.at(told[place], owners, told[place, n:])
    return _of_applicants(obtained, rank, starts, ends, assumed, now)


def _of_applicants(
    obtained: npt.NDArray[np.bool_],
    rank: Bytes,
    starts: Floats,
    ends: Floats,
    assumed: npt.NDArray[np.bool_],
    now: Floats,
) -> Coverage:
    n = len(now)
    obtained = obtained[:, :n]
    causes = np.where(obtained, np.uint8(Cause.NO_CAUSE), _CAUSE_OF_RANK[rank[:, :n]])
    states = np.where(obtained, np.uint8(State.VALUE), np.uint8(State.NOT_OBTAINED))
    until = np.minimum(now + 1.0, ends[:, :n])
    until[_UNTIMED] = np.inf
    return Coverage(states, causes, np.ascontiguousarray(starts[:, :n]), until, assumed[:, :n])


def _look(sources: PreparedSection | None, shape: tuple[int, int], n: int) -> _Looked:
    looked = _Looked(
        np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.uint8),
        np.full(shape, -np.inf), np.full(shape, np.inf),
    )  # fmt: skip
    if sources is None or not len(sources.order):
        return looked
    book = sources.texts("section")
    if not book:
        raise DataError("the table sources has no code book for its column section", hint="SectionTable.texts")
    owner = (np.repeat(np.arange(n), np.diff(sources.offsets)) if sources.liable is None else sources.liable).tolist()
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


def _rows_of_each(section: PreparedSection, liable: int) -> Ints:
    """How many rows each liable party has."""
    if section.liable is not None:
        return np.bincount(section.liable, minlength=liable)
    own = np.diff(section.offsets)
    return own if len(own) == liable else np.concatenate([own, np.zeros(liable - len(own), np.int64)])


def _first_days(section: PreparedSection, liable: int) -> Floats:
    """The day of each liable party's first row; -inf where there is none."""
    dates = section.dates
    if "period_start" in section.contract.columns:
        dates = np.fmin(section.column("period_start"), dates)
    first = np.full(liable, np.inf)
    if section.liable is not None:
        np.minimum.at(first, section.liable, dates)
    else:
        filled = np.flatnonzero(section.offsets[1:] > section.offsets[:-1])
        if len(filled):
            first[filled] = np.minimum.reduceat(dates, section.offsets[filled])
    return np.where(np.isposinf(first), -np.inf, np.floor(first))


def covers_time(contract: SectionContract) -> bool:
    """Whether the section's rows are events in time, so that a window can lie outside what was looked at."""
    return contract.event is not None and not contract.snapshot and not contract.single


_UNTIMED = [place for name, place in PLACE.items() if not covers_time(SECTIONS[name])]
