"""Whether observed defaults are too many for a stated probability of default: Jeffreys and binomial tests, by grade.

All take counts by grade and give a p-value a grade. They are one-sided: a small p says that the probability of default
is too low. A portfolio is one grade with all borrowers (:func:`pooled`); it can fail where no grade does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, betainc, ndtr, ndtri
from scipy.stats import beta, binom, norm

from risk_engine.errors import DataError
from risk_engine.statistics.discrimination import Counts, Floats, counts

NODES = np.linspace(-9.0, 9.0, 3601)


@dataclass(frozen=True, slots=True)
class RateTest:
    """A one-sided test that a probability of default is not too low.

    Attributes:
        p: (g,) by grade; small where defaults are too many.
        rows: (g,) borrowers.
        bads: (g,) bads among them.
        default_probability: (g,) what was stated.
    """

    p: Floats
    rows: Counts
    bads: Counts
    default_probability: Floats

    def rejects(self, level: float = 0.05) -> npt.NDArray[np.bool_]:
        """Which grades fail at this level."""
        return self.p < level


def jeffreys(rows: npt.ArrayLike, bads: npt.ArrayLike, default_probability: npt.ArrayLike) -> RateTest:
    """Jeffreys test: p = F_Beta(PD; D + 1/2, N - D + 1/2).

    The posterior probability, under Jeffreys' prior, that the true rate is below the stated one (ECB, Instructions for
    reporting the validation results of internal models, 2019, section 2.5.3).

    Args:
        rows: (g,) borrowers, at least one each.
        bads: (g,) bads among them.
        default_probability: (g,) stated, 0 to 1.

    Raises:
        DataError: No borrowers, more bads than borrowers, counts that are not whole, a probability out of range.

    >>> [round(p, 4) for p in jeffreys([250, 1000], [3, 0], [0.02, 0.001]).p.tolist()]
    [0.8143, 0.8429]
    """
    of, bad, stated = _stated(rows, bads, default_probability)
    return RateTest(np.asarray(betainc(bad + 0.5, of - bad + 0.5, stated)), of, bad, stated)


def binomial(
    rows: npt.ArrayLike, bads: npt.ArrayLike, default_probability: npt.ArrayLike, *, correlation: float = 0.0
) -> RateTest:
    """Binomial test: p = P(X >= D), X binomial of N and PD; with a correlation, over one common factor.

    With correlation rho the defaults are binomial given a standard normal factor z, with the probability
    Phi((Phi^-1(PD) - sqrt(rho) z) / sqrt(1 - rho)) (Vasicek 2002); integrated over z by the trapezoid rule. Without it
    defaults are taken as independent, so that a bad year fails too many grades.

    Args:
        rows: (g,) borrowers, at least one each.
        bads: (g,) bads among them.
        default_probability: (g,) stated, 0 to 1.
        correlation: Of two borrowers' assets, at least 0 and below 1.

    Raises:
        DataError: As :func:`jeffreys`; a correlation out of range.

    >>> round(float(binomial(1000, 15, 0.01).p[0]), 4), round(float(binomial(1000, 15, 0.01, correlation=0.12).p[0]), 4)
    (0.0824, 0.2182)
    """
    if not 0.0 <= correlation < 1.0:
        raise DataError(f"a correlation of {correlation:g}", hint="at least 0 and below 1, such as 0.12")
    of, bad, stated = _stated(rows, bads, default_probability)
    if not correlation:
        return RateTest(_at_least(bad, of, stated), of, bad, stated)
    given = ndtr((ndtri(stated)[:, None] - np.sqrt(correlation) * NODES) / np.sqrt(1.0 - correlation))
    weights = norm.pdf(NODES) * (NODES[1] - NODES[0])
    return RateTest(_at_least(bad[:, None], of[:, None], given) @ weights, of, bad, stated)


def clopper_pearson(rows: npt.ArrayLike, bads: npt.ArrayLike, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of each rate of bads (Clopper and Pearson 1934).

    Args:
        rows: (g,) borrowers, at least one each.
        bads: (g,) bads among them.
        confidence: Between 0 and 1.

    Returns:
        Lower and upper ends, (g,) each.

    Raises:
        DataError: No borrowers, counts that are none, a confidence out of range.

    >>> low, high = clopper_pearson([50], [0])
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0, 0.0711)
    """
    of, bad, _ = _stated(rows, bads, 0.5)
    tail = (1.0 - _confidence(confidence)) / 2
    low = np.where(bad > 0, beta.ppf(tail, np.maximum(bad, 1), of - bad + 1), 0.0)
    high = np.where(bad < of, beta.ppf(1.0 - tail, bad + 1, np.maximum(of - bad, 1)), 1.0)
    return low, high


def critical_bads(rows: npt.ArrayLike, default_probability: npt.ArrayLike, *, confidence: float = 0.95) -> Counts:
    """The least number of bads that fails the binomial test: smallest k with P(X >= k) <= 1 - confidence.

    Args:
        rows: (g,) borrowers, at least one each.
        default_probability: (g,) stated, 0 to 1.
        confidence: Between 0 and 1.

    Raises:
        DataError: As :func:`jeffreys`; a confidence out of range.

    >>> critical_bads([1000, 250], [0.01, 0.02]).tolist()
    [16, 10]
    """
    of, _, stated = _stated(rows, np.zeros_like(np.asarray(rows)), default_probability)
    return np.asarray(binom.ppf(_confidence(confidence), of, stated), np.int64) + 1


def pooled(rows: npt.ArrayLike, bads: npt.ArrayLike, default_probability: npt.ArrayLike) -> tuple[int, int, float]:
    """A portfolio as one grade: all borrowers, all bads, and the mean probability over borrowers.

    >>> pooled([300, 100], [3, 7], [0.01, 0.05])
    (400, 10, 0.02)
    """
    of, bad, stated = _stated(rows, bads, default_probability)
    return int(of.sum()), int(bad.sum()), float(of @ stated / of.sum())


def _stated(
    rows: npt.ArrayLike, bads: npt.ArrayLike, default_probability: npt.ArrayLike
) -> tuple[Counts, Counts, Floats]:
    of, bad = counts(rows, bads)
    if not of.all():
        raise DataError("a grade without borrowers", hint="leave it out and say so: nothing can be tested there")
    stated = np.asarray(default_probability, np.float64)
    if stated.ndim and stated.shape != of.shape:
        raise DataError(f"{of.size} grades with {stated.size} probabilities", hint="one a grade")
    if not ((stated >= 0.0) & (stated <= 1.0)).all():
        raise DataError("a probability lies outside 0 to 1", hint="give fractions, 0.02 for 2 %")
    return of, bad, np.broadcast_to(stated, of.shape)


def _at_least(bads: Counts, rows: Counts, probability: Floats) -> Floats:
    """P(X >= bads); 1 where there are none."""
    return np.asarray(np.where(bads > 0, bdtrc(np.maximum(bads - 1, 0), rows, probability), 1.0))


def _confidence(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise DataError(f"a confidence of {confidence:g}", hint="between 0 and 1, such as 0.95")
    return confidence
