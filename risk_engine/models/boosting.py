"""Boosted trees without a free branch for what is missing. The only file that knows LightGBM.

Every fact enters as one number that has a direction:

- a directed fact (numbers, dates, booleans, ordered words) enters as it stands, constrained to its risk direction;
- an undirected fact (free words, free numbers) enters as the WoE of its bin, constrained to fall;
- NOT_OBTAINED enters as the adverse end of the training values, and one indicator per section, 1 where any of the
  section's facts is not obtained, is constrained to raise risk. Withholding a fact so can never lower the risk told;
- NONE that reads as a number enters as that number; any other NONE, NOT_APPLICABLE or special code enters as the
  training median of the value bin whose WoE lies nearest to its own; NONE never seen in training as the adverse end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import lightgbm
import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import ReleaseError
from risk_engine.facts import Fact
from risk_engine.models.binning import BinnedFact
from risk_engine.models.canonical import read_file, read_json
from risk_engine.models.trees import FlatTrees, read_trees
from risk_engine.vocabulary import RiskDirection, State

Floats = npt.NDArray[np.float64]
MODEL_END = "\nparameters:"
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
NOT_OBTAINED = int(State.NOT_OBTAINED)
"""A plain number: to compare an array with a member of an enumeration costs four look-ups in it."""


class _WrittenFact(msgspec.Struct, frozen=True):
    name: str
    direction: Literal[-1, 1]
    none: float
    not_obtained: float
    not_applicable: float
    special: tuple[tuple[float, float], ...]
    binned: BinnedFact | None


class _Written(msgspec.Struct, frozen=True):
    """``boosting.json``."""

    facts: tuple[_WrittenFact, ...]
    sections: tuple[tuple[str, tuple[Annotated[int, msgspec.Meta(ge=0)], ...]], ...]


@dataclass(frozen=True)
class EncodedFact:
    """How one fact enters the trees.

    Attributes:
        name: The fact.
        direction: +1 risk rises with the entered number, -1 it falls.
        of_state: What enters for NONE, NOT_OBTAINED and NOT_APPLICABLE.
        special: What enters for each special code.
        binned: Bins whose WoE enters; None where the value itself does.
    """

    name: str
    direction: int
    of_state: tuple[float, float, float]
    special: Mapping[float, float]
    binned: BinnedFact | None = None

    def enter(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """The numbers that enter the trees, (n,)."""
        if self.binned is None:
            entered = values.copy()
            for code, stand_in in self.special.items():
                entered[values == code] = stand_in
        else:
            entered = self.binned.woe[self.binned.locate(values, states)]
        for state, stand_in in enumerate(self.of_state, start=1):  # VALUE is 0
            entered[states == state] = stand_in
        return entered

    def translation(self) -> Callable[[float], float]:
        """Gives the number that enters for a known value: the short path for one applicant."""
        if self.binned is None:
            special = self.special
            return lambda value: special.get(value, value)
        woe, find = self.binned.woe.tolist(), self.binned.find
        return lambda value: woe[find(value)]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "direction": self.direction,
            "none": self.of_state[0],
            "not_obtained": self.of_state[1],
            "not_applicable": self.of_state[2],
            "special": [[code, stand_in] for code, stand_in in self.special.items()],
            "binned": None if self.binned is None else self.binned.to_json(),
        }


def encode(fact: Fact, binned: BinnedFact, values: Floats, states: npt.NDArray[Any]) -> EncodedFact:
    """Decide how a fact enters, from its training column."""
    woe = binned.woe
    specials = {code: place for code, place in binned.by_code.items() if binned.bins[place].kind == "special"}
    if fact.risk is RiskDirection.NONE:
        none = woe[binned.of_state[State.NONE]]
        of_state = (float(none), float(woe.min()), float(woe[binned.of_state[State.NOT_APPLICABLE]]))
        return EncodedFact(fact.name, -1, of_state, {}, binned)
    known = (states == State.VALUE) & ~np.isin(values, list(specials))
    seen = values[known] if known.any() else np.zeros(1)
    direction = 1 if fact.risk is RiskDirection.RISING else -1
    ends = seen if binned.none_reads_as is None else np.append(seen, binned.none_reads_as)
    adverse = float(ends.max() if direction > 0 else ends.min())
    places = binned.locate(values, states)[known] if known.any() else np.zeros(1, dtype=np.intp)

    def stand_in(place: int) -> float:
        nearest = min(set(places.tolist()), key=lambda other: (abs(woe[other] - woe[place]), other))
        return float(np.median(seen[places == nearest]))

    none_place = binned.of_state[State.NONE]
    if binned.none_reads_as is not None:
        none = binned.none_reads_as
    elif binned.bins[none_place].goods + binned.bins[none_place].bads:
        none = stand_in(none_place)
    else:
        none = adverse
    of_state = (float(none), adverse, stand_in(binned.of_state[State.NOT_APPLICABLE]))
    return EncodedFact(fact.name, direction, of_state, {c: stand_in(p) for c, p in specials.items()})


@dataclass(frozen=True)
class Boosting:
    """Fitted trees: LightGBM's text without its parameters part, and how facts enter.

    Attributes:
        facts: One per column of the model's facts.
        sections: Sections with an indicator, in the order of the indicator columns.
        members: Columns of the facts of each section.
        text: The trees.
    """

    facts: tuple[EncodedFact, ...]
    sections: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    text: str

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        try:
            # Without their sizes it reads the trees on one thread: an error on another ends the process.
            return lightgbm.Booster(model_str=_SIZES.sub("", self.text))
        except lightgbm.basic.LightGBMError as error:
            raise ReleaseError("boosting.txt is not a LightGBM model", hint="train the bundle again") from error

    @cached_property
    def _flat(self) -> FlatTrees | None:
        return FlatTrees.read(self.text)

    @cached_property
    def _of_state(self) -> list[tuple[float, float, float]]:
        return [fact.of_state for fact in self.facts]

    @cached_property
    def _translations(self) -> list[tuple[int, Callable[[float], float]]]:
        """Columns whose values enter as another number."""
        return [(column, fact.translation()) for column, fact in enumerate(self.facts) if fact.binned or fact.special]

    def enter(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """The matrix the trees read: facts, then section indicators, (n, f + s)."""
        return enter(self.facts, self.members, values, states)

    def log_odds(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """Uncalibrated log-odds of bad (n,), on one thread."""
        return self.raw(self.enter(values, states))

    def log_odds_one(self, values: Sequence[float], states: Sequence[int]) -> float:
        """Uncalibrated log-odds of bad of one applicant: the short path to the same bits."""
        entered = np.array(self._enter_one(values, states))
        return float(self.raw(entered[None])[0]) if self._flat is None else self._flat.log_odds(entered)

    def _enter_one(self, values: Sequence[float], states: Sequence[int]) -> list[float]:
        entered = [
            of_state[state - 1] if state else value
            for of_state, value, state in zip(self._of_state, values, states, strict=True)
        ]
        for column, translate in self._translations:
            if not states[column]:
                entered[column] = translate(values[column])
        unknown = {column for column, state in enumerate(states) if state == NOT_OBTAINED}
        return entered + [float(not unknown.isdisjoint(columns)) for columns in self.members]

    def raw(self, entered: Floats) -> Floats:
        """Log-odds of rows as the trees read them."""
        return np.asarray(self._booster.predict(entered, raw_score=True, num_threads=1), dtype=np.float64)

    def contributions(self, values: Floats, states: npt.NDArray[Any]) -> Floats:
        """TreeSHAP share of each fact in the log-odds (n, f); with the expected value they add up to the log-odds.

        A section's indicator has no column of its own in the answer: its share is spread evenly over the section's
        facts that were not obtained, or over all of them where none is missing.
        """
        entered = self.enter(values, states)
        shares = np.asarray(self._booster.predict(entered, pred_contrib=True, num_threads=1), dtype=np.float64)
        count = len(self.facts)
        facts = shares[:, :count].copy()
        for place, members in enumerate(self.members):
            missing = states[:, members] == NOT_OBTAINED
            bearers = missing | ~missing.any(axis=1, keepdims=True)
            facts[:, members] += bearers * (shares[:, count + place] / bearers.sum(axis=1))[:, None]
        return facts

    def to_json(self) -> dict[str, Any]:
        """How facts enter; the trees are kept as text beside it."""
        return {
            "facts": [fact.to_json() for fact in self.facts],
            "sections": [[name, list(members)] for name, members in zip(self.sections, self.members, strict=True)],
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """Read back :meth:`to_json` and the trees.

        Raises:
            ReleaseError: A file is missing or broken, or the trees lead astray.
        """
        written = read_json(files, "boosting.json", lambda plain: msgspec.convert(plain, _Written))
        facts = tuple(
            EncodedFact(
                fact.name, fact.direction, (fact.none, fact.not_obtained, fact.not_applicable), dict(fact.special),
                fact.binned,
            )
            for fact in written.facts
        )  # fmt: skip
        sections = tuple(name for name, _ in written.sections)
        text = read_file(files, "boosting.txt", lambda data: read_trees(data, len(facts) + len(sections)))
        return cls(facts, sections, tuple(members for _, members in written.sections), text)


def enter(
    facts: Sequence[EncodedFact], members: Sequence[Sequence[int]], values: Floats, states: npt.NDArray[Any]
) -> Floats:
    """Facts as numbers, then one indicator per section."""
    matrix = np.empty((len(values), len(facts) + len(members)))
    for column, fact in enumerate(facts):
        matrix[:, column] = fact.enter(values[:, column], states[:, column])
    for place, columns in enumerate(members):
        matrix[:, len(facts) + place] = (states[:, columns] == NOT_OBTAINED).any(axis=1)
    return matrix


def section_members(facts: Sequence[Fact]) -> dict[str, tuple[int, ...]]:
    """Columns of the facts that read each section, sections in order of first use."""
    members: dict[str, list[int]] = {}
    for column, fact in enumerate(facts):
        for section in fact.sections:
            members.setdefault(section, []).append(column)
    return {section: tuple(columns) for section, columns in members.items()}


@dataclass(frozen=True, slots=True)
class Trees:
    """What LightGBM is asked for; the meaning of each is LightGBM's own."""

    trees: int
    learning_rate: float
    max_depth: int
    min_rows_in_leaf: int
    l2: float
    feature_fraction: float
    bagging_fraction: float


def fit_boosting(
    facts: Sequence[Fact],
    binned: Sequence[BinnedFact],
    values: Floats,
    states: npt.NDArray[Any],
    is_bad: npt.NDArray[np.bool_],
    *,
    trees: Trees,
    seed: int,
) -> Boosting:
    """Grow the trees: constrained to the facts' directions, one thread, the same text twice."""
    encoded = tuple(
        encode(f, b, values[:, i], states[:, i]) for i, (f, b) in enumerate(zip(facts, binned, strict=True))
    )
    sections = section_members(facts)
    constraints = [fact.direction for fact in encoded] + [1] * len(sections)
    asked = {
        "objective": "binary",
        "learning_rate": trees.learning_rate,
        "max_depth": trees.max_depth,
        "num_leaves": 2**trees.max_depth,
        "min_data_in_leaf": trees.min_rows_in_leaf,
        "min_sum_hessian_in_leaf": 1e-3,
        "lambda_l2": trees.l2,
        "feature_fraction": trees.feature_fraction,
        "bagging_fraction": trees.bagging_fraction,
        "bagging_freq": 1 if trees.bagging_fraction < 1.0 else 0,
        "monotone_constraints": constraints,
        "monotone_constraints_method": "basic",
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        enter(encoded, tuple(sections.values()), values, states),
        label=is_bad.astype(np.float64),
        params={"min_data_in_bin": 1 if len(values) < 1000 else 3, "verbosity": -1, "feature_pre_filter": False},
    )
    text = lightgbm.train(asked, data, num_boost_round=trees.trees).model_to_string()
    return Boosting(encoded, tuple(sections), tuple(sections.values()), text[: text.index(MODEL_END)] + "\n")


def find_counterexample(boosting: Boosting, values: Floats, states: npt.NDArray[Any], rows: int = 200) -> str:
    """Search for an applicant whose risk moves against a direction; the name of the fact or section, or nothing.

    Every column of the entered matrix is swept over its quantiles, all else equal, for the first rows.
    """
    entered = boosting.enter(values, states)
    sample = entered[:rows]
    names = [fact.name for fact in boosting.facts] + list(boosting.sections)
    directions = [fact.direction for fact in boosting.facts] + [1] * len(boosting.sections)
    for column, (name, direction) in enumerate(zip(names, directions, strict=True)):
        grid = np.unique(np.quantile(entered[:, column], [0.0, 0.25, 0.5, 0.75, 1.0], method="nearest"))
        if column >= len(boosting.facts):
            grid = np.array([0.0, 1.0])
        said = []
        for value in grid:
            moved = sample.copy()
            moved[:, column] = value
            said.append(boosting.raw(moved))
        if (direction * np.diff(np.array(said), axis=0) < -1e-9).any():
            return name
    return ""
