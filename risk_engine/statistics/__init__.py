"""Arrays in, result object out: measures of ranking and of calibration, and the logistic estimator."""

from __future__ import annotations

from risk_engine.statistics.calibration_tests import brier, log_loss
from risk_engine.statistics.discrimination import Measure, auc, gini, ks
from risk_engine.statistics.logistic import Logistic, ridge_logistic, shift_to_mean

__all__ = ["Logistic", "Measure", "auc", "brier", "gini", "ks", "log_loss", "ridge_logistic", "shift_to_mean"]
