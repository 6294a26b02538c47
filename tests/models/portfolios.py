"""Small made-up portfolios, and the real ones the bars are set on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

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


def needs(folder):
    return pytest.mark.skipif(
        not (DATA / folder).is_dir(), reason=f"needs {folder} of the shared data (set RISK_ENGINE_DATA)"
    )


ORDERED = {
    "status_checking": ("A11", "A12", "A13", "A14"),
    "savings": ("A61", "A62", "A63", "A64", "A65"),
    "employment_since": ("A71", "A72", "A73", "A74", "A75"),
}
GERMAN_RISING = {"duration_month", "installment_rate"}
PROTECTED = {"age", "personal_status_sex", "foreign_worker"}


def german():
    """1,000 German borrowers; sex, age and foreign worker left out."""
    duckdb = pytest.importorskip("duckdb")
    source = (DATA / "german" / "german.parquet").as_posix()
    table = duckdb.sql(f"select * from '{source}'")
    read = table.fetchnumpy()
    facts, columns = [], []
    for name in table.columns:
        if name in PROTECTED | {"default"}:
            continue
        column = np.asarray(read[name])
        if column.dtype == object:
            words = ORDERED.get(name, tuple(sorted(set(column.tolist()))))
            risk = FALLING if name in ORDERED else UNDIRECTED
            facts.append(fact(name, risk, "attributes", type=FactType.WORD, words=words, unit="word"))
            columns.append([float(words.index(word)) for word in column.tolist()])
        else:
            facts.append(fact(name, RISING if name in GERMAN_RISING else UNDIRECTED, "attributes"))
            columns.append(column.astype(float).tolist())
    values = np.array(columns).T
    states = np.zeros(values.shape, dtype=np.uint8)
    return FactMatrix(tuple(facts), values, states, states, states.astype(bool)), np.asarray(read["default"]) == 1


FIRMS = """
with o as (select company_id id, invoice_date::date d, counterparty_id party, amount a, void v from '{out}'),
i as (select company_id id, invoice_date::date d, counterparty_id party, amount a, void v from '{into}'),
sales as (select id, log10(1 + greatest(sum(a) filter (v = 0), 0)) sales_log, count(*) filter (v = 0) sales_n,
    sum(v) * 1.0 / count(*) void_share, count(distinct party) filter (v = 0) buyers,
    count(distinct date_trunc('month', d)) filter (v = 0) active_months
    from o where d >= date '2019-03-01' group by id),
bought as (select id, log10(1 + greatest(sum(a) filter (v = 0), 0)) purchases_log, count(*) filter (v = 0) purchases_n,
    count(distinct party) filter (v = 0) sellers from i where d >= date '2019-03-01' group by id),
since as (select id, date_diff('month', min(d) filter (v = 0), date '2020-03-01') history,
    date_diff('day', max(d) filter (v = 0), date '2020-03-01') recency from o group by id),
gaps as (select id, max(g) gap from (select id, date_diff('day', d, coalesce(lead(d) over (partition by id order by d),
    date '2020-03-01')) g from o where v = 0 and d >= date '2019-03-01') group by id),
top as (select id, max(s) / nullif(sum(greatest(s, 0)), 0) top_buyer from (select id, party, sum(a) s from o
    where v = 0 and d >= date '2019-03-01' group by id, party) group by id),
monthly as (select id, stddev_samp(s) / nullif(avg(s), 0) sales_cv from (select id, date_trunc('month', d) m, sum(a) s
    from o where v = 0 and d >= date '2019-03-01' group by id, m) group by id)
select c."default" is_bad, sales.* exclude id, bought.* exclude id, since.* exclude id, gap, top_buyer, sales_cv
from '{firms}' c left join sales on sales.id = c.company_id left join bought on bought.id = c.company_id
left join since on since.id = c.company_id left join gaps on gaps.id = c.company_id
left join top on top.id = c.company_id
left join monthly on monthly.id = c.company_id
where c.has_credit_record = 1 order by c.company_id
"""
FIRMS_RISING = {"void_share", "recency", "gap", "top_buyer", "sales_cv"}


def firms():
    """62 Chinese small firms and what their invoices say as of 2020-03-01; the bank's rating is not read."""
    duckdb = pytest.importorskip("duckdb")
    folder = (DATA / "cumcm2020c").as_posix()
    paths = {
        "out": f"{folder}/invoices_out.parquet",
        "into": f"{folder}/invoices_in.parquet",
        "firms": f"{folder}/companies.parquet",
    }
    table = duckdb.sql(FIRMS.format(**paths))
    rows = np.array([[np.nan if cell is None else float(cell) for cell in row] for row in table.fetchall()])
    facts = tuple(fact(name, RISING if name in FIRMS_RISING else FALLING) for name in table.columns[1:])
    values = rows[:, 1:]
    states = np.where(np.isnan(values), State.NONE, State.VALUE).astype(np.uint8)
    empty = np.zeros(values.shape, dtype=np.uint8)
    return FactMatrix(facts, values, states, empty, empty.astype(bool)), rows[:, 0] == 1
