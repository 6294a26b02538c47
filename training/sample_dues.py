"""What a firm owes the tax office and the power company, and when it files and pays."""

from __future__ import annotations

import numpy as np

from training.sample_calendar import HISTORY, Days, Reals, Truths, few_digits, first_days, last_days
from training.sample_firms import Trade, trait_of, vat_rate
from training.sample_latents import Applicants
from training.sample_tables import Table, pick, table

CNY_PER_KWH = 0.75
LATE_FEE_A_DAY = 0.0005


def draw_filings(who: Applicants, trade: Trade, rng: np.random.Generator) -> Table:
    """VAT by month, or by quarter for most small-scale taxpayers: a row for every period due, filed or not."""
    n = len(who)
    quarterly = trade.quarterly
    months = who.months[:, :HISTORY]
    ends = ~quarterly[:, None] | (months % 3 == 2)
    sales, bought = (_sums(held[:, :HISTORY], quarterly) for held in (trade.declared, trade.bought))
    first = np.where(quarterly, 2, 0)[:, None]
    row, at = np.nonzero(ends & (np.arange(HISTORY) >= first) & trade.open[:, :HISTORY])
    declared = few_digits(sales[row, at], 4)
    uninvoiced = few_digits(declared * (0.5 * trait_of(who, "private_buyers") * rng.random(n))[row])
    credit = np.where(trade.general[row], bought[row, at] * trait_of(who, "vat_rate")[row], 0.0)
    owed = few_digits(np.maximum(declared * vat_rate(who, trade)[row] - 0.97 * credit, 0.0))
    start = first_days(months[row, at] - np.where(quarterly[row], 2, 0))
    due_on = last_days(months[row, at]) + 15
    filed_on, paid_on = _filed(who.past("management")[row, at], who.past("capacity")[row, at], due_on, rng)
    late = np.maximum((paid_on - due_on).astype(np.int64), 0)
    filed, paid = filed_on < who.day[row], paid_on < who.day[row]
    rows = table(
        row, tax="vat", period_start=start, period_end=last_days(months[row, at]), due_on=due_on,
        filed_on=_if(filed, filed_on), paid_on=_if(paid, paid_on),
        declared_sales=_if(filed, declared), uninvoiced_sales=_if(filed, uninvoiced), tax_due=_if(filed, owed),
        tax_paid=np.where(paid, owed, 0.0), late_fee=np.where(paid, np.round(owed * LATE_FEE_A_DAY * late, 1), 0.0),
    )  # fmt: skip
    return pick(rows, rows["period_end"] < who.day[row])


def _sums(monthly: Reals, quarterly: Truths) -> Reals:
    """Each month's own figure, or that of the three months that end with it."""
    summed = np.cumsum(np.pad(monthly, ((0, 0), (3, 0))), axis=1)
    return np.where(quarterly[:, None], summed[:, 3:] - summed[:, :-3], monthly)


def _filed(management: Reals, capacity: Reals, due_on: Days, rng: np.random.Generator) -> tuple[Days, Days]:
    """When a period is filed and when its tax is paid; a few are never filed."""
    k = len(due_on)
    late = rng.random(k) < 1.0 / (1.0 + np.exp(3.3 + 0.9 * management))
    never = rng.random(k) < 1.0 / (1.0 + np.exp(6.5 + 1.0 * management))
    filed_on = due_on + np.where(late, rng.integers(1, 35, k), -rng.integers(0, 9, k))
    filed_on = np.where(never, np.datetime64("NaT"), filed_on)
    short = rng.random(k) < 1.0 / (1.0 + np.exp(3.8 + 0.6 * management + 0.7 * capacity))
    return filed_on, filed_on + np.where(short, rng.integers(10, 120, k), 0)


def draw_bills(who: Applicants, trade: Trade, rng: np.random.Generator) -> Table:
    """Electricity by month; weak firms pay late, and a few are cut off."""
    row, at = np.nonzero(trade.open[:, :HISTORY])
    months = who.months[row, at]
    period_end = last_days(months)
    due_on = period_end + 18
    care = 0.9 * who.past("management")[row, at] + 0.5 * who.past("capacity")[row, at]
    k = len(row)
    days = np.where(rng.random(k) < 1.0 / (1.0 + np.exp(2.6 + care)), rng.geometric(0.06, k), -rng.integers(0, 12, k))
    notice_on = np.where(days > 25, due_on + 20, np.datetime64("NaT"))
    cut_on = np.where(days > 55, due_on + 50, np.datetime64("NaT"))
    consumption = few_digits(trade.kwh[row, at])
    now = who.day[row]
    return table(
        row, kind="electricity", meter="E1", period_start=first_days(months), period_end=period_end,
        consumption=consumption, unit="kWh", estimated=rng.random(k) < 0.02,
        amount=np.rint(consumption * CNY_PER_KWH), due_on=due_on, paid_on=_before(due_on + days, now),
        notice_on=_before(notice_on, now), cut_on=_before(cut_on, now),
    )  # fmt: skip


def _before(days: Days, now: Days) -> Days:
    return np.where(days < now, days, np.datetime64("NaT"))


def _if(known: Truths, held: Reals | Days) -> Reals | Days:
    return np.where(known, held, np.datetime64("NaT") if held.dtype.kind == "M" else np.nan)
