"""From a matrix of facts and outcomes to a model.

``fit`` first fits bins, scorecard and trees inside inner folds, so that blend weights and calibration are estimated on
rows the components have not seen, and then once more on all rows. Nothing is chosen on the rows it is measured on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from risk_engine.errors import DataError
from risk_engine.facts import Fact, FactMatrix
from risk_engine.models.blend import Blend
from risk_engine.models.boosting import Boosting, Trees, find_counterexample, fit_boosting
from risk_engine.models.calibration import Level, Line
from risk_engine.models.contributions import Boundary
from risk_engine.models.cutting import fit_bins
from risk_engine.models.default_probability import DefaultProbabilityModel
from risk_engine.models.estimation import fit_blend, fit_level, fit_scorecard, fit_shape
from risk_engine.models.scorecard import Scorecard
from risk_engine.models.settings import BoostingSettings, FitSettings, few_bads
from risk_engine.progress import Progress, unwatched
from risk_engine.vocabulary import Stage

Floats = npt.NDArray[np.float64]
States = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
FEWEST_BADS_TO_BLEND = 50
FITS = "fits"


@dataclass(frozen=True, slots=True)
class Components:
    """The two fitted parts, before blend and calibration."""

    scorecard: Scorecard
    boosting: Boosting

    def log_odds(self, values: Floats, states: States) -> Floats:
        """Uncalibrated log-odds of both, (n, 2)."""
        return np.column_stack([self.scorecard.log_odds(values, states), self.boosting.log_odds(values, states)])


def fit(
    matrix: FactMatrix,
    is_bad: npt.ArrayLike,
    settings: FitSettings,
    groups: npt.ArrayLike | None = None,
    *,
    progress: Progress = unwatched,
) -> DefaultProbabilityModel:
    """Fit the whole model: same rows, settings and library versions, same bytes.

    Args:
        matrix: Facts of the training rows. Only evidence facts about the obligor are read; the model's ``facts`` say
            which.
        is_bad: (n,) outcomes, 1 = bad.
        settings: What the study sets.
        groups: (n,) obligor of each row; rows of one obligor stay in one inner fold.
        progress: Is told after each fit, of an inner fold or of all rows, how many are done.

    Raises:
        DataError: Fewer than two bads or goods, no fact a model may read, or trees that break their constraints.
    """
    columns = model_columns(matrix)
    facts, values, states = columns.facts, columns.values, columns.states
    bad = _outcomes(is_bad, len(columns))
    unseen = out_of_fold(columns, bad, settings, groups, progress)
    blend = fit_blend(unseen, bad, settings.blend.scorecard_weight)
    calibration, level = _calibrate(unseen, blend, bad, settings)
    parts = fit_components(facts, values, states, bad, settings)
    fits = _inner_fold_count(bad, settings) + 1
    progress(FITS, fits, fits)
    broken = find_counterexample(parts.boosting, values, states)
    if broken:
        raise DataError(f"the trees let risk move against the direction of {broken}", hint="report this data set")
    decider = settings.decider or ("scorecard" if bad.sum() < FEWEST_BADS_TO_BLEND else "blend")
    model = DefaultProbabilityModel(
        facts=facts,
        scorecard=parts.scorecard.with_line(calibration["scorecard"]),
        boosting=parts.boosting,
        blend=blend,
        calibration=MappingProxyType(calibration),
        level=level,
        scale=settings.score_scale(),
        master_scale=settings.grades(),
        decider=decider,
        boundary=Boundary.none(len(facts)),
        horizon_months=settings.horizon_months,
        bad=settings.bad,
    )
    return replace(model, boundary=_boundary(model, values, states))


def model_columns(matrix: FactMatrix) -> FactMatrix:
    """The facts a default-probability model may read: about the obligor, known as evidence.

    Raises:
        DataError: None is left.
    """
    names = [f.name for f in matrix.facts if f.use in {"obligor", "both"} and f.stage is Stage.EVIDENCE]
    if not names:
        raise DataError("no fact a model may read", hint="models read evidence facts about the obligor only")
    return matrix.columns(names)


def fit_components(
    facts: Sequence[Fact], values: Floats, states: States, is_bad: Bools, settings: FitSettings
) -> Components:
    """Bins, scorecard and trees on the rows given."""
    binned = fit_bins(facts, values, states, is_bad, settings)
    trees = _trees(settings.boosting, is_bad)
    boosting = fit_boosting(facts, binned, values, states, is_bad, trees=trees, seed=settings.seed)
    return Components(fit_scorecard(binned, values, states, is_bad, settings), boosting)


def out_of_fold(
    columns: FactMatrix, is_bad: Bools, settings: FitSettings, groups: npt.ArrayLike | None, progress: Progress
) -> Floats:
    """Log-odds of both components for rows they were not fitted on, (n, 2)."""
    fits = _inner_fold_count(is_bad, settings) + 1  # and once more on all rows
    progress(FITS, 0, fits)
    found = np.empty((len(columns), 2))
    values, states = columns.values, columns.states
    for done, (train, held) in enumerate(_inner_folds(is_bad, groups, settings), start=1):
        parts = fit_components(columns.facts, values[train], states[train], is_bad[train], settings)
        found[held] = parts.log_odds(values[held], states[held])
        progress(FITS, done, fits)
    return found


def stratified_folds(
    is_bad: npt.ArrayLike, folds: int, seed: int, groups: npt.ArrayLike | None = None
) -> Iterator[tuple[Positions, Positions]]:
    """Shuffled folds with the same share of bads in each, rows of one group together: (train, held) positions.

    Raises:
        DataError: A class with fewer rows than folds.
    """
    bad = np.asarray(is_bad).astype(np.bool_)
    if min(bad.sum(), (~bad).sum()) < folds:
        raise DataError(f"{bad.sum()} bads and {(~bad).sum()} goods for {folds} folds", hint="ask for fewer folds")
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    yield from kind(folds, shuffle=True, random_state=seed).split(np.zeros((bad.size, 1)), bad, groups)


def _outcomes(is_bad: npt.ArrayLike, rows: int) -> Bools:
    bad = np.asarray(is_bad).astype(np.bool_)
    if bad.shape != (rows,):
        raise DataError(f"outcomes of shape {bad.shape} for {rows} rows", hint="one outcome per row")
    if min(bad.sum(), (~bad).sum()) < 2:
        raise DataError(f"{bad.sum()} bads and {(~bad).sum()} goods", hint="a fit needs at least two of each")
    return bad


def _inner_fold_count(is_bad: Bools, settings: FitSettings) -> int:
    return min(settings.blend.folds, int(is_bad.sum()), int((~is_bad).sum()))


def _inner_folds(
    is_bad: Bools, groups: npt.ArrayLike | None, settings: FitSettings
) -> Iterator[tuple[Positions, Positions]]:
    count = _inner_fold_count(is_bad, settings)
    for train, held in stratified_folds(is_bad, count, settings.seed, groups):
        if is_bad[train].all() or not is_bad[train].any():
            raise DataError("all bads or all goods fell in one inner fold", hint="fewer blend.folds, or finer groups")
        yield train, held


def _trees(asked: BoostingSettings, is_bad: Bools) -> Trees:
    leaf = asked.min_rows_in_leaf if asked.min_rows_in_leaf is not None else int(np.clip(is_bad.size // 20, 5, 20))
    return Trees(
        trees=asked.trees,
        learning_rate=asked.learning_rate,
        max_depth=asked.max_depth if asked.max_depth is not None else (1 if few_bads(is_bad) else 3),
        min_rows_in_leaf=leaf,
        l2=asked.l2,
        feature_fraction=asked.feature_fraction,
        bagging_fraction=asked.bagging_fraction,
    )


def _calibrate(unseen: Floats, blend: Blend, is_bad: Bools, settings: FitSettings) -> tuple[dict[str, Line], Level]:
    sources = {"scorecard": unseen[:, 0], "boosted": unseen[:, 1], "blend": blend.at(unseen[:, 0], unseen[:, 1])}
    lines = {}
    for name, log_odds in sources.items():
        shape = fit_shape(log_odds, is_bad)
        level, shift = fit_level(shape.at(log_odds), is_bad, settings)
        lines[name] = shape.then(shift)
    return lines, level


def _boundary(model: DefaultProbabilityModel, values: Floats, states: States) -> Boundary:
    said = model.predict(values, states)
    log_odds = model.calibration[model.decider].at(said.log_odds[model.decider])
    return Boundary.of(said.score, log_odds, model.shares(values, states), model.scale.pdo)
