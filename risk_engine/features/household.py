"""Whose rows count. Of a firm, the applicant's own; of a person, in some sections those of co-borrowers too.

Incomes and debts of a household count once: what two liable parties tell of one thing is one row.

- ``credit_lines``, ``credit_history``: the same ``line`` (and month) under two parties is a joint line. The newest
  look at it counts; of looks on one day the one that tells of more days past due, then the one that owes more.
- ``incomes``: the same kind, month, net amount and employer under two parties is one income, told by its best source;
  an employer who is not named may be any.
- ``outgoings``: the same rent or mortgage under two parties is one home. Other costs add up: two people eat.

What one party tells twice stays twice here; of incomes, lines and their months the section contradicts itself by it
(:mod:`risk_engine.features.integrity`). A row of a party that the case does not list makes its section contradict
itself too; a row of a listed party who is not liable is left out, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk_engine.application import SECTIONS, SectionContract
from risk_engine.errors import DataError
from risk_engine.features.row_sources import RowSource
from risk_engine.features.tables import Floats, Ints

HOUSEHOLD = ("incomes", "outgoings", "credit_lines", "credit_history", "credit_enquiries")
"""Sections in which a co-borrower's rows count as the applicant's do."""

NOT_LIABLE, UNLISTED = -1, -2
"""Whose row it is, where it is nobody's who is liable: a listed party's, a party's that the case does not list."""

CO_BORROWER = float(SECTIONS["parties"].columns["role"].words.index("co_borrower"))
PERSON = float(SECTIONS["applicant"].columns["kind"].words.index("person"))

_COUNTED = frozenset({*HOUSEHOLD, "sources"})
_ASIDE = frozenset({"party", "row_id", "known_at", "provider"})


@dataclass(frozen=True, slots=True)
class _Joint:
    """When rows of two parties are one: where they agree in ``same``. One counts: by ``greatest``, then ``least``."""

    same: tuple[str, ...]
    greatest: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Of the first column of ``same``, the words that can be joint at all; none named: all."""
    null_is_any: bool = False
    """Whether the last column of ``same``, where it is null, agrees with any."""


_JOINT: Mapping[str, _Joint] = {
    "credit_lines": _Joint(("line",), ("observed_on", "current_dpd", "balance")),
    "credit_history": _Joint(("line", "month"), ("dpd", "balance")),
    # ``verified`` names its best source first.
    "incomes": _Joint(("kind", "month", "net", "employer"), least=("verified",), null_is_any=True),
    "outgoings": _Joint(("kind", "monthly"), least=("verified",), words=("rent", "mortgage")),
}


def _codes(name: str, party: Floats, book: Sequence[str]) -> Ints:
    """The codes of named parties as whole numbers, each with a name in the book."""
    if len(party) and not book:
        raise DataError(f"the table {name} has no code book for its column party", hint="SectionTable.texts")
    if np.count_nonzero((party >= 0) & (party < len(book))) < len(party):  # nor is NaN
        raise DataError(f"a row of the table {name} has no party, or a code that no name belongs to")
    return party.astype(np.int64)


class Household:
    """Who is liable in the cases of n applicants: liable party ``i < n`` is applicant ``i``.

    Attributes:
        owners: The applicant of each co-borrower, (k,), ascending; liable party ``n + j`` is co-borrower ``j``.
    """

    __slots__ = ("_applicants", "_codes", "_keys", "_liable", "owners")

    def __init__(
        self, n: int, offsets: Ints, party: Floats, book: Sequence[str], co_borrower: npt.NDArray[np.bool_]
    ) -> None:
        """From the section ``parties``.

        Args:
            n: Applicants.
            offsets: Applicant i has the parties ``offsets[i]:offsets[i + 1]``.
            party: Code of each party in ``book``.
            book: The parties' names.
            co_borrower: Which of them are.

        Raises:
            DataError: A party of a table has no code, or one that no name belongs to.
        """
        self._codes = {text: code for code, text in enumerate(book)}
        keys = np.repeat(np.arange(n), np.diff(offsets)) * len(book) + _codes("parties", party, book)
        listed, where = np.unique(keys, return_inverse=True)
        liable = np.zeros(len(listed), np.bool_)
        liable[where[co_borrower]] = True
        self.owners: Ints = listed[liable] // max(len(book), 1)
        self._applicants = np.concatenate([np.arange(n), self.owners])
        # A key that nobody has stands first, so that there is always one to compare with.
        self._keys = np.concatenate([[-1], listed])
        self._liable = np.concatenate([[UNLISTED], np.where(liable, n - 1 + np.cumsum(liable), NOT_LIABLE)])

    def standing(self, contract: SectionContract, source: RowSource) -> Ints | None:
        """Of each row, the liable party it is about, else NOT_LIABLE or UNLISTED; None where all are the applicants'.

        Sections about parties keep every row, and are None too.

        Raises:
            DataError: A table tells of parties by codes that no name belongs to.
        """
        column = contract.columns.get("party")
        party = source.raw("party") if column is not None and column.optional else None
        if party is None or not len(told := np.flatnonzero(~np.isnan(party))):
            return None
        book = source.texts("party")
        theirs = _codes(contract.name, party[told], book)
        owners = np.repeat(np.arange(len(source.offsets) - 1), np.diff(source.offsets))
        code = np.array([self._codes.get(text, -1) for text in book], np.int64)[theirs]
        key = owners[told] * len(self._codes) + code
        place = np.minimum(self._keys.searchsorted(key), len(self._keys) - 1)
        found = np.where((self._keys[place] == key) & (code >= 0), self._liable[place], UNLISTED)
        if contract.name not in _COUNTED:
            found = np.minimum(found, NOT_LIABLE)
        standing = owners.copy()
        standing[told] = found
        return standing

    def repeated(self, contract: SectionContract, source: RowSource, standing: Ints, rows: Ints) -> Ints:
        """Of some rows, those that another liable party's row tells already: all but one of each joint thing.

        Args:
            contract: Of the section.
            source: Its rows.
            standing: As :meth:`standing` says.
            rows: Of liable parties, in the order they were sent.
        """
        joint = _JOINT.get(contract.name)
        if joint is None or not len(self.owners):
            return np.empty(0, np.int64)
        shared = np.zeros(len(self._applicants) - len(self.owners), np.bool_)
        shared[self.owners] = True
        rows = rows[shared[self._applicants[standing[rows]]]]
        if joint.words:
            kind = joint.same[0]
            able = [contract.columns[kind].words.index(word) for word in joint.words]
            rows = rows[np.isin(_column(source, kind, rows), able)]
        party = standing[rows]
        same = [self._applicants[party], *(_column(source, name, rows) for name in joint.same)]
        if joint.null_is_any:
            same[-1] = _told(same[-1], same[:-1])
        rank = _ranks(_preferences(contract, source, joint, rows), party)
        # The k-th telling of one party meets the k-th of another: what one party tells twice stays twice.
        ranked = np.lexsort([rank, party, *reversed(same)])
        telling = np.empty(len(rows), np.int64)
        telling[ranked] = _running([*same, party], ranked)
        ranked = np.lexsort([rank, telling, *reversed(same)])
        told: Ints = rows[ranked[_running([*same, telling], ranked) > 0]]
        return told


def _column(source: RowSource, name: str, rows: Ints) -> Floats:
    """A raw column of some rows; null sorts last and equals null."""
    raw = source.raw(name)
    return np.full(len(rows), np.inf) if raw is None else np.nan_to_num(raw[rows], nan=np.inf)


def _told(last: Floats, keys: list[npt.NDArray[np.generic]]) -> Floats:
    """A column with null (infinite) taken for the least that rows of the same keys tell."""
    ranked = np.lexsort([last, *reversed(keys)])
    starts = np.flatnonzero(_running(keys, ranked) == 0)
    least = np.repeat(last[ranked[starts]], np.diff(starts, append=len(ranked)))
    told = last.copy()
    told[ranked] = np.where(np.isinf(last[ranked]), least, last[ranked])
    return told


def _preferences(contract: SectionContract, source: RowSource, joint: _Joint, rows: Ints) -> list[Floats]:
    rest = [
        held.name
        for held in contract.columns.values()
        if held.name not in _ASIDE and held.name not in joint.same and held.kind != "texts"
    ]
    greatest = [-_column(source, name, rows) for name in joint.greatest]
    return [*greatest, *(_column(source, name, rows) for name in (*joint.least, *rest))]


def _ranks(preferences: list[Floats], party: Ints) -> Ints:
    """Place of each row in the order of preference, however they were sent; of equals the applicant's comes first."""
    ranked = np.lexsort([party, *reversed(preferences)])
    ranks = np.empty(len(ranked), np.int64)
    ranks[ranked] = np.arange(len(ranked))
    return ranks


def _running(keys: list[npt.NDArray[np.generic]], ranked: Ints) -> Ints:
    """In ranked order, 0 for the first row of each key, 1 for the next ..."""
    first = np.ones(len(ranked), np.bool_)
    if len(ranked):
        first[1:] = np.logical_or.reduce([key[ranked[1:]] != key[ranked[:-1]] for key in keys])
    places = np.arange(len(ranked))
    return places - np.maximum.accumulate(np.where(first, places, 0))


ALONE = Household(0, np.zeros(1, np.int64), np.empty(0), (), np.empty(0, np.bool_))
"""Applicants with nobody beside them, however many."""
