"""Where to cut: optbinning finds the edges, nothing else.

A fact's risk direction forces the trend of its bins; an undirected fact is cut freely. Rows without a value and special
codes take no part: they have bins of their own. The smallest size and largest number of bins come from the rows, so
that a few hundred of them are not cut too fine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optbinning import OptimalBinning

from risk_engine.facts import Fact
from risk_engine.models.binning import BinnedFact, count_bins, empty_bins
from risk_engine.models.settings import FitSettings
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
    if free_words(fact):
        seen = {code for group in splits for code in np.asarray(group).tolist()}
        never = [float(code) for code in range(len(fact.words)) if float(code) not in seen]
        groups = [np.asarray(group).tolist() for group in splits] + ([never] if never else [])
        empty = empty_bins(fact.name, words=groups, specials=specials, none_reads_as=fact.none_reads_as)
    else:
        empty = empty_bins(fact.name, splits=splits, specials=specials, none_reads_as=fact.none_reads_as)
    return count_bins(empty, values, states, is_bad, settings.scorecard.pseudo_rows)


def _cut(fact: Fact, values: Floats, is_bad: npt.NDArray[np.bool_], settings: FitSettings) -> Sequence[Any]:
    """Inner edges, or groups of word codes; one bin where there is nothing to tell apart."""
    share, most = bin_limits(len(values), settings) if len(values) else (0.5, 2)
    distinct = np.unique(values)
    if distinct.size < 2 or is_bad.all() or not is_bad.any() or len(values) * share > len(values) / 2:
        return [distinct.tolist()] if free_words(fact) and distinct.size else []
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
