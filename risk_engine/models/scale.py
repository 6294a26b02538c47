"""The score scale: log-odds as points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoreScale:
    """score = offset + factor * ln(odds good:bad), factor = pdo / ln 2, offset = base_score - factor ln(base_odds).

    Source: Siddiqi (2006), ch. 6. The score rises with safety; ``pdo`` points double the odds.

    Attributes:
        base_score: The score at the base odds.
        base_odds: Odds good:bad at the base score.
        pdo: Points to double the odds.

    >>> scale = ScoreScale()
    >>> round(scale.factor, 4), round(scale.offset, 3), round(scale.score(0.05), 4)
    (28.8539, 487.123, 572.0814)
    """

    base_score: float = 600.0
    base_odds: float = 50.0
    pdo: float = 20.0

    @cached_property
    def factor(self) -> float:
        """Points per unit of log-odds."""
        return float(self.pdo / np.log(2.0))

    @cached_property
    def offset(self) -> float:
        """The score at odds of 1:1."""
        return float(self.base_score - self.factor * np.log(self.base_odds))

    @overload
    def score(self, default_probability: float) -> float: ...
    @overload
    def score(self, default_probability: Floats) -> Floats: ...
    def score(self, default_probability: float | Floats) -> float | Floats:
        """Unrounded score of a probability of default strictly between 0 and 1."""
        odds = (1.0 - default_probability) / default_probability
        scored = self.offset + self.factor * np.log(odds)
        return scored if isinstance(scored, np.ndarray) else float(scored)

    def default_probability(self, score: float) -> float:
        """The probability a score stands for; the inverse of :meth:`score`.

        >>> round(ScoreScale().default_probability(600.0), 6)
        0.019608
        """
        return float(1.0 / (1.0 + np.exp((score - self.offset) / self.factor)))

    def points(self, log_odds: float) -> float:
        """Points of a share of the log-odds of bad, without the offset."""
        return -self.factor * log_odds
