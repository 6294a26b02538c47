"""One applicant through the scorecard, ours against optbinning's: `python benchmarks/bench_scorecard.py`.

The same bins on both sides; rounds are interleaved so that a busy machine slows both. Goal: 500 times faster.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pandas as pd
from optbinning import BinningProcess
from optbinning import Scorecard as TheirScorecard
from sklearn.linear_model import LogisticRegression

from risk_engine.facts import Fact, FactMatrix, Says
from risk_engine.models.cutting import fit_bins
from risk_engine.models.estimation import fit_scorecard
from risk_engine.models.settings import FitSettings
from risk_engine.vocabulary import RiskDirection

GOAL = 500.0
FACTS, ROWS, ROUNDS, OURS_PER_ROUND = 10, 2000, 30, 200


def sample():
    rng = np.random.default_rng(42)
    values = rng.normal(size=(ROWS, FACTS))
    is_bad = rng.random(ROWS) < 1 / (1 + np.exp(1.5 - 0.4 * values.sum(axis=1)))
    facts = tuple(
        Fact(name=f"x{i}", says=Says("x", "x"), unit="ratio", risk=RiskDirection.RISING) for i in range(FACTS)
    )
    states = np.zeros(values.shape, dtype=np.uint8)
    return FactMatrix(facts, values, states, states, states.astype(bool)), is_bad


def measure() -> tuple[float, float]:
    """Seconds for one row: ours, then optbinning's."""
    matrix, is_bad = sample()
    settings = FitSettings()
    binned = fit_bins(matrix.facts, matrix.values, matrix.states, is_bad, settings)
    ours = fit_scorecard(binned, matrix.values, matrix.states, is_bad, settings)
    frame = pd.DataFrame(matrix.values, columns=list(matrix.names))
    trends = {name: {"monotonic_trend": "ascending"} for name in matrix.names}
    theirs = TheirScorecard(BinningProcess(list(matrix.names), binning_fit_params=trends), LogisticRegression())
    theirs.fit(frame, is_bad.astype(int))
    one, row, states = frame.iloc[:1], matrix.values[0].tolist(), matrix.states[0].tolist()
    our_time, their_time = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(OURS_PER_ROUND):
            ours.score_one(row, states)
        our_time.append((time.perf_counter() - start) / OURS_PER_ROUND)
        start = time.perf_counter()
        theirs.score(one)
        their_time.append(time.perf_counter() - start)
    return statistics.median(our_time), statistics.median(their_time)


def line() -> str:
    """One line of the table: work, ours, baseline, ratio, goal."""
    ours, baseline = measure()
    return (
        f"| one scorecard row, {FACTS} facts | {ours * 1e6:.1f} us | optbinning's score {baseline * 1e3:.1f} ms "
        f"| {baseline / ours:.0f} x | >= {GOAL:.0f} x |"
    )


if __name__ == "__main__":
    print(line())
