"""What is seen of a synthetic firm's trade: one true turnover, and four views of it.

Invoices, tax filings, bank receipts and electricity follow the same turnover, so they agree for an honest firm. A
dishonest one writes invoices nobody paid for; some of these also declare them, or run money in circles through the
bank. Nobody burns electricity for show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.sample_calendar import HISTORY, Ints, Reals, Truths, business, first_days
from training.sample_latents import Applicants

NOW = HISTORY + 1  # values of a path up to the month of application


@dataclass(frozen=True, slots=True)
class Industry:
    """What firms of one trade share."""

    code: str
    name: str
    scope: str
    monthly_sales: float  # log10 CNY, typical
    purchase_ratio: float
    vat_rate: float
    invoices_a_month: float
    season: float  # size of the yearly swing
    peak_month: int
    private_buyers: float  # share of sales to buyers who give no tax number
    kwh_per_1000: float  # electricity per CNY 1,000 sold


INDUSTRIES = (
    Industry("F51", "Trading", "批发", 5.45, 0.82, 0.13, 6.0, 0.15, 11, 0.03, 4.0),
    Industry("C33", "Metalworks", "金属制品业", 5.40, 0.62, 0.13, 5.0, 0.10, 10, 0.01, 60.0),
    Industry("F52", "Retail", "零售", 5.15, 0.74, 0.13, 7.0, 0.25, 12, 0.45, 14.0),
    Industry("I65", "Software", "软件和信息技术服务", 5.20, 0.35, 0.06, 3.5, 0.20, 12, 0.02, 8.0),
    Industry("G54", "Transport", "道路运输", 5.25, 0.55, 0.09, 5.5, 0.08, 9, 0.05, 5.0),
    Industry("E50", "Decoration", "建筑装饰", 5.35, 0.58, 0.09, 3.5, 0.30, 9, 0.10, 7.0),
    Industry("C18", "Apparel", "纺织服装", 5.35, 0.66, 0.13, 5.0, 0.35, 4, 0.04, 30.0),
)


def trait_of(who: Applicants, name: str) -> Reals:
    """One figure of each firm's industry, (n,)."""
    return np.array([getattr(industry, name) for industry in INDUSTRIES], np.float64)[who.trade]


@dataclass(frozen=True, slots=True)
class Partners:
    """Up to 20 trading partners of each firm in one direction: cumulated weights by month, (n, NOW, 20)."""

    upto: Reals

    @classmethod
    def draw(cls, who: Applicants, rng: np.random.Generator) -> Partners:
        """Well-managed firms have more and evener partners, who stay longer."""
        n, most = len(who), 20
        breadth = 0.6 * who.now("management") + 0.4 * who.now("capacity")
        count = np.minimum(4 + rng.poisson(6.0 * np.exp(0.30 * breadth)), most)
        weight = rng.gamma(0.6 * np.exp(0.30 * breadth)[:, None], size=(n, most)) + 0.01
        joined = np.where(rng.random((n, most)) < 0.65, 0, rng.integers(0, HISTORY, (n, most)))
        leaves = joined + np.where(rng.random((n, most)) < 0.70, 99, rng.integers(3, 18, (n, most)))
        month = np.arange(NOW)[None, :, None]
        active = (joined[:, None] <= month) & (month <= leaves[:, None]) & (np.arange(most) < count[:, None, None])
        active[:, :, 0] |= ~active.any(axis=2)
        return cls(np.cumsum(np.where(active, weight[:, None], 0.0), axis=2))

    def meet(self, who: Ints, month: Ints, rng: np.random.Generator) -> Ints:
        """The partner of each deal, from 0."""
        upto = self.upto[who, month]
        drawn = rng.random(len(who)) * upto[:, -1]
        return np.asarray((upto < drawn[:, None]).sum(axis=1))


@dataclass(frozen=True, slots=True)
class Trade:
    """The turnover of n firms and its views, CNY a month, (n, NOW); the month of application is not complete.

    Attributes:
        true: What is sold, net of VAT.
        invoiced: What invoices are written for, false ones included.
        false: The false part of it.
        declared: What is declared to the tax office.
        circled: What runs through the bank in circles.
        bought: True purchases, net of VAT.
        kwh: Electricity used.
        open: Whether the firm exists in that month.
        dishonest: Whether it inflates anything, (n,); ``declares`` and ``circles`` say what more, (n,).
        general: Whether it pays VAT as a general taxpayer, (n,).
        quarterly: Whether it files by quarter, as most small-scale taxpayers do, (n,).
        buyers: Who buys.
        suppliers: Who sells to it.
    """

    true: Reals
    invoiced: Reals
    false: Reals
    declared: Reals
    circled: Reals
    bought: Reals
    kwh: Reals
    open: Truths
    dishonest: Truths
    declares: Truths
    circles: Truths
    general: Truths
    quarterly: Truths
    buyers: Partners
    suppliers: Partners


def draw_trade(who: Applicants, rng: np.random.Generator) -> Trade:
    """The turnover of every month and how each view of it differs."""
    n = len(who)
    months = who.months[:, :NOW]
    age = np.arange(NOW) - HISTORY + who.months_known[:, None]
    true = _turnover(who, months, age, rng)
    dishonest = (who.now("honesty") + 0.35 * rng.standard_normal(n)) < -1.05
    declares, circles = dishonest & (rng.random(n) < 0.5), dishonest & (rng.random(n) < 0.5)
    # false sales begin about a year before the request and grow toward it
    ramp = np.clip((np.arange(NOW) - HISTORY + 15) / 12.0, 0.0, 1.0)
    share = np.where(dishonest, rng.uniform(0.25, 0.90, n), 0.0)[:, None] * ramp * rng.uniform(0.7, 1.3, true.shape)
    false = share * true
    general = (12 * np.median(true, axis=1) > 5e6) | (rng.random(n) < 0.55)
    declared = true * rng.normal(1.0, 0.006, true.shape) + np.where(declares[:, None], 0.8 * false, 0.0)
    ratio = trait_of(who, "purchase_ratio") * np.exp(0.10 * rng.standard_normal(n))
    return Trade(
        true=true,
        invoiced=true + false,
        false=false,
        declared=declared,
        circled=np.where(circles[:, None], 0.8 * false, 0.0),
        bought=true * ratio[:, None] * np.exp(0.18 * rng.standard_normal(true.shape)),
        kwh=_electricity(who, true, months, rng),
        open=age >= 0,
        dishonest=dishonest,
        declares=declares,
        circles=circles,
        general=general,
        quarterly=~general & (rng.random(n) < 0.9),
        buyers=Partners.draw(who, rng),
        suppliers=Partners.draw(who, rng),
    )


def vat_rate(who: Applicants, trade: Trade) -> Reals:
    """The rate on a firm's sales, (n,); small-scale taxpayers pay 1%."""
    return np.where(trade.general, trait_of(who, "vat_rate"), 0.01)


def _turnover(who: Applicants, months: Ints, age: Ints, rng: np.random.Generator) -> Reals:
    capacity, management = who.past("capacity"), who.past("management")
    n = len(who)
    level = 10 ** (trait_of(who, "monthly_sales") + 0.17 * rng.standard_normal(n))
    season = 1.0 + trait_of(who, "season")[:, None] * np.cos(
        2 * np.pi * (months % 12 + 1 - trait_of(who, "peak_month")[:, None]) / 12
    )
    quiet = business(months[0].min() + np.arange(np.ptp(months) + 1)).sum(axis=1) / 30.4
    noise = np.exp(0.24 * np.exp(-0.40 * management) * rng.standard_normal(months.shape))
    ramp = np.clip((age + 1) / 6.0, 0.0, 1.0)
    sales = level[:, None] * np.exp(0.50 * capacity) * season * quiet[months - months.min()] * ramp * noise
    idle = 0.55 / (1.0 + np.exp(4.6 + 1.3 * capacity + 0.9 * management))  # a sick firm stops for whole months
    sales[rng.random(months.shape) < idle] = 0.0
    begun = (who.day - first_days(who.month)).astype(np.float64) / 30.4
    sales[:, HISTORY] *= begun
    return np.asarray(np.where(sales < 1_000, 0.0, sales))


def _electricity(who: Applicants, true: Reals, months: Ints, rng: np.random.Generator) -> Reals:
    """Usage follows what is really sold; a tenth of it is lighting and cooling, which follow the year."""
    own = trait_of(who, "kwh_per_1000") * np.exp(0.12 * rng.standard_normal(len(who)))
    usual = np.median(true[:, :HISTORY], axis=1, keepdims=True)
    summer = 1.0 + 0.5 * np.cos(2 * np.pi * (months % 12 + 1 - 7.5) / 12)
    used = 0.9 * true + 0.1 * usual * summer
    return np.asarray(own[:, None] * used / 1_000 * np.exp(0.05 * rng.standard_normal(true.shape)))
