"""What is seen of a synthetic person's means: monthly income, and what it is spent on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.sample_calendar import HISTORY, Days, Ints, Reals, Texts, Truths, few_digits, first_days, last_days
from training.sample_firms import NOW
from training.sample_latents import Applicants
from training.sample_tables import Table, ordered, stack, table

TOLD_MONTHS = 13
"""Complete months of income that an application shows."""


@dataclass(frozen=True, slots=True)
class Household:
    """The means of n persons; paths are (n, NOW), CNY a month.

    Attributes:
        income: Net income that is really received.
        told: What the application says it is.
        dressed: Whether the two differ, (n,).
        gig: Income from own work, which comes unevenly, (n,).
        employer: (n,).
        housing: own, mortgage, rent or family, (n,).
        rent: Rent a month, 0 without, (n,).
        size: Persons in the household, (n,); ``dependants`` are those among them who earn nothing.
        partner: Net income of a co-borrower, 0 without one, (n,).
        saver: Share of the income that is left at a month's end, (n, NOW).
    """

    income: Reals
    told: Reals
    dressed: Truths
    gig: Truths
    employer: Texts
    housing: Texts
    rent: Reals
    size: Ints
    dependants: Ints
    partner: Reals
    saver: Reals


def draw_household(who: Applicants, rng: np.random.Generator) -> Household:
    """Income follows capacity, with months out of work; the rest follows income and management."""
    n = len(who)
    capacity, management = who.past("capacity"), who.past("management")
    gig = rng.random(n) < 0.18
    level = 8_500 * np.exp(0.12 * rng.standard_normal(n))
    uneven = np.where(gig, 0.22, 0.03)[:, None] * rng.standard_normal(capacity.shape)
    bonus = np.where((who.months[:, :NOW] % 12 == 0) & ~gig[:, None], 1.0 + 0.8 * rng.random((n, 1)), 1.0)
    income = level[:, None] * np.exp(0.30 * capacity + uneven) * bonus
    income[_out_of_work(capacity, rng)] = 0.0
    dressed = (who.now("honesty") + 0.4 * rng.standard_normal(n)) < -1.10
    told = income * np.where(dressed, rng.uniform(1.2, 1.7, n), 1.0)[:, None]
    usual = np.median(income, axis=1)
    housing = np.array(["own", "mortgage", "rent", "family"])[rng.choice(4, n, p=[0.22, 0.20, 0.36, 0.22])]
    size = 1 + rng.binomial(4, 0.35, n)
    partner = np.where(rng.random(n) < 0.14, few_digits(0.8 * usual * np.exp(0.3 * rng.standard_normal(n)), 2), 0.0)
    size = np.where(partner > 0, np.maximum(size, 2), size)
    return Household(
        income=few_digits(income),
        told=few_digits(told, 2),
        dressed=dressed,
        gig=gig,
        employer=np.char.mod("E%03d", rng.integers(1, 400, n)),
        housing=housing,
        rent=np.where(housing == "rent", few_digits(np.maximum(usual, 2_500) * rng.uniform(0.10, 0.22, n), 2), 0.0),
        size=size,
        dependants=np.minimum(rng.binomial(2, 0.4, n), size - 1 - (partner > 0)),
        partner=partner,
        saver=0.10 + 0.05 * management + 0.03 * capacity,
    )


def _out_of_work(capacity: Reals, rng: np.random.Generator) -> Truths:
    """Months without work: they begin by chance, and the weak wait longer for the next job."""
    out = np.zeros(capacity.shape, np.bool_)
    loses = 1.0 / (1.0 + np.exp(5.4 + 1.2 * capacity))
    finds = 1.0 / (1.0 + np.exp(0.4 - 0.5 * capacity))
    for at in range(1, capacity.shape[1]):
        drawn = rng.random(len(capacity))
        out[:, at] = np.where(out[:, at - 1], drawn > finds[:, at], drawn < loses[:, at])
    return out


def draw_incomes(who: Applicants, household: Household, rng: np.random.Generator) -> Table:
    """A row a month and earner; a dressed income is never the tax office's or the bank's word."""
    n = len(who)
    source = rng.choice(["tax", "bank", "document", "none"], n, p=[0.45, 0.33, 0.17, 0.05])
    source = np.where(household.dressed, rng.choice(["document", "none"], n, p=[0.75, 0.25]), source)
    row, at = np.nonzero(household.told[:, HISTORY - TOLD_MONTHS : HISTORY])
    net = household.told[row, at + HISTORY - TOLD_MONTHS]
    since = first_days(who.month - who.months_known)
    own = table(
        row, party="", kind=np.where(household.gig[row], "business", "salary"),
        month=last_days(who.months[row, at + HISTORY - TOLD_MONTHS]),
        gross=np.where(source[row] == "tax", few_digits(net * 1.22), np.nan), net=net, verified=source[row],
        employer=np.where(household.gig[row], "", household.employer[row]),
        employed_since=np.where(household.gig[row], np.datetime64("NaT"), since[row]),
    )  # fmt: skip
    pair = np.repeat(np.flatnonzero(household.partner > 0), TOLD_MONTHS)
    back = np.tile(np.arange(TOLD_MONTHS, 0, -1), len(pair) // TOLD_MONTHS)
    other = table(
        pair, party="co1", kind="salary", month=last_days(who.month[pair] - back), gross=np.nan,
        net=household.partner[pair], verified="bank", employer="E400", employed_since=np.datetime64("2018-03-01", "D"),
    )  # fmt: skip
    return ordered(stack([own, other]), "party", "month")


def draw_outgoings(who: Applicants, household: Household, rng: np.random.Generator) -> Table:
    """Living costs as the applicant tells them (the dishonest tell less), rent and insurance."""
    n = len(who)
    everyone = np.arange(n)
    usual = np.maximum(np.median(household.income, axis=1), 2_500)
    living = few_digits((800 + 250 * household.size + 0.05 * usual) * rng.uniform(0.85, 1.15, n), 2)
    parts = [
        table(everyone, kind="living", monthly=np.where(household.dressed, 0.7 * living, living), verified="none"),
        table(everyone, kind="rent", monthly=household.rent, verified="document"),
        table(everyone, kind="insurance", monthly=np.where(rng.random(n) < 0.3, few_digits(0.03 * usual, 1), 0.0),
              verified="none"),
    ]  # fmt: skip
    pair = np.flatnonzero(household.partner > 0)
    parts.append(table(pair, party="co1", kind="living", monthly=700.0, verified="none"))
    rows = stack(parts)
    return ordered({name: held[rows["monthly"] > 0] for name, held in rows.items()}, "party", "kind")


def residence_since(who: Applicants, rng: np.random.Generator) -> Days:
    """When they moved where they live."""
    months = 2 + np.floor(60 * rng.gamma(1.2, 1.0, len(who)) * np.exp(0.3 * who.now("management"))).astype(np.int64)
    return first_days(who.month - np.minimum(months, 360))
