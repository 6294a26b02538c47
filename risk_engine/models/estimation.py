"""Estimates behind the model: which facts go on the card and with what weight, the blend, the shape, the level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from risk_engine.models.binning import BinnedFact
from risk_engine.models.blend import Blend
from risk_engine.models.calibration import Level, Line, prior_shift
from risk_engine.models.scorecard import Scorecard, write_points
from risk_engine.models.settings import FitSettings, ScorecardSettings
from risk_engine.statistics.logistic import ridge_logistic, shift_to_mean

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SMALLEST_SLOPE = 0.05
PULL_TO_HALF = 8.0


def fit_scorecard(
    binned: Sequence[BinnedFact], values: Floats, states: npt.NDArray[Any], is_bad: Bools, settings: FitSettings
) -> Scorecard:
    """Ridge logistic regression on WoE, no coefficient above 0, that is against its sign.

    The ridge is ``5 + 200 / bads`` unless set, bads being the smaller class: 25 at ten bads, hardly felt at a thousand.
    Facts whose coefficient ends at 0 leave the card.
    """
    asked = settings.scorecard
    fewer = int(min(is_bad.sum(), (~is_bad).sum()))
    woe = np.column_stack([fact.woe[fact.locate(values[:, i], states[:, i])] for i, fact in enumerate(binned)])
    kept = select(binned, woe, asked, asked.max_facts if asked.max_facts is not None else max(12, fewer // 8))
    ridge = asked.ridge if asked.ridge is not None else 5.0 + 200.0 / fewer
    fitted = ridge_logistic(woe[:, kept], is_bad, ridge=ridge, upper=0.0)
    facts = [(column, binned[column], slope) for column, slope in zip(kept, fitted.coefficients, strict=True)]
    on_card = [fact for fact in facts if fact[2] < 0.0] or facts[:1]
    return write_points(on_card, fitted.intercept, Line(), settings.score_scale(), asked.pseudo_rows)


def select(binned: Sequence[BinnedFact], woe: Floats, asked: ScorecardSettings, most: int) -> list[int]:
    """Columns for the card, strongest first: enough information, not a copy of a stronger one.

    Where no fact has enough, the strongest stands alone, so that a card always holds one fact.
    """
    information = [fact.information_value for fact in binned]
    order = sorted(range(len(binned)), key=lambda column: (-information[column], column))
    away = woe - woe.mean(axis=0)
    length = np.sqrt((away**2).sum(axis=0))
    kept: list[int] = []
    for column in order:
        if len(kept) == most or information[column] < asked.min_information_value:
            break
        alike = [abs(away[:, column] @ away[:, other]) / (length[column] * length[other]) for other in kept]
        if length[column] > 0.0 and max(alike, default=0.0) <= asked.max_correlation:
            kept.append(column)
    return kept or order[:1]


def fit_blend(log_odds: Floats, is_bad: Bools, weight: float | None = None) -> Blend:
    """The scorecard's weight with the least out-of-fold log-loss after its own shape, to the nearest twentieth.

    A pull of ``8 (weight - 1/2)^2`` units of log-likelihood keeps it near one half where bads are few.

    Args:
        log_odds: (n, 2) out-of-fold log-odds of scorecard and trees.
        is_bad: (n,) outcomes.
        weight: The study's own weight, which then stands.
    """
    if weight is not None:
        return Blend(weight)

    def loss(candidate: float) -> float:
        mixed = Blend(candidate).at(log_odds[:, 0], log_odds[:, 1])
        told = fit_shape(mixed, is_bad).at(mixed)
        unlikely = np.sum(np.logaddexp(0.0, told) - is_bad * told)
        return float(unlikely + PULL_TO_HALF * (candidate - 0.5) ** 2)

    return Blend(min((twentieth / 20 for twentieth in range(21)), key=loss))


def fit_shape(log_odds: Floats, is_bad: Bools) -> Line:
    """Platt (1999): a logistic line through out-of-fold log-odds, with his smoothed targets.

    The slope is drawn towards 1 with a ridge of one unit of log-likelihood, so that a few bads cannot flatten the
    scale, and stays above 0: calibration must not turn a ranking round.
    """
    bads, goods = int(is_bad.sum()), int((~is_bad).sum())
    target = np.where(is_bad, (bads + 1) / (bads + 2), 1 / (goods + 2))
    line = ridge_logistic(log_odds[:, None], target, ridge=1.0, lower=SMALLEST_SLOPE, prior=1.0)
    return Line(line.intercept, line.coefficients[0])


def fit_level(calibrated: Floats, is_bad: Bools, settings: FitSettings) -> tuple[Level, Line]:
    """The level the study states, as a shift of log-odds.

    ``population_rate`` is the prior correction of King and Zeng; ``long_run`` makes the mean out-of-fold probability of
    the training rows equal to the long-run average rate of bads.
    """
    sample = float(is_bad.mean())
    if settings.population_rate is not None:
        rate = settings.population_rate
        return Level("population_rate", rate, sample), Line(prior_shift(rate, sample))
    if settings.long_run is not None:
        return Level("long_run", settings.long_run, sample), Line(shift_to_mean(calibrated, settings.long_run))
    return Level("sample", sample, sample), Line()
