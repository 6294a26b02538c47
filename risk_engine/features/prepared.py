"""A section made ready: rows not known at ``as_of`` left out, unrevealed values null, one canonical order.

The order does not depend on how rows were sent: by event date, then ``seq``, then amounts, then the other
numbers, then the texts. Rows equal in all of them are interchangeable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.features.household import ALONE, Household
from risk_engine.features.row_sources import RowSource, read_only
from risk_engine.features.section_kernels import DAY, rank_ties, revealed, take_known
from risk_engine.features.tables import Floats, Ints

NOTHING = read_only(np.empty(0))
"""A column that nobody has."""

NO_ROWS = np.empty(0, np.int64)
"""The rows of a section without any."""

_AMOUNTS = ("money", "number", "decimal")
_LAST = ("row_id", "known_at", "provider")


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of decision of n applicants.

    Attributes:
        as_of: Seconds since the epoch, UTC.
        offset: Seconds to add for local time.
        now: The local calendar date of ``as_of``, days since 1970-01-01.
    """

    as_of: Floats
    offset: Floats
    now: Floats

    @classmethod
    def of(cls, as_of: Floats, offset_minutes: Floats) -> Moments:
        """From the neutral form."""
        offset = offset_minutes * 60.0
        return cls(as_of, offset, np.floor((as_of + offset) / DAY))


class PreparedSection:
    """One section of n applicants.

    The canonical order is found when it is first asked for: most look-ups are only counted.

    Attributes:
        contract: What stands in it.
        offsets: Applicant i owns rows ``offsets[i]:offsets[i + 1]`` of every column.
        kept: The raw row behind each row, as they were sent.
        days: The event day of each row, as they were sent; -inf where it has none.
        owner: The applicant of each row.
        standing: Of each raw row, whom it is about (:meth:`Household.standing`).
        liable: Of each row, as they were sent, the liable party it is about.
        joint: Raw rows left out because another liable party's row tells the same.
        told: Of each liable party, how many rows it told, how many about it were known, (2, parties), and the day its
            first begins. Joint rows count for all that told them. None where there is no row.
        ignored: Rows left out being at or after ``as_of`` or on its day, per applicant; empty where no row is.
        not_liable: Rows left out because they are about somebody who is not liable, per applicant; None where none is.
        unlisted: Rows about a party that the case does not list, per applicant; None where none is.
    """

    __slots__ = (
        "_columns",
        "_moments",
        "_ordered",
        "_source",
        "contract",
        "days",
        "ignored",
        "joint",
        "kept",
        "liable",
        "not_liable",
        "offsets",
        "owner",
        "standing",
        "told",
        "unlisted",
    )

    def __init__(
        self, contract: SectionContract, source: RowSource, moments: Moments, household: Household = ALONE
    ) -> None:
        self.contract = contract
        self._source, self._moments = source, moments
        self._columns: dict[str, Floats] = {}
        self._ordered: tuple[Ints, Floats] | None = None
        self.joint = NO_ROWS
        self.told: tuple[Ints, Floats] | None = None
        self.standing: Ints | None = None
        self.not_liable: Ints | None = None
        self.unlisted: Ints | None = None
        count, n = int(source.offsets[-1]), len(moments.now)
        if not count:
            self.days, self.offsets = NOTHING, source.offsets
            self.kept = self.liable = self.owner = self.ignored = NO_ROWS
            return
        clock, parties = _clock(contract.name), n + len(household.owners)
        standing = self.standing = household.standing(contract, source)
        rows, days, self.offsets = np.empty((2, count), np.int64), np.empty(count), np.empty(n + 1, np.int64)
        counts, first = self.told = np.zeros((2, parties), np.int64), np.empty(parties)
        left_out = np.zeros((3, n), np.int64)
        take_known(
            source.offsets, moments.as_of, moments.offset, moments.now,
            self._raw(clock.event), self._raw(clock.public), self._raw(clock.known_at), self._raw(clock.since),
            NO_ROWS if standing is None else standing,
            clock.event_is_date, clock.public_is_date, clock.ends_before_now, clock.monthly,
            rows, days, self.offsets, counts, first, left_out,
        )  # fmt: skip
        self.kept, self.owner = rows[:, : self.offsets[-1]]
        self.days = read_only(days[: self.offsets[-1]])
        self.ignored, not_liable, unlisted = left_out
        if standing is None:
            self.liable = self.owner
        else:
            self.not_liable, self.unlisted = not_liable, unlisted
            self.joint = household.repeated(contract, source, standing, self.kept)
            if len(self.joint):
                self._leave_out(self.joint)
            self.liable = standing[self.kept]

    def _raw(self, name: str | None) -> Floats:
        raw = None if name is None else self._source.raw(name)
        return NOTHING if raw is None else raw

    def _leave_out(self, joint: Ints) -> None:
        left = ~np.isin(self.kept, joint)
        self.kept, self.owner, self.days = self.kept[left], self.owner[left], read_only(self.days[left])
        self.offsets = self.owner.searchsorted(np.arange(len(self.offsets)))

    @property
    def sent(self) -> Ints:
        """Rows as sent, per applicant, everybody's."""
        return np.diff(self._source.offsets)

    @property
    def order(self) -> Ints:
        """The raw row behind each row."""
        return self._in_order()[0]

    @property
    def dates(self) -> Floats:
        """The event day of each row; -inf where it has none."""
        return self._in_order()[1]

    def column(self, name: str) -> Floats:
        """A column in canonical order, NaN where null or not yet revealed."""
        held = self._columns.get(name)
        if held is None:
            held = self._columns[name] = self._values(name, self.order, self.owner)
        return held

    def as_sent(self, name: str) -> Floats:
        """The same column in the order the rows were sent."""
        return self._values(name, self.kept, self.owner)

    def tellers(self) -> tuple[Ints, Ints]:
        """The applicant and the liable party of each row as sent, then of each joint one that was left out."""
        if self.standing is None:
            return self.owner, self.liable
        owner = self._source.offsets.searchsorted(self.joint, side="right") - 1
        return np.concatenate([self.owner, owner]), np.concatenate([self.liable, self.standing[self.joint]])

    def tellings(self, name: str) -> Floats:
        """A column of the same rows."""
        if not len(self.joint):
            return self.as_sent(name)
        return self._values(name, np.concatenate([self.kept, self.joint]), self.tellers()[0])

    def ranked_by(self, *names: str) -> Ints:
        """The rows, by their places as they were sent, with each applicant's in the order of these columns."""
        return self._ranked(map(self.as_sent, names))

    def texts(self, name: str) -> tuple[str, ...]:
        """The code book of a text column."""
        return tuple(self._source.texts(name))

    def beside(self, row: int) -> int:
        """How many rows of an applicant were left out because they are about somebody who is not liable."""
        return 0 if self.not_liable is None else int(self.not_liable[row])

    def index_in_applicant(self, row: int) -> Ints:
        """For each row of an applicant, its place among the rows as they were sent."""
        start, end = int(self.offsets[row]), int(self.offsets[row + 1])
        places: Ints = self.order[start:end] - self._source.offsets[row]
        return places

    def _values(self, name: str, rows: Ints, owner: Ints) -> Floats:
        """A column of these rows; timestamps become local days with their fraction, so that they meet dates."""
        values, date = self._source.raw(name), self.contract.revealed.get(name)
        told = None if date is None else self._source.raw(date)
        if values is None or (date is not None and told is None):
            return read_only(np.full(len(rows), np.nan))
        held = self.contract.columns.get(name)
        moment = held is not None and held.kind == "timestamp"
        if not moment and told is None:
            return values if rows is self.kept and len(rows) == len(values) else read_only(values[rows])
        told_is_date = date is not None and self.contract.columns[date].kind == "date"
        return read_only(
            revealed(
                values, NOTHING if told is None else told, rows, owner, self._moments.as_of, self._moments.offset,
                told_is_date, not moment,
            )
        )  # fmt: skip

    def _in_order(self) -> tuple[Ints, Floats]:
        if self._ordered is None:
            others = (self.as_sent(name) for name in _sort_columns(self.contract.name))
            ranked = self._ranked(chain([self.days], others))
            # Of rows that were sent in order no column is copied.
            moved = np.count_nonzero(ranked[1:] < ranked[:-1])
            self._ordered = (self.kept[ranked], self.days[ranked]) if moved else (self.kept, self.days)
        return self._ordered

    def _ranked(self, columns: Iterable[Floats]) -> Ints:
        """The rows as sent, each applicant's by these columns; one is read only where rows agree in all before it."""
        ranked, tied = np.arange(len(self.kept)), np.ones(len(self.kept) + 1, np.bool_)
        tied[self.offsets] = False
        for values in columns:
            if not rank_ties(values, ranked, tied):
                break
        return ranked


class _Clock(NamedTuple):
    """The columns that say when a row is known; None where the section has none."""

    event: str | None
    public: str | None
    known_at: str | None
    since: str | None
    event_is_date: bool
    public_is_date: bool
    ends_before_now: bool
    monthly: bool


@cache
def _clock(name: str) -> _Clock:
    contract = SECTIONS[name]
    dates = {held.name for held in contract.columns.values() if held.kind == "date"}
    return _Clock(
        contract.event,
        contract.public,
        "known_at" if "known_at" in contract.columns else None,
        "period_start" if "period_start" in contract.columns else None,
        contract.event in dates,
        contract.public in dates,
        # Windows end before the day of decision. A look-up of that day has a time, and was known if it came before.
        contract.event in dates and not contract.snapshot,
        contract.event == "month",
    )


@cache
def _sort_columns(name: str) -> tuple[str, ...]:
    """Columns to sort by after the event day, in order; texts, the dear ones to read, come last."""
    contract = SECTIONS[name]
    plain = [held for held in contract.columns.values() if held.name not in ("party", *_LAST, contract.event)]
    first = [held.name for held in plain if held.name == "seq"]
    amounts = [held.name for held in plain if held.kind in _AMOUNTS]
    texts = [held.name for held in plain if held.kind == "text"]
    unread = {*first, *amounts, *texts}
    numbers = [held.name for held in plain if held.name not in unread and held.kind not in ("texts", "value")]
    values = [held.name for held in plain if held.kind == "value"]
    more = [*values, *(f"{name}_text" for name in values)]
    known = [name for name in ("known_at",) if name in contract.columns]
    # known_at leads where a section has no date of its own: the last known row comes last.
    leading = [*(known if contract.event is None else []), *first, *amounts]
    return *leading, *numbers, *([] if contract.event is None else known), *texts, *more
