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
from risk_engine.features.household import NOT_LIABLE, UNLISTED, Household
from risk_engine.features.row_sources import RowSource, read_only
from risk_engine.features.section_kernels import DAY, counted, known_rows, rank_ties, revealed, rows_kept
from risk_engine.features.tables import Floats, Ints, Truths

NOTHING = read_only(np.empty(0))
"""A column that nobody has."""

NO_ROWS = np.empty(0, np.int64)
"""The rows of a section without any."""

_NO_TRUTHS = np.empty(0, np.bool_)

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
        ignored: Rows left out because they lie at or after ``as_of`` or on its day, per applicant.
        sent: Rows as sent, per applicant, everybody's.
        known: Of each raw row, whether it was known and begun before ``as_of``; those of its day are.
        standing: Of each raw row, whom it is about (:meth:`Household.standing`).
        liable: Of each row, as they were sent, the liable party it is about.
        repeated: Liable party and event day of each row left out because another liable party's row tells the same.
        joint: Raw rows: those left out so.
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
        "known",
        "liable",
        "not_liable",
        "offsets",
        "owner",
        "repeated",
        "sent",
        "standing",
        "unlisted",
    )

    def __init__(
        self, contract: SectionContract, source: RowSource, moments: Moments, household: Household | None = None
    ) -> None:
        self.contract = contract
        self._source, self._moments = source, moments
        self._columns: dict[str, Floats] = {}
        self._ordered: tuple[Ints, Floats] | None = None
        self.sent = source.offsets[1:] - source.offsets[:-1]
        self.repeated, self.joint = (NO_ROWS, NOTHING), NO_ROWS
        self.standing: Ints | None = None
        self.not_liable: Ints | None = None
        self.unlisted: Ints | None = None
        if not source.offsets[-1]:
            self.known, self.days, self.ignored = _NO_TRUTHS, NOTHING, self.sent
            self.kept = self.liable = self.owner = NO_ROWS
            self.offsets = source.offsets
            return
        clock = _clock(contract.name)
        self.known, keep, days = known_rows(
            source.offsets, moments.as_of, moments.offset, moments.now,
            self._raw(clock.event), self._raw(clock.public), self._raw(clock.known_at),
            clock.event_is_date, clock.public_is_date, clock.ends_before_now,
        )  # fmt: skip
        standing = self.standing = None if household is None else household.standing(contract, source)
        if household is not None and standing is not None:
            self._keep_liable(household, standing, keep, days)
        self.kept, self.offsets, self.owner = rows_kept(keep, source.offsets)
        self.days = read_only(days[self.kept])
        self.liable = self.owner if standing is None else standing[self.kept]
        if standing is None:
            self.ignored = self.sent - (self.offsets[1:] - self.offsets[:-1])

    def _raw(self, name: str | None) -> Floats:
        raw = None if name is None else self._source.raw(name)
        return NOTHING if raw is None else raw

    def _keep_liable(self, household: Household, standing: Ints, keep: Truths, days: Floats) -> None:
        """Keep of the known rows those of liable parties, of joint ones one."""
        offsets = self._source.offsets
        self.ignored = counted((standing >= 0) & ~keep, offsets)
        self.not_liable = counted(keep & (standing == NOT_LIABLE), offsets)
        self.unlisted = counted(keep & (standing == UNLISTED), offsets)
        keep &= standing >= 0
        again = self.joint = household.repeated(self.contract, self._source, standing, keep)
        keep[again] = False
        self.repeated = standing[again], days[again]

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
        if not len(self.joint):
            return self.owner, self.liable
        owner = self._source.offsets.searchsorted(self.joint, side="right") - 1
        return np.concatenate([self.owner, owner]), np.concatenate([self.liable, self.repeated[0]])

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

    def count_rows(self, rows: Ints, known: Ints) -> None:
        """Count for each liable party the rows that it told and those about it that were known before ``as_of``.

        Joint rows count for every party that told them; those of the day of decision are known.
        """
        if self.standing is None:
            own = slice(len(self.sent))
            rows[own] = self.offsets[1:] - self.offsets[:-1]
            known[own] = counted(self.known, self._source.offsets)
        else:
            about = self.standing[self.known & (self.standing >= 0)]
            rows[:] = np.bincount(np.concatenate([self.liable, self.repeated[0]]), minlength=len(rows))
            known[:] = np.bincount(about, minlength=len(known))

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
    event_is_date: bool
    public_is_date: bool
    ends_before_now: bool


@cache
def _clock(name: str) -> _Clock:
    contract = SECTIONS[name]
    dates = {held.name for held in contract.columns.values() if held.kind == "date"}
    return _Clock(
        contract.event,
        contract.public,
        "known_at" if "known_at" in contract.columns else None,
        contract.event in dates,
        contract.public in dates,
        # Windows end before the day of decision. A look-up of that day has a time, and was known if it came before.
        contract.event in dates and not contract.snapshot,
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
