"""How well a risk measure ranks bads above goods: AUC with DeLong's interval and tests, Gini, KS.

Everything sorts and searches once: n log n in the rows. A table of grades becomes rows by :func:`rows_of_grades`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from risk_engine.errors import DataError

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measure:
    """One statistic of one sample, with the counts it rests on.

    Attributes:
        name: ``auc``, ``gini``, ``ks``, ``brier`` or ``log_loss``.
        value: The figure.
        rows: Rows in the sample.
        bads: Bads among them.
    """

    name: str
    value: float
    rows: int
    bads: int

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class AucInterval:
    """An AUC with DeLong's variance.

    Attributes:
        auc: The figure.
        variance: Of the figure, between samples of as many bads and goods.
        low: Lower end of the interval, never below 0.
        high: Upper end, never above 1.
        confidence: How much of the normal distribution the interval holds.
        rows: Rows in the sample.
        bads: Bads among them.
    """

    auc: float
    variance: float
    low: float
    high: float
    confidence: float
    rows: int
    bads: int


@dataclass(frozen=True, slots=True)
class AucTest:
    """A test on AUCs: its statistic, standard normal where nothing differs, and its p-value.

    Attributes:
        difference: The AUC tested against, from the one tested: above 0 where the first is higher.
        variance: Of the difference.
        statistic: Difference over its standard deviation.
        p: Probability of a statistic as far out where nothing differs.
        covariance: Of the two AUCs; 0 where one of them is a fixed number.
    """

    difference: float
    variance: float
    statistic: float
    p: float
    covariance: float = 0.0


def checked(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> tuple[Bools, Floats]:
    """Both arrays in their own types, one-dimensional, of one length and free of NaN.

    Raises:
        DataError: Otherwise, or an outcome that is neither 0 nor 1.
    """
    bad = np.asarray(is_bad)
    risks: Floats = np.asarray(risk, dtype=np.float64)
    if not bad.size and bad.shape == risks.shape:
        raise DataError("no rows", hint="give one outcome and one risk per row, at least one row")
    if bad.ndim != 1 or bad.shape != risks.shape:
        raise DataError(
            f"outcomes of shape {bad.shape} and risks of shape {risks.shape}",
            hint="give one outcome and one risk per row, at least one row",
        )
    if not np.isin(bad, (0, 1)).all():
        raise DataError("an outcome is neither 0 nor 1", hint="1 is bad, 0 is good; leave out what is not known")
    if np.isnan(risks).any():
        raise DataError("a risk is NaN", hint="score every row before measuring")
    return bad.astype(np.bool_), risks


def rows_of_grades(rows: npt.ArrayLike, bads: npt.ArrayLike) -> tuple[Bools, Floats]:
    """A table of grades as rows: outcomes, and the place of each row's grade as its risk.

    Args:
        rows: (g,) borrowers of each grade, best grade first.
        bads: (g,) bads among them.

    Raises:
        DataError: Counts that are not whole, below 0, or more bads than rows.

    >>> is_bad, risk = rows_of_grades([3, 1], [1, 1])
    >>> is_bad.tolist(), risk.tolist()
    ([True, False, False, True], [0.0, 0.0, 0.0, 1.0])
    """
    of, bad = counts(rows, bads)
    is_bad = np.concatenate([np.arange(n) < d for n, d in zip(of, bad, strict=True)])
    return is_bad, np.repeat(np.arange(of.size, dtype=np.float64), of)


def counts(rows: npt.ArrayLike, bads: npt.ArrayLike) -> tuple[Counts, Counts]:
    """Both counts as whole numbers of one shape.

    Raises:
        DataError: Counts that are not whole, below 0, of two shapes or none, or more bads than rows.
    """
    given = np.atleast_1d(np.asarray(rows, np.float64)), np.atleast_1d(np.asarray(bads, np.float64))
    of, bad = given
    if of.ndim != 1 or of.shape != bad.shape or not of.size:
        raise DataError(f"{of.shape} counts of rows, {bad.shape} of bads", hint="one of each a grade, at least one")
    if not all(np.isfinite(one).all() and (one >= 0).all() and (one == np.rint(one)).all() for one in given):
        raise DataError("a count is not a whole number of at least 0", hint="give rows and bads, not rates")
    if (bad > of).any():
        raise DataError("more bads than rows", hint="bads are counted among the rows")
    return of.astype(np.int64), bad.astype(np.int64)


def auc(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> Measure:
    """Probability that a random bad is riskier than a random good; ties count one half.

    Mann-Whitney form: AUC = (R - m(m+1)/2) / (mn), R the rank sum of the m bads among m+n rows (Bamber 1975).

    Args:
        is_bad: (n,) outcomes, 1 = bad.
        risk: (n,) any measure that rises with risk.

    Raises:
        DataError: One class only, NaN, or shapes that differ.

    >>> float(auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    bad, risks = _both_classes(is_bad, risk)
    bads = int(bad.sum())
    rank_sum = rankdata(risks)[bad].sum()
    return _measure("auc", (rank_sum - bads * (bads + 1) / 2) / (bads * (bad.size - bads)), bad)


def auc_interval(is_bad: npt.ArrayLike, risk: npt.ArrayLike, *, confidence: float = 0.95) -> AucInterval:
    """The AUC with DeLong's interval.

    V10 of a bad is the share of goods it is riskier than, V01 of a good the share of bads riskier than it, ties one
    half; variance = var(V10)/m + var(V01)/n with divisors m-1 and n-1; the interval is normal, cut at 0 and 1
    (DeLong, DeLong and Clarke-Pearson 1988). Where every bad is riskier than every good the variance is 0 and the
    interval a point: that is the method's limit, not certainty.

    Args:
        is_bad: (n,) outcomes, 1 = bad; at least two bads and two goods.
        risk: (n,) any measure that rises with risk.
        confidence: Between 0 and 1.

    Raises:
        DataError: Fewer than two of a class, NaN, shapes that differ, or a confidence out of range.

    >>> told = auc_interval([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.3, 0.7, 0.8])
    >>> round(told.auc, 4), round(told.variance, 4), round(told.low, 4), told.high
    (0.8889, 0.0247, 0.5809, 1.0)
    """
    if not 0.0 < confidence < 1.0:
        raise DataError(f"a confidence of {confidence:g}", hint="between 0 and 1, such as 0.95")
    bad, placed = _placements(is_bad, risk)
    value, variance = float(placed[bad].mean()), float(_variance(bad, placed, placed))
    reach = float(norm.ppf(0.5 + confidence / 2)) * math.sqrt(variance)
    return AucInterval(
        value, variance, max(value - reach, 0.0), min(value + reach, 1.0), confidence, int(bad.size), int(bad.sum())
    )


def auc_difference(is_bad: npt.ArrayLike, risk: npt.ArrayLike, other: npt.ArrayLike) -> AucTest:
    """Whether two measures of the same rows rank differently: DeLong's paired test, two-sided.

    z = (A1 - A2) / sqrt(v1 + v2 - 2 cov), with v and cov as in :func:`auc_interval`.

    Args:
        is_bad: (n,) outcomes, 1 = bad; at least two bads and two goods.
        risk: (n,) the first measure.
        other: (n,) the second.

    Raises:
        DataError: As :func:`auc_interval`; two measures that differ in nothing the test could see.

    >>> told = auc_difference([0, 0, 0, 1, 1, 1], [1, 2, 6, 3, 7, 8], [6, 1, 2, 3, 7, 1])
    >>> round(told.difference, 4), round(told.statistic, 4), round(told.p, 4)
    (0.2778, 0.8111, 0.4173)
    """
    bad, first = _placements(is_bad, risk)
    _, second = _placements(is_bad, other)
    covariance = _variance(bad, first, second)
    variance = _variance(bad, first, first) + _variance(bad, second, second) - 2 * covariance
    difference = float(first[bad].mean() - second[bad].mean())
    statistic = _over_deviation(difference, variance)
    return AucTest(difference, variance, statistic, 2 * float(norm.sf(abs(statistic))), covariance)


def auc_against_initial(is_bad: npt.ArrayLike, risk: npt.ArrayLike, initial: float) -> AucTest:
    """Whether the AUC has fallen below the one measured when the model was built, one-sided.

    S = (initial - AUC) / sqrt(variance), the initial AUC taken as certain (ECB, Instructions for reporting the
    validation results of internal models, 2019, section 2.5.4).

    Args:
        is_bad: (n,) outcomes, 1 = bad; at least two bads and two goods.
        risk: (n,) any measure that rises with risk.
        initial: The AUC at the time of development, 0 to 1.

    Raises:
        DataError: As :func:`auc_interval`; an initial AUC out of range.

    >>> round(auc_against_initial([0, 0, 0, 1, 1, 1], [1, 2, 6, 3, 7, 8], 0.95).p, 4)
    0.3487
    """
    if not 0.0 <= initial <= 1.0:
        raise DataError(f"an initial AUC of {initial:g}", hint="between 0 and 1")
    told = auc_interval(is_bad, risk)
    statistic = _over_deviation(initial - told.auc, told.variance)
    return AucTest(initial - told.auc, told.variance, statistic, float(norm.sf(statistic)))


def gini(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> Measure:
    """Gini coefficient = accuracy ratio = Somers' D = 2 AUC - 1.

    The accuracy ratio of the CAP curve is the same figure where tied groups are joined by a straight line (Engelmann,
    Hayden and Tasche 2003).

    >>> float(gini([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """
    found = auc(is_bad, risk)
    return Measure("gini", 2 * found.value - 1, found.rows, found.bads)


def ks(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> Measure:
    """Kolmogorov-Smirnov distance: max over cut-offs of the gap between F_bad and F_good.

    >>> float(ks([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """
    bad, risks = _both_classes(is_bad, risk)
    cuts = np.unique(risks)
    bad_share = np.searchsorted(np.sort(risks[bad]), cuts, side="right") / bad.sum()
    good_share = np.searchsorted(np.sort(risks[~bad]), cuts, side="right") / (~bad).sum()
    return _measure("ks", np.abs(bad_share - good_share).max(), bad)


def _both_classes(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> tuple[Bools, Floats]:
    bad, risks = checked(is_bad, risk)
    if bad.all() or not bad.any():
        raise DataError("only one class in the sample", hint="discrimination needs goods and bads")
    return bad, risks


def _measure(name: str, value: float, bad: Bools) -> Measure:
    return Measure(name, float(value), int(bad.size), int(bad.sum()))


def _placements(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> tuple[Bools, Floats]:
    """V10 of each bad and V01 of each good, in the order of the rows."""
    bad, risks = _both_classes(is_bad, risk)
    if min(bad.sum(), (~bad).sum()) < 2:
        raise DataError("a single row of one class", hint="a variance needs two bads and two goods")
    of_bads, of_goods = np.sort(risks[bad]), np.sort(risks[~bad])
    placed = np.empty(bad.size)
    placed[bad] = _share_below(of_goods, risks[bad])
    placed[~bad] = 1.0 - _share_below(of_bads, risks[~bad])
    return bad, placed


def _share_below(ranked: Floats, risks: Floats) -> Floats:
    """Share of the sorted values below each risk, ties one half."""
    below, at_most = np.searchsorted(ranked, risks, side="left"), np.searchsorted(ranked, risks, side="right")
    return np.asarray((below + at_most) / (2.0 * ranked.size))


def _variance(bad: Bools, first: Floats, second: Floats) -> float:
    parts = 0.0
    for members in (bad, ~bad):
        one, two = first[members], second[members]
        parts += float(np.sum((one - one.mean()) * (two - two.mean()))) / (one.size - 1) / one.size
    return parts


def _over_deviation(difference: float, variance: float) -> float:
    if variance <= 0.0:
        raise DataError(
            "the difference has no variance", hint="the test needs measures that rank some rows differently"
        )
    return difference / math.sqrt(variance)
