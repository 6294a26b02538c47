"""Section files of a bank's customers, made from a seed: applicants with 500 postings each, two years, one account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from risk_engine.application import SECTIONS

ROWS_EACH = 500
DAYS = 730
BLOCK = 1000
"""Applicants made at a time: memory does not grow with the file."""

TODAY = dt.date(2024, 6, 17)
MOMENT = "2024-06-17T10:00:00+08:00"
CATEGORIES = SECTIONS["ledger"].columns["category"].words
KINDS = SECTIONS["ledger"].columns["counterparty_kind"].words


def write_ledger(folder: Path, rows: int) -> int:
    """Write application, applicant, sources, accounts and ledger; at least so many postings.

    Returns:
        The number of applicants.
    """
    applicants = -(-rows // ROWS_EACH)
    rng = np.random.default_rng(20241117)
    writers: dict[str, pq.ParquetWriter] = {}
    for start in range(0, applicants, BLOCK):
        ids = [f"L{number:07d}" for number in range(start, min(start + BLOCK, applicants))]
        for name, table in _sections(ids, rng):
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()
    return applicants


def _sections(ids: list[str], rng: np.random.Generator) -> Iterator[tuple[str, pa.Table]]:
    n = len(ids)
    first = TODAY - dt.timedelta(days=DAYS)
    yield "application", _table(
        application_id=ids, obligor_id=ids, submitted_at="2024-06-17T09:00:00+08:00", as_of=MOMENT, jurisdiction="CN",
        lender_kind="bank", product="sme_term_loan", customer_kind="new", amount="300000.00", currency="CNY",
        term_months=12, repayment="equal_instalment", purpose="working_capital", channel="online",
    )  # fmt: skip
    yield "applicant", _table(
        application_id=ids, kind="company", name="Synthetic", identifier=[f"pseudonym:{key}" for key in ids],
        established_on=dt.date(2015, 3, 1), industry="F51", industry_scheme="gbt4754", region="CN",
    )  # fmt: skip
    looked_up = np.repeat(ids, 2)
    yield "sources", _table(
        application_id=looked_up, section=["accounts", "ledger"] * n, provider="bank", status="obtained",
        retrieved_at="2024-06-17T09:50:00+08:00", covers_from=first, covers_until=TODAY, complete=True,
    )  # fmt: skip
    opening = np.round(rng.lognormal(10, 1, n), 2)
    yield "accounts", _table(
        application_id=ids, account="A", institution="bank", kind="current", covers_from=first, covers_until=TODAY,
        opening_balance=opening, overdraft_limit=0.0, primary=True,
    )  # fmt: skip
    yield "ledger", _postings(ids, opening, first, rng)


def _postings(ids: list[str], opening: np.ndarray, first: dt.date, rng: np.random.Generator) -> pa.Table:
    shape = (len(ids), ROWS_EACH)
    cents = np.rint(rng.lognormal(7.5, 1.2, shape) * 100 * np.where(rng.random(shape) < 0.45, 1.1, -0.9))
    balance = np.rint(opening[:, None] * 100) + np.cumsum(cents, axis=1)
    day = np.sort(rng.integers(0, DAYS, shape), axis=1) + (first - dt.date(1970, 1, 1)).days
    returned = np.where(rng.random(shape) < 0.01, day + 3, -1).ravel()
    partners = pa.array([f"C{number:03d}" for number in range(300)])
    partner = rng.exponential(12, shape).astype(int) % 300
    return _table(
        application_id=np.repeat(ids, ROWS_EACH), account="A", seq=np.tile(np.arange(ROWS_EACH), len(ids)),
        booked_on=pa.array(day.ravel().astype(np.int32), pa.date32()), amount=cents.ravel() / 100,
        balance=balance.ravel() / 100, counterparty=partners.take(pa.array(partner.ravel())),
        counterparty_kind=pa.array(KINDS).take(pa.array(rng.integers(0, len(KINDS), shape).ravel())),
        category=pa.array(CATEGORIES).take(pa.array(rng.integers(0, len(CATEGORIES), shape).ravel())),
        category_source="provider", version="1",
        returned_on=pa.array(returned.astype(np.int32), pa.date32(), mask=returned < 0),
    )  # fmt: skip


def _table(application_id: object, **columns: object) -> pa.Table:
    """Columns as given; one value stands on every row."""
    key = pa.array(application_id, pa.string())
    one = (str, float, int, dt.date)
    held = {
        name: pa.repeat(pa.scalar(told), len(key)) if isinstance(told, one) else told for name, told in columns.items()
    }
    return pa.table({"application_id": key, **held})
