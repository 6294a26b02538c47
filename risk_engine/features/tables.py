"""The neutral numeric form of sections, in which documents and files meet.

Everything is float64 and null is NaN: numbers as they are; a date as days since 1970-01-01; a timestamp as
seconds since the epoch in UTC; a truth as 0 or 1; a word as its index in the contract's words; a text as a
code number, equal texts with equal codes, ordered as the texts sort. A party of ``applicant`` is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from risk_engine.errors import DataError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ApplicantTable:
    """The moments of decision.

    Attributes:
        as_of: Seconds since the epoch in UTC, (n,).
        offset_minutes: The offset from UTC in which each ``as_of`` was told, (n,); ``now`` is its local date.
    """

    as_of: Floats
    offset_minutes: Floats

    def __len__(self) -> int:
        return len(self.as_of)


@dataclass(frozen=True, slots=True)
class SectionTable:
    """The rows of one section of n applicants, applicant by applicant.

    Attributes:
        offsets: Applicant i owns rows ``offsets[i]:offsets[i + 1]``; int64 (n + 1,).
        columns: Column name -> float64 values; a column left out is null throughout.
        texts: Column name -> its code book: code i is the i-th text. Needed for ``party``, ``sources.section``,
            ``attributes.name`` and ``attributes.value`` only (of ``value``: texts are codes in a column
            ``value_text``, NaN where the value is a number or truth).
    """

    offsets: Ints
    columns: Mapping[str, Floats]
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = int(self.offsets[-1])
        if self.offsets[0] != 0 or np.any(np.diff(self.offsets) < 0):
            raise DataError("the offsets of a section do not rise from 0", hint="sort the rows by application_id")
        for name, values in self.columns.items():
            if len(values) != rows:
                raise DataError(f"column {name} has {len(values)} rows, the offsets tell {rows}")
