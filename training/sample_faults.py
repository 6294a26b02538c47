"""What goes wrong with real evidence: sums that do not add up, invoices told twice, rows that come late."""

from __future__ import annotations

import numpy as np

from training.sample_calendar import Ints, Texts, Truths, clock
from training.sample_latents import Applicants
from training.sample_tables import Table, pick, stack, table

BROKEN, DOUBLED, LATE = 12, 12, 40
"""Applicants of each population with such a fault, at most."""


def spoil(who: Applicants, sections: dict[str, Table], dishonest: Truths, rng: np.random.Generator) -> Table:
    """Put faults into some applicants' rows, in place; returned is who has which: ``who`` and ``fault``."""
    found = [_break_balance(sections, rng), _come_late(who, sections, rng)]
    if "invoices" in sections:
        found.append(_double_invoice(sections, dishonest, rng))
    return stack(found)


def _some(rows: Table, most: int, rng: np.random.Generator, among: Truths | None = None) -> Ints:
    there = np.unique(rows["who"])
    if among is not None:
        there = there[among[there]]
    return np.sort(rng.choice(there, min(most, len(there) // 8), replace=False))


def _one_each(rows: Table, chosen: Ints) -> Ints:
    """A row in the middle of each chosen applicant's."""
    start = np.searchsorted(rows["who"], chosen)
    end = np.searchsorted(rows["who"], chosen, side="right")
    return np.asarray((2 * start + end) // 3)


def _break_balance(sections: dict[str, Table], rng: np.random.Generator) -> Table:
    rows = sections["ledger"]
    chosen = _some(rows, BROKEN, rng)
    at = _one_each(rows, chosen)
    balance = rows["balance"].copy()
    balance[at] += 500.0 * rng.integers(1, 9, len(at))
    sections["ledger"] = {**rows, "balance": balance}
    return table(chosen, fault="broken_balance")


def _double_invoice(sections: dict[str, Table], dishonest: Truths, rng: np.random.Generator) -> Table:
    rows = sections["invoices"]
    chosen = _some(rows, DOUBLED, rng, dishonest)
    twice = np.sort(np.append(np.arange(len(rows["who"])), _one_each(rows, chosen)))
    sections["invoices"] = pick(rows, twice)
    return table(chosen, fault="doubled_invoice")


def _come_late(who: Applicants, sections: dict[str, Table], rng: np.random.Generator) -> Table:
    """Rows of the last ten days that the provider passed on two days after the decision."""
    name, day = ("invoices", "issued_on") if who.population == "firm" else ("ledger", "booked_on")
    rows = sections[name]
    chosen = _some(rows, LATE, rng)
    late = np.isin(rows["who"], chosen) & (rows[day] >= who.day[rows["who"]] - 10)
    known: Texts = clock(who.as_of + 2 * 24 * 60)
    sections[name] = {**rows, "known_at": np.where(late, known[rows["who"]], "")}
    return table(np.unique(rows["who"][late]), fault="known_late")
