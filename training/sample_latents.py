"""Who a synthetic firm really is, and whether it goes bad: drawn before, and without, any evidence.

Nothing here knows of invoices: :mod:`training.sample_evidence` later draws a noisy view of the same traits, from a
random stream of its own. A feature can therefore never feed an outcome.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HISTORY_MONTHS = 24
PERFORMANCE_MONTHS = 12
FIRST_MONTH_TO_GO_BAD = 4  # ninety days past due needs a first instalment to be missed and three months to pass

TRAITS, EVIDENCE = 0, 1  # random streams of a firm

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Industry:
    """What firms of one trade share."""

    code: str
    name: str
    scope: str
    monthly_sales: float  # log10 CNY, typical
    purchase_ratio: float
    vat_rate: float
    invoices_per_month: float
    season: float  # size of the yearly swing
    peak_month: int
    private_buyers: float  # share of sales to buyers who give no tax number


INDUSTRIES = (
    Industry("F51", "Trading", "批发", 5.45, 0.82, 0.13, 7.0, 0.15, 11, 0.03),
    Industry("C33", "Metalworks", "金属制品业", 5.40, 0.62, 0.13, 6.0, 0.10, 10, 0.01),
    Industry("F52", "Retail", "零售", 5.05, 0.74, 0.13, 8.0, 0.25, 12, 0.45),
    Industry("I65", "Software", "软件和信息技术服务", 5.15, 0.30, 0.06, 3.5, 0.20, 12, 0.02),
    Industry("G54", "Transport", "道路运输", 5.20, 0.55, 0.09, 6.5, 0.08, 9, 0.05),
    Industry("E50", "Decoration", "建筑装饰", 5.30, 0.58, 0.09, 3.0, 0.35, 9, 0.10),
    Industry("C18", "Apparel", "纺织服装", 5.35, 0.66, 0.13, 6.0, 0.40, 4, 0.04),
)


@dataclass(frozen=True, slots=True)
class Firm:
    """Latent traits (standard normal unless said otherwise) and the path of the firm's health.

    Attributes:
        number: Position in the sample, from 1.
        as_of: Moment of the application, +08:00.
        industry: Its trade.
        months_in_business: Whole months since establishment at ``as_of``.
        capacity: Ability to sell, beyond what is usual in the trade.
        stability: Evenness of business.
        honesty: Low: invoices are written and cancelled, evidence is withheld.
        breadth: How widely its customers are spread.
        fragility: Private debts and thin reserves; no invoice ever shows it.
        health: One figure per month: the 24 before the month of ``as_of``, that month, the 12 after it.
    """

    number: int
    as_of: dt.datetime
    industry: Industry
    months_in_business: int
    capacity: float
    stability: float
    honesty: float
    breadth: float
    fragility: float
    health: Reals


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the loan in the twelve months it was watched."""

    booked_on: dt.date
    bad_on: dt.date | None
    observed_until: dt.date


def stream(seed: int, number: int, purpose: int) -> np.random.Generator:
    """The random stream of one firm for one purpose: any firm can be drawn alone."""
    return np.random.default_rng([seed, number, purpose])


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last.

    >>> add_months(dt.date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def draw_firm(number: int, rng: np.random.Generator) -> Firm:
    """Draw who the firm is; applications spread evenly over the months of 2024."""
    china = dt.timezone(dt.timedelta(hours=8))
    as_of = dt.datetime(2024, (number - 1) % 12 + 1, int(rng.integers(2, 28)), int(rng.integers(9, 18)), tzinfo=china)
    as_of += dt.timedelta(minutes=int(rng.integers(60)))
    quality, capacity, stability, honesty, breadth, fragility = rng.standard_normal(6)
    young = rng.random() < 0.13
    return Firm(
        number=number,
        as_of=as_of,
        industry=INDUSTRIES[int(rng.integers(len(INDUSTRIES)))],
        months_in_business=int(rng.integers(9, 24)) if young else 26 + int(rng.gamma(2.0, 34.0)),
        capacity=0.5 * quality + 0.85 * capacity,
        stability=0.5 * quality + 0.85 * stability,
        honesty=0.3 * quality + 0.95 * honesty,
        breadth=0.3 * quality + 0.95 * breadth,
        fragility=fragility,
        health=draw_health(quality, rng),
    )


def draw_health(quality: float, rng: np.random.Generator) -> Reals:
    """A path that leans toward the firm's quality and is shaken every month; some firms start to slide."""
    months = HISTORY_MONTHS + 1 + PERFORMANCE_MONTHS
    slide_from = int(rng.integers(6, months)) if rng.random() < 0.25 else months
    health = np.empty(months)
    level = 0.6 * quality + 0.6 * rng.standard_normal()
    for month in range(months):
        drift = -0.30 if month >= slide_from else 0.0
        level = 0.92 * level + 0.08 * 0.6 * quality + drift + 0.22 * rng.standard_normal()
        health[month] = level
    return health


def monthly_hazard(firm: Firm, month: int) -> float:
    """The chance to go bad in the given month after the application, for a firm still good."""
    young = 1.0 if firm.months_in_business < 24 else 0.0
    strength = (
        0.95 * firm.health[HISTORY_MONTHS + month - 3]  # payment follows business by a quarter
        + 0.50 * firm.capacity
        + 0.55 * firm.stability
        + 0.75 * firm.honesty
        + 0.45 * firm.breadth
        - 0.35 * firm.fragility
        - 0.45 * young
    )
    return 1.0 / (1.0 + math.exp(5.45 + strength))


def draw_outcome(firm: Firm, rng: np.random.Generator) -> Outcome:
    """Walk month by month to the first one in which the firm goes 90 days past due, or to the end of the watch."""
    applied = firm.as_of.date()
    booked_on = applied + dt.timedelta(days=int(rng.integers(2, 15)))
    observed_until = add_months(booked_on, PERFORMANCE_MONTHS)
    for month in range(FIRST_MONTH_TO_GO_BAD, PERFORMANCE_MONTHS + 1):
        if rng.random() < monthly_hazard(firm, month):
            return Outcome(
                booked_on, add_months(applied, month - 1) + dt.timedelta(days=int(rng.integers(28))), observed_until
            )
    return Outcome(booked_on, None, observed_until)
