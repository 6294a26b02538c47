"""Who a synthetic applicant really is, and the monthly hazard of its loan: drawn before, and without, any evidence.

Four traits, each with a path of months: *capacity* to earn, *leverage*, *honesty*, *management* of affairs. A path is
the applicant's own level, a part that wanders back to it (autoregressive), rare shocks, and the trade cycle. Nothing
here knows of invoices or accounts: the other modules draw noisy views of the same paths from random streams of their
own. A feature can therefore never feed an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from training.sample_calendar import (
    FIRST_MONTH,
    HISTORY,
    MONTHS_OF_APPLICATION,
    PATH,
    Days,
    Ints,
    Reals,
    Truths,
    cycle,
    first_days,
)

TRAITS = ("capacity", "leverage", "honesty", "management")
STREAMS = ("traits", "loans", "requests", "business", "evidence", "attributes", "faults")
REPEATED_SHARE = 0.02

WEIGHTS = {
    "firm": {"capacity": 0.95, "leverage": 0.80, "honesty": 0.75, "management": 0.80, "hidden": 0.40},
    "person": {"capacity": 0.95, "leverage": 0.95, "honesty": 0.55, "management": 0.85, "hidden": 0.40},
}
LEVEL = {"firm": -5.52, "person": -5.40}
YOUNG = 0.45
WORSENS = {"firm": 0.18, "person": 0.05}
"""How much weaker the mix is at the end than in the middle of the years; the trade cycle adds to it."""


@dataclass(frozen=True, slots=True)
class Applicants:
    """The latent side of n applicants of one population, ``firm`` or ``person``.

    Attributes:
        population: Which.
        month: Month of application, (n,).
        as_of: Moment of application, +08:00, whole minutes, (n,).
        capacity: Ability to earn, path (n, months), as the next three; standard normal in the middle of the years.
        leverage: Debts against means.
        honesty: Low: evidence is dressed up or withheld.
        management: Care with money, dates and books.
        hidden: What no evidence ever shows, (n,).
        months_known: Months in business or in the job at ``as_of``, (n,).
        trade: Position of a firm's industry, (n,); 0 for persons.
        original: Whose application this repeats, days later; its own position otherwise, (n,).
    """

    population: str
    month: Ints
    as_of: Days
    capacity: Reals
    leverage: Reals
    honesty: Reals
    management: Reals
    hidden: Reals
    months_known: Ints
    trade: Ints
    original: Ints

    def __len__(self) -> int:
        return len(self.month)

    @property
    def day(self) -> Days:
        """The calendar day of application."""
        return self.as_of.astype("M8[D]")

    @property
    def months(self) -> Ints:
        """The month of every value of a path, (n, months)."""
        return self.month[:, None] + np.arange(PATH) - HISTORY

    def now(self, trait: str) -> Reals:
        """A trait in the month of application."""
        return np.asarray(getattr(self, trait)[:, HISTORY])

    def past(self, trait: str) -> Reals:
        """A trait's path up to the month of application, (n, HISTORY + 1)."""
        return np.asarray(getattr(self, trait)[:, : HISTORY + 1])

    def take(self, chosen: Ints | Truths) -> Self:
        """Some of them."""
        arrays = {held.name: getattr(self, held.name)[chosen] for held in fields(self) if held.name != "population"}
        return replace(self, **arrays)


def stream(seed: int, population: str, purpose: str) -> np.random.Generator:
    """The random stream of one population for one purpose."""
    return np.random.default_rng([seed, sum(map(ord, population)), STREAMS.index(purpose)])


def draw_applicants(population: str, n: int, industries: int, rng: np.random.Generator) -> Applicants:
    """Draw who they are; applications spread evenly over the months, and the mix worsens from year to year."""
    at = np.arange(n) % MONTHS_OF_APPLICATION
    month = FIRST_MONTH + at
    minute = rng.integers(9 * 60, 18 * 60, n)
    as_of = (first_days(month) + rng.integers(1, 27, n)).astype("M8[m]") + minute
    quality = rng.standard_normal(n) - WORSENS[population] * (at / 17.5 - 1.0)
    path = _Paths(month, rng)
    capacity = path.draw(0.55 * quality + 0.80 * rng.standard_normal(n), cycle=0.20, shocks=-1.0)
    leverage = path.draw(-0.45 * quality + 0.85 * rng.standard_normal(n), cycle=-0.15, shocks=0.8)
    management = path.draw(0.50 * quality + 0.82 * rng.standard_normal(n), cycle=0.05, shocks=-0.6)
    honesty = path.draw(0.35 * quality + 0.90 * rng.standard_normal(n), cycle=0.05, shocks=-0.4)
    young = rng.random(n) < 0.10
    lasting = rng.gamma(2.0, 34.0, n) * np.exp(0.30 * management[:, HISTORY])
    drawn = Applicants(
        population=population,
        month=month,
        as_of=as_of,
        capacity=capacity,
        leverage=leverage,
        honesty=honesty + 0.15 * np.minimum(capacity, 0.0),  # hard times tempt
        management=management,
        hidden=rng.standard_normal(n),
        months_known=np.where(young, rng.integers(9, 24, n), 26 + lasting.astype(np.int64)),
        trade=rng.integers(0, industries, n),
        original=np.arange(n),
    )
    return _with_repeats(drawn, rng)


@dataclass(slots=True)
class _Paths:
    month: Ints
    rng: np.random.Generator

    def draw(self, level: Reals, *, cycle: float, shocks: float) -> Reals:
        """The path around a level: it wanders with a persistence of 0.92 a month; shocks strike once in seven years."""
        n = len(level)
        path = np.empty((n, PATH))
        wander = 0.45 * self.rng.standard_normal(n)
        for at in range(PATH):
            struck = self.rng.random(n) < 0.012
            wander = 0.92 * wander + 0.17 * self.rng.standard_normal(n) + struck * shocks
            path[:, at] = level + wander
        return path + cycle * _cycle(self.month)


def _cycle(month: Ints) -> Reals:
    months = month[:, None] + np.arange(PATH) - HISTORY
    return cycle(months)


def _with_repeats(drawn: Applicants, rng: np.random.Generator) -> Applicants:
    """The last few apply again for others: the same applicant, some days after the first request."""
    n = len(drawn)
    repeats = round(REPEATED_SHARE * n)
    if not repeats:
        return drawn
    first = n - repeats
    early = np.flatnonzero(drawn.day[:first] <= first_days(drawn.month[:first]) + 14)
    chosen = np.sort(rng.choice(early, repeats, replace=False))
    positions = np.concatenate([np.arange(first), chosen])
    later = rng.integers(2, 12, repeats).astype("m8[D]")
    told = drawn.take(positions)
    as_of = told.as_of.copy()
    as_of[first:] += later
    return replace(told, as_of=as_of, original=positions)


def strength(who: Applicants) -> Reals:
    """What keeps a loan good, month by month, (n, months)."""
    weights = WEIGHTS[who.population]
    young = (who.months_known < 24).astype(np.float64)
    paths = (
        weights["capacity"] * who.capacity
        - weights["leverage"] * who.leverage
        + weights["honesty"] * who.honesty
        + weights["management"] * who.management
    )
    return paths + (weights["hidden"] * who.hidden - YOUNG * young)[:, None]


def hazard(who: Applicants) -> Reals:
    """The chance, month by month, that the instalment of that month begins the arrears that never end, (n, months).

    logit of the hazard = level - strength of two months before.
    """
    lagged = np.roll(strength(who), 2, axis=1)
    return np.asarray(1.0 / (1.0 + np.exp(lagged - LEVEL[who.population])))
