"""The default-probability model: two components, a blend, a calibration, a level, grades, and whose word decides.

Order: component log-odds -> blend -> shape -> level -> floor -> grade. Shape and level are straight lines in log-odds
(:class:`~risk_engine.models.calibration.Line`), one per decider, so every candidate's probability can be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import DataError, ReleaseError
from risk_engine.facts import Fact
from risk_engine.models.blend import Blend
from risk_engine.models.boosting import Boosting
from risk_engine.models.calibration import Level, Line, probability, probability_of_one
from risk_engine.models.canonical import canonical_json, read_json
from risk_engine.models.contributions import Boundary
from risk_engine.models.grades import MasterScale
from risk_engine.models.scale import ScoreScale
from risk_engine.models.scorecard import Scorecard
from risk_engine.models.settings import Decider

Floats = npt.NDArray[np.float64]
States = npt.NDArray[Any]


class _Calibration(msgspec.Struct, frozen=True):
    """``calibration.json``."""

    blend: Blend
    lines: dict[str, Line]
    level: Level
    decider: Decider
    horizon_months: int
    bad: str


class Verdict(NamedTuple):
    """What the model decides of one applicant.

    Attributes:
        default_probability: That of the decider, never below the floor.
        score: The score scale of that probability, rounded to whole points.
        grade: Its name on the master scale.
    """

    default_probability: float
    score: int
    grade: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model decides of n applicants, and what each component says.

    Attributes:
        default_probability: (n,) of the decider, never below the floor.
        score: (n,) the score scale of that probability, rounded to whole points.
        grade_index: (n,) position in the master scale's grades, best first.
        log_odds: Uncalibrated log-odds of bad by component: ``scorecard``, ``boosted``, ``blend``.
        candidates: Calibrated probability of default by component, as each would have decided.
    """

    default_probability: Floats
    score: Floats
    grade_index: npt.NDArray[np.intp]
    log_odds: Mapping[str, Floats]
    candidates: Mapping[str, Floats]


@dataclass(frozen=True)
class DefaultProbabilityModel:
    """A fitted model, frozen.

    Attributes:
        facts: Meaning of the columns, in order.
        scorecard: The points table.
        boosting: The trees; None where the study wants none.
        blend: Weights of the two.
        calibration: Shape and level in one line, by component.
        level: At which rate of bads the probabilities stand.
        scale: The score scale.
        master_scale: Grades.
        decider: The component whose probability decides.
        boundary: Mean contributions by score band.
        horizon_months: Months the outcome was watched.
        bad: What bad means.
    """

    facts: tuple[Fact, ...]
    scorecard: Scorecard
    boosting: Boosting | None
    blend: Blend
    calibration: Mapping[str, Line]
    level: Level
    scale: ScoreScale
    master_scale: MasterScale
    decider: Decider
    boundary: Boundary
    horizon_months: int
    bad: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(fact.name for fact in self.facts)

    @cached_property
    def read_by_decider(self) -> tuple[str, ...]:
        """Names of the facts that can move the decider's probability: those on the card, or all where trees decide."""
        if self.decider != "scorecard":
            return self.names
        on_card = {fact.column for fact in self.scorecard.facts}
        return tuple(name for column, name in enumerate(self.names) if column in on_card)

    def component_log_odds(self, values: Floats, states: States) -> dict[str, Floats]:
        """Uncalibrated log-odds of bad by component."""
        self._refuse_other_columns(values, states)
        found = {"scorecard": self.scorecard.log_odds(values, states)}
        if self.boosting is not None:
            found["boosted"] = self.boosting.log_odds(values, states)
            found["blend"] = self.blend.at(found["scorecard"], found["boosted"])
        return found

    def decide(self, values: Sequence[float], states: Sequence[int]) -> Verdict:
        """The decider's word on one applicant: bit for bit that of :meth:`predict`, and all that a decision needs.

        Args:
            values: One per fact, in order; read where the state is VALUE.
            states: One per fact.
        """
        log_odds = self.calibration[self.decider].at(self._log_odds_of_one(values, states))
        floor = self.master_scale.floor
        chosen = min(max(probability_of_one(log_odds), floor), 1.0 - floor)
        return Verdict(chosen, round(self.scale.score(chosen)), self.master_scale.grade(chosen))

    def _log_odds_of_one(self, values: Sequence[float], states: Sequence[int]) -> float:
        if self.decider == "scorecard" or self.boosting is None:
            return self.scorecard.log_odds_one(values, states)
        boosted = self.boosting.log_odds_one(values, states)
        if self.decider == "boosted":
            return boosted
        return self.blend.at(self.scorecard.log_odds_one(values, states), boosted)

    def predict(self, values: Floats, states: States) -> Prediction:
        """Probability, score and grade of every applicant, and what each component says.

        Args:
            values: float64 (n, f), NaN where the state is not VALUE.
            states: uint8 (n, f).

        Raises:
            DataError: Columns that are not the model's.
        """
        log_odds = self.component_log_odds(values, states)
        candidates = {name: self._candidate(name, found) for name, found in log_odds.items()}
        chosen = candidates[self.decider]
        return Prediction(
            chosen,
            np.rint(self.scale.score(chosen)),
            self.master_scale.grade_index(chosen),
            MappingProxyType(log_odds),
            MappingProxyType(candidates),
        )

    def _refuse_other_columns(self, values: Floats, states: States) -> None:
        if values.ndim != 2 or values.shape != states.shape or values.shape[1] != len(self.facts):
            raise DataError(
                f"a matrix of {values.shape} values and {states.shape} states for {len(self.facts)} facts",
                hint="take the model's facts in its order: matrix.columns(model.names)",
            )

    def _candidate(self, name: str, log_odds: Floats) -> Floats:
        """A component's calibrated probability of default, as it would decide."""
        floor = self.master_scale.floor
        return np.minimum(np.maximum(probability(self.calibration[name].at(log_odds)), floor), 1.0 - floor)

    def shares(self, values: Floats, states: States) -> Floats:
        """Each fact's share (n, f) of the decider's calibrated log-odds, up to one constant for all applicants."""
        slope = self.calibration[self.decider].slope
        if self.decider == "scorecard" or self.boosting is None:
            return slope * self.scorecard.contributions(values, states)
        boosted = self.boosting.contributions(values, states)
        if self.decider == "boosted":
            return slope * boosted
        card = self.scorecard.contributions(values, states)
        return slope * (self.blend.scorecard * card + self.blend.boosted * boosted)

    def contributions(self, values: Floats, states: States, boundary_score: float) -> Floats:
        """Log-odds of bad, per fact, above applicants at the boundary.

        A row's contributions add up to its calibrated log-odds (before the floor) less the boundary band's mean.

        Args:
            values: float64 (n, f).
            states: uint8 (n, f).
            boundary_score: The lowest score approved; its band, or the nearest populated one, is the boundary.

        Returns:
            float64 (n, f); above 0 where the fact speaks against the applicant.
        """
        average: Floats = self.boundary.means[self.boundary.band(boundary_score)]
        return self.shares(values, states) - average

    def files(self) -> dict[str, bytes]:
        """The model as canonical bytes by file name; the facts stand in the bundle's ``features.json``."""
        lines = {name: {"shift": line.shift, "slope": line.slope} for name, line in self.calibration.items()}
        written = {
            "scorecard.json": canonical_json(self.scorecard.to_json()),
            "calibration.json": canonical_json(
                {
                    "blend": {"scorecard": self.blend.scorecard},
                    "lines": lines,
                    "level": {
                        "kind": self.level.kind,
                        "rate": self.level.rate,
                        "sample_rate": self.level.sample_rate,
                    },
                    "decider": self.decider,
                    "horizon_months": self.horizon_months,
                    "bad": self.bad,
                }
            ),
            "master_scale.json": canonical_json(self.master_scale.to_json()),
            "boundary.json": canonical_json(self.boundary.to_json()),
        }
        if self.boosting is not None:
            written["boosting.txt"] = self.boosting.text.encode()
            written["boosting.json"] = canonical_json(self.boosting.to_json())
        return written

    @classmethod
    def from_files(cls, facts: tuple[Fact, ...], files: Mapping[str, bytes]) -> Self:
        """Read back what :meth:`files` wrote.

        Raises:
            ReleaseError: A file is missing or does not hold what it should.
        """
        names = [fact.name for fact in facts]
        stated = read_json(files, "calibration.json", lambda plain: msgspec.convert(plain, _Calibration))
        scorecard = read_json(files, "scorecard.json", lambda plain: Scorecard.from_json(plain, names))
        boosting = None
        if "boosting.json" in files:
            boosting = Boosting.from_files(files)
            if [fact.name for fact in boosting.facts] != names:
                raise ReleaseError("boosting.json names other features than the bundle", hint="train it again")
        return cls(
            facts=facts,
            scorecard=scorecard,
            boosting=boosting,
            blend=stated.blend,
            calibration=MappingProxyType(stated.lines),
            level=stated.level,
            scale=scorecard.scale,
            master_scale=read_json(files, "master_scale.json", MasterScale.from_json),
            decider=stated.decider,
            boundary=read_json(files, "boundary.json", lambda plain: Boundary.from_json(plain, len(facts))),
            horizon_months=stated.horizon_months,
            bad=stated.bad,
        )
