"""The blend: one straight mix of the components' log-odds."""

from __future__ import annotations

from dataclasses import dataclass

from risk_engine.models.calibration import Number


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of the components' log-odds; they add up to 1, and their calibration follows.

    >>> Blend(0.25).at(1.0, -1.0)
    -0.5
    """

    scorecard: float = 0.5

    @property
    def boosted(self) -> float:
        """Weight of the boosted trees."""
        return 1.0 - self.scorecard

    def at(self, scorecard: Number, boosted: Number) -> Number:
        """Log-odds of the blend."""
        return self.scorecard * scorecard + self.boosted * boosted
