"""A table of loans written by hand, each with what it shall be, turned into the tables of a ``performance:`` study."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import parquet

STUDY = """\
name: loans
sections:
  application: |
    select id as application_id, obligor as obligor_id, previous as previous_application_id,
      as_of || 'T08:00:00+08:00' as submitted_at, as_of || 'T09:00:00+08:00' as as_of, 'CN' as jurisdiction,
      'bank' as lender_kind, product, 'new' as customer_kind, '1000.00' as amount, 'CNY' as currency,
      12 as term_months, 'bullet' as repayment, 'working_capital' as purpose, 'study' as channel
    from '${DATA}/requests.parquet'
  applicant: |
    select id as application_id, 'company' as kind, 'Firm' as name, 'pseudonym:' || id as identifier,
      'C18' as industry, 'gbt4754' as industry_scheme, 'CN' as region
    from '${DATA}/requests.parquet'
  attributes: |
    select id as application_id, turnover
    from '${DATA}/requests.parquet'
target:
  performance: |
    select *
    from '${DATA}/performance.parquet'
  outcomes: |
    select *
    from '${DATA}/outcomes.parquet'
  dpd: 90
  materiality: {overdue: 500, share_of_balance: 0.01}
  horizon_months: 12
  start: booking
  indeterminate: {from_dpd: 30}
  duplicates: {within_days: 30}
  exclusions: [fraud, deceased]
  bad: 90 days past due, above CNY 500 and 1 % of the balance, within 12 months of booking
features:
  attributes:
    turnover:
      says: {en: Turnover, zh: 营业额}
      unit: currency
      range: [0, 1000]
      risk: falling
boosting: {trees: 20}
blend: {folds: 2}
master_scale:
  grades: {A: 0.1, B: 0.3, C: 1.0}
scope: {products: [sme_term_loan], applicant_kinds: [company], currency: CNY, amounts: [100, 100000]}
"""


@dataclass(frozen=True)
class Month:
    """One row of performance."""

    dpd: int = 0
    overdue: float = 1000.0
    balance: float = 50_000.0
    event: str = "none"


@dataclass(frozen=True)
class Loan:
    """One application; booked where ``booked_on`` is given. ``months``: by number after booking, where not plain.

    A month that is None has no row. Rows run from the month of booking until ``rows`` months later.
    """

    id: str
    booked_on: str | None = "2023-01-15"
    months: dict[int, Month | None] = field(default_factory=dict)
    rows: int = 12
    observed_until: str = "2024-01-31"
    as_of: str = "2023-01-10"
    decision: str = "approved"
    declined_by: str | None = None
    exclusion: str | None = None
    obligor: str = ""
    product: str = "sme_term_loan"
    previous: str | None = None
    bad_on: str | None = None
    turnover: float = 1.0


def month_end(day: str, later: int) -> dt.date:
    """The end of the month so many months later.

    >>> str(month_end("2023-12-15", 2))
    '2024-02-29'
    """
    start = dt.date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + later, 12)
    return dt.date(year, month + 1, monthrange(year, month + 1)[1])


TEXT, DATE, NUMBER = pa.string(), pa.date32(), pa.float64()
REQUESTS = pa.schema(
    {"id": TEXT, "obligor": TEXT, "previous": TEXT, "as_of": TEXT, "product": TEXT, "turnover": NUMBER}
)
OUTCOMES = pa.schema({
    "application_id": TEXT, "decision": TEXT, "declined_by": TEXT, "decided_on": DATE, "booked_on": DATE,
    "exclusion": TEXT, "bad_on": DATE, "observed_until": DATE,
})  # fmt: skip
PERFORMANCE = pa.schema({
    "application_id": TEXT, "obligor_id": TEXT, "month": DATE, "dpd": pa.int64(), "overdue": NUMBER, "balance": NUMBER,
    "event": TEXT,
})  # fmt: skip


def write_tables(folder, loans):
    """Write requests, outcomes and performance as Parquet."""
    requests = [(one.id, one.obligor or one.id, one.previous, one.as_of, one.product, one.turnover) for one in loans]
    outcomes = [
        (one.id, one.decision, one.declined_by, day(one.as_of), day(one.booked_on), one.exclusion, day(one.bad_on),
         day(one.observed_until))
        for one in loans
    ]  # fmt: skip
    months = [
        (one.id, one.obligor or one.id, month_end(one.booked_on, later), row.dpd, row.overdue, row.balance, row.event)
        for one in loans
        for later in (range(one.rows + 1) if one.booked_on else ())
        if (row := one.months.get(later, Month(overdue=0.0))) is not None
    ]
    for name, schema, rows in (
        ("requests", REQUESTS, requests), ("outcomes", OUTCOMES, outcomes), ("performance", PERFORMANCE, months),
    ):  # fmt: skip
        table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
        parquet.write_table(table, folder / f"{name}.parquet")


def day(text):
    """A date, None where there is none."""
    return text and dt.date.fromisoformat(text)
