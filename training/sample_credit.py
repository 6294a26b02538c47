"""Debts elsewhere: credit lines as a bureau shows them on the day of application, and who has asked the bureau."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.sample_calendar import HISTORY, Ints, Reals, Texts, few_digits, first_days
from training.sample_latents import Applicants
from training.sample_tables import Table, ordered, pick, places, stack, table

MOST_LINES = 7
LOOKED_BACK = 24
NOT = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of credit line; sizes are in months of the applicant's means."""

    name: str
    share: float
    months: int
    size: float
    yearly_rate: float


REVOLVING, SECURED = ("card", "overdraft"), ("equipment", "vehicle", "mortgage")
KINDS = {
    "firm": (
        Kind("working_capital", 0.32, 12, 0.55, 0.07),
        Kind("overdraft", 0.28, 24, 0.30, 0.08),
        Kind("equipment", 0.15, 36, 0.90, 0.06),
        Kind("vehicle", 0.15, 36, 0.40, 0.06),
        Kind("advance", 0.10, 9, 0.20, 0.20),
    ),
    "person": (
        Kind("card", 0.46, 60, 1.2, 0.15),
        Kind("consumer", 0.22, 24, 1.4, 0.12),
        Kind("bnpl", 0.14, 6, 0.35, 0.14),
        Kind("vehicle", 0.07, 48, 5.0, 0.06),
        Kind("mortgage", 0.11, 240, 32.0, 0.04),
    ),
}


def draw_lines(who: Applicants, means: Reals, rng: np.random.Generator) -> Table:
    """Credit lines, open and closed, one row each.

    Args:
        who: The applicants.
        means: What each earns or sells a month, CNY, (n,).
        rng: Randomness.
    """
    leverage = who.now("leverage")
    count = np.minimum(rng.poisson(2.0 * np.exp(0.35 * leverage)), MOST_LINES)
    row = np.repeat(np.arange(len(who)), count)
    kinds = KINDS[who.population]
    kind = _kinds(row, kinds, rng)
    name = np.array([held.name for held in kinds])[kind]
    term = np.array([held.months for held in kinds])[kind]
    revolving = np.isin(name, REVOLVING)
    # most are running; some ended within two years
    since = np.ceil(rng.random(len(row)) * (term + 10)).astype(np.int64)
    opened_on = first_days(who.month[row] - since) + rng.integers(0, 25, len(row))
    ended = (since > term) & ~revolving
    size = np.array([held.size for held in kinds])[kind] * means[row] * np.exp(0.5 * rng.standard_normal(len(row)))
    limit = few_digits(np.maximum(size * np.exp(0.22 * leverage[row]), 500.0), 2)
    used = 1.0 / (
        1.0 + np.exp(0.6 - 0.9 * leverage[row] + 0.5 * who.now("management")[row] - rng.standard_normal(len(row)))
    )
    left = np.where(revolving, used, np.clip(1 - since / term, 0.0, 1.0))
    rate = np.array([held.yearly_rate for held in kinds])[kind] / 12
    annuity = limit * rate / (1 - (1 + rate) ** -term)
    balance = np.where(ended, 0.0, few_digits(limit * left))
    return {
        **table(
            row, line=np.char.add("C", (places(row) + 1).astype(np.str_)), lender=_lenders(len(row), rng),
            own=False, kind=name, revolving=revolving,
            secured=np.isin(name, SECURED), opened_on=opened_on,
            matures_on=np.where(revolving, NOT, first_days(who.month[row] - since + term)),
            closed_on=np.where(ended, first_days(who.month[row] - since + term) + 4, NOT),
            limit=limit, balance=balance,
            monthly_payment=few_digits(np.where(revolving, 0.1 * balance, np.where(ended, 0.0, annuity))),
            repayment=np.where(revolving, "on_demand", "equal_instalment"), observed_on=who.day[row],
        ),
        **_conduct(who, row, np.where(ended, since - term, 0), since, balance, rng),
        "annuity": np.rint(annuity), "since": since, "until": np.where(ended, since - term, -1),
    }  # fmt: skip


def _kinds(row: Ints, kinds: tuple[Kind, ...], rng: np.random.Generator) -> Ints:
    upto = np.cumsum([kind.share for kind in kinds])
    kind = np.minimum(np.searchsorted(upto, rng.random(len(row))), len(kinds) - 1)
    if kinds[-1].name == "mortgage":  # at most one: the first line of a person
        kind = np.where((kind == len(kinds) - 1) & (places(row) > 0), 0, kind)
    return np.asarray(kind)


def _lenders(k: int, rng: np.random.Generator) -> Texts:
    return np.char.add("L", np.char.zfill(rng.integers(1, 25, k).astype(np.str_), 2))


def _conduct(who: Applicants, row: Ints, ended: Ints, since: Ints, balance: Reals, rng: np.random.Generator) -> Table:
    """How the line was served in the last 24 months: a month can slip by, and a slip can last."""
    back = np.arange(LOOKED_BACK, 0, -1)  # months before the application, the latest last
    at = HISTORY - back
    strain = 0.9 * who.management[row][:, at] + 0.6 * who.capacity[row][:, at] - 0.7 * who.leverage[row][:, at]
    slips = rng.random(strain.shape) < 1.0 / (1.0 + np.exp(4.5 + 1.15 * strain))
    slips &= (back <= since[:, None]) & (back > ended[:, None])
    length = np.zeros(len(row), np.int64)
    worst, months, last = length.copy(), length.copy(), np.full(len(row), -1)
    for month in range(LOOKED_BACK):
        goes_on = (length > 0) & (rng.random(len(row)) < 0.35) & (back[month] > ended)
        length = np.where(slips[:, month] | goes_on, length + 1, 0)
        days = np.where(length > 0, 30 * (length - 1) + 12, 0)
        worst, months = np.maximum(worst, days), months + (length > 0)
        last = np.where(length > 0, back[month], last)
    current = np.where((length > 0) & (balance > 0), 30 * (length - 1) + 12, 0)
    ease = (worst >= 72) & (rng.random(len(row)) < 0.4)
    grade = np.select([current >= 90, current >= 30, current > 0], ["substandard", "watch", "watch"], "normal")
    return {
        "current_dpd": current, "worst_dpd_24m": worst, "months_past_due_24m": months, "class": grade,
        "last_past_due_on": np.where(last > 0, first_days(who.month[row] - np.abs(last)) + 14, NOT),
        "restructured_on": np.where(ease & (last > 1), first_days(who.month[row] - np.abs(last) + 1) + 20, NOT),
    }  # fmt: skip


def draw_enquiries(who: Applicants, rng: np.random.Generator) -> Table:
    """Enquiries of the last 24 months, more of them lately for those in need; our own of yesterday among them."""
    n = len(who)
    need = 0.45 * who.now("leverage") - 0.30 * who.now("capacity") - 0.15 * who.now("management")
    row = np.repeat(np.arange(n), rng.poisson(2.6 * np.exp(0.9 * need)))
    age = 1 + np.floor(729 * rng.random(len(row)) ** 1.6).astype(np.int64)
    reason = np.array(["application", "application", "application", "review", "self"])[rng.integers(0, 5, len(row))]
    others = table(row, lender=_lenders(len(row), rng), own=False, on=who.day[row] - age, reason=reason)
    mine = table(np.arange(n), lender="us", own=True, on=who.day - 1, reason="application")
    rows = stack([others, mine])
    lender = np.where(rows["reason"] == "self", "self", rows["lender"])
    return ordered({**rows, "lender": lender}, "on", "lender")


def of_partners(who: Applicants, partner: Reals, rng: np.random.Generator) -> tuple[Table, Table]:
    """Lines and enquiries of the co-borrowers; their traits are those of the household.

    Args:
        who: The applicants.
        partner: What a co-borrower earns a month, 0 where there is none, (n,).
        rng: Randomness.
    """
    pair = np.flatnonzero(partner > 0)
    both = who.take(pair)
    lines, enquiries = draw_lines(both, 0.6 * partner[pair], rng), draw_enquiries(both, rng)
    lines = {**lines, "line": np.char.replace(lines["line"], "C", "D")}
    of_other = [pick(lines, lines["kind"] != "mortgage"), pick(enquiries, ~enquiries["own"])]
    told = [{**rows, "who": pair[rows["who"]], "party": np.full(len(rows["who"]), "co1")} for rows in of_other]
    return told[0], told[1]


def payments(lines: Table, month_of: Ints, most_back: int) -> Table:
    """The instalments paid on each line: a row a line and month, ``back`` months before the application.

    Args:
        lines: From :func:`draw_lines`.
        month_of: Month of application of each applicant.
        most_back: Months looked back on.
    """
    back = np.arange(most_back, -1, -1)
    runs = (back < lines["since"][:, None]) & (back > lines["until"][:, None])
    line, at = np.nonzero(runs)
    paid = np.where(lines["revolving"], lines["monthly_payment"], lines["annuity"])[line]
    rows = table(lines["who"][line], lender=lines["lender"][line], back=back[at], amount=paid)
    rows["month"] = month_of[rows["who"]] - rows["back"]
    return pick(rows, rows["amount"] > 0)


def drawings(lines: Table, most_back: int) -> Table:
    """What lenders paid out in the months looked back on: who, lender, day and amount."""
    recent = (lines["since"] <= most_back) & ~lines["revolving"] & (lines["kind"] != "mortgage")
    rows = pick(lines, recent)
    return table(rows["who"], lender=rows["lender"], day=rows["opened_on"], amount=rows["limit"])
