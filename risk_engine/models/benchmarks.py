"""What a user would fit without this engine: the yardsticks `evaluate` prints beside it. Never part of a release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from optbinning import OptimalBinning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from risk_engine.facts import Fact, FactMatrix
from risk_engine.vocabulary import FactType, State

Floats = npt.NDArray[np.float64]
Scorer = Callable[[Floats, npt.NDArray[Any]], Floats]
"""(values, states) of n applicants -> their probabilities of default."""


def fit_unshrunken_scorecard(matrix: FactMatrix, is_bad: npt.ArrayLike, seed: int = 42) -> Scorer:
    """The defaults of optbinning on every fact, its own WoE, and a logistic regression that is hardly penalised.

    No directions, no shrinkage, no selection. Rows without a value get the bin optbinning keeps for missing values.
    """
    outcomes = np.asarray(is_bad).astype(np.int64)
    binners = []
    for column, fact in enumerate(matrix.facts):
        kind = "categorical" if fact.type is FactType.WORD else "numerical"
        binner = OptimalBinning(fact.name, dtype=kind)
        binner.fit(_column(fact, matrix.values, matrix.states, column), outcomes)
        binners.append(binner)

    def transform(values: Floats, states: npt.NDArray[Any]) -> Floats:
        woe = [
            binner.transform(_column(fact, values, states, column), metric="woe", metric_missing="empirical")
            for column, (fact, binner) in enumerate(zip(matrix.facts, binners, strict=True))
        ]
        return np.column_stack(woe).astype(np.float64)

    line = LogisticRegression(C=1e4, max_iter=5000, random_state=seed)
    line.fit(transform(matrix.values, matrix.states), outcomes)
    return lambda values, states: np.asarray(line.predict_proba(transform(values, states))[:, 1])


def fit_logistic(matrix: FactMatrix, is_bad: npt.ArrayLike, seed: int = 42) -> Scorer:
    """L2 logistic regression, C 0.1, standardized; medians where there is no value, words one-hot."""
    known = matrix.states == State.VALUE
    medians = [
        float(np.median(matrix.values[known[:, i], i])) if known[:, i].any() else 0.0 for i in range(len(matrix.facts))
    ]

    def prepare(values: Floats, states: npt.NDArray[Any]) -> Floats:
        columns = []
        for column, fact in enumerate(matrix.facts):
            read = values[:, column]
            if fact.type is FactType.WORD:
                columns += [(read == code).astype(np.float64) for code in range(len(fact.words))]
            else:
                columns.append(np.where(states[:, column] == State.VALUE, read, medians[column]))
        return np.column_stack(columns)

    line = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=5000, random_state=seed))
    line.fit(prepare(matrix.values, matrix.states), np.asarray(is_bad).astype(np.int64))
    return lambda values, states: np.asarray(line.predict_proba(prepare(values, states))[:, 1])


def _column(fact: Fact, values: Floats, states: npt.NDArray[Any], column: int) -> npt.NDArray[Any]:
    known = states[:, column] == State.VALUE
    if fact.type is not FactType.WORD:
        return np.where(known, values[:, column], np.nan)
    words = np.array([*fact.words, None], dtype=object)
    return words[np.where(known, values[:, column], len(fact.words)).astype(np.intp)]
