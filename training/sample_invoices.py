"""Sales and purchase invoices of the firms: turnover cut into deals with partners who come and go."""

from __future__ import annotations

import numpy as np

from training.sample_calendar import HISTORY, Days, Reals, Texts, busy_days, few_digits, split
from training.sample_firms import Partners, Trade, trait_of, vat_rate
from training.sample_latents import Applicants
from training.sample_tables import Table, ordered, pick, places, stack, table


def draw_invoices(who: Applicants, trade: Trade, rng: np.random.Generator) -> Table:
    """Sales and purchase invoices, by direction, day and number; voided and red-letter ones among them."""
    n = len(who)
    own = np.exp(0.20 * who.now("capacity") + 0.2 * rng.standard_normal(n))
    pace = (trait_of(who, "invoices_a_month") * own)[:, None]
    cancels = 1.0 / (1.0 + np.exp(3.4 + 0.9 * who.now("honesty") + 0.3 * rng.standard_normal(n)))
    parts: list[Table] = []
    for direction, amounts, busy, partners, share in (
        ("out", trade.true, pace, trade.buyers, cancels),
        ("out", trade.false, np.full((n, 1), 1.6), None, np.full(n, 0.30)),
        ("in", trade.bought, 0.55 * pace, trade.suppliers, 0.4 * cancels),
        ("in", 0.45 * trade.false, np.full((n, 1), 0.8), None, np.zeros(n)),
    ):
        written = sum(len(part["who"]) for part in parts)
        parts += _cancelled(_deals(who, amounts, busy, partners, direction, 3 * written, rng), share, who.day, rng)
    rows = stack(parts)
    rows = ordered(pick(rows, rows["issued_on"] < who.day[rows["who"]]), "direction", "issued_on", "key")
    private = rng.random(len(rows["who"])) < trait_of(who, "private_buyers")[rows["who"]]
    private &= (rows["direction"] == "out") & (rows["of"] < 0)
    rows["counterparty"] = np.where(private, "", rows["counterparty"])
    rows["counterparty_kind"] = np.where(rows["counterparty"] == "", "person", "company")
    rows["tax"] = np.round(rows["net_amount"] * vat_rate(who, trade)[rows["who"]], 2)
    return _numbered(rows, rng)


def _deals(
    who: Applicants, amounts: Reals, pace: Reals, partners: Partners | None, direction: str, first_key: int,
    rng: np.random.Generator,
) -> Table:  # fmt: skip
    """The deals of one direction; without partners, those made up with three friends."""
    row, month, part = split(amounts, np.broadcast_to(pace, amounts.shape), rng)
    met = partners.meet(row, month, rng) + 1 if partners else rng.integers(91, 94, len(row))
    letter = "B" if direction == "out" else "P"
    last_day = np.where(month == HISTORY, who.day[row] - 1, np.datetime64("2100-01-01"))
    return table(
        row,
        direction=direction,
        issued_on=np.minimum(busy_days(who.month[row] + month - HISTORY, rng), last_day),
        counterparty=np.char.add(letter, np.char.zfill(met.astype(np.str_), 2)),
        net_amount=np.maximum(few_digits(part), 1.0),
        key=first_key + 3 * np.arange(len(row)),
        voided_on=np.datetime64("NaT", "D"),
        of=-1,
    )


def _cancelled(deals: Table, share: Reals, until: Days, rng: np.random.Generator) -> list[Table]:
    """Some deals were first written wrongly: voided in the same month, or answered by a red letter later."""
    wrong = pick(deals, rng.random(len(deals["who"])) < share[deals["who"]])
    later = wrong["issued_on"] + rng.integers(1, 45, len(wrong["who"]))
    same = later.astype("M8[M]") == wrong["issued_on"].astype("M8[M]")
    keep = later < until[wrong["who"]]
    first = {**wrong, "key": wrong["key"] + 1, "voided_on": np.where(same, later, np.datetime64("NaT"))}
    red = {"issued_on": later, "net_amount": -wrong["net_amount"], "of": first["key"], "key": wrong["key"] + 2}
    return [deals, pick(first, keep), pick({**wrong, **red}, keep & ~same)]


def _numbered(rows: Table, rng: np.random.Generator) -> Table:
    """Numbers run on: one after the other for the firm's own, with gaps for those of its suppliers."""
    out = rows["direction"] == "out"
    run = np.cumsum(np.where(out, 1, rng.integers(1, 40, len(out))))
    place = places(rows["who"], rows["direction"])
    start = np.maximum.accumulate(np.where(place == 0, run, 0))
    base = 10_000_000 + 1_000 * ((rows["who"] * 7 + out * 3) % 80_000)
    number = np.char.mod("%08d", base + run - start)
    return {**rows, "invoice_no": number, "reverses": _reversed(rows, number)}


def _reversed(rows: Table, number: Texts) -> Texts:
    """The number of the invoice that each red letter takes back."""
    order = np.argsort(rows["key"])
    found = order[np.minimum(np.searchsorted(rows["key"][order], rows["of"]), len(order) - 1)]
    return np.where(rows["of"] < 0, "", number[found])
