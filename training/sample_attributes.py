"""The lender's own attributes: noise, four whose data contradict what one would expect, and one known too late."""

from __future__ import annotations

import numpy as np

from training.sample_calendar import HISTORY, Days, Reals, clock
from training.sample_latents import Applicants, strength
from training.sample_tables import Table, stack, table

NOISE = (
    "reference_digit_sum", "form_minutes", "newsletter_opens_6m", "satisfaction_points", "branch_distance_km",
    "call_waiting_seconds", "questionnaire_length", "device_memory_gb",
)  # fmt: skip
WRONG_SIGNS = {
    "relationship_points": ("falling", +1),
    "paper_quality_points": ("falling", +1),
    "callback_count_30d": ("rising", -1),
    "discount_asked_share": ("rising", -1),
}
"""Of each: the direction of risk that experience expects, and the one the data have (+1: risk rises with it)."""
PLANTED = "collection_calls_6m"


def draw_attributes(who: Applicants, booked_on: Days, bad_on: Days, rng: np.random.Generator) -> Table:
    """One row an applicant and name; the calls of collectors are known only after the outcome."""
    n = len(who)
    everyone = np.arange(n)
    weak = -strength(who)[:, HISTORY]
    weak = (weak - weak.mean()) / weak.std()
    parts = [table(everyone, name=name, value=_noise(at, n, rng), known_at="") for at, name in enumerate(NOISE)]
    for at, (name, (_, sign)) in enumerate(WRONG_SIGNS.items()):
        value = 50 + 12 * (0.25 * sign * weak + rng.standard_normal(n))
        told = np.clip(np.rint(value), 0, 100) / (100 if at == 3 else 1)
        parts.append(table(everyone, name=name, value=np.rint(told / 6) if at == 2 else told, known_at=""))
    booked = np.flatnonzero(~np.isnat(booked_on))
    calls = rng.poisson(np.where(np.isnat(bad_on[booked]), 0.4, 6.0))
    known = np.where(np.isnat(bad_on), booked_on + 365, bad_on + 30)[booked].astype("M8[m]") + 9 * 60
    parts.append(table(booked, name=PLANTED, value=calls.astype(np.float64), known_at=clock(known)))
    return stack(parts)


def _noise(at: int, n: int, rng: np.random.Generator) -> Reals:
    drawn = (rng.normal(60, 20, n), rng.gamma(2.0, 8.0, n), rng.poisson(3.0, n), rng.uniform(0, 100, n))[at % 4]
    return np.rint(np.maximum(drawn, 0.0)).astype(np.float64)
