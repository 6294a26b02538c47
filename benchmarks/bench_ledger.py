"""150 plain ledger aggregates of one applicant with 500 postings: the plan against polars and DuckDB.

25 aggregates (counts, sums, means, extremes, spread, by category, distinct days and payers) over six windows. All three
start from columns in memory and run in turns of a few calls each; values are compared first. Time is the CPU of all the
process's threads, since neighbors on the machine are not ours to measure.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence

import duckdb
import polars as pl

from benchmarks.bench_features import TODAY, document
from risk_engine.application import decode
from risk_engine.features.columns import from_document
from risk_engine.features.language import (
    UNDIRECTED,
    Count,
    Expression,
    Feature,
    Max,
    Mean,
    Min,
    Std,
    Sum,
    by,
    days,
    ledger,
    months,
    when,
)
from risk_engine.features.plan import Plan

POSTINGS = 500
ROUNDS, CALLS, DUCK_CALLS = 20, 25, 2
GOAL = 0.45e-3
WINDOWS = {
    days(30): dt.date(2024, 5, 18), days(90): dt.date(2024, 3, 19), days(180): dt.date(2023, 12, 20),
    months(3): dt.date(2024, 3, 1), months(6): dt.date(2023, 12, 1), months(12): dt.date(2023, 6, 1),
}  # fmt: skip
"""The first day of each; windows of days end before today, those of months before this month."""

CATEGORIES = ("sales", "payroll", "supplier", "tax", "cash")


def ledger_document() -> dict[str, object]:
    """One firm with 500 postings over 15 months on one account."""
    rng = random.Random(5)
    firm = {name: held for name, held in document().items() if name in ("application", "applicant")}
    dates = sorted(TODAY - dt.timedelta(days=rng.randrange(1, 456)) for _ in range(POSTINGS))
    balance, postings = 50_000.0, []
    for seq, booked_on in enumerate(dates):
        comes_in = rng.random() < 0.5
        amount = round(rng.lognormvariate(7, 1), 2) * (1 if comes_in else -1)
        balance = round(balance + amount, 2)
        category = rng.choice(["sales", "sales", "cash"] if comes_in else ["payroll", "supplier", "supplier", "tax"])
        postings.append({
            "account": "A1", "seq": seq, "booked_on": booked_on.isoformat(), "amount": amount, "balance": balance,
            "counterparty": f"C{int(rng.expovariate(0.1)):02d}", "counterparty_kind": "company",
            "category": category, "category_source": "engine", "version": "1",
        })  # fmt: skip
    source = {
        "section": "ledger", "provider": "made_up", "status": "obtained", "complete": True,
        "retrieved_at": "2024-06-17T09:50:00+08:00", "covers_from": "2023-01-01", "covers_until": "2024-06-17",
    }  # fmt: skip
    return {**firm, "sources": [source], "ledger": postings}


def features() -> list[Feature]:
    """Every aggregate over every window, aggregates outermost."""
    amount, balance = ledger.amount, ledger.balance
    inflow, outflow = when(amount > 0, amount), when(amount < 0, -amount)
    told: list[Expression] = [
        reduce(flow) for flow in (inflow, outflow) for reduce in (Count, Sum, Mean, Min, Max, Std)
    ]
    told += [Count(amount), Sum(amount), *(reduce(balance) for reduce in (Mean, Min, Max, Std))]
    told += [Sum(when(ledger.category == category, amount)) for category in CATEGORIES]
    told += [Count(by(ledger.booked_on, amount)), Count(by(ledger.counterparty, inflow))]
    return [
        feature
        for place, expression in enumerate(told)
        for feature in Feature(
            expression, says=("x", "x"), unit="x", decimals=6, risk=UNDIRECTED, reason="", why="x", source="x",
            group="x", over=list(WINDOWS),
        ).named(f"plain_{place}")
    ]  # fmt: skip


def ends() -> list[tuple[dt.date, dt.date]]:
    """First day and the day after the last of every window."""
    this_month = TODAY.replace(day=1)
    return [(start, this_month if "m" in window.suffix else TODAY) for window, start in WINDOWS.items()]


def with_polars(rows: pl.DataFrame) -> list[float]:
    """The same, eager: one filter and one selection a window."""
    amount, balance = pl.col("amount"), pl.col("balance")
    inflow, outflow = amount.filter(amount > 0), -amount.filter(amount < 0)
    told = [
        expression
        for flow in (inflow, outflow)
        for expression in (flow.count(), flow.sum(), flow.mean(), flow.min(), flow.max(), flow.std())
    ]
    told += [amount.count(), amount.sum(), balance.mean(), balance.min(), balance.max(), balance.std()]
    told += [amount.filter(pl.col("category") == category).sum() for category in CATEGORIES]
    told += [pl.col("booked_on").n_unique(), pl.col("counterparty").filter(amount > 0).n_unique()]
    named = [expression.alias(str(place)) for place, expression in enumerate(told)]
    found = [
        rows.filter((pl.col("booked_on") >= start) & (pl.col("booked_on") < end)).select(named).row(0)
        for start, end in ends()
    ]
    return [value for values in zip(*found, strict=True) for value in values]


def query() -> str:
    """The same as one statement, every aggregate filtered by its window."""
    flows = (("amount", "amount > 0"), ("-amount", "amount < 0"))
    told = [(f"{name}({value})", sign) for value, sign in flows
            for name in ("count", "sum", "avg", "min", "max", "stddev_samp")]  # fmt: skip
    told += [(f"{name}(amount)", "true") for name in ("count", "sum")]
    told += [(f"{name}(balance)", "true") for name in ("avg", "min", "max", "stddev_samp")]
    told += [("sum(amount)", f"category = '{category}'") for category in CATEGORIES]
    told += [("count(distinct booked_on)", "true"), ("count(distinct counterparty)", "amount > 0")]
    selected = [
        f"coalesce({reduce} filter (where {condition} and booked_on >= date '{start}' and booked_on < date '{end}'), 0)"
        for reduce, condition in told
        for start, end in ends()
    ]
    return f"select {', '.join(selected)} from ledger"


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU one call takes, of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(name: str, ours: Sequence[float], theirs: Sequence[float], wanted: Sequence[Feature]) -> None:
    for feature, a, b in zip(wanted, ours, theirs, strict=True):
        if not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6):
            raise SystemExit(f"{feature}: the plan says {a}, {name} {b}")


def measure() -> tuple[float, float, float, int]:
    """Median seconds of the plan, of polars and of DuckDB, and the number of features."""
    application = decode(json.dumps(ledger_document()).encode())
    wanted = features()
    plan, columns = Plan(wanted), from_document(application)
    names = ("booked_on", "amount", "balance", "counterparty", "category")
    rows = pl.DataFrame([{name: getattr(row, name) for name in names} for row in application.rows("ledger") or []])
    base = duckdb.connect(config={"threads": 1})
    base.sql("create table ledger as select * from rows")
    told = query()

    def ours() -> object:
        return plan.run(columns)

    def polars() -> list[float]:
        return with_polars(rows)

    def duck() -> tuple[float, ...]:
        return base.execute(told).fetchone() or ()

    compare("polars", plan.run(columns).values[0].tolist(), polars(), wanted)
    compare("DuckDB", plan.run(columns).values[0].tolist(), duck(), wanted)
    our_times, polars_times, duck_times = [], [], []
    for _ in range(ROUNDS):
        our_times += [timed(ours) for _ in range(CALLS)]
        polars_times += [timed(polars) for _ in range(CALLS)]
        duck_times += [timed(duck) for _ in range(DUCK_CALLS)]
    return *(statistics.median(times) for times in (our_times, polars_times, duck_times)), len(wanted)


def line() -> str:
    """One line of the table: work, ours, baselines, ratios, goal."""
    ours, polars, duck, count = measure()
    return (
        f"| {count} plain ledger aggregates, 1 applicant, {POSTINGS} rows, CPU | {ours * 1e3:.3f} ms "
        f"| polars eager {polars * 1e3:.2f} ms, DuckDB {duck * 1e3:.2f} ms "
        f"| {polars / ours:.1f} x, {duck / ours:.1f} x | <= {GOAL * 1e3:.2f} ms |"
    )


if __name__ == "__main__":
    print(line())
