"""Generated bank ledgers through batch: the ledger catalogue, and against polars the eight plain features it can say.

``python -m benchmarks.bench_batch`` measures a million and ten million postings, with one thread and with two; `make
bench` prints the line of one million. Each piece of work runs in a process of its own, whose CPU and peak of memory
are its own; the kernels are loaded before the clock starts. Values are compared first.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.generated_ledger import TODAY, write_ledger
from risk_engine.batch import write_features
from risk_engine.features import Plan
from risk_engine.features.catalogue import CATALOGUE

MILLION = 1_000_000
PLAIN = (
    "operating_inflow_log_12m", "cash_deposit_share_180d", "gambling_share_180d", "private_outflow_share_180d",
    "uncategorised_share_12m", "related_flow_share_12m", "returned_payment_count_30d", "returned_payment_count_90d",
)  # fmt: skip
LEDGER = tuple(
    name for name, feature in CATALOGUE.items() if {"ledger"} <= set(feature.fact.sections) <= {"ledger", "accounts"}
)
GOAL = 0.5
"""Of polars' CPU: polars neither checks a row nor puts them in order."""


def with_polars(folder: Path, out: Path) -> None:
    """The plain features, lazily, streamed."""
    now, year = pl.lit(TODAY), pl.lit(dt.date(2023, 6, 1))
    amount, booked, back = pl.col("amount"), pl.col("booked_on"), pl.col("returned_on")
    kind, category = pl.col("counterparty_kind"), pl.col("category")
    valid = back.is_null() | (back >= now)
    flow = valid & (kind != "own")
    last_year = (booked >= year) & (booked < pl.lit(dt.date(2024, 6, 1)))
    half_year = booked >= pl.lit(TODAY - dt.timedelta(days=180))
    operating = category.is_in(["cash", "other", "rent", "salary", "sales", "transfer"])
    inflow = amount.filter(valid & last_year & (amount > 0) & operating & ~kind.is_in(["lender", "own", "related"]))
    failed = (amount < 0) & ~category.is_in(["fee", "fee_refund"]) & (back < now)

    def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
        return (amount.abs().filter(part & whole).sum() / amount.abs().filter(whole).sum()).round(4)

    def returned(days: int) -> pl.Expr:
        return (failed & (back >= pl.lit(TODAY - dt.timedelta(days=days)))).sum()

    received, spent = flow & half_year & (amount > 0), flow & half_year & (amount < 0)
    told = [
        (1 + inflow.sum()).log10().round(4),
        share((category == "cash") | (kind == "cash"), received),
        share(category.is_in(["crypto", "gambling"]), spent),
        share((kind == "person") & ~category.is_in(["payroll", "salary"]), spent),
        share(category == "other", flow & last_year),
        share(kind == "related", flow & last_year),
        returned(30),
        returned(90),
    ]
    named = [expression.alias(name) for name, expression in zip(PLAIN, told, strict=True)]
    pl.scan_parquet(folder / "ledger.parquet").group_by("application_id").agg(named).sort(
        "application_id"
    ).sink_parquet(out)


def work(what: str, folder: Path, out: Path, threads: int) -> dict[str, float]:
    """Do one piece of work in this process: CPU seconds, seconds, and the process's peak of memory in MB."""
    plan = Plan([CATALOGUE[name] for name in (PLAIN if what == "plain" else LEDGER)])
    with tempfile.TemporaryDirectory() as warm:
        write_ledger(Path(warm), 1000)
        write_features(Path(warm), plan, Path(warm) / "features" / "warm.parquet")
    wall, cpu = time.perf_counter(), time.process_time()
    if what == "polars":
        with_polars(folder, out)
    else:
        write_features(folder, plan, out, threads=threads)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def child(what: str, folder: Path, out: Path, threads: int = 1) -> dict[str, float]:
    """The same in a process of its own."""
    run = [sys.executable, "-m", "benchmarks.bench_batch", "--work", what, str(folder), str(out), str(threads)]
    done: dict[str, float] = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    return done


def compare(ours: Path, theirs: Path) -> None:
    """Stop where the two disagree by more than the last decimal."""
    for name in PLAIN:
        found, expected = (pl.read_parquet(path)[name].cast(pl.Float64) for path in (ours, theirs))
        step = 10.0 ** -CATALOGUE[name].fact.decimals
        if not ((found - expected).abs().fill_null(1.0) < 1.01 * step).all():
            raise SystemExit(f"{name}: batch and polars disagree")


def line() -> str:
    """One line of the table: work, ours, baseline, ratio, goal."""
    with tempfile.TemporaryDirectory() as made:
        folder, ours, theirs = Path(made), Path(made) / "out" / "ours.parquet", Path(made) / "theirs.parquet"
        write_ledger(folder, MILLION)
        plain, baseline = child("plain", folder, ours), child("polars", folder, theirs)
        compare(ours, theirs)
        whole = child("ledger", folder, ours)
    return (
        f"| {len(PLAIN)} ledger features from files, 1M rows ({len(LEDGER)} features: {whole['cpu']:.2f} CPU-s) "
        f"| {plain['cpu']:.2f} CPU-s | polars lazy {baseline['cpu']:.2f} CPU-s "
        f"| {baseline['cpu'] / plain['cpu']:.2f} x | >= {GOAL} x |"
    )


def scale(rows: tuple[int, ...]) -> None:
    """Cost and memory by number of rows; two threads must write the bytes of one."""
    names = {"ledger": f"ledger catalogue, {len(LEDGER)} features", "plain": f"{len(PLAIN)} of them, plain"}
    names["polars"] = "the same in polars, lazy"
    print("| rows | work | threads | CPU-s | M rows / CPU-s | s | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for count in rows:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            write_ledger(folder, count)
            outs = []
            for what, threads in (("ledger", 1), ("ledger", 2), ("plain", 1), ("polars", 2)):
                outs.append(folder / "out" / f"{what}-{threads}.parquet")
                outs[-1].parent.mkdir(exist_ok=True)
                told = child(what, folder, outs[-1], threads)
                speed = f"{told['cpu']:.2f} | {count / told['cpu'] / 1e6:.2f} | {told['wall']:.2f} | {told['peak']:.0f}"
                print(f"| {count:,} | {names[what]} | {threads} | {speed} |", flush=True)
            compare(outs[2], outs[3])
            if outs[0].read_bytes() != outs[1].read_bytes():
                raise SystemExit("two threads wrote other bytes than one")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Ledger features from files, by number of rows.")
    parser.add_argument("--rows", type=int, nargs="+", default=[MILLION, 10 * MILLION], help="postings")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        what, folder, out, threads = given.work
        print(json.dumps(work(what, Path(folder), Path(out), int(threads))))
    else:
        scale(tuple(given.rows))
