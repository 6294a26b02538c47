"""A plan: features compiled once, run on one applicant or a million by the same kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from risk_engine.errors import ExpressionError
from risk_engine.facts import Fact, FactMatrix
from risk_engine.features.columns import Columns
from risk_engine.features.compiler import Compiler
from risk_engine.features.declaration import Feature
from risk_engine.features.execution import Executable
from risk_engine.features.tables import Floats
from risk_engine.vocabulary import FactType, RiskDirection


class Plan:
    """Features, ready to run. Nothing is compiled to machine code when a feature changes.

    Attributes:
        features: What is measured, in column order.
        facts: What it means.
    """

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        self.facts: tuple[Fact, ...] = tuple(feature.fact for feature in self.features)
        unready = [feature for feature in self.features if feature.over or not feature.name]
        if unready:
            raise ExpressionError(f"{unready[0]} has no name or window yet", hint="take features from a Catalogue")
        compiler = Compiler()
        for place, feature in enumerate(self.features):
            compiler.program.out(compiler.one(feature.expression), place)
        self._executable = Executable(compiler)
        self._meanings: Floats = np.array([_meaning(fact) for fact in self.facts]).reshape(-1, 6)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(fact.name for fact in self.facts)

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """The columns it reads, by section."""
        return self._executable.reads

    def run(self, columns: Columns) -> FactMatrix:
        """Measure every applicant. Safe to call from several threads at once."""
        results = self._executable.run(columns, self._meanings)
        return FactMatrix(self.facts, results.values, results.states, results.causes, results.clipped.view(np.bool_))


def _meaning(fact: Fact) -> tuple[float, float, float, float, float, float]:
    """Scale, ends of clip, ends of range, adverse end."""
    scale = 10.0**fact.decimals if fact.type == FactType.NUMBER else 1.0
    clip = fact.clip or (-np.inf, np.inf)
    ends = fact.range or (-np.inf, np.inf)
    within = (max(clip[0], ends[0]), min(clip[1], ends[1]))
    adverse = {RiskDirection.RISING: within[1], RiskDirection.FALLING: within[0]}.get(fact.risk, np.nan)
    return (scale, *clip, *ends, adverse if np.isfinite(adverse) else np.nan)
