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
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.errors import DataError
from risk_engine.features.household import HOUSEHOLD
from risk_engine.features.prepared import PreparedSection
from risk_engine.features.tables import Bytes, Floats, Ints
from risk_engine.vocabulary import Cause, State

Truths = npt.NDArray[np.bool_]

NAMES = tuple(name for name, held in SECTIONS.items() if not held.training_only)
PLACE: Mapping[str, int] = {name: place for place, name in enumerate(NAMES)}

_TOLD = ("section", "status", "covers_from", "covers_until", "complete", "row_count")
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
        told: True where a look-up says what became of the section.
        short: True where less is there than a look-up returned.
        uncounted: True where a look-up does not say how many rows it returned.
    """

    states: npt.NDArray[np.uint8]
    causes: npt.NDArray[np.uint8]
    starts: Floats
    ends: Floats
    assumed: npt.NDArray[np.bool_]
    told: npt.NDArray[np.bool_]
    short: npt.NDArray[np.bool_]
    uncounted: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Looked:
    """What ``sources`` says, (sections, liable parties)."""

    any: npt.NDArray[np.bool_]
    obtained: npt.NDArray[np.bool_]
    rank: Bytes
    starts: Floats
    ends: Floats
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
    looked = _look(held.get("sources"), (len(NAMES), liable), n)
    rows, sent = np.zeros((len(NAMES), liable), np.int64), np.full((len(NAMES), 1), not document)
    for name, section in held.items():
        place = PLACE[name]
        rows[place] = _rows_of_each(section, liable)
        if document:
            sent[place] = True
            rows[place, :n] += section.sent == 0
    there = (rows > 0) | (looked.obtained & sent)
    obtained = there & (looked.obtained | ~looked.any)
    short, told = _short(held, looked, there, owners), looked.any[:, :n]
    looked.rank[obtained] = 0
    looked.starts[_UNTIMED], looked.ends[_UNTIMED] = -np.inf, np.inf
    assumed = np.zeros(obtained.shape, np.bool_)
    open_ended = obtained & _TIMED & (looked.starts == -np.inf)
    for place in open_ended.any(axis=1).nonzero()[0].tolist():
        if NAMES[place] in held:
            silent = assumed[place] = open_ended[place]
            looked.starts[place][silent] = _first_days(held[NAMES[place]], liable)[silent]
    if liable > n:
        looked = _of_households(looked, obtained, assumed, owners)
        obtained, assumed = obtained[:, :n], assumed[:, :n]
    causes = _CAUSE_OF_RANK[looked.rank]
    causes[obtained] = int(Cause.NO_CAUSE)
    states = np.full(obtained.shape, int(State.NOT_OBTAINED), np.uint8)
    states[obtained] = int(State.VALUE)
    ends = np.minimum(now + 1.0, looked.ends)
    ends[_UNTIMED] = np.inf
    return Coverage(states, causes, looked.starts, ends, assumed, told, short, looked.uncounted)


def _of_households(
    looked: _Looked, obtained: npt.NDArray[np.bool_], assumed: npt.NDArray[np.bool_], owners: Ints
) -> _Looked:
    """What is known of each applicant and everybody who is liable beside them."""
    n = obtained.shape[1] - len(owners)
    for place in [PLACE[name] for name in HOUSEHOLD]:
        for told, least in ((obtained, True), (looked.rank, False), (looked.starts, False), (looked.ends, True),
                            (assumed, False), (looked.uncounted, False)):  # fmt: skip
            (np.minimum if least else np.maximum).at(told[place], owners, told[place, n:])
    return _Looked(*(np.ascontiguousarray(getattr(looked, held.name)[:, :n]) for held in fields(looked)))


def _look(sources: PreparedSection | None, shape: tuple[int, int], n: int) -> _Looked:
    looked = _Looked(
        np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.uint8),
        np.full(shape, -np.inf), np.full(shape, np.inf), np.zeros(shape, np.bool_),
    )  # fmt: skip
    if sources is None or not len(sources.order):
        return looked
    book = sources.texts("section")
    if not book:
        raise DataError("the table sources has no code book for its column section", hint="SectionTable.texts")
    owner = _owner(sources, n).tolist()
    told = [sources.column(name).tolist() for name in _TOLD]
    for who, section, status, start, end, complete, count in zip(owner, *told, strict=True):
        place = PLACE.get(book[int(section)])
        if place is None:
            continue
        looked.any[place, who] = True
        looked.rank[place, who] = max(looked.rank[place, who], _RANK[int(status)])
        if int(status) != _OBTAINED:
            continue
        looked.obtained[place, who] = True
        looked.uncounted[place, who] |= count != count  # a number that is not there
        since, until = (start, end + 1.0) if complete else (np.inf, -np.inf)
        if since > looked.starts[place, who]:
            looked.starts[place, who] = since
        if until < looked.ends[place, who]:
            looked.ends[place, who] = until
    return looked


def _short(held: Mapping[str, PreparedSection], looked: _Looked, there: Truths, owners: Ints) -> Truths:
    """Of which applicants less is there than was returned, (sections, n)."""
    n, liable = there.shape[1] - len(owners), there.shape[1]
    short = looked.obtained & ~there
    short[:, n:] = False  # nothing returned of a co-borrower is nothing to send
    short[_SINGLE] = False
    known: dict[int, Ints] = {}
    for (place, who), count in _returned(held["sources"], n).items() if "sources" in held else ():
        section = held.get(NAMES[place])
        if section is not None and place not in known:
            known[place] = section.known_rows(liable)
        short[place, who] |= (int(known[place][who]) if place in known else 0) < count
    for place in [PLACE[name] for name in HOUSEHOLD] if liable > n else ():
        np.logical_or.at(short[place], owners, short[place, n:])
    return short[:, :n]


def _returned(sources: PreparedSection, n: int) -> dict[tuple[int, int], int]:
    """Rows the look-ups returned, by place of the section and liable party, where they say.

    Of several looks by one provider the greatest number, over providers the sum.
    """
    counts = sources.column("row_count")
    counted = np.flatnonzero(~np.isnan(counts))
    if not len(counted):
        return {}
    book, owner = sources.texts("section"), _owner(sources, n)
    section, status, provider = (sources.column(name) for name in ("section", "status", "provider"))
    by_provider: dict[tuple[int, int, float], int] = {}
    for row in counted[status[counted] == _OBTAINED].tolist():
        place = PLACE.get(book[int(section[row])])
        if place is not None:
            key = (place, int(owner[row]), float(provider[row]))
            by_provider[key] = max(by_provider.get(key, 0), int(counts[row]))
    returned: dict[tuple[int, int], int] = {}
    for (place, who, _), count in by_provider.items():
        returned[place, who] = returned.get((place, who), 0) + count
    return returned


def _owner(sources: PreparedSection, n: int) -> Ints:
    """The liable party each look-up is about."""
    if sources.liable is not None:
        return sources.liable
    return np.arange(n).repeat(sources.offsets[1:] - sources.offsets[:-1])


def _rows_of_each(section: PreparedSection, liable: int) -> Ints:
    """How many rows each liable party told, joint ones too."""
    if section.liable is not None:
        return np.bincount(np.concatenate([section.liable, section.repeated[0]]), minlength=liable)
    own: Ints = section.offsets[1:] - section.offsets[:-1]
    return own if len(own) == liable else np.concatenate([own, np.zeros(liable - len(own), np.int64)])


def _first_days(section: PreparedSection, liable: int) -> Floats:
    """The day of each liable party's first row; -inf where there is none."""
    first = np.full(liable, -np.inf)
    dates = section.dates if section.liable is None else np.concatenate([section.dates, section.repeated[1]])
    if "period_start" in section.contract.columns:
        dates = np.fmin(section.column("period_start"), dates)
    elif section.contract.event == "month":
        # A month is told by its last day, and known from its first.
        dates = dates.astype("M8[D]").astype("M8[M]").astype("M8[D]").astype(np.float64)
    if section.liable is not None:
        party = np.concatenate([section.liable, section.repeated[0]])
        ranked = np.lexsort([dates, party])
        filled, places = np.unique(party[ranked], return_index=True)
        first[filled] = np.floor(dates[ranked[places]])
        return first
    filled = np.flatnonzero(section.offsets[1:] > section.offsets[:-1])
    if len(filled):
        first[filled] = np.floor(np.minimum.reduceat(dates, section.offsets[filled]))
    return first


def covers_time(contract: SectionContract) -> bool:
    """Whether the section's rows are events in time, so that a window can lie outside what was looked at."""
    return contract.event is not None and not contract.snapshot and not contract.single


_TIMED = np.array([[covers_time(SECTIONS[name])] for name in NAMES])
_UNTIMED = np.flatnonzero(~_TIMED)
_SINGLE = np.array([place for name, place in PLACE.items() if SECTIONS[name].single])
