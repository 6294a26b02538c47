"""Logistic regression with a ridge, a prior and signs: the one estimator behind scorecard, blend and calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import expit

from risk_engine.errors import DataError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted line: log-odds of bad = intercept + x . coefficients."""

    intercept: float
    coefficients: tuple[float, ...]


def ridge_logistic(
    columns: Floats,
    target: npt.ArrayLike,
    *,
    ridge: float,
    lower: float = -np.inf,
    upper: float = np.inf,
    prior: float = 0.0,
) -> Logistic:
    """Fit log-odds = a + x . b, minimising the negative log-likelihood + ridge/2 * sum (b - prior)^2.

    The objective is convex, so the answer is one point; L-BFGS-B from a fixed start gives the same bytes twice. The
    intercept is free of ridge and bounds.

    Args:
        columns: (n, k) predictors; k may be 0.
        target: (n,) outcomes, 1 = bad, or smoothed targets in [0, 1].
        ridge: Strength, in units of log-likelihood; at least 0.
        lower: Smallest coefficient allowed.
        upper: Largest coefficient allowed; 0 with weights of evidence keeps every coefficient on the side of its sign.
        prior: What the ridge pulls towards.

    Raises:
        DataError: The search did not converge.

    >>> fitted = ridge_logistic(np.array([[-1.0], [-0.5], [0.5], [1.0]]), [1, 0, 1, 0], ridge=1.0, upper=0.0)
    >>> fitted.coefficients[0] < 0
    True
    """
    outcomes: Floats = np.asarray(target, dtype=np.float64)
    rate = float(np.clip(outcomes.mean(), 1e-6, 1 - 1e-6))
    start = np.full(columns.shape[1] + 1, np.clip(prior, lower, upper))
    start[0] = np.log(rate / (1 - rate))

    def loss(line: Floats) -> tuple[float, Floats]:
        log_odds = line[0] + columns @ line[1:]
        away = line[1:] - prior
        value = np.sum(np.logaddexp(0.0, log_odds) - outcomes * log_odds) + ridge / 2 * away @ away
        error = expit(log_odds) - outcomes
        return float(value), np.concatenate([[error.sum()], columns.T @ error + ridge * away])

    bounds = [(None, None)] + [(lower, upper)] * columns.shape[1]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-8}
    )
    if not np.isfinite(found.fun) or found.status == 1:
        raise DataError("the logistic regression did not converge", hint="raise the ridge or drop facts")
    return Logistic(float(found.x[0]), tuple(float(slope) for slope in found.x[1:]))


def shift_to_mean(log_odds: Floats, rate: float) -> float:
    """The logit shift that makes the mean probability equal to a long-run rate.

    >>> round(shift_to_mean(np.array([-2.0, -1.0]), float(expit([-1.5, -0.5]).mean())), 9)
    0.5
    """
    reach = 30.0 + float(np.abs(log_odds).max())
    return float(brentq(lambda shift: expit(log_odds + shift).mean() - rate, -reach, reach, xtol=1e-13))
