"""Bank ledgers for the fixed applicants of the SQL oracle: several accounts, returns, overdrafts, unknown parties."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

Row = dict[str, Any]

CHINA = dt.timezone(dt.timedelta(hours=8))
KINDS = (
    "plain", "plain", "paydays", "empty", "not_obtained", "refused", "short_coverage", "stale_coverage", "no_sources",
    "one_posting", "no_inflow", "unnamed", "future_rows", "late_returns", "late_known", "overdrawn", "dormant",
    "no_accounts", "lenders",
)  # fmt: skip

# Category, kinds of counterparty it comes with, share of credits, weight.
POSTINGS = (
    ("sales", ("company", "company", "company", "person", "unknown", "government"), 0.95, 30),
    ("supplier", ("company", "company", "person", "unknown"), 0.03, 22),
    ("transfer", ("own", "related", "company", "person", "unknown", "lender"), 0.5, 12),
    ("other", ("company", "person", "unknown", "related", "lender"), 0.4, 7),
    ("cash", ("cash", "unknown"), 0.5, 6),
    ("tax", ("government",), 0.1, 5),
    ("payroll", ("person", "company"), 0.02, 5),
    ("rent", ("company", "person"), 0.1, 4),
    ("fee", ("company",), 0.1, 3),
    ("refund", ("company",), 0.5, 2),
    ("gambling", ("company",), 0.2, 2),
    ("crypto", ("company",), 0.3, 1),
    ("equity", ("related", "person"), 0.9, 1),
    ("securities", ("company",), 0.5, 1),
    ("insurance", ("company",), 0.3, 1),
)
LENDING = (("loan_in", ("lender", "company"), 1.0, 1), ("loan_payment", ("lender", "company"), 0.05, 3))


def add_ledger(document: Row, number: int, as_of: dt.datetime) -> None:
    """Give a document ledger, accounts and tax filings; case ``i`` shows edge ``KINDS[i % len(KINDS)]``."""
    edge, rng, day = KINDS[number % len(KINDS)], random.Random(f"ledger/{number}"), as_of.date()
    if edge == "not_obtained":
        return
    if edge != "refused":
        document["ledger"] = [] if edge == "empty" else ledger(edge, day, rng)
    if edge not in ("refused", "no_accounts"):
        document["accounts"] = [] if edge == "empty" else accounts(document["ledger"], day, rng)
    told = [] if edge == "no_sources" else look_ups(edge, as_of, rng)
    if number % 5:
        document["tax_filings"] = filings(edge, day, rng)
    document["sources"] = document.get("sources", []) + [
        row for row in told if row["section"] != "tax_filings" or "tax_filings" in document
    ]


def look_ups(edge: str, as_of: dt.datetime, rng: random.Random) -> list[Row]:
    day = as_of.date()
    row: Row = {
        "provider": "made_up",
        "status": "refused" if edge == "refused" else "obtained",
        "retrieved_at": as_of - dt.timedelta(minutes=5),
        "complete": edge != "refused",
    }
    if edge == "refused":
        return [row | {"section": section} for section in ("ledger", "accounts", "tax_filings")]
    reach = rng.choice([60, 150, 200, 370, 440]) if edge == "short_coverage" else 900
    until = day - dt.timedelta(days=40) if edge == "stale_coverage" else day
    told = row | {"section": "ledger", "covers_from": day - dt.timedelta(days=reach), "covers_until": until}
    filed = row | {"section": "tax_filings", "covers_from": day - dt.timedelta(days=900), "covers_until": day}
    refused = row | {"section": "accounts", "status": "refused", "complete": False}
    return [told, filed, *([refused] if edge == "no_accounts" else [])]


def accounts(rows: list[Row], day: dt.date, rng: random.Random) -> list[Row]:
    made = []
    for name in sorted({row["account"] for row in rows}):
        first = day - dt.timedelta(days=rng.randrange(20, 900))
        row: Row = {
            "account": name,
            "institution": f"bank {name}",
            "kind": "current",
            "covers_from": first,
            "covers_until": min(first + dt.timedelta(days=rng.randrange(900)), day + dt.timedelta(days=3)),
            "opening_balance": 0.0,
            "overdraft_limit": rng.choice([0.0, 0.0, 2_000.0, 50_000.0]),
            "primary": name == "a1",
        }
        if rng.random() < 0.2:
            row["closed_on"] = day - dt.timedelta(days=rng.randrange(-5, 20))
        made.append(row)
    return made


def filings(edge: str, day: dt.date, rng: random.Random) -> list[Row]:
    made: list[Row] = []
    for back in range(20):
        first = (day.replace(day=1) - dt.timedelta(days=31 * back + 1)).replace(day=1)
        last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        row: Row = {"tax": "vat", "period_start": first, "period_end": last, "due_on": last + dt.timedelta(days=15)}
        if rng.random() < 0.8:
            paid = last + dt.timedelta(days=rng.randrange(1, 40))
            row |= {
                "filed_on": paid,
                "paid_on": paid,
                "tax_due": 1.0,
                "tax_paid": 0.0 if edge == "empty" else round(rng.uniform(0, 9_000), 2),
            }
        made.append(row)
    # Two filings of one period would contradict each other: months before short ones may meet.
    return list({row["period_end"]: row for row in made}.values())


def ledger(edge: str, day: dt.date, rng: random.Random) -> list[Row]:
    """Postings of one to three accounts; in each, balances run on in the order of ``seq``."""
    rows: list[Row] = []
    for place in range(1 if edge == "one_posting" else rng.randrange(1, 4)):
        rows += account_rows(f"a{place + 1}", edge, day, rng)
    rng.shuffle(rows)
    return rows


def account_rows(account: str, edge: str, day: dt.date, rng: random.Random) -> list[Row]:
    count = 1 if edge == "one_posting" else rng.randrange(4, 120)
    events = [posting(edge, day, rng) for _ in range(count)]
    if edge == "paydays":
        events += paydays(day, rng)
    for event in events[: count // 6]:
        events.append(answer(event, rng))
    events += returned(events, edge, rng)
    events.sort(key=lambda event: event["booked_on"])
    balance = -8_000.0 if edge == "overdrawn" else rng.uniform(0, 300_000)
    for seq, event in enumerate(events):
        balance = round(balance + event["amount"], 2)
        event |= {"account": account, "seq": seq, "balance": balance}
    for event in events:
        original = event.pop("original", None)
        if original is not None:
            event["reverses"] = original["seq"]
        if edge == "late_known" and rng.random() < 0.3:
            known = dt.datetime.combine(day + dt.timedelta(days=rng.randrange(-300, 30)), dt.time(9), CHINA)
            event["known_at"] = max(known, dt.datetime.combine(event["booked_on"], dt.time(0), CHINA))
    return events


def posting(edge: str, day: dt.date, rng: random.Random) -> Row:
    table = POSTINGS + tuple((*row[:3], row[3] * (15 if edge == "lenders" else 3)) for row in LENDING)
    category, kinds, credit_share, _ = rng.choices(table, [row[3] for row in table])[0]
    back = rng.randrange(300, 800) if edge == "dormant" else rng.choice([rng.randrange(1, 800), rng.randrange(1, 190)])
    if edge == "future_rows" and rng.random() < 0.3:
        back = -rng.randrange(0, 100)
    amount = round(rng.lognormvariate(7.5, 1.2), 2) * (1 if rng.random() < credit_share else -1)
    kind = rng.choice(kinds)
    if edge == "no_inflow":
        amount = -abs(amount)
    if edge == "unnamed" and kind in ("company", "lender"):
        kind = rng.choice(["unknown", kind])
    row: Row = {
        "booked_on": day - dt.timedelta(days=back),
        "amount": amount,
        "counterparty_kind": kind,
        "category": category,
        "category_source": "provider",
        "version": "1",
    }
    if kind not in ("unknown", "cash", "own") and not (edge == "unnamed" and rng.random() < 0.6):
        row["counterparty"] = f"{kind[:2].upper()}{min(int(rng.expovariate(0.4)), 12):02d}"
    return row


def paydays(day: dt.date, rng: random.Random) -> list[Row]:
    """A salary once a month, now and then late or missing, sometimes in two parts."""
    made = []
    for month in range(12):
        if rng.random() < 0.15:
            continue
        on = day - dt.timedelta(days=5 + 30 * month + rng.choice([0, 0, 0, 1, 3, 9]))
        made += [
            {
                "booked_on": on, "amount": round(rng.uniform(20_000, 21_000), 2), "counterparty_kind": "company",
                "category": "salary", "category_source": "provider", "version": "1", "counterparty": "EMPLOYER",
            }
            for _ in range(rng.choice([1, 1, 1, 2]))
        ]  # fmt: skip
    return made


def answer(event: Row, rng: random.Random) -> Row:
    """Nearly the same amount the other way: back to the payer, on to somebody else, or to another lender."""
    share = rng.choice([1.0, 0.97, 0.93, 0.5])
    later = dt.timedelta(days=rng.choice([0, 1, 2, 3, 6, 7, 8]))
    row = event | {"booked_on": event["booked_on"] + later, "amount": round(-share * event["amount"], 2)}
    if event["category"] == "loan_in":
        row |= {"category": "loan_payment", "counterparty": rng.choice(["LE00", "LE01", "LE02"])}
    elif rng.random() < 0.4 and "counterparty" in row:
        row |= {"counterparty": "CO00", "counterparty_kind": "company"}
    return row


def returned(events: list[Row], edge: str, rng: random.Random) -> list[Row]:
    """Mark some postings as returned, and let others take them back: together, or one without the other."""
    reversals = []
    for event in events:
        if rng.random() > (0.3 if edge == "late_returns" else 0.08):
            continue
        back = event["booked_on"] + dt.timedelta(days=rng.randrange(0, 400 if edge == "late_returns" else 6))
        how = rng.choice(["both", "both", "mark", "reversal"])
        if how != "reversal":
            event["returned_on"] = back
            reason = rng.choice(["insufficient_funds", "insufficient_funds", "other", None])
            event |= {"return_reason": reason} if reason else {}
        if how != "mark":
            marks = ("returned_on", "return_reason")
            plain = {key: held for key, held in event.items() if key not in marks}
            reversals.append(plain | {"booked_on": back, "amount": -event["amount"], "original": event})
    return reversals
