"""The master scale: bands of the probability of default, each with a grade's name. The lender's input, never fitted."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import DataError

DEFAULT_BANDS = {"A": 0.01, "B": 0.025, "C": 0.05, "D": 0.10, "E": 0.20, "F": 1.0}
DEFAULT_FLOOR = 0.0005  # CRR 160(1) as amended by Regulation (EU) 2024/1623: 0.05 %


class _Written(msgspec.Struct, frozen=True):
    """``master_scale.json``."""

    floor: float
    grades: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class MasterScale:
    """Grades, best first; a grade holds probabilities from the bound before it up to, but not at, its own.

    Attributes:
        grades: Names, best first.
        bounds: Upper bound of each grade, rising; the last is 1 and holds 1 too.
        floor: No probability of default is told below it.

    >>> scale = MasterScale.of({"good": 0.05, "fair": 0.2, "weak": 1.0})
    >>> [scale.grades[i] for i in scale.grade_index(np.array([0.01, 0.05, 0.9, 1.0]))]
    ['good', 'fair', 'weak', 'weak']
    """

    grades: tuple[str, ...]
    bounds: tuple[float, ...]
    floor: float = DEFAULT_FLOOR

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in itertools.pairwise(self.bounds))
        if not self.bounds or not rising or not 0.0 < self.floor < self.bounds[0] or self.bounds[-1] != 1.0:
            raise DataError(
                f"a master scale with bounds {list(self.bounds)} and floor {self.floor}",
                hint="bounds rise from above the floor, which is above 0, to 1.0",
            )

    @classmethod
    def of(cls, bands: Mapping[str, float], floor: float = DEFAULT_FLOOR) -> Self:
        """From ``{grade: upper bound}``, best grade first.

        Raises:
            DataError: Bounds that do not rise from above the floor to 1.
        """
        return cls(tuple(bands), tuple(float(bound) for bound in bands.values()), floor)

    def grade_index(self, default_probability: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Position of each probability's grade in :attr:`grades`."""
        return np.searchsorted(np.asarray(self.bounds[:-1]), default_probability, side="right")

    def grade(self, default_probability: float) -> str:
        """The grade of one probability: the short path.

        >>> MasterScale.of({"good": 0.05, "weak": 1.0}).grade(0.05)
        'weak'
        """
        return self.grades[bisect_right(self.bounds, default_probability, hi=len(self.bounds) - 1)]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"floor": self.floor, "grades": [list(pair) for pair in zip(self.grades, self.bounds, strict=True)]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read back what :meth:`to_json` wrote."""
        written = msgspec.convert(plain, _Written)
        grades, bounds = tuple(name for name, _ in written.grades), tuple(bound for _, bound in written.grades)
        return cls(grades, bounds, written.floor)
