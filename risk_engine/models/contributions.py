"""The boundary: what applicants of each score band look like, so that reasons are told against those just approved.

Regulation B, comment 9(b)(2), names as one method the distance from the average of applicants at or just above the
cut-off. The bundle keeps, per score band, the mean contribution of every fact over the training rows in the band, so
that a moved cut-off finds its own boundary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class _Written(msgspec.Struct, frozen=True):
    """``boundary.json``."""

    width: Annotated[float, msgspec.Meta(ge=1e-9)]
    starts: tuple[float, ...]
    rows: tuple[int, ...]
    log_odds: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Boundary:
    """Mean contributions per score band; a band holds scores in [start, start + width).

    Attributes:
        width: Points per band.
        starts: First score of every populated band, rising.
        rows: Training rows in each.
        log_odds: Mean calibrated log-odds of bad in each.
        means: Mean contribution of each fact in each, (bands, f).

    >>> boundary = Boundary.of(np.array([500.0, 505.0, 540.0]), np.array([1.0, 1.0, 0.0]), np.eye(3), width=20.0)
    >>> boundary.means[boundary.band(503.0)].tolist(), boundary.means[boundary.band(999.0)].tolist()
    ([0.5, 0.5, 0.0], [0.0, 0.0, 1.0])
    """

    width: float
    starts: tuple[float, ...]
    rows: tuple[int, ...]
    log_odds: tuple[float, ...]
    means: Floats

    @classmethod
    def of(cls, score: Floats, log_odds: Floats, contributions: Floats, width: float) -> Self:
        """Average training rows band by band."""
        number = np.floor(score / width).astype(np.int64)
        bands = np.unique(number)
        inside = [number == band for band in bands]
        return cls(
            width,
            tuple(float(band * width) for band in bands),
            tuple(int(rows.sum()) for rows in inside),
            tuple(float(log_odds[rows].mean()) for rows in inside),
            np.array([contributions[rows].mean(axis=0) for rows in inside]),
        )

    @classmethod
    def none(cls, facts: int) -> Self:
        """No band yet: a model before its training rows were averaged."""
        return cls(1.0, (), (), (), np.empty((0, facts)))

    def band(self, score: float) -> int:
        """The band that holds the score, or the nearest populated one (the safer of two equally near)."""
        wanted = math.floor(score / self.width) * self.width
        return min(range(len(self.starts)), key=lambda i: (abs(self.starts[i] - wanted), -self.starts[i]))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "width": self.width,
            "starts": list(self.starts),
            "rows": list(self.rows),
            "log_odds": list(self.log_odds),
            "means": np.asarray(self.means).tolist(),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], facts: int) -> Self:
        """Read back what :meth:`to_json` wrote, for a model of so many facts.

        Raises:
            ValueError: There is no band, or one without the mean of every fact.
        """
        written = msgspec.convert(plain, _Written)
        starts, shape = written.starts, [len(means) for means in written.means]
        if not starts or shape != [facts] * len(starts):
            told = ", ".join(map(str, sorted(set(shape))))
            raise ValueError(f"{len(starts)} bands with means of {told} facts, expected bands with means of {facts}")
        return cls(written.width, starts, written.rows, written.log_odds, np.array(written.means))
