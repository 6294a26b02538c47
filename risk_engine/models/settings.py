"""What a study may set about fitting, section by section, with every fault told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Annotated, Any, Literal, Self, TypeVar, cast, get_type_hints

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import DataError, Fault, StudyFaults, nearest_hint
from risk_engine.models.grades import DEFAULT_BANDS, DEFAULT_FLOOR, MasterScale
from risk_engine.models.scale import ScoreScale

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Rate = Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
AtLeastZero = Annotated[float, msgspec.Meta(ge=0.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
FEW_BADS = 20
Section = TypeVar("Section")
Decider = Literal["scorecard", "boosted", "blend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardSettings:
    """Section ``scorecard:``.

    Attributes:
        max_bins: Most bins of values per fact; None = log2(rows / 12), 3 up to 8.
        min_bin_share: Smallest share of rows in a bin of values; None = 12 rows, 5 % at the least.
        pseudo_rows: ``m`` of the WoE formula (see ``binning.py``).
        ridge: Strength of the ridge on the coefficients; None = 5 + 200 / bads.
        min_information_value: A fact below it stays off the card.
        max_correlation: Of two facts whose WoE correlate more, the one with less information stays off.
        max_facts: Most facts on the card; None = one per 8 bads, 12 at the least.
    """

    max_bins: Annotated[int, msgspec.Meta(ge=2)] | None = None
    min_bin_share: Annotated[float, msgspec.Meta(gt=0.0, le=0.5)] | None = None
    pseudo_rows: Positive = 5.0
    ridge: AtLeastZero | None = None
    min_information_value: AtLeastZero = 0.02
    max_correlation: Share = 0.9
    max_facts: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostingSettings:
    """Section ``boosting:``; the words are LightGBM's.

    Attributes:
        trees: Number of trees.
        learning_rate: Step of each tree.
        max_depth: Depth of a tree; None = 3, or 1 under 20 bads, which cannot tell of interactions.
        min_rows_in_leaf: Fewest rows in a leaf; None = one row in 20, 5 up to 20.
        l2: Ridge on the leaves.
        feature_fraction: Share of columns each tree may use.
        bagging_fraction: Share of rows each tree sees.
    """

    trees: Count = 200
    learning_rate: Positive = 0.04
    max_depth: Annotated[int, msgspec.Meta(ge=1, le=8)] | None = None
    min_rows_in_leaf: Count | None = None
    l2: AtLeastZero = 5.0
    feature_fraction: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.4
    bagging_fraction: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendSettings:
    """Section ``blend:``.

    Attributes:
        scorecard_weight: The scorecard's weight in the blend; None = estimated out of fold.
        folds: Inner folds for weights and calibration.
    """

    scorecard_weight: Share | None = None
    folds: Annotated[int, msgspec.Meta(ge=2)] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterScaleSettings:
    """Section ``master_scale:``.

    Attributes:
        grades: ``{grade: upper bound of its probabilities}``, best first, the last bound 1.
        floor: No probability of default is told below it.
    """

    grades: dict[str, Share] = field(default_factory=lambda: dict(DEFAULT_BANDS))
    floor: Rate = DEFAULT_FLOOR


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """Section ``scale:``; see :class:`~risk_engine.models.scale.ScoreScale`."""

    base_score: float = 600.0
    base_odds: Positive = 50.0
    pdo: Positive = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """Everything that steers a fit besides the data.

    Attributes:
        scorecard: How the scorecard is fitted.
        boosting: How the boosted trees are fitted.
        blend: How the two are mixed.
        master_scale: Grades and the floor.
        scale: The score scale.
        decider: Which PD decides; None = blend, or the scorecard under 50 bads.
        population_rate: Rate of bads in the population the sample was drawn from; sets the level.
        long_run: Long-run average rate of bads; sets the level. Not both.
        special_codes: Codes of a fact that are no measurement, by fact name.
        seed: Seed of folds and trees.
        horizon_months: Months the outcome was watched; told with every PD.
        bad: What bad means, in a sentence; told with every PD.
    """

    scorecard: ScorecardSettings = field(default_factory=ScorecardSettings)
    boosting: BoostingSettings = field(default_factory=BoostingSettings)
    blend: BlendSettings = field(default_factory=BlendSettings)
    master_scale: MasterScaleSettings = field(default_factory=MasterScaleSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    decider: Decider | None = None
    population_rate: Rate | None = None
    long_run: Rate | None = None
    special_codes: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 42
    horizon_months: Count = 12
    bad: str = ""

    @classmethod
    def from_mapping(cls, plain: Mapping[str, Any]) -> Self:
        """Read a study's sections.

        Raises:
            StudyFaults: Unknown settings (with the nearest known one) and wrong values, all of them.

        >>> FitSettings.from_mapping({"decider": "blend", "scorecard": {"max_bins": 5}}).scorecard.max_bins
        5
        >>> FitSettings.from_mapping({"scorecard": {"max_bin": 5}})
        Traceback (most recent call last):
        risk_engine.errors.StudyFaults: the study has faults: scorecard.max_bin: found an unknown setting, expected \
one of max_bins, max_correlation, max_facts, min_bin_share, min_information_value, pseudo_rows, ridge \
(did you mean 'max_bins'?)
        """
        faults: list[Fault] = []
        settings = _read(cls, plain, "", faults)
        if not faults:
            faults += _checked(settings)
        if faults:
            raise StudyFaults(faults)
        return settings

    def score_scale(self) -> ScoreScale:
        """The scale as the models use it."""
        return ScoreScale(self.scale.base_score, self.scale.base_odds, self.scale.pdo)

    def grades(self) -> MasterScale:
        """The master scale as the models use it."""
        return MasterScale.of(self.master_scale.grades, self.master_scale.floor)


def few_bads(is_bad: npt.NDArray[np.bool_]) -> bool:
    """Whether the smaller class is under 20: too few to choose edges or interactions by."""
    return int(min(is_bad.sum(), (~is_bad).sum())) < FEW_BADS


def _read(kind: type[Section], plain: object, path: str, faults: list[Fault]) -> Section:
    known = {entry.name for entry in fields(cast("Any", kind))}
    hints = get_type_hints(kind, include_extras=True)
    if not isinstance(plain, Mapping):
        faults.append(Fault(path, repr(plain)[:80], "a mapping of settings"))
        return kind()
    given: dict[str, Any] = {}
    for name, value in plain.items():
        place = f"{path}.{name}" if path else str(name)
        if name not in known:
            expected = "one of " + ", ".join(sorted(known))
            faults.append(Fault(place, "an unknown setting", expected, nearest_hint(str(name), known)))
        elif is_dataclass(hints[name]):
            given[name] = _read(hints[name], value, place, faults)
        else:
            try:
                given[name] = msgspec.convert(value, hints[name])
            except msgspec.ValidationError as error:
                faults.append(Fault(place, repr(value)[:80], str(error).removeprefix("Expected ")))
    return kind(**given)


def _checked(settings: FitSettings) -> list[Fault]:
    faults = []
    if settings.population_rate is not None and settings.long_run is not None:
        faults.append(Fault("long_run", "both levels", "population_rate or long_run, not both"))
    try:
        settings.grades()
    except DataError as error:
        faults.append(Fault("master_scale", error.message, error.hint))
    return faults
