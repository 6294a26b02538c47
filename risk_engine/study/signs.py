"""Facts whose data contradict the risk direction they declare: a prior that a validator must look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from risk_engine.facts import FactMatrix
from risk_engine.statistics.discrimination import auc_interval
from risk_engine.vocabulary import RiskDirection, State

LEAST = 20
"""Goods and bads with a value, each, below which nothing is claimed."""


@dataclass(frozen=True, slots=True)
class AgainstSign:
    """A fact that ranks the wrong way round.

    Attributes:
        fact: Its name.
        declared: The direction it declares.
        auc: Probability that a bad one's value is the riskier, as declared; below one half here.
        high: Upper end of its 95 % interval (DeLong); below one half too.
        rows: Rows with a value.
        bads: Bads among them.
    """

    fact: str
    declared: RiskDirection
    auc: float
    high: float
    rows: int
    bads: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "fact": self.fact, "declared": self.declared.value, "auc": self.auc, "auc_high": self.high,
            "rows": self.rows, "bads": self.bads,
        }  # fmt: skip

    def __str__(self) -> str:
        return (
            f"{self.fact} declares that risk is {self.declared.value} with it, these rows show the contrary "
            f"(AUC {self.auc:.3f}, 95 % below {self.high:.3f})"
        )


def against_sign(matrix: FactMatrix, is_bad: npt.NDArray[np.bool_]) -> tuple[AgainstSign, ...]:
    """Every fact with a direction that these rows contradict beyond chance.

    Each fact is looked at alone, over the rows where it has a value; of many facts one in forty shows up by chance.

    Args:
        matrix: (n, f) facts.
        is_bad: (n,) outcomes.
    """
    found = []
    for column, fact in enumerate(matrix.facts):
        known = matrix.states[:, column] == State.VALUE
        bads, rows = int(is_bad[known].sum()), int(known.sum())
        if fact.risk not in (RiskDirection.RISING, RiskDirection.FALLING) or min(bads, rows - bads) < LEAST:
            continue
        values = matrix.values[known, column]
        told = auc_interval(is_bad[known], values if fact.risk is RiskDirection.RISING else -values)
        if told.high < 0.5:
            found.append(AgainstSign(fact.name, fact.risk, told.auc, told.high, rows, bads))
    return tuple(found)
