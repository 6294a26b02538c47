"""Small made-up portfolios, and where the shared data are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from risk_engine.facts import Fact, FactMatrix, Says
from risk_engine.vocabulary import FALLING, RISING, UNDIRECTED, FactType, State

DATA = Path(os.environ.get("RISK_ENGINE_DATA", Path(__file__).parents[3] / "shared" / "data"))


def fact(name, risk=RISING, section="invoices", **more):
    more.setdefault("unit", "ratio")
    return Fact(name=name, says=Says(name, name), risk=risk, sections=(section,), **more)


WORDS = ("retail", "trade", "building", "other")
FACTS = (
    fact("gap", RISING),
    fact("history", FALLING),
    fact("void_share", RISING, none_reads_as=0.0),
    fact("tax_paid", FALLING, section="tax_filings"),
    fact("margin", UNDIRECTED),
    fact("line", UNDIRECTED, section="registry", type=FactType.WORD, words=WORDS, unit="word"),
    fact("noise", RISING),
)


def made_up(rows=400, seed=7, missing=True):
    """Seven facts, one of them noise, with every state present where ``missing``."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=rows)
    values = np.column_stack(
        [
            hidden + rng.normal(size=rows),
            -hidden + rng.normal(size=rows),
            np.abs(hidden + rng.normal(size=rows)),
            -hidden + rng.normal(size=rows),
            rng.normal(size=rows),
            rng.integers(0, 3, size=rows),
            rng.normal(size=rows),
        ]
    )
    lean = hidden + 0.5 * (values[:, 5] == 1) - 0.4 * np.abs(values[:, 4])
    is_bad = rng.random(rows) < 1 / (1 + np.exp(1.2 - 1.2 * lean))
    states = np.zeros(values.shape, dtype=np.uint8)
    if missing:
        states[rng.random(rows) < 0.15, 2] = State.NONE
        states[rng.random(rows) < 0.10, 3] = State.NOT_OBTAINED
        states[rng.random(rows) < 0.10, 1] = State.NONE
        states[rng.random(rows) < 0.05, 5] = State.NOT_APPLICABLE
    values[states != State.VALUE] = np.nan
    empty = np.zeros(values.shape, dtype=np.uint8)
    return FactMatrix(FACTS, values, states, empty, empty.astype(bool)), is_bad
