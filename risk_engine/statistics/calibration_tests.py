"""How well probabilities match outcomes: Brier score and log-loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from risk_engine.errors import DataError
from risk_engine.statistics.discrimination import Measure, checked


def _probabilities(
    is_bad: npt.ArrayLike, probability: npt.ArrayLike
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    bad, probabilities = checked(is_bad, probability)
    if probabilities.min() < 0.0 or probabilities.max() > 1.0:
        raise DataError("a probability lies outside 0 to 1", hint="give probabilities of default, not scores")
    return bad, probabilities


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
