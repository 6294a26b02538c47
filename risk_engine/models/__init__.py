"""Probability of default: scorecard, boosted trees, their blend, calibration and grades.

What stands here needs only numpy, msgspec and LightGBM: it is the serving path. Training is in
:mod:`risk_engine.models.fitting`, its yardsticks in :mod:`risk_engine.models.benchmarks`.
"""

from __future__ import annotations

from risk_engine.models.boosting import Boosting
from risk_engine.models.contributions import Boundary
from risk_engine.models.default_probability import DefaultProbabilityModel, Prediction
from risk_engine.models.grades import MasterScale
from risk_engine.models.scale import ScoreScale
from risk_engine.models.scorecard import Scorecard
from risk_engine.models.settings import FitSettings

__all__ = [
    "Boosting",
    "Boundary",
    "DefaultProbabilityModel",
    "FitSettings",
    "MasterScale",
    "Prediction",
    "ScoreScale",
    "Scorecard",
]
