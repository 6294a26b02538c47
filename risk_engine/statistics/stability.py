"""How far a distribution has moved: PSI of a score, CSI of a feature, and the limit that heeds the size of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from risk_engine.errors import DataError

Floats = npt.NDArray[np.float64]
EMPTY = 0.5
"""Rows that an empty bin counts as, where the other sample has rows in it."""


@dataclass(frozen=True, slots=True)
class Stability:
    """A stability index.

    Attributes:
        value: The index; 0 where the shares agree.
        parts: Each bin's part of it, none below 0.
        filled: Places of the bins that were empty in one sample and counted as half a row.
    """

    value: float
    parts: tuple[float, ...]
    filled: tuple[int, ...] = ()

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class CharacteristicStability:
    """How one feature has moved, and what that does to the score.

    Attributes:
        index: The stability index of its bins.
        points: Points the average applicant gained (above 0) or lost by the move.
    """

    index: Stability
    points: float


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Pearson's chi-square test of two samples over the same bins."""

    chi2: float
    degrees: int
    p: float


def psi(expected: npt.ArrayLike, actual: npt.ArrayLike) -> Stability:
    """Population stability index: sum of (a - e) ln(a / e) over bins, a and e shares (Siddiqi 2006; Lewis 1994).

    A bin empty in both samples adds nothing. A bin empty in one counts half a row there, so that one empty bin is not
    infinitely far; shares without counts cannot tell what half a row is and are refused then. Conventions call 0.10
    small and 0.25 large; :func:`psi_limit` heeds the sizes of the samples.

    Args:
        expected: (b,) counts of the reference by bin, or its shares (they sum to at most 1).
        actual: (b,) counts or shares of the sample compared.

    Raises:
        DataError: Shapes that differ, a value below 0 or not finite, an empty sample, a share of 0 against a share
            above 0.

    >>> round(psi([30, 40, 30], [20, 40, 40]).value, 6)
    0.069315
    """
    first, second = _samples(expected, actual)
    empty = (first == 0) != (second == 0)
    for sample in (first, second):
        if (sample[empty] == 0).any():
            if sample.sum() <= 1.0 + 1e-9:
                raise DataError("a share of 0 against one above 0", hint="give counts, or join the bin with the next")
            sample[empty & (sample == 0)] = EMPTY
    kept = first > 0
    parts = np.zeros(first.size)
    was, now = first[kept] / first.sum(), second[kept] / second.sum()
    parts[kept] = (now - was) * np.log(now / was)
    return Stability(float(parts.sum()), tuple(parts.tolist()), tuple(np.flatnonzero(empty).tolist()))


def psi_limit(bins: int, expected_rows: int, actual_rows: int, *, confidence: float = 0.95) -> float:
    """What the PSI stays under by chance alone: chi2_confidence(bins - 1) (1/N + 1/M) (Yurdakul 2018).

    Args:
        bins: How many, at least 2.
        expected_rows: Rows of the reference, at least 1.
        actual_rows: Rows compared, at least 1.
        confidence: Between 0 and 1.

    Raises:
        DataError: A number out of its range.

    >>> round(psi_limit(10, 1000, 1000), 4)
    0.0338
    """
    if bins < 2 or min(expected_rows, actual_rows) < 1 or not 0.0 < confidence < 1.0:
        raise DataError(
            f"{bins} bins, {expected_rows} and {actual_rows} rows, confidence {confidence:g}",
            hint="at least two bins, a row in each sample, a confidence between 0 and 1",
        )
    return float(chi2.ppf(confidence, bins - 1)) * (1 / expected_rows + 1 / actual_rows)


def csi(expected: npt.ArrayLike, actual: npt.ArrayLike, points: npt.ArrayLike) -> CharacteristicStability:
    """Characteristic stability of one feature: its index, and the sum of (a - e) points over bins (Siddiqi 2006).

    Args:
        expected: (b,) counts of the reference by bin of the feature.
        actual: (b,) counts of the sample compared.
        points: (b,) points the scorecard gives each bin.

    Raises:
        DataError: As :func:`psi`, or as many points as there are not bins.

    >>> told = csi([30, 40, 30], [20, 40, 40], [10, 20, 30])
    >>> round(told.index.value, 6), round(told.points, 6)
    (0.069315, 2.0)
    """
    first, second = _samples(expected, actual)
    given = np.asarray(points, np.float64)
    if given.shape != first.shape or not np.isfinite(given).all():
        raise DataError(f"points of shape {given.shape} for {first.size} bins", hint="one number of points a bin")
    moved = second / second.sum() - first / first.sum()
    return CharacteristicStability(psi(expected, actual), float(moved @ given))


def homogeneity(expected: npt.ArrayLike, actual: npt.ArrayLike) -> Homogeneity:
    """Pearson's chi-square test that two samples come from one distribution; bins empty in both are left out.

    Args:
        expected: (b,) counts by bin.
        actual: (b,) counts by bin.

    Raises:
        DataError: As :func:`psi`; fewer than two bins with rows.

    >>> told = homogeneity([30, 40, 30], [20, 40, 40])
    >>> round(told.chi2, 4), told.degrees, round(told.p, 4)
    (3.4286, 2, 0.1801)
    """
    table = np.stack(_samples(expected, actual))
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        raise DataError("fewer than two bins with rows", hint="a distribution needs two")
    wanted = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic, degrees = float(((table - wanted) ** 2 / wanted).sum()), table.shape[1] - 1
    return Homogeneity(statistic, degrees, float(chi2.sf(statistic, degrees)))


def _samples(expected: npt.ArrayLike, actual: npt.ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.array(expected, np.float64), np.array(actual, np.float64)
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        raise DataError(f"bins of shape {first.shape} and {second.shape}", hint="one count a bin in each sample")
    for sample in (first, second):
        if not np.isfinite(sample).all() or (sample < 0).any():
            raise DataError("a count is below 0 or not finite", hint="give counts or shares by bin")
        if not sample.sum():
            raise DataError("an empty sample", hint="a stability index compares rows with rows")
    return first, second
