"""Arrays in, result object out: measures of ranking, calibration and stability, and the logistic estimator."""

from __future__ import annotations

from risk_engine.statistics.calibration_tests import (
    HosmerLemeshow,
    Murphy,
    brier,
    hosmer_lemeshow,
    hosmer_lemeshow_of_grades,
    log_loss,
    murphy,
    rank_groups,
)
from risk_engine.statistics.default_rates import (
    RateTest,
    binomial,
    clopper_pearson,
    critical_bads,
    jeffreys,
    pooled,
)
from risk_engine.statistics.discrimination import (
    AucInterval,
    AucTest,
    Measure,
    auc,
    auc_against_initial,
    auc_difference,
    auc_interval,
    gini,
    ks,
    rows_of_grades,
)
from risk_engine.statistics.logistic import Logistic, ridge_logistic, shift_to_mean
from risk_engine.statistics.stability import (
    CharacteristicStability,
    Homogeneity,
    Stability,
    csi,
    homogeneity,
    psi,
    psi_limit,
)

__all__ = [
    "AucInterval",
    "AucTest",
    "CharacteristicStability",
    "Homogeneity",
    "HosmerLemeshow",
    "Logistic",
    "Measure",
    "Murphy",
    "RateTest",
    "Stability",
    "auc",
    "auc_against_initial",
    "auc_difference",
    "auc_interval",
    "binomial",
    "brier",
    "clopper_pearson",
    "critical_bads",
    "csi",
    "gini",
    "homogeneity",
    "hosmer_lemeshow",
    "hosmer_lemeshow_of_grades",
    "jeffreys",
    "ks",
    "log_loss",
    "murphy",
    "pooled",
    "psi",
    "psi_limit",
    "rank_groups",
    "ridge_logistic",
    "rows_of_grades",
    "shift_to_mean",
]
