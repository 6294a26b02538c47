"""What became of the applications: the incumbent lender's decisions, and the loans month by month.

Defaults come from the latent hazard alone. The incumbent decides on a view of its own, poorer than the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.sample_calendar import FUTURE, HISTORY, SEEN_UNTIL, Days, Ints, Texts, Truths, day_in, last_days
from training.sample_latents import Applicants, hazard, strength
from training.sample_tables import Table, ordered, stack, table

DECLINED_SHARE, PROBE_SHARE, WITHDRAWN_SHARE, REFUSED_OFFERS = 0.26, 0.05, 0.04, 0.11
"""Of all; of the declined; of all; of the approved (safe applicants find other offers more often)."""
BAD_DPD, HORIZON_MONTHS, WRITE_OFF_DPD = 90, 12, 180
YEARLY_RATE = 0.096


@dataclass(frozen=True, slots=True)
class Terms:
    """What the applicants ask for, (n,) each: amount in whole CNY, months, and how it is repaid."""

    amount: Ints
    months: Ints
    repayment: Texts


@dataclass(frozen=True, slots=True)
class Decided:
    """What the incumbent decided and what was paid out, (n,) each."""

    decision: Texts
    declined_by: Texts
    decided_on: Days
    probe: Truths
    booked: Truths
    booked_on: Days


def decide(who: Applicants, rng: np.random.Generator) -> Decided:
    """The incumbent declines the weakest of a noisy view, lends to a few of them to learn, and loses some customers."""
    n = len(who)
    good = strength(who)[:, HISTORY]
    view = 0.45 * who.now("capacity") - 0.25 * who.now("leverage") + 0.9 * rng.standard_normal(n)
    declined = (view < np.quantile(view, DECLINED_SHARE)) | (who.months_known < 15)
    probe = declined & (rng.random(n) < PROBE_SHARE)
    withdrawn = rng.random(n) < WITHDRAWN_SHARE
    withdrawn[who.original[who.original != np.arange(n)]] = True  # the first request of those who ask again
    away = rng.random(n) < 2 * REFUSED_OFFERS / (1.0 + np.exp(-0.5 * good))
    words = np.select(
        [withdrawn, declined & ~probe, away & ~probe], ["withdrawn", "declined", "not_taken_up"], "approved"
    )
    decided_on = who.day + rng.integers(0, 4, n)
    booked = words == "approved"
    booked_on = np.where(booked, decided_on + rng.integers(1, 12, n), np.datetime64("NaT"))
    by = np.where(who.months_known < 15, "policy", np.where(rng.random(n) < 0.08, "reviewer", "score"))
    by = np.where(words == "declined", by, "")
    return Decided(words, by, decided_on, probe & booked, booked, booked_on)


@dataclass(frozen=True, slots=True)
class Loans:
    """The booked loans with what is drawn about each before a month is walked.

    Attributes:
        who: Position of the applicant, (k,).
        terms: Amount, months and repayment of each.
        booked_on: The day.
        principal: Principal still scheduled after instalment u, whole CNY, (k, 61); row 0 is the amount.
        due: Instalment u, interest included, whole CNY, (k, 61); 0 at u = 0 and after the last.
        last_from: The instalment that begins the arrears that never end (some are cured later), (k,); 0 for none.
        missed: Whether an instalment of a passing delay is missed, (k, FUTURE + 1).
        leaves: Whether the borrower would prepay in that month, (k, FUTURE + 1).
        cures: Months of arrears after which the borrower of a bad loan pays all, (k,); large for never.
        eases: Whether the lender restructures after two missed instalments, (k,).
    """

    who: Ints
    terms: Terms
    booked_on: Days
    principal: Ints
    due: Ints
    last_from: Ints
    missed: Truths
    leaves: Truths
    cures: Ints
    eases: Truths

    def due_on(self, instalment: Ints | int) -> Days:
        """The due day of an instalment: as many months after booking, from the 5th to the 28th."""
        month = self.booked_on.astype("M8[M]").astype(np.int64)
        return day_in(month + instalment, np.clip(_day(self.booked_on), 5, 28))


def draw_loans(who: Applicants, terms: Terms, decided: Decided, rng: np.random.Generator) -> Loans:
    """Schedules, the month in which each loan's hazard strikes, and the small troubles of the others."""
    chosen = np.flatnonzero(decided.booked)
    booked_on = decided.booked_on[chosen]
    asked = Terms(terms.amount[chosen], terms.months[chosen], terms.repayment[chosen])
    principal, due = schedule(asked)
    # the path's month of instalment u, u months after booking
    offset = booked_on.astype("M8[M]").astype(np.int64) - who.month[chosen]
    at = np.minimum(HISTORY + offset[:, None] + np.arange(FUTURE + 1), HISTORY + FUTURE)
    paths = who.take(chosen)
    chance = np.take_along_axis(hazard(paths), at, axis=1)
    struck = (rng.random(chance.shape) < chance) & (due[:, : FUTURE + 1] > 0)
    late = 1.0 / (1.0 + np.exp(3.6 + 0.55 * np.take_along_axis(strength(paths), at, axis=1)))
    k = len(chosen)
    return Loans(
        who=chosen,
        terms=asked,
        booked_on=booked_on,
        principal=principal,
        due=due,
        last_from=np.where(struck.any(axis=1), struck.argmax(axis=1), 0),
        missed=rng.random(late.shape) < late,
        leaves=rng.random(late.shape) < 0.006,
        cures=np.where(rng.random(k) < 0.15, rng.integers(4, 7, k), 999),
        eases=rng.random(k) < 0.30,
    )


def schedule(terms: Terms) -> tuple[Ints, Ints]:
    """Principal left after each instalment, and each instalment with interest, (k, 61) whole CNY.

    >>> asked = Terms(np.array([1200]), np.array([12]), np.array(["equal_principal"]))
    >>> [held[0, :3].tolist() for held in schedule(asked)]
    [[1200, 1100, 1000], [0, 110, 109]]
    """
    rate, u = YEARLY_RATE / 12, np.arange(61)
    amount, months = terms.amount[:, None].astype(np.float64), terms.months[:, None]
    running = u < months
    growth = (1 + rate) ** np.minimum(u, months)
    equal_instalment = amount * ((1 + rate) ** months - growth) / ((1 + rate) ** months - 1)
    left = np.select(
        [terms.repayment[:, None] == "interest_only", terms.repayment[:, None] == "equal_principal"],
        [np.where(running, amount, 0.0), amount * np.clip(1 - u / months, 0, 1)],
        equal_instalment,
    )
    principal = np.where(running, np.rint(left), 0).astype(np.int64)
    due = np.zeros_like(principal)
    due[:, 1:] = principal[:, :-1] - principal[:, 1:] + np.rint(rate * principal[:, :-1]).astype(np.int64)
    return principal, due


@dataclass(slots=True)
class _State:
    """The loans at one month's end, (k,) each; amounts in whole CNY."""

    open: Truths
    arrears: Ints  # instalments in arrears
    overdue: Ints
    deferred: Ints  # put off to the last instalment
    bad_on: Days
    exposure: Ints  # balance when it was first bad


@dataclass(frozen=True, slots=True)
class Performance:
    """The performance rows, and of each booked loan the month's end it was first bad (NaT: never), and its balance."""

    rows: Table
    who: Ints
    bad_on: Days
    exposure: Ints


def walk(loans: Loans, obligors: Texts) -> Performance:
    """The loans at each month's end until they are closed, prepaid, written off, or no longer seen.

    ``overdue`` is that of the month before, plus ``scheduled``, less ``paid``; a restructuring puts all arrears off to
    the last instalment. ``balance`` is the principal still scheduled, plus ``overdue``, plus what was put off.
    """
    k = len(loans.who)
    none = np.zeros(k, np.int64)
    state = _State(np.ones(k, np.bool_), none, none, none, np.full(k, "NaT", "M8[D]"), none)
    month = loans.booked_on.astype("M8[M]").astype(np.int64)
    parts = []
    for u in range(FUTURE + 1):
        end = last_days(month + u)
        seen = state.open & (end <= SEEN_UNTIL)
        rows = _month(loans, state, u, end, seen)
        held = {name: column[seen] for name, column in rows.items()}
        parts.append(table(loans.who[seen], obligor_id=obligors[loans.who[seen]], **held))
        state.open &= np.isin(rows["event"], ["none", "restructured"])
    return Performance(ordered(stack(parts), "month"), loans.who, state.bad_on, state.exposure)


def _month(loans: Loans, state: _State, u: int, end: Days, seen: Truths) -> Table:
    last = loans.terms.months == u
    scheduled = loans.due[:, u] + np.where(last, state.deferred, 0)
    state.deferred = np.where(last, 0, state.deferred)
    struck = (loans.last_from > 0) & (u >= loans.last_from)
    cured = struck & (u - loans.last_from >= loans.cures)
    # a passing delay lasts one instalment, or two
    missing = (struck & ~cured) | (loans.missed[:, u] & (state.arrears < 2))
    missing &= scheduled + state.overdue > 0
    # two missed instalments of a loan that would recover may be put off
    eased = ~struck & (state.arrears == 2) & loans.eases & (u < loans.terms.months)
    paid = np.where(missing | eased, 0, scheduled + state.overdue)
    state.arrears = np.where(missing & ~eased, state.arrears + (scheduled > 0), 0)
    state.deferred = state.deferred + np.where(eased, state.overdue + scheduled, 0)
    state.overdue = np.where(eased, 0, state.overdue + scheduled - paid)
    left = loans.principal[:, u] + state.deferred
    leaves = loans.leaves[:, u] & (state.arrears == 0) & (u >= 3) & (left > 0) & ~eased
    paid = paid + np.where(leaves, left, 0)
    balance = np.where(leaves, 0, left + state.overdue)
    oldest = np.minimum(u, loans.terms.months) - state.arrears + 1
    dpd = np.where(state.arrears > 0, (end - loans.due_on(oldest)).astype(np.int64), 0)
    bad = seen & ((dpd >= BAD_DPD) | eased) & np.isnat(state.bad_on)
    state.bad_on = np.where(bad, end, state.bad_on)
    state.exposure = np.where(bad, balance, state.exposure)
    event = np.select(
        [leaves, dpd >= WRITE_OFF_DPD, (balance == 0), eased],
        ["prepaid", "written_off", "closed", "restructured"],
        "none",
    )
    return {
        "month": end, "dpd": dpd, "overdue": state.overdue, "balance": balance, "undrawn": np.zeros_like(balance),
        "scheduled": scheduled, "paid": paid, "event": event,
    }  # fmt: skip


def outcomes(who: Applicants, decided: Decided, performance: Performance, rng: np.random.Generator) -> Table:
    """What became of every application, as far as it was seen."""
    n = len(who)
    bad_on, exposure = np.full(n, "NaT", "M8[D]"), np.full(n, np.nan)
    bad_on[performance.who], exposure[performance.who] = performance.bad_on, performance.exposure
    horizon = day_in(decided.booked_on.astype("M8[M]").astype(np.int64) + HORIZON_MONTHS, _day(decided.booked_on))
    bad = bad_on <= horizon
    mature = last_days(horizon.astype("M8[M]").astype(np.int64)) <= SEEN_UNTIL  # a month's bookings mature together
    label = np.select([~decided.booked, ~mature, bad], ["", "immature", "bad"], "good")
    fallen = ~np.isnat(bad_on)
    recovered = np.rint(exposure * rng.beta(1.2, 2.4, n))
    return table(
        np.arange(n), decision=decided.decision, declined_by=decided.declined_by, decided_on=decided.decided_on,
        probe=decided.probe,
        booked_on=decided.booked_on, label=label, bad_on=bad_on,
        exposure_at_default=np.where(fallen, exposure, np.nan), recovered=np.where(fallen, recovered, np.nan),
        costs=np.where(fallen, np.rint(0.03 * exposure), np.nan), observed_until=SEEN_UNTIL,
    )  # fmt: skip


def _day(days: Days) -> Ints:
    return (days - days.astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1
