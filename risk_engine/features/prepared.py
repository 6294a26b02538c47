"""A section made ready: rows not known at ``as_of`` left out, unrevealed values null, one canonical order.

The order does not depend on how rows were sent: by event date, then ``seq``, then amounts, then the other
numbers, then the texts. Rows equal in all of them are interchangeable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.features.household import NOT_LIABLE, UNLISTED, Household
from risk_engine.features.row_sources import RowSource
from risk_engine.features.tables import Floats, Ints

DAY = 86_400.0
FEW = 64
"""So many rows of one applicant are ordered faster by Python than by numpy."""

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

    Attributes:
        contract: What stands in it.
        offsets: Applicant i owns rows ``offsets[i]:offsets[i + 1]`` of every column.
        order: The raw row behind each row.
        ignored: Rows left out because they lie at or after ``as_of`` or on its day, per applicant.
        sent: Rows as sent, per applicant, everybody's.
        known: Of each raw row, whether it was known and begun before ``as_of``; those of its day are.
        dates: The event day of each row; -inf where it has none.
        standing: Of each raw row, whom it is about (:meth:`Household.standing`).
        liable: Of each row, the liable party it is about; None where all are the applicants' own.
        repeated: Liable party and event day of each row left out because another liable party's row tells the same.
        not_liable: Rows left out because they are about somebody who is not liable, per applicant; None where none is.
        unlisted: Rows about a party that the case does not list, per applicant; None where none is.
    """

    __slots__ = (
        "_columns",
        "_day_shift",
        "_source",
        "_whole",
        "contract",
        "dates",
        "ignored",
        "known",
        "liable",
        "not_liable",
        "offsets",
        "order",
        "repeated",
        "sent",
        "standing",
        "unlisted",
    )

    def __init__(
        self, contract: SectionContract, source: RowSource, moments: Moments, household: Household | None = None
    ) -> None:
        self.contract = contract
        self._source = source
        self._columns: dict[str, Floats] = {}
        rows = int(source.offsets[-1])
        # For one applicant everything per row is one number, which numpy stretches.
        owner = None if len(source.offsets) == 2 else _owners(source.offsets)
        as_of, offset, now = (
            held[0] if owner is None else held[owner] for held in (moments.as_of, moments.offset, moments.now)
        )
        self.known = self._known(rows, as_of, offset)
        keep = self.known.copy()
        self.sent = source.offsets[1:] - source.offsets[:-1]
        event = self._day_of(contract.event, offset)
        # Windows end before the day of decision. A look-up of that day has a time, and was known if it came before.
        if event is not None and not contract.snapshot and contract.columns[str(contract.event)].kind == "date":
            keep &= ~(event >= now)
        self.standing = standing = None if household is None else household.standing(contract, source, owner)
        self.liable: Ints | None = None
        self.repeated = np.empty(0, np.int64), np.empty(0)
        self.not_liable: Ints | None = None
        self.unlisted: Ints | None = None
        if household is None or standing is None:
            self.ignored = _per_applicant(~keep, source.offsets)
        else:
            self._count(household, standing, keep, event)
        self._settle(keep, event, owner, as_of, offset)
        if standing is not None:
            self.liable = standing[self.order]

    def beside(self, row: int) -> int:
        """How many rows of an applicant were left out because they are about somebody who is not liable."""
        return 0 if self.not_liable is None else int(self.not_liable[row])

    def known_rows(self, liable: int) -> Ints:
        """Rows about each liable party that were known before ``as_of``, joint ones and those of its day included."""
        if self.standing is not None:
            return np.bincount(self.standing[self.known & (self.standing >= 0)], minlength=liable)
        own = _per_applicant(self.known, self._source.offsets)
        return np.concatenate([own, np.zeros(liable - len(own), np.int64)])

    def _count(self, household: Household, standing: Ints, keep: npt.NDArray[np.bool_], event: Floats | None) -> None:
        """Keep of the known rows those of liable parties, of joint ones one."""
        offsets = self._source.offsets
        self.ignored = _per_applicant((standing >= 0) & ~keep, offsets)
        self.not_liable = _per_applicant(keep & (standing == NOT_LIABLE), offsets)
        self.unlisted = _per_applicant(keep & (standing == UNLISTED), offsets)
        keep &= standing >= 0
        again = household.repeated(self.contract, self._source, standing, keep)
        keep[again] = False
        self.repeated = standing[again], np.full(len(again), -np.inf) if event is None else event[again]

    def _settle(
        self,
        keep: npt.NDArray[np.bool_],
        event: Floats | None,
        owner: Ints | None,
        as_of: Floats | float,
        offset: Floats | float,
    ) -> None:
        kept = np.flatnonzero(keep)
        self._whole = len(kept) == len(keep)
        self._day_shift = offset if isinstance(offset, float) or np.ndim(offset) == 0 else offset[kept]
        self.order = kept
        self.offsets = kept.searchsorted(self._source.offsets)
        known = as_of if np.ndim(as_of) == 0 else np.asarray(as_of)[kept]
        self._reveal(known)
        dates = np.full(len(kept), -np.inf) if event is None else self._taken(event)
        if self.contract.event is not None and self.contract.columns[self.contract.event].optional:
            dates = np.where(np.isnan(dates), -np.inf, dates)
        self.dates = dates
        self._sort(None if owner is None else owner[kept])

    def _known(self, rows: int, as_of: Floats | float, offset: Floats | float) -> npt.NDArray[np.bool_]:
        """Rows known, and begun, before ``as_of``."""
        begun = self._second_of(self.contract.event, offset)
        public = begun if self.contract.public == self.contract.event else self._second_of(self.contract.public, offset)
        known = self._second_of("known_at", offset)
        if public is not None and begun is not None and public is not begun:
            public = np.where(np.isnan(public), begun, public)
        if known is None:
            known = public
        elif public is not None:
            known = np.where(np.isnan(known), public, known)
        keep = np.ones(rows, np.bool_)
        for moment in (known, begun if begun is not known else None):
            if moment is not None:
                keep &= ~(moment >= as_of)
        return keep

    def _second_of(self, name: str | None, offset: Floats | float) -> Floats | None:
        """A date column as the start of its local day, a timestamp as it is: seconds UTC."""
        raw = self._source.raw(name) if name in self.contract.columns and name is not None else None
        if raw is None or self.contract.columns[str(name)].kind == "timestamp":
            return raw
        return raw * DAY - offset

    def _day_of(self, name: str | None, offset: Floats | float) -> Floats | None:
        raw = self._source.raw(name) if name in self.contract.columns and name is not None else None
        if raw is None or self.contract.columns[str(name)].kind == "date":
            return raw
        return (raw + offset) / DAY

    def _reveal(self, as_of: Floats | float) -> None:
        """Read null what was not revealed by ``as_of``."""
        for name, date in self.contract.revealed.items():
            told = self._source.raw(date)
            if told is None:
                self._columns[name] = np.full(len(self.order), np.nan)
                continue
            day = self._taken(told)
            second = day if self.contract.columns[date].kind == "timestamp" else day * DAY - self._day_shift
            hidden = ~(second < as_of)
            if not np.count_nonzero(hidden):
                continue
            raw = self._source.raw(name)
            if raw is not None:
                self._columns[name] = self._local(name, np.where(hidden, np.nan, self._taken(raw)))

    def _taken(self, raw: Floats) -> Floats:
        return raw if self._whole else raw[self.order]

    def _local(self, name: str, values: Floats) -> Floats:
        """Timestamps become local days with their fraction, so that dates and timestamps meet."""
        held = self.contract.columns.get(name)
        return (values + self._day_shift) / DAY if held is not None and held.kind == "timestamp" else values

    def column(self, name: str) -> Floats:
        """A column in canonical order, NaN where null or not yet revealed."""
        held = self._columns.get(name)
        if held is None:
            raw = self._source.raw(name)
            held = np.full(len(self.order), np.nan) if raw is None else self._local(name, self._taken(raw))
            self._columns[name] = held
        return held

    def texts(self, name: str) -> tuple[str, ...]:
        """The code book of a text column."""
        return tuple(self._source.texts(name))

    def _sort(self, owner: Ints | None) -> None:
        ranked = self._ranked(owner) if len(self.order) > 1 else None
        if ranked is None:
            return
        self._whole = False
        self.dates = self.dates[ranked]
        self.order = self.order[ranked]
        if np.ndim(self._day_shift):
            self._day_shift = np.asarray(self._day_shift)[ranked]
        self._columns = {name: held[ranked] for name, held in self._columns.items()}

    def _ranked(self, owner: Ints | None) -> Ints | None:
        """The rows' canonical order; None where they stand in it: to see that costs less than to sort."""
        if owner is None and len(self.order) <= FEW:
            return self._ranked_few()
        chain, ranked = [self.dates], None
        for names in _sort_groups(self.contract.name):
            chain += [self.column(name) for name in names]
            if ranked is None:
                falls, ties = _neighbors(chain, owner)
                if not falls and not ties:
                    return None
                if not falls:
                    continue
            ranked = np.lexsort([*reversed(chain), *([] if owner is None else [owner])])
            if not _neighbors((values[ranked] for values in chain), None if owner is None else owner[ranked])[1]:
                return ranked
        return ranked

    def _ranked_few(self) -> Ints | None:
        """The same for a few rows of one applicant, where calling numpy costs more than the work."""
        chain, ranked = [self.dates], [*range(len(self.order))]
        for names in _sort_groups(self.contract.name):
            chain += [self.column(name) for name in names]
            # Null stands last, and equals null; nothing that was sent is infinite.
            columns = ([math.inf if value != value else value for value in held.tolist()] for held in chain)
            keys = [*zip(*columns, strict=True)]
            ranked.sort(key=keys.__getitem__)
            if len({*keys}) == len(keys):
                break
        return None if ranked == [*range(len(ranked))] else np.array(ranked)

    def index_in_applicant(self, row: int) -> Ints:
        """For each row of an applicant, its place among the rows as they were sent."""
        start, end = int(self.offsets[row]), int(self.offsets[row + 1])
        places: Ints = self.order[start:end] - self._source.offsets[row]
        return places


@cache
def _sort_groups(name: str) -> tuple[tuple[str, ...], ...]:
    """Columns to sort by, in order; a later group is read only where rows agree in the ones before."""
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
    leading = [*(known if contract.event is None else []), *first, *amounts[:1]]
    rest = [*amounts[1:], *numbers, *([] if contract.event is None else known)]
    return tuple(leading), tuple(rest), (*texts, *more)


def _neighbors(chain: Iterable[Floats], owner: Ints | None) -> tuple[bool, bool]:
    """Whether a row of an applicant belongs before the one it follows; whether two agree in every column."""
    same = None if owner is None else owner[1:] == owner[:-1]
    for values in chain:
        falls, equal, null = values[:-1] > values[1:], values[:-1] == values[1:], np.isnan(values)
        if np.count_nonzero(null):  # null stands last, and equals null
            falls |= null[:-1] & ~null[1:]
            equal |= null[:-1] & null[1:]
        if np.count_nonzero(falls if same is None else falls & same):
            return True, False
        same = equal if same is None else same & equal
        if not np.count_nonzero(same):
            return False, False
    return False, True


def _owners(offsets: Ints) -> Ints:
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def _per_applicant(mask: npt.NDArray[np.bool_], offsets: Ints) -> Ints:
    if len(offsets) == 2:
        return np.array([np.count_nonzero(mask)], np.int64)
    counted = np.zeros(len(mask) + 1, np.int64)
    np.cumsum(mask, out=counted[1:])
    return counted[offsets[1:]] - counted[offsets[:-1]]
