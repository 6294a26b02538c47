"""A decision in process, from the bytes of a firm with 500 invoices to the bytes of the answer, one thread.

The baseline is what the same bytes cost when only read: ``json.loads``. Rounds are interleaved. Time is that of the
thread's CPU, since neighbors on the machine are not ours to measure; garbage is collected as the service does.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench_features import document
from risk_engine.application import decode
from risk_engine.decision.underwrite import underwrite
from risk_engine.study import Study, train

STUDY = Path(__file__).parents[1] / "training" / "studies" / "sample_sme.yaml"
ROUNDS = 500
GOAL = 2e-3


def measure() -> tuple[float, float]:
    """Median seconds: ours, then the baseline's."""
    body = json.dumps(document()).encode()
    as_of = dt.datetime.fromisoformat(document()["application"]["as_of"])
    with tempfile.TemporaryDirectory() as folder:
        release = train(Study.load(STUDY), Path(folder) / "release")

    def ours() -> bytes:
        return underwrite(decode(body), release, as_of=as_of, decision_id="benchmark").to_json()

    if underwrite(decode(body), release, as_of=as_of, decision_id="benchmark").score is None:
        raise SystemExit("the benchmark's firm is outside the model's scope, so the model would not be measured")
    for _ in range(20):
        ours()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    turns = [(timed(ours), timed(lambda: json.loads(body))) for _ in range(ROUNDS)]
    return statistics.median(turn[0] for turn in turns), statistics.median(turn[1] for turn in turns)


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU one call takes."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def line() -> str:
    """One line of the table: work, ours, baseline, ratio, goal."""
    ours, baseline = measure()
    return (
        f"| decide in process, 500 invoices, p50 CPU | {ours * 1e3:.2f} ms | json.loads of it {baseline * 1e3:.2f} ms "
        f"| {ours / baseline:.1f} x | <= {GOAL * 1e3:.0f} ms |"
    )


if __name__ == "__main__":
    print(line())
