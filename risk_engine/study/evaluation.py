"""Out-of-fold figures of every model in a study, beside what a user would fit without this engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from risk_engine.errors import UsageError
from risk_engine.models.benchmarks import fit_logistic, fit_unshrunken_scorecard
from risk_engine.models.fitting import fit, model_columns, stratified_folds
from risk_engine.progress import Progress, unwatched
from risk_engine.statistics.calibration_tests import brier, log_loss
from risk_engine.statistics.discrimination import auc, gini, ks
from risk_engine.study.dataset import Dataset, load_dataset
from risk_engine.study.definition import Study
from risk_engine.study.signs import against_sign
from risk_engine.vocabulary import State

MEASURES = {"auc": auc, "gini": gini, "ks": ks, "brier": brier, "log_loss": log_loss}
FIRST_SEED = 42

Floats = npt.NDArray[np.float64]
Figures = dict[str, dict[str, float]]


def evaluate(
    study: Study, *, folds: int = 5, repeats: int = 1, threads: int = 1, progress: Progress = unwatched
) -> dict[str, Any]:
    """Measure every model of a study on rows it was not fitted on.

    Stratified folds, shuffled with seed 42 + repeat, over the rows in the order of the target's select; where obligors
    have several applications, these stay in one fold. Binning,
    selection, calibration and blend are fitted again inside each fold, and so are the yardsticks: a weight-of-evidence
    scorecard without shrinkage and an L2 logistic regression.

    Args:
        study: What to evaluate.
        folds: Folds of each repeat, at least 2.
        repeats: How often the rows are shuffled anew.
        threads: Threads of the database.
        progress: Is told how many sections are selected, applicants checked and computed, and folds done.

    Returns:
        Plain data: for each model and measure the mean and standard deviation over all folds (``models``), the mean
        of each repeat (``repeats``), where every application ended (``waterfall``), facts whose data contradict their
        declared direction (``against_sign``), the warnings of the study and of its labels.
    """
    if folds < 2 or repeats < 1:
        raise UsageError(f"{folds} folds, {repeats} repeats", hint="at least 2 folds and 1 repeat")
    dataset = load_dataset(study, threads=threads, progress=progress)
    found: list[list[Figures]] = []
    progress("folds", 0, folds * repeats)
    for repeat in range(repeats):
        found.append([])
        for figures in _folds(study, dataset, folds, FIRST_SEED + repeat):
            found[-1].append(figures)
            progress("folds", repeat * folds + len(found[-1]), folds * repeats)
    return {
        "waterfall": dataset.waterfall.to_json(),
        "study": study.name,
        "rows": len(dataset.ids),
        "bads": int(dataset.is_bad.sum()),
        "features": len(model_columns(dataset.matrix).facts),
        "folds": folds,
        "seed": FIRST_SEED,
        "synthetic": study.synthetic,
        "models": _spread([figures for repeat in found for figures in repeat]),
        "repeats": [
            {"seed": FIRST_SEED + number, "models": _means(repeat)} for number, repeat in enumerate(found)
        ],
        "against_sign": [one.to_json() for one in against_sign(dataset.matrix, dataset.is_bad)],
        "warnings": [*study.warnings, *dataset.warnings],
    }  # fmt: skip


def _folds(study: Study, dataset: Dataset, folds: int, seed: int) -> Iterator[Figures]:
    for train, held in stratified_folds(dataset.is_bad, folds, seed, dataset.groups):
        said = _predictions(study, dataset, train, held)
        outcome = dataset.is_bad[held]
        yield {
            model: {name: float(measure(outcome, probability)) for name, measure in MEASURES.items()}
            for model, probability in said.items()
        }


def _predictions(
    study: Study, dataset: Dataset, train: npt.NDArray[np.intp], held: npt.NDArray[np.intp]
) -> Mapping[str, Floats]:
    columns = model_columns(dataset.matrix)
    seen, unseen, is_bad = columns.rows(train), columns.rows(held), dataset.is_bad[train]
    groups = None if dataset.groups is None else dataset.groups[train]
    said = fit(seen, is_bad, study.settings, groups).predict(unseen.values, unseen.states)
    # The yardsticks cannot take a fact that nobody in the fold has.
    known = [fact.name for fact, states in zip(seen.facts, seen.states.T, strict=True) if (states == State.VALUE).any()]
    seen, unseen = seen.columns(known), unseen.columns(known)
    return {
        **{name: said.candidates[name] for name in ("scorecard", "boosted", "blend")},
        "unshrunken_scorecard": fit_unshrunken_scorecard(seen, is_bad)(unseen.values, unseen.states),
        "logistic": fit_logistic(seen, is_bad)(unseen.values, unseen.states),
    }


def _spread(folds: list[Figures]) -> dict[str, dict[str, dict[str, float]]]:
    return {
        model: {
            name: {"mean": mean, "sd": _deviation([fold[model][name] for fold in folds])} for name, mean in of.items()
        }
        for model, of in _means(folds).items()
    }


def _means(folds: list[Figures]) -> Figures:
    return {
        model: {name: float(np.mean([fold[model][name] for fold in folds])) for name in MEASURES} for model in folds[0]
    }


def _deviation(figures: list[float]) -> float:
    return float(np.std(figures, ddof=1)) if len(figures) > 1 else 0.0
