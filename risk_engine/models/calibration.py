"""From a component's log-odds to a probability: shape, then level. Both are straight lines in log-odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", float, Floats)
"""One applicant's, or that of many: the same arithmetic."""

LevelKind = Literal["sample", "population_rate", "long_run"]


@dataclass(frozen=True, slots=True)
class Line:
    """shift + slope * log-odds: Platt's sigmoid, read in log-odds.

    >>> Line(0.5, 2.0).then(Line(1.0)).at(np.array([1.0])).tolist()
    [3.5]
    """

    shift: float = 0.0
    slope: float = 1.0

    def at(self, log_odds: Number) -> Number:
        """The line's value at every log-odds."""
        return self.shift + self.slope * log_odds

    def then(self, outer: Line) -> Line:
        """This line, then another, as one."""
        return Line(outer.shift + outer.slope * self.shift, outer.slope * self.slope)


@dataclass(frozen=True, slots=True)
class Level:
    """At which rate of bads the probabilities stand: the study states it, fitting never chooses it.

    Attributes:
        kind: ``sample`` (as fitted), ``population_rate`` (prior correction), ``long_run`` (mean anchored).
        rate: The rate of bads stood at.
        sample_rate: The rate of bads in the training sample.
    """

    kind: LevelKind
    rate: float
    sample_rate: float


def prior_shift(rate: float, sample_rate: float) -> float:
    """Logit shift from the sample's rate to the population's (King and Zeng 2001).

    The same as the odds form p t/s / (p t/s + (1-p)(1-t)/(1-s)), with t the population's rate and s the sample's.

    >>> round(float(probability(np.array([0.0 + prior_shift(0.02, 0.5)]))[0]), 12)
    0.02
    """
    return float(np.log(rate / (1 - rate)) - np.log(sample_rate / (1 - sample_rate)))


def probability(log_odds: Floats) -> Floats:
    """1 / (1 + e^-x), without overflow at either end.

    >>> probability(np.array([0.0, -800.0, 800.0])).tolist()
    [0.5, 0.0, 1.0]
    """
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0, small) / (1.0 + small)


def probability_of_one(log_odds: float) -> float:
    """The same bits for one applicant: the short path.

    >>> [probability_of_one(log_odds) for log_odds in (0.0, -800.0, 800.0)]
    [0.5, 0.0, 1.0]
    """
    small = float(np.exp(-abs(log_odds)))  # numpy's, which need not round as math.exp does
    return (1.0 if log_odds >= 0 else small) / (1.0 + small)
