"""How well probabilities match outcomes, row by row and in groups: Brier, Murphy, log-loss, Hosmer-Lemeshow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from risk_engine.errors import DataError
from risk_engine.statistics.discrimination import Bools, Counts, Floats, Measure, checked, counts


@dataclass(frozen=True, slots=True)
class Murphy:
    """The Brier score of grouped forecasts in three parts: reliability - resolution + uncertainty.

    Attributes:
        reliability: Distance of the forecasts from the rates observed; 0 is perfect.
        resolution: Distance of the groups' rates from the rate of all; more is better.
        uncertainty: Variance of the outcomes.
        brier: The Brier score with every forecast replaced by its group's mean.
    """

    reliability: float
    resolution: float
    uncertainty: float
    brier: float


@dataclass(frozen=True, slots=True)
class HosmerLemeshow:
    """Hosmer and Lemeshow's chi-square.

    Attributes:
        chi2: The statistic.
        degrees: Degrees of freedom.
        p: Probability of a statistic as large where the probabilities are right.
        rows: Rows of each group, least risky first.
        bads: Bads observed in each.
        expected: Bads expected in each.
    """

    chi2: float
    degrees: int
    p: float
    rows: tuple[int, ...]
    bads: tuple[int, ...]
    expected: tuple[float, ...]


def brier(is_bad: npt.ArrayLike, probability: npt.ArrayLike) -> Measure:
    """Mean squared distance between probability and outcome (Brier 1950); 0 is perfect.

    Raises:
        DataError: A probability outside [0, 1], NaN, or shapes that differ.

    >>> float(brier([0, 1], [0.5, 0.5]))
    0.25
    """
    bad, probabilities = _probabilities(is_bad, probability)
    return Measure("brier", float(np.mean((probabilities - bad) ** 2)), int(bad.size), int(bad.sum()))


def log_loss(is_bad: npt.ArrayLike, probability: npt.ArrayLike) -> Measure:
    """Mean negative log-likelihood of the outcomes, in nats.

    Probabilities of exactly 0 or 1 are moved inside by one machine epsilon, so that one certain miss costs about 36
    and not infinity.

    >>> round(float(log_loss([0, 1], [0.5, 0.5])), 6)
    0.693147
    """
    bad, probabilities = _probabilities(is_bad, probability)
    margin = np.finfo(np.float64).eps
    inside = np.clip(probabilities, margin, 1.0 - margin)
    loss = -np.mean(np.where(bad, np.log(inside), np.log1p(-inside)))
    return Measure("log_loss", float(loss), int(bad.size), int(bad.sum()))


def rank_groups(probability: npt.ArrayLike, groups: int) -> Counts:
    """The group of each row: ranked by probability, ties by the order of the rows, groups of equal size.

    The row of rank r (from 0) of n falls in group floor(r g / n), so that sizes differ by one at most. Another rule for
    ties gives another statistic.

    Args:
        probability: (n,) what to rank by.
        groups: How many, from 1 to n.

    Raises:
        DataError: More groups than rows, or none.

    >>> rank_groups([0.3, 0.1, 0.2, 0.2], 2).tolist()
    [1, 0, 0, 1]
    """
    ranked = np.argsort(np.asarray(probability, np.float64), kind="stable")
    if not 1 <= groups <= ranked.size:
        raise DataError(f"{groups} groups of {ranked.size} rows", hint="at least one row a group")
    placed = np.empty(ranked.size, np.int64)
    placed[ranked] = np.arange(ranked.size) * groups // ranked.size
    return placed


def murphy(is_bad: npt.ArrayLike, probability: npt.ArrayLike, groups: int = 10) -> Murphy:
    """Murphy's decomposition over equal groups (:func:`rank_groups`), each forecast its group's mean (Murphy 1973).

    Reliability = sum n_k (p_k - o_k)^2 / N, resolution = sum n_k (o_k - o)^2 / N, uncertainty = o (1 - o). The parts
    add up to the Brier score of the grouped forecasts, not to that of the rows.

    Args:
        is_bad: (n,) outcomes, 1 = bad.
        probability: (n,) probabilities of default.
        groups: How many.

    Raises:
        DataError: A probability outside [0, 1], NaN, shapes that differ, more groups than rows.

    >>> told = murphy([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], groups=2)
    >>> round(told.reliability, 4), round(told.resolution, 4), told.uncertainty, round(told.brier, 4)
    (0.065, 0.25, 0.25, 0.065)
    """
    rows, bads, expected = _grouped(is_bad, probability, groups)
    share, forecast, observed = rows / rows.sum(), expected / rows, bads / rows
    rate = float(bads.sum() / rows.sum())
    reliability = float(share @ (forecast - observed) ** 2)
    resolution, uncertainty = float(share @ (observed - rate) ** 2), rate * (1 - rate)
    return Murphy(reliability, resolution, uncertainty, reliability - resolution + uncertainty)


def hosmer_lemeshow(
    is_bad: npt.ArrayLike, probability: npt.ArrayLike, groups: int = 10, *, fitted_here: bool
) -> HosmerLemeshow:
    """Hosmer-Lemeshow test over equal groups (:func:`rank_groups`).

    Chi-square = sum (O - E)^2 / (E (1 - E/n)) with E the sum of a group's probabilities; g - 2 degrees of freedom on
    the rows the model was fitted on, g on others (Hosmer, Lemeshow and Sturdivant 2013, section 5.2).

    Args:
        is_bad: (n,) outcomes, 1 = bad.
        probability: (n,) probabilities of default.
        groups: How many.
        fitted_here: Whether the probabilities were fitted on these rows.

    Raises:
        DataError: A probability outside [0, 1], NaN, shapes that differ, more groups than rows, a group whose
            probabilities are all 0 or all 1.

    >>> told = hosmer_lemeshow([0, 0, 1, 1, 0, 1], [0.1, 0.3, 0.6, 0.8, 0.5, 0.7], 3, fitted_here=False)
    >>> round(told.chi2, 4), told.degrees, told.bads
    (1.1869, 3, (0, 1, 2))
    """
    return _chi_square(*_grouped(is_bad, probability, groups), fitted_here=fitted_here)


def hosmer_lemeshow_of_grades(
    rows: npt.ArrayLike, bads: npt.ArrayLike, probability: npt.ArrayLike, *, fitted_here: bool
) -> HosmerLemeshow:
    """The same over grades: sum (D - n PD)^2 / (n PD (1 - PD)).

    Args:
        rows: (g,) borrowers of each grade.
        bads: (g,) bads among them.
        probability: (g,) the probability of default of each grade.
        fitted_here: Whether the probabilities were fitted on these borrowers.

    Raises:
        DataError: Counts that are none, shapes that differ, a probability outside (0, 1), a grade without borrowers.

    >>> round(hosmer_lemeshow_of_grades([100, 50], [3, 6], [0.02, 0.1], fitted_here=False).chi2, 4)
    0.7324
    """
    of, bad = counts(rows, bads)
    probabilities: Floats = np.asarray(probability, np.float64)
    if probabilities.shape != of.shape or not of.all():
        raise DataError("a grade without borrowers or probability", hint="leave out grades without borrowers")
    return _chi_square(of, bad, of * probabilities, fitted_here=fitted_here)


def _probabilities(is_bad: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[Bools, Floats]:
    bad, probabilities = checked(is_bad, probability)
    if probabilities.min() < 0.0 or probabilities.max() > 1.0:
        raise DataError("a probability lies outside 0 to 1", hint="give probabilities of default, not scores")
    return bad, probabilities


def _grouped(is_bad: npt.ArrayLike, probability: npt.ArrayLike, groups: int) -> tuple[Counts, Counts, Floats]:
    """Rows, bads and expected bads of each group."""
    bad, probabilities = _probabilities(is_bad, probability)
    group = rank_groups(probabilities, groups)
    expected = np.bincount(group, weights=probabilities, minlength=groups).astype(np.float64)
    return _count(group, groups), _count(group[bad], groups), expected


def _count(group: Counts, groups: int) -> Counts:
    return np.bincount(group, minlength=groups).astype(np.int64)


def _chi_square(rows: Counts, bads: Counts, expected: Floats, *, fitted_here: bool) -> HosmerLemeshow:
    if not ((expected > 0) & (expected < rows)).all():
        raise DataError("a group that can only be good or only bad", hint="probabilities between 0 and 1, not at them")
    degrees = rows.size - 2 * fitted_here
    if degrees < 1:
        raise DataError(f"{rows.size} groups", hint="at least three where the model was fitted on these rows")
    statistic = float(((bads - expected) ** 2 / (expected * (1 - expected / rows))).sum())
    told = (tuple(rows.tolist()), tuple(bads.tolist()), tuple(expected.tolist()))
    return HosmerLemeshow(statistic, degrees, float(chi2.sf(statistic, degrees)), *told)
