"""The blend: one straight mix of the components' log-odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of the components' log-odds; they add up to 1, and their calibration follows.

    >>> Blend(0.25).at(np.array([1.0]), np.array([-1.0])).tolist()
    [-0.5]
    """

    scorecard: float = 0.5

    @property
    def boosted(self) -> float:
        """Weight of the boosted trees."""
        return 1.0 - self.scorecard

    def at(self, scorecard: Floats, boosted: Floats) -> Floats:
        """Log-odds of the blend."""
        return self.scorecard * scorecard + self.boosted * boosted
