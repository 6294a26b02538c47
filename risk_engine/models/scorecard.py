"""The scorecard: a frozen table of bins and points. Scoring is looking up and adding.

Log-odds of bad = intercept + sum over facts of coefficient * WoE. The *line* (shape, then level, both straight lines in
log-odds) is written into the points, so that the points add up to the score of the calibrated probability:

    points of a bin = -factor * (slope * coefficient * WoE + (shift + slope * intercept) / k) + offset / k

with k facts on the card. Points are kept unrounded; only the sum is rounded, when a score is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import ReleaseError
from risk_engine.markup import element, table
from risk_engine.models.binning import Bin, BinnedFact
from risk_engine.models.calibration import Line
from risk_engine.models.scale import ScoreScale

Floats = npt.NDArray[np.float64]
ZERO_RULE = (
    "WoE = ln((g/G + e^a m/N) / (b/B + m/N)); a = 0, for none the worst value bin; "
    "not_obtained never above the worst other bin, nor above 0"
)


class _WrittenBin(Bin, frozen=True, kw_only=True):
    points: float


class _WrittenFact(msgspec.Struct, frozen=True):
    name: str
    bins: tuple[_WrittenBin, ...]
    none_reads_as: float | None
    coefficient: float


class _Written(msgspec.Struct, frozen=True):
    """``scorecard.json``."""

    facts: tuple[_WrittenFact, ...]
    intercept: float
    line: Line
    scale: ScoreScale
    pseudo_rows: float


@dataclass(frozen=True)
class ScoredFact:
    """One fact on the card.

    Attributes:
        column: Its column in the model's facts.
        binned: Its bins.
        coefficient: Weight of its WoE in the log-odds of bad; at most 0.
        points: Points of each bin, in the order of the bins.
    """

    column: int
    binned: BinnedFact
    coefficient: float
    points: tuple[float, ...]

    @cached_property
    def log_odds(self) -> tuple[float, ...]:
        """Share of each bin in the uncalibrated log-odds of bad."""
        return tuple(self.coefficient * found.woe for found in self.binned.bins)


@dataclass(frozen=True)
class Scorecard:
    """A fitted scorecard.

    Attributes:
        facts: The facts on the card.
        intercept: Log-odds of bad where every WoE is 0.
        line: Calibration written into the points.
        scale: The scale of the points.
        pseudo_rows: ``m`` of the WoE formula.
    """

    facts: tuple[ScoredFact, ...]
    intercept: float
    line: Line
    scale: ScoreScale
    pseudo_rows: float

    def bins(self, values: Floats, states: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """The bin of every applicant on every fact of the card, (n, k)."""
        index = np.empty((len(values), len(self.facts)), dtype=np.intp)
        for place, fact in enumerate(self.facts):
            index[:, place] = fact.binned.locate(values[:, fact.column], states[:, fact.column])
        return index

    def points(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """Points of every applicant on every fact of the card, (n, k)."""
        index = self.bins(values, states)
        points = np.empty(index.shape)
        for place, fact in enumerate(self.facts):
            points[:, place] = np.asarray(fact.points)[index[:, place]]
        return points

    def score(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """The unrounded score (n,): the points added from left to right."""
        total = np.zeros(len(values))
        for column in self.points(values, states).T:
            total += column
        return total

    def score_one(self, values: Sequence[float], states: Sequence[int]) -> float:
        """The unrounded score of one applicant, in microseconds; the same bits as :meth:`score`."""
        total = 0.0
        for fact in self.facts:
            total += fact.points[fact.binned.locate_one(values[fact.column], states[fact.column])]
        return total

    def log_odds(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """Uncalibrated log-odds of bad (n,)."""
        total = np.full(len(values), self.intercept)
        index = self.bins(values, states)
        for place, fact in enumerate(self.facts):
            total += np.asarray(fact.log_odds)[index[:, place]]
        return total

    def log_odds_one(self, values: Sequence[float], states: Sequence[int]) -> float:
        """Uncalibrated log-odds of bad of one applicant: the short path to the same bits."""
        total = self.intercept
        for share in self._shares_of_one(values, states):
            total += share
        return total

    def contributions(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """Each fact's share of the uncalibrated log-odds, (n, f); 0 for facts not on the card."""
        shares = np.zeros(values.shape)
        if len(values) == 1:
            shares[0, [fact.column for fact in self.facts]] = self._shares_of_one(
                values[0].tolist(), states[0].tolist()
            )
            return shares
        index = self.bins(values, states)
        for place, fact in enumerate(self.facts):
            shares[:, fact.column] = np.asarray(fact.log_odds)[index[:, place]]
        return shares

    def _shares_of_one(self, values: Sequence[float], states: Sequence[int]) -> list[float]:
        """What each fact of the card adds to the log-odds of one applicant."""
        return [
            shares[of_state[states[column]] if states[column] else find(values[column])]
            for column, shares, of_state, find in self._short_path
        ]

    @cached_property
    def _short_path(self) -> list[tuple[int, tuple[float, ...], tuple[int, ...], Callable[[float], int]]]:
        """What one applicant's log-odds are read from, side by side: objects far apart cost more than the sum."""
        return [(fact.column, fact.log_odds, fact.binned.of_state, fact.binned.find) for fact in self.facts]

    def with_line(self, line: Line) -> Scorecard:
        """The same card with another calibration written into its points."""
        facts = [(fact.column, fact.binned, fact.coefficient) for fact in self.facts]
        return write_points(facts, self.intercept, line, self.scale, self.pseudo_rows)

    def _repr_html_(self) -> str:
        told = (
            f"{len(self.facts)} facts; {self.scale.base_score:g} points at odds of {self.scale.base_odds:g}:1, "
            f"{self.scale.pdo:g} points double the odds"
        )
        rows = [
            (fact.binned.name, found.span, found.goods, found.bads, f"{found.woe:.4f}", f"{points:.2f}")
            for fact in self.facts
            for found, points in zip(fact.binned.bins, fact.points, strict=True)
        ]
        headings = ("fact", "bin", "goods", "bads", "weight of evidence", "points")
        return element("div", element("p", told), table(headings, rows))

    def to_json(self) -> dict[str, Any]:
        """The table: bins, counts, WoE, points."""
        table = []
        for fact in self.facts:
            plain = fact.binned.to_json()
            for found, points in zip(plain["bins"], fact.points, strict=True):
                found["points"] = points
            plain |= {"coefficient": fact.coefficient, "information_value": fact.binned.information_value}
            table.append(plain)
        return {
            "facts": table,
            "intercept": self.intercept,
            "line": {"shift": self.line.shift, "slope": self.line.slope},
            "scale": {"base_score": self.scale.base_score, "base_odds": self.scale.base_odds, "pdo": self.scale.pdo},
            "pseudo_rows": self.pseudo_rows,
            "rule": ZERO_RULE,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], names: Sequence[str]) -> Self:
        """Read back what :meth:`to_json` wrote, for a matrix with these columns.

        Raises:
            ReleaseError: A fact on the card is not among the columns.
        """
        column = {name: place for place, name in enumerate(names)}
        written = msgspec.convert(plain, _Written)
        facts = []
        for fact in written.facts:
            if fact.name not in column:
                found = f"the scorecard names {fact.name!r}, which is not a feature of the bundle"
                raise ReleaseError(found, hint="train the bundle again")
            points = tuple(found.points for found in fact.bins)
            binned = BinnedFact(fact.name, fact.bins, fact.none_reads_as)
            facts.append(ScoredFact(column[fact.name], binned, fact.coefficient, points))
        return cls(tuple(facts), written.intercept, written.line, written.scale, written.pseudo_rows)


def write_points(
    facts: Sequence[tuple[int, BinnedFact, float]], intercept: float, line: Line, scale: ScoreScale, pseudo_rows: float
) -> Scorecard:
    """Turn (column, bins, coefficient) into a card with points.

    Args:
        facts: Facts with their coefficients; at least one.
        intercept: Log-odds where every WoE is 0.
        line: Calibration to write into the points.
        scale: The scale of the points.
        pseudo_rows: ``m`` of the WoE formula, for the record.
    """
    share = (scale.offset - scale.factor * (line.shift + line.slope * intercept)) / len(facts)
    scored = []
    for column, binned, coefficient in facts:
        points = tuple(share - scale.factor * line.slope * coefficient * found.woe for found in binned.bins)
        scored.append(ScoredFact(column, binned, coefficient, points))
    return Scorecard(tuple(scored), intercept, line, scale, pseudo_rows)
