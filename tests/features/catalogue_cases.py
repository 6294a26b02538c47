"""Two hundred small applicants with every edge the catalogue meets: the fixed input of the SQL oracle."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

from stdnum.cn import uscc

from tests.features.ledger_cases import add_ledger

Row = dict[str, Any]

CASES = 200
CHINA = dt.timezone(dt.timedelta(hours=8))
KINDS = (
    "plain", "plain", "plain", "empty", "not_obtained", "refused", "short_coverage", "stale_coverage", "no_sources",
    "one_invoice", "all_voided", "only_red_letters", "no_sales", "unknown_buyers", "future_rows", "late_voids",
    "late_known", "same_day", "dormant", "two_look_ups",
)  # fmt: skip


def cases(count: int = CASES, seed: int = 7) -> list[Row]:
    """The documents, as plain data; case ``i`` shows edge ``KINDS[i % len(KINDS)]``."""
    return [case(number, random.Random(f"{seed}/{number}")) for number in range(count)]


def case(number: int, rng: random.Random) -> Row:
    edge = KINDS[number % len(KINDS)]
    day = dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(400))
    if number % 11 == 0:
        day = dt.date(2024, 2, 29)
    if number % 13 == 0:
        day = day.replace(day=1)
    as_of = dt.datetime.combine(day, dt.time(rng.randrange(24), rng.randrange(1, 60)), CHINA)
    document: Row = {"application": request(number, as_of, rng), "applicant": applicant(number, day, rng)}
    if edge != "not_obtained":
        document["invoices"] = [] if edge in ("empty", "refused") else invoices(edge, day, rng)
    if edge == "refused":
        del document["invoices"]
    if edge not in ("no_sources", "not_obtained"):
        document["sources"] = look_ups(edge, as_of, rng)
    add_ledger(document, number, as_of)
    return document


def body(document: Row) -> bytes:
    """The document as it is sent."""
    return json.dumps(document, default=lambda value: value.isoformat()).encode()


def request(number: int, as_of: dt.datetime, rng: random.Random) -> Row:
    return {
        "application_id": f"A{number:04d}",
        "obligor_id": f"O{number:04d}",
        "submitted_at": as_of - dt.timedelta(hours=3),
        "as_of": as_of,
        "jurisdiction": "CN",
        "lender_kind": rng.choice(["bank", "micro_lender"]),
        "product": "sme_term_loan",
        "customer_kind": rng.choice(["new", "existing", "renewal", "top_up"]),
        "amount": f"{rng.randrange(1, 500) * 10_000 + rng.randrange(100) / 100:.2f}",
        "currency": "CNY",
        "term_months": rng.choice([1, 6, 12, 36, 120]),
        "revolving": rng.random() < 0.3,
        "repayment": rng.choice(["equal_instalment", "equal_principal", "interest_only", "bullet", "on_demand"]),
        "purpose": rng.choice(["working_capital", "equipment", "inventory", "other"]),
        "channel": "online",
        "test": False,
    }


def applicant(number: int, day: dt.date, rng: random.Random) -> Row:
    kind = rng.choice(["company", "company", "sole_trader"])
    start = f"91990000FAKE{number:05d}"
    row: Row = {
        "kind": kind,
        "name": f"Synthetic {number}",
        "identifier": start + uscc.calc_check_digit(start),
        "industry": "F51",
        "industry_scheme": "gbt4754",
        "region": "CN-990000",
    }
    if rng.random() < 0.85:
        row["established_on"] = rng.choice([day, day - dt.timedelta(days=rng.randrange(6000)), day.replace(day=1)])
    if rng.random() < 0.8:
        row["registry_status"] = rng.choice(["active", "active", "suspended", "revoked"])
    if rng.random() < 0.6:
        row["registered_capital"] = float(rng.choice([0, 100_000, 5_000_000]))
        row["paid_in_capital"] = float(rng.choice([0, 50_000, 100_000, 7_000_000]))
    return row


def look_ups(edge: str, as_of: dt.datetime, rng: random.Random) -> list[Row]:
    day = as_of.date()
    row: Row = {
        "section": "invoices",
        "provider": "made_up",
        "status": "refused" if edge == "refused" else "obtained",
        "retrieved_at": as_of - dt.timedelta(minutes=5),
        "complete": edge != "refused",
    }
    if edge == "refused":
        return [row]
    reach = {"short_coverage": rng.choice([200, 300, 370, 420])}.get(edge, 900)
    until = day - dt.timedelta(days=60) if edge == "stale_coverage" else day
    row |= {"covers_from": day - dt.timedelta(days=reach), "covers_until": until}
    if edge == "two_look_ups":
        middle = day - dt.timedelta(days=300)
        return [row | {"covers_until": middle}, row | {"covers_from": middle}]
    return [row]


def invoices(edge: str, day: dt.date, rng: random.Random) -> list[Row]:
    count = 1 if edge == "one_invoice" else rng.randrange(2, 90)
    rows = [invoice(edge, place, day, rng) for place in range(count)]
    rows += [red_letter(row, day, rng) for row in rows if rng.random() < 0.06]
    for row in rows:
        if edge == "all_voided" or (edge == "late_voids" and rng.random() < 0.5) or rng.random() < 0.05:
            later = {"late_voids": rng.randrange(0, 700)}.get(edge, rng.randrange(0, 40))
            row["voided_on"] = row["issued_on"] + dt.timedelta(days=later)
    rng.shuffle(rows)
    return rows


def invoice(edge: str, place: int, day: dt.date, rng: random.Random) -> Row:
    back = rng.randrange(400, 800) if edge == "dormant" else rng.randrange(1, 800)
    if edge == "future_rows" and rng.random() < 0.3:
        back = -rng.randrange(1, 200)
    if edge == "same_day" and rng.random() < 0.3:
        back = rng.choice([0, 0, 1])
    direction = "in" if edge == "no_sales" else rng.choice(["in", "out", "out"])
    net = round(rng.lognormvariate(9.0, 1.6), 2)
    kind = rng.choice(["company"] * 5 + ["person", "unknown"])
    if edge == "unknown_buyers":
        kind = rng.choice(["person", "unknown"])
    row: Row = {
        "invoice_no": f"{place:08d}",
        "direction": direction,
        "issued_on": day - dt.timedelta(days=back),
        "counterparty_kind": kind,
        "net_amount": -net if edge == "only_red_letters" else net,
        "tax": round(net * 0.13, 2),
    }
    if kind != "unknown" and rng.random() < 0.95:
        row["counterparty"] = f"C{min(int(rng.expovariate(0.25)), 30):02d}"
    if edge == "late_known" and rng.random() < 0.4:
        known = dt.datetime.combine(day + dt.timedelta(days=rng.randrange(-300, 30)), dt.time(9), CHINA)
        row["known_at"] = max(known, dt.datetime.combine(row["issued_on"], dt.time(0), CHINA))
    return row


def red_letter(row: Row, day: dt.date, rng: random.Random) -> Row:
    return row | {
        "invoice_no": "R" + row["invoice_no"],
        "issued_on": row["issued_on"] + dt.timedelta(days=rng.randrange(1, 90)),
        "net_amount": -abs(row["net_amount"]),
        "tax": -row["tax"],
        "reverses": row["invoice_no"],
    }
