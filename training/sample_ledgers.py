"""Bank accounts: every posting of the last 15 months, with balances that add up.

Postings are collected from the applicant's business or household; at each month's end the owner takes out, or puts
in, what brings the balance to the level that capacity, leverage and management allow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from training.sample_calendar import HISTORY, Days, Ints, Reals, busy_days, day_in, few_digits, first_days, split
from training.sample_credit import drawings, payments
from training.sample_firms import Trade, trait_of, vat_rate
from training.sample_latents import Applicants
from training.sample_persons import Household
from training.sample_tables import Table, ordered, pick, places, stack, table

TOLD_MONTHS = 15
SINCE = HISTORY - TOLD_MONTHS
MAIN, SAVINGS = "A1", "A2"


def covers_from(who: Applicants) -> Days:
    """The first day the bank shows: 15 complete months back, or the month after the applicant's beginning."""
    return first_days(who.month - np.minimum(TOLD_MONTHS, who.months_known - 1))


def post(who: Ints, day: Days, amount: Any, category: str, kind: str, counterparty: Any = "", **more: Any) -> Table:
    """Postings on the main account."""
    return table(
        who, day=day, amount=amount, category=category, counterparty_kind=kind, counterparty=counterparty, **more
    )


def firm_postings(
    who: Applicants, trade: Trade, bills: Table, filings: Table, lines: Table, rng: np.random.Generator
) -> list[Table]:
    """Receipts of the true turnover, its costs, and what the dishonest run in circles."""
    gross = (1.0 + vat_rate(who, trade))[:, None]
    collected = rng.normal(0.975, 0.015, (len(who), 1))
    usual = np.median(trade.true[:, :HISTORY], axis=1)
    margin = np.maximum(0.9 - trait_of(who, "purchase_ratio"), 0.06) * usual
    return [
        *_receipts(who, trade, gross * collected * _lagged(trade.true, 0.25), rng),
        *_purchases(who, trade, gross * _lagged(trade.bought, 0.2), rng),
        *_circles(who, trade.circled, rng),
        _monthly(who, 10, -0.40 * margin, "payroll", "unknown", "STAFF", rng),
        _monthly(who, 3, -0.10 * margin, "rent", "company", "LANDLORD", rng),
        post(bills["who"], bills["paid_on"], -bills["amount"], "utility", "company", "POWER"),
        post(filings["who"], filings["paid_on"], -filings["tax_paid"], "tax", "government", "TAX"),
        *_debts(who, lines, rng),
        *_returned(who, -0.10 * usual, "supplier", rng),
    ]


def _lagged(flow: Reals, share: float) -> Reals:
    """Part of each month's flow is paid the month after; from the first month shown on."""
    return np.asarray((1 - share) * flow[:, SINCE:] + share * flow[:, SINCE - 1 : -1])


def _receipts(who: Applicants, trade: Trade, flow: Reals, rng: np.random.Generator) -> list[Table]:
    row, at, part = split(flow, (0.45 * trait_of(who, "invoices_a_month") + 1.0)[:, None], rng)
    name = np.char.mod("B%02d", trade.buyers.meet(row, at + SINCE, rng) + 1)
    private = rng.random(len(row)) < trait_of(who, "private_buyers")[row]
    rows = post(row, _days(who, row, at, rng), part, "sales", "company", name)
    rows["counterparty_kind"] = np.where(private, "unknown", rows["counterparty_kind"])
    rows["counterparty"] = np.where(private, "", name)
    cash = private & (rng.random(len(row)) < 0.15)
    rows["category"] = np.where(cash, "cash", rows["category"])
    rows["counterparty_kind"] = np.where(cash, "cash", rows["counterparty_kind"])
    return [rows]


def _purchases(who: Applicants, trade: Trade, flow: Reals, rng: np.random.Generator) -> list[Table]:
    row, at, part = split(flow, np.full((len(who), 1), 2.4), rng)
    name = np.char.mod("P%02d", trade.suppliers.meet(row, at + SINCE, rng) + 1)
    # suppliers are paid in the second half, when most of the month's receipts are in
    later = day_in(who.month[row] + at - TOLD_MONTHS, rng.integers(13, 29, len(row)))
    return [post(row, later, -part, "supplier", "company", name)]


def _circles(who: Applicants, circled: Reals, rng: np.random.Generator) -> list[Table]:
    """The same money from a friend and back to that friend within two days."""
    row, at, part = split(circled[:, SINCE:], np.full((len(who), 1), 1.2), rng)
    name = np.char.mod("B%02d", rng.integers(91, 94, len(row)))
    day = _days(who, row, at, rng)
    back = day + rng.integers(0, 3, len(row))
    keep = back < who.day[row]
    there = post(row, day, part, "sales", "company", name)
    return [pick(there, keep), pick(post(row, back, -part, "supplier", "company", name), keep)]


def _debts(who: Applicants, lines: Table, rng: np.random.Generator) -> list[Table]:
    paid, drawn = payments(lines, who.month, TOLD_MONTHS), drawings(lines, TOLD_MONTHS)
    day = day_in(paid["month"], 12 + places(paid["who"]) % 3 * 5) + rng.integers(0, 2, len(paid["who"]))
    return [
        post(paid["who"], day, -paid["amount"], "loan_payment", "lender", paid["lender"]),
        post(drawn["who"], drawn["day"], drawn["amount"], "loan_in", "lender", drawn["lender"]),
    ]


def _returned(who: Applicants, amount: Reals, category: str, rng: np.random.Generator) -> list[Table]:
    """Payments that came back for lack of money, each with the credit that takes it back a day later."""
    strain = who.management + 0.8 * who.capacity - 0.8 * who.leverage
    strain = strain[:, SINCE : HISTORY + 1]
    row, at = np.nonzero(rng.random(strain.shape) < 1.0 / (1.0 + np.exp(4.1 + 1.15 * strain)))
    day = _days(who, row, at, rng)
    sent = few_digits(amount[row] * np.exp(0.5 * rng.standard_normal(len(row))), 2)
    keep = day + 1 < who.day[row]
    pair = 1.0 + np.arange(len(row))
    name = np.char.mod("P%02d", rng.integers(1, 5, len(row)))
    out = post(row, day, sent, category, "company", name, returned_on=day + 1,
               return_reason="insufficient_funds", pair=pair)  # fmt: skip
    back = post(row, day + 1, -sent, "refund", "company", name, of=pair)
    return [pick(out, keep), pick(back, keep)]


def _monthly(
    who: Applicants, day: int, amount: Reals, category: str, kind: str, name: str, rng: np.random.Generator
) -> Table:
    """The same payment every month, on about the same day."""
    row = np.repeat(np.arange(len(who)), TOLD_MONTHS + 1)
    at = np.tile(np.arange(TOLD_MONTHS + 1), len(who))
    when = day_in(who.month[row] + at - TOLD_MONTHS, day) + rng.integers(0, 3, len(row))
    return post(row, when, amount[row], category, kind, name)


def _days(who: Applicants, row: Ints, at: Ints, rng: np.random.Generator) -> Days:
    """A working day of each month shown; in the month of application one before it."""
    day = busy_days(who.month[row] + at - TOLD_MONTHS, rng)
    return np.where(at == TOLD_MONTHS, np.minimum(day, who.day[row] - 1), day)


def person_postings(who: Applicants, household: Household, lines: Table, rng: np.random.Generator) -> list[Table]:
    """Pay as it really comes, the household's costs, and a little gambling of those who manage badly."""
    usual = np.maximum(np.median(household.income[:, SINCE:], axis=1), 2_000.0)
    income = household.income[:, SINCE:]
    payday = rng.integers(3, 13, len(who))
    row, at = np.nonzero(np.where(household.gig[:, None], 0.0, income))
    paid_on = day_in(who.month[row] + at - TOLD_MONTHS, payday[row]) + (rng.random(len(row)) < 0.15)
    own, month, part = split(np.where(household.gig[:, None], income, 0.0), np.full((len(who), 1), 2.5), rng)
    spent = np.maximum(usual - household.rent, 1_200.0)[:, None] * rng.uniform(0.45, 0.70, income.shape)
    buys, when, price = split(spent, np.full((len(who), 1), 4.0), rng)
    plays, then, stake = _gambling(who, usual, rng)
    shop = rng.integers(0, 3, len(buys))
    shopping = post(buys, _days(who, buys, when, rng), -price, "other", "company")
    shopping["category"] = np.array(["other", "transfer", "cash"])[shop]
    shopping["counterparty_kind"] = np.array(["company", "person", "cash"])[shop]
    return [
        post(row, paid_on, income[row, at], "salary", "company", household.employer[row]),
        post(own, _days(who, own, month, rng), part, "sales", "person"),
        shopping,
        post(plays, _days(who, plays, then, rng), -stake, "gambling", "company", "PLAY"),
        _monthly(who, 2, -household.rent, "rent", "person", "LANDLORD", rng),
        _monthly(who, 8, -np.rint(0.02 * usual + 60), "utility", "company", "POWER", rng),
        *_debts(who, lines, rng),
        *_returned(who, -0.12 * usual, "loan_payment", rng),
    ]


def _gambling(who: Applicants, usual: Reals, rng: np.random.Generator) -> tuple[Ints, Ints, Reals]:
    chance = 1.0 / (1.0 + np.exp(3.6 + 1.1 * who.management[:, SINCE : HISTORY + 1]))
    row, at = np.nonzero(rng.random(chance.shape) < chance)
    return row, at, usual[row] * rng.uniform(0.02, 0.12, len(row))


def draw_ledger(who: Applicants, pieces: list[Table], means: Reals, rng: np.random.Generator) -> tuple[Table, Table]:
    """Accounts and their postings in order, with running balances.

    Args:
        who: The applicants.
        pieces: Postings on the main account, not yet in order.
        means: What each earns or sells a month, CNY, (n,).
        rng: Randomness.
    """
    unit = 100.0 if who.population == "firm" else 10.0
    rows = stack(pieces)
    begin = covers_from(who)
    keep = (rows["day"] >= begin[rows["who"]]) & (rows["day"] < who.day[rows["who"]])
    rows = pick({**rows, "amount": np.rint(rows["amount"] / unit) * unit}, keep)
    rows = pick(rows, rows["amount"] != 0)
    saved = _savings(who, means, unit, rng)
    main = stack([rows, pick(saved, saved["account"] == MAIN)])
    limit = np.where(rng.random(len(who)) < 0.30, np.rint(0.15 * means / unit) * unit, 0.0)
    level = np.maximum(_levels(who, means, unit, rng), _needs(who, main) - limit[:, None])
    swept = _swept(who, main, level)
    rows = stack([{**rows, "account": np.full(len(rows["who"]), MAIN)}, saved, swept])
    rows = ordered(pick(rows, rows["day"] >= begin[rows["who"]]), "account", "day", "amount")
    seq = places(rows["who"], rows["account"]) + 1
    return _balanced(who, {**rows, "seq": seq}, level, limit, rng)


def _levels(who: Applicants, means: Reals, unit: float, rng: np.random.Generator) -> Reals:
    """What the applicant leaves on the account at each month's end, (n, TOLD_MONTHS + 1); the month before leads."""
    at = slice(SINCE - 1, HISTORY)
    care = 0.50 * who.management[:, at] + 0.30 * who.capacity[:, at] - 0.35 * who.leverage[:, at]
    own = 0.20 * rng.standard_normal((len(who), 1)) + 0.20 * rng.standard_normal(care.shape)
    return np.asarray(np.rint(means[:, None] * np.exp(care - 1.2 + own) / unit) * unit)


def _needs(who: Applicants, rows: Table) -> Reals:
    """What must be on the account when each month begins so that it never runs dry, (n, TOLD_MONTHS + 1)."""
    rows = ordered(rows, "day", "amount")
    at = rows["day"].astype("M8[M]").astype(np.int64) - who.month[rows["who"]] + TOLD_MONTHS
    cell = rows["who"] * (TOLD_MONTHS + 1) + at
    run = np.cumsum(rows["amount"])
    before = np.maximum.accumulate(np.where(places(cell) == 0, np.arange(len(run)), 0))
    run = run - (run - rows["amount"])[before]
    lowest = np.zeros((len(who), TOLD_MONTHS + 1))
    np.minimum.at(lowest.ravel(), cell, run)
    return -lowest


def _savings(who: Applicants, means: Reals, unit: float, rng: np.random.Generator) -> Table:
    """A quarter have a savings account and move a fixed sum to it every month."""
    has = np.flatnonzero(rng.random(len(who)) < 0.25)
    row = np.repeat(has, TOLD_MONTHS)
    day = day_in(who.month[row] + np.tile(np.arange(TOLD_MONTHS), len(has)) - TOLD_MONTHS, 27)
    sum_ = np.maximum(np.rint(0.04 * means / unit), 1.0)[row] * unit
    out = post(row, day, -sum_, "transfer", "own", SAVINGS, account=MAIN)
    return stack([out, post(row, day, sum_, "transfer", "own", MAIN, account=SAVINGS)])


def _swept(who: Applicants, rows: Table, level: Reals) -> Table:
    """At each month's end the owner takes what is above the level, or puts in what is missing."""
    n = len(who)
    at = rows["day"].astype("M8[M]").astype(np.int64) - who.month[rows["who"]] + TOLD_MONTHS
    inside = (at >= 0) & (at < TOLD_MONTHS)
    cell = rows["who"][inside] * TOLD_MONTHS + at[inside]
    net = np.bincount(cell, rows["amount"][inside], minlength=n * TOLD_MONTHS).reshape(n, TOLD_MONTHS)
    row, month = np.nonzero(net + level[:, :-1] - level[:, 1:])
    amount = (level[:, 1:] - level[:, :-1] - net)[row, month]
    swept = post(row, day_in(who.month[row] + month - TOLD_MONTHS, 31), amount, "transfer", "related", "OWNER")
    firm = who.population == "firm"
    swept["category"] = np.where((amount > 0) & firm, "equity", "transfer")
    # what careful owners set aside stays the firm's own; others take it out, and put some back in need
    apart = (who.now("honesty") > -0.5)[row] & (amount < 0)
    swept["counterparty_kind"] = np.where(apart, "own", np.where(firm, "related", "person"))
    return {**swept, "account": np.full(len(row), MAIN)}


def _balanced(
    who: Applicants, rows: Table, level: Reals, limit: Reals, rng: np.random.Generator
) -> tuple[Table, Table]:
    """Accounts, and balances after each posting; what an account begins with leads to the levels of the months."""
    n = len(who)
    account = 2 * rows["who"] + (rows["account"] == SAVINGS)
    run = np.cumsum(rows["amount"])
    before = np.maximum.accumulate(np.where(rows["seq"] == 1, np.arange(len(run)), 0))
    run = run - (run - rows["amount"])[before]
    begin = covers_from(who).astype("M8[M]").astype(np.int64) - who.month + TOLD_MONTHS
    opens = np.stack([level[np.arange(n), begin], np.rint(0.1 * level[:, 0]) * 10.0], axis=1).ravel()
    rows = {**rows, "balance": opens[account] + run}
    held = np.unique(np.concatenate([account, 2 * np.arange(n)]))
    limits = np.stack([limit, np.zeros(n)], axis=1).ravel()
    return _accounts(who, held, opens, limits, rng), _linked(rows, account)


def _accounts(who: Applicants, held: Ints, opens: Reals, limits: Reals, rng: np.random.Generator) -> Table:
    row, savings = np.divmod(held, 2)
    since = np.minimum(who.months_known[row], 14 + rng.integers(0, 120, len(row)))
    bank = np.char.mod("BANK%02d", rng.integers(1, 13, len(row)))
    return table(
        row, account=np.where(savings, SAVINGS, MAIN), institution=bank,
        kind=np.where(savings, "savings", "current"), opened_on=first_days(who.month[row] - since),
        covers_from=covers_from(who)[row], covers_until=who.day[row] - 1, opening_balance=opens[held],
        overdraft_limit=limits[held], primary=savings == 0,
    )  # fmt: skip


def _linked(rows: Table, account: Ints) -> Table:
    """The number of the posting that each reversing credit takes back."""
    seq = np.full(int(np.nanmax(np.append(rows["pair"], 1.0))) + 1, np.nan)
    sent = ~np.isnan(rows["pair"])
    seq[rows["pair"][sent].astype(np.int64)] = rows["seq"][sent]
    back = ~np.isnan(rows["of"])
    reverses = np.full(len(account), np.nan)
    reverses[back] = seq[rows["of"][back].astype(np.int64)]
    told = table(rows["who"], category_source="provider", version="1")
    return {**rows, **told, "booked_on": rows["day"], "reverses": reverses}
