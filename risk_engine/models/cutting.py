"""Where to cut: optbinning finds the edges, and does nothing else.

A fact's risk direction forces the trend of its bins; an undirected fact is cut freely. Rows without a value and special
codes take no part: they have bins of their own. The smallest size and largest number of bins come from the rows, so
that a few hundred of them are not cut too fine. Under 20 bads numbers are cut at their thirds: optbinning wants a bad
in every bin, so its edges then follow the handful of bads and not the fact. Where shrinking turns the trend of two
neighbours round, they are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optbinning import OptimalBinning

from risk_engine.facts import Fact
from risk_engine.models.binning import BinnedFact, count_bins, empty_bins
from risk_engine.models.settings import FitSettings, few_bads
from risk_engine.vocabulary import FactType, RiskDirection, State

Floats = npt.NDArray[np.float64]
TREND = {RiskDirection.RISING: "ascending", RiskDirection.FALLING: "descending", RiskDirection.NONE: None}
ROWS_PER_BIN = 12


def free_words(fact: Fact) -> bool:
    """Whether the fact's words have no order of risk."""
    return fact.type is FactType.WORD and fact.risk is RiskDirection.NONE


def bin_limits(rows: int, settings: FitSettings) -> tuple[float, int]:
    """Smallest share of rows in a bin, and most bins."""
    asked = settings.scorecard
    share = asked.min_bin_share if asked.min_bin_share is not None else min(0.4, max(0.05, ROWS_PER_BIN / rows))
    most = asked.max_bins if asked.max_bins is not None else int(np.clip(np.log2(rows / 12), 3, 8))
    return share, most


def fit_bins(
    facts: Sequence[Fact],
    values: Floats,
    states: npt.NDArray[Any],
    is_bad: npt.NDArray[np.bool_],
    settings: FitSettings,
) -> tuple[BinnedFact, ...]:
    """Bins of every fact, counted and weighed on the rows given."""
    return tuple(
        _fit_one(fact, values[:, column], states[:, column], is_bad, settings) for column, fact in enumerate(facts)
    )


def _fit_one(
    fact: Fact, values: Floats, states: npt.NDArray[Any], is_bad: npt.NDArray[np.bool_], settings: FitSettings
) -> BinnedFact:
    specials = settings.special_codes.get(fact.name, ())
    read = values
    known = states == State.VALUE
    if fact.none_reads_as is not None:
        read = np.where(states == State.NONE, fact.none_reads_as, values)
        known |= states == State.NONE
    known &= ~np.isin(read, specials)
    splits = _cut(fact, read[known], is_bad[known], settings)
    layout: dict[str, Any] = {"specials": specials, "none_reads_as": fact.none_reads_as}
    pseudo_rows = settings.scorecard.pseudo_rows
    if free_words(fact):
        groups = [np.asarray(group).tolist() for group in splits]
        seen = {code for group in groups for code in group}
        never = [float(code) for code in range(len(fact.words)) if float(code) not in seen]
        words = groups + ([never] if never else [])
        return count_bins(empty_bins(fact.name, words=words, **layout), values, states, is_bad, pseudo_rows)
    edges = [float(edge) for edge in splits]
    while True:
        counted = count_bins(empty_bins(fact.name, splits=edges, **layout), values, states, is_bad, pseudo_rows)
        against = _first_edge_against(fact.risk, counted)
        if against is None:
            return counted
        del edges[against]


def _first_edge_against(risk: RiskDirection, counted: BinnedFact) -> int | None:
    """The first edge across which the weight moves against the direction: shrinking thin bins can bring one about."""
    step = np.diff([found.woe for found in counted.bins if found.kind == "numbers"])
    wrong = {RiskDirection.RISING: step > 0.0, RiskDirection.FALLING: step < 0.0}.get(risk, np.zeros(0, dtype=bool))
    return int(np.argmax(wrong)) if wrong.any() else None


def _cut(fact: Fact, values: Floats, is_bad: npt.NDArray[np.bool_], settings: FitSettings) -> Sequence[Any]:
    """Inner edges, or groups of word codes; one bin where there is nothing to tell apart."""
    share, most = bin_limits(len(values), settings) if len(values) else (0.5, 2)
    distinct = np.unique(values)
    if distinct.size < 2 or is_bad.all() or not is_bad.any() or len(values) * share > len(values) / 2:
        return [distinct.tolist()] if free_words(fact) and distinct.size else []
    if few_bads(is_bad) and not free_words(fact):
        return [edge for edge in np.unique(np.quantile(values, [1 / 3, 2 / 3], method="nearest")) if edge > distinct[0]]
    finder = OptimalBinning(
        fact.name,
        dtype="categorical" if free_words(fact) else "numerical",
        monotonic_trend=None if free_words(fact) else TREND[fact.risk],
        min_prebin_size=share,
        min_bin_size=share,
        max_n_bins=most,
        cat_cutoff=share if free_words(fact) else None,
    )
    finder.fit(values, is_bad.astype(np.int64))
    splits: Sequence[Any] = finder.splits
    return splits
