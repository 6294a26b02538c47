"""What a lender would see of a synthetic firm: a noisy view of its traits, from a random stream of its own."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from stdnum.cn import uscc

from training.sample_latents import HISTORY_MONTHS, Firm, Reals, add_months

Row = dict[str, Any]

NEW_YEARS = (dt.date(2022, 2, 1), dt.date(2023, 1, 22), dt.date(2024, 2, 10))
NAMED, PRIVATE = "company", "person"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows of one application, by section."""

    application: Row
    applicant: Row
    invoices: list[Row]
    sources: list[Row]


def draw_evidence(firm: Firm, rng: np.random.Generator) -> Evidence:
    """Draw what each section shows; a source that failed or was refused shows nothing."""
    application_id = f"S24-{firm.number:04d}"
    established_on = add_months(firm.as_of.date(), -firm.months_in_business) - dt.timedelta(days=int(rng.integers(28)))
    sales = monthly_sales(firm, established_on, rng)
    source = draw_source(firm, established_on, rng)
    invoices = draw_invoices(firm, sales, source["covers_from"], rng) if source["status"] == "obtained" else []
    key = {"application_id": application_id}
    return Evidence(
        application=key | draw_request(firm, float(sales[:HISTORY_MONTHS].mean()) * 12, rng),
        applicant=key | draw_applicant(firm, established_on, rng),
        invoices=[key | row for row in invoices],
        sources=[key | source],
    )


def clock(moment: dt.datetime) -> str:
    """RFC 3339 with the offset."""
    return moment.isoformat(timespec="seconds")


def identifier(number: int, *, company: bool) -> str:
    """A unified social credit code with a right check digit in a region, 990000, that does not exist.

    >>> uscc.is_valid(identifier(7, company=True))
    True
    """
    body = f"9{1 if company else 2}990000FAKE{number:05d}"
    return body + str(uscc.calc_check_digit(body))


def draw_request(firm: Firm, yearly_sales: float, rng: np.random.Generator) -> Row:
    """Weaker firms tend to ask for more of their turnover."""
    share = 0.12 * math.exp(0.45 * rng.standard_normal() - 0.15 * firm.health[HISTORY_MONTHS] + 0.12 * firm.fragility)
    amount = min(max(round(share * yearly_sales, -4), 50_000.0), 5_000_000.0)
    submitted_at = firm.as_of - dt.timedelta(minutes=int(rng.integers(20, 2000)))
    return {
        "obligor_id": f"O-{firm.number:04d}",
        "submitted_at": clock(submitted_at),
        "as_of": clock(firm.as_of),
        "jurisdiction": "CN",
        "lender_kind": "bank",
        "product": "sme_term_loan",
        "customer_kind": "existing" if rng.random() < 0.2 else "new",
        "amount": f"{amount:.2f}",
        "currency": "CNY",
        "term_months": int(rng.choice([6, 12, 12, 12, 18, 24, 36])),
        "revolving": False,
        "repayment": "equal_instalment" if rng.random() < 0.7 else "interest_only",
        "purpose": "working_capital" if rng.random() < 0.85 else "equipment",
        "channel": "branch" if rng.random() < 0.4 else "online",
        "test": False,
    }


def draw_applicant(firm: Firm, established_on: dt.date, rng: np.random.Generator) -> Row:
    """Registry facts; names and identifiers say that they are made up."""
    company = bool(rng.random() < 0.86)
    capital = float(round(10 ** (firm.industry.monthly_sales + 0.3 * rng.standard_normal()), -4))
    registered = max(capital, 10_000.0)
    return {
        "kind": "company" if company else "sole_trader",
        "name": f"合成{firm.industry.scope}{firm.number:04d} (synthetic {firm.industry.name} {firm.number:04d})",
        "identifier": identifier(firm.number, company=company),
        "entity_kind": "limited" if company else "individual_business",
        "registry_status": "suspended" if rng.random() < 0.01 else "active",
        "established_on": established_on,
        "industry": firm.industry.code,
        "industry_scheme": "gbt4754",
        "region": "CN-990000",
        "taxpayer_kind": "general" if firm.capacity + rng.standard_normal() > -0.6 else "small_scale",
        "registered_capital": registered,
        "paid_in_capital": registered * float(rng.choice([0.0, 0.2, 0.5, 1.0])) if company else None,
        "employees": max(1, round(math.exp(2.0 + 0.4 * firm.capacity + 0.5 * rng.standard_normal()))),
    }


def draw_source(firm: Firm, established_on: dt.date, rng: np.random.Generator) -> Row:
    """The invoice look-up: outages strike anyone, refusals rather the dishonest, some providers reach back less far."""
    day = firm.as_of.date()
    window = add_months(day.replace(day=1), -int(rng.choice([HISTORY_MONTHS, 14], p=[0.96, 0.04])))
    status = "obtained"
    if rng.random() < 0.025:
        status = "unavailable"
    elif rng.random() < 0.02 / (1.0 + math.exp(1.5 * firm.honesty)) * 2:
        status = "refused"
    return {
        "section": "invoices",
        "provider": "synthetic_tax_platform",
        "status": status,
        "retrieved_at": clock(firm.as_of - dt.timedelta(minutes=int(rng.integers(1, 20)))),
        "covers_from": max(window, established_on) if status == "obtained" else None,
        "covers_until": day if status == "obtained" else None,
        "complete": status == "obtained",
    }


def monthly_sales(firm: Firm, established_on: dt.date, rng: np.random.Generator) -> Reals:
    """What the firm sells, month by month: level, health, season, noise, idle months, and a ramp after its founding."""
    months = np.arange(HISTORY_MONTHS + 1)
    first = firm.as_of.year * 12 + firm.as_of.month - 1 - HISTORY_MONTHS
    season = 1.0 + firm.industry.season * np.cos(
        2 * np.pi * ((first + months) % 12 + 1 - firm.industry.peak_month) / 12
    )
    age = first + months - (established_on.year * 12 + established_on.month - 1)
    ramp = np.clip(age / 6.0, 0.0, 1.0)
    noise = np.exp(0.28 * math.exp(-0.55 * firm.stability) * rng.standard_normal(len(months)))
    level = 10 ** (firm.industry.monthly_sales + 0.30 * firm.capacity)
    sales: Reals = level * np.exp(0.50 * firm.health[: len(months)]) * season * ramp * noise
    sales[-1] *= (firm.as_of.day - 1) / 30.0
    idle = 0.6 / (1.0 + np.exp(5.0 + 2.5 * firm.health[: len(months)]))  # a sick firm stops for whole months
    sales[rng.random(len(months)) < idle] = 0.0
    return sales


def draw_invoices(firm: Firm, sales: Reals, covers_from: dt.date, rng: np.random.Generator) -> list[Row]:
    """Sales and purchase invoices since ``covers_from``, by direction, day and number."""
    until = firm.as_of.date()
    pace = firm.industry.invoices_per_month * math.exp(0.25 * firm.capacity + 0.2 * rng.standard_normal())
    buyers, suppliers = draw_names("B", firm, rng), draw_names("P", firm, rng)
    ratio = firm.industry.purchase_ratio * math.exp(0.18 * rng.standard_normal() - 0.08 * firm.honesty)
    cancels = 1.0 / (1.0 + math.exp(3.2 + 1.0 * firm.honesty + 0.25 * rng.standard_normal()))
    issued: list[Row] = []
    for direction, flow, busy, names, cancelled in (
        ("in", sales * ratio, 0.6 * pace, suppliers, 0.4 * cancels),
        ("out", sales, pace, buyers, cancels),
    ):
        first = 10_000_000 + int(rng.integers(80_000_000)) if direction == "out" else None
        rows: list[Row] = []
        for month, amount in enumerate(flow):
            start = add_months(until.replace(day=1), month - HISTORY_MONTHS)
            rows += month_of_invoices(firm, direction, start, float(amount), busy, names, rng)
        rows = [row for row in rows if covers_from <= row["issued_on"] < until]
        issued += cancel(number(sorted(rows, key=lambda row: row["issued_on"]), first, rng), cancelled, until, rng)
    return sorted(issued, key=lambda row: (row["direction"], row["issued_on"], row["invoice_no"]))


def draw_names(letter: str, firm: Firm, rng: np.random.Generator) -> list[tuple[str, float, int, int]]:
    """Trading partners: name, weight, first and last month of the relation; a broad firm has more and evener ones."""
    count = 4 + int(rng.poisson(9.0 * math.exp(0.35 * firm.breadth)))
    weights = rng.gamma(0.45 * math.exp(0.35 * firm.breadth), size=count) + 0.01
    joined = np.where(rng.random(count) < 0.65, 0, rng.integers(0, HISTORY_MONTHS, count))
    stays = np.where(rng.random(count) < 0.70, 99, rng.integers(3, 18, count))
    return [
        (
            f"{letter}{firm.number:04d}-{partner:02d}",
            float(weights[partner]),
            int(joined[partner]),
            int(joined[partner] + stays[partner]),
        )
        for partner in range(count)
    ]


def month_of_invoices(
    firm: Firm, direction: str, start: dt.date, amount: float, pace: float, names: list[tuple[str, float, int, int]],
    rng: np.random.Generator,
) -> list[Row]:  # fmt: skip
    """Split a month's turnover into invoices; most of those around the New Year are never written."""
    month = start.year * 12 + start.month - (firm.as_of.year * 12 + firm.as_of.month) + HISTORY_MONTHS
    active = [partner for partner in names if partner[2] <= month <= partner[3]] or names[:1]
    count = int(rng.poisson(pace * min(1.0, amount / 2_000.0)))
    if count == 0 or amount < 100.0:
        return []
    weights = np.array([partner[1] for partner in active])
    chosen = rng.choice(len(active), size=count, p=weights / weights.sum())
    parts = rng.gamma(0.9, size=count) + 0.02
    last = (add_months(start, 1) - start).days
    days = rng.integers(0, last, count)
    rows = []
    for part, partner, day in zip(amount * parts / parts.sum(), chosen, days, strict=True):
        issued_on = start + dt.timedelta(days=int(day))
        if near_new_year(issued_on) and rng.random() < 0.75:
            continue
        private = direction == "out" and rng.random() < firm.industry.private_buyers
        net = few_digits(part)
        rows.append({
            "direction": direction,
            "issued_on": issued_on,
            "counterparty": None if private else active[int(partner)][0],
            "counterparty_kind": PRIVATE if private else NAMED,
            "net_amount": net,
            "tax": round(net * firm.industry.vat_rate, 2),
        })  # fmt: skip
    return rows


def near_new_year(day: dt.date) -> bool:
    """From a week before the Lunar New Year to a fortnight after it."""
    return any(-7 <= (day - feast).days <= 14 for feast in NEW_YEARS)


def few_digits(amount: float) -> float:
    """Three digits are enough, and keep the files small.

    >>> few_digits(123456.789), few_digits(3.14159)
    (123000.0, 3.14)
    """
    return round(amount, 2 - math.floor(math.log10(max(amount, 1.0))))


def number(rows: list[Row], first: int | None, rng: np.random.Generator) -> list[Row]:
    """Own invoices are numbered in turn; a supplier's numbers come as they come."""
    drawn = rng.choice(90_000_000, size=len(rows), replace=False) + 10_000_000
    return [
        row | {"invoice_no": f"{int(drawn[place]) if first is None else first + place:08d}"}
        for place, row in enumerate(rows)
    ]


def cancel(rows: list[Row], share: float, until: dt.date, rng: np.random.Generator) -> list[Row]:
    """Void some invoices soon after, answer others with a red-letter invoice; nothing after the application."""
    told = []
    for row in rows:
        voided_on = reverses = None
        later = row["issued_on"] + dt.timedelta(days=int(rng.integers(1, 45)))
        if rng.random() < share and later < until:
            if later.month == row["issued_on"].month:
                voided_on = later
            else:
                red = {"issued_on": later, "net_amount": -row["net_amount"], "tax": -row["tax"]}
                told.append(
                    row
                    | red
                    | {"invoice_no": f"R{row['invoice_no']}", "voided_on": None, "reverses": row["invoice_no"]}
                )
        told.append(row | {"voided_on": voided_on, "reverses": reverses})
    return told
