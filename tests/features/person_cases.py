"""Two hundred households with every edge the credit and consumer catalogues meet: fixed input of their SQL oracle."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from tests.features.catalogue_cases import request

Row = dict[str, Any]

CASES = 200
CHINA = dt.timezone(dt.timedelta(hours=8))
KINDS = (
    "plain", "plain", "plain", "alone", "alone", "empty", "not_obtained", "refused", "partner_refused",
    "partner_not_asked", "short_coverage", "partner_short", "no_sources", "future_rows", "late_known", "many_sources",
    "declared_only", "stale_income", "untold", "no_debts", "firm", "partner_alone",
)  # fmt: skip
SECTIONS = ("incomes", "outgoings", "credit_lines", "credit_history", "credit_enquiries")
LINE_KINDS = ("card", "overdraft", "mortgage", "vehicle", "consumer", "bnpl", "advance", "guarantee")


def cases(count: int = CASES, seed: int = 11) -> list[Row]:
    """The documents, as plain data; case ``i`` shows edge ``KINDS[i % len(KINDS)]``."""
    return [case(number, random.Random(f"{seed}/{number}")) for number in range(count)]


def case(number: int, rng: random.Random) -> Row:
    edge = KINDS[number % len(KINDS)]
    day = dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(400))
    if number % 7 == 0:
        day = rng.choice([dt.date(2024, 2, 29), dt.date(2024, 3, 31), dt.date(2024, 12, 1)])
    as_of = dt.datetime.combine(day, dt.time(rng.randrange(24), rng.randrange(1, 60)), CHINA)
    document: Row = {"application": request(number, as_of, rng), "applicant": applicant(edge, number, day, rng)}
    others = [] if edge in ("alone", "empty") else ["C1"] if rng.random() < 0.8 else ["C1", "C2"]
    document["parties"] = [party(name, "co_borrower") for name in others] + [party("G", "guarantor")]
    whose = ["C1"] if edge == "partner_alone" else ["", "", *others]
    for section in () if edge == "not_obtained" else SECTIONS:
        document[section] = [] if edge == "empty" else rows(section, edge, whose, day, rng)
    if edge == "refused":
        for section in SECTIONS[2:]:
            del document[section]
    if edge not in ("no_sources", "not_obtained"):
        document["sources"] = look_ups(edge, ["", *others], as_of, rng)
    return document


def applicant(edge: str, number: int, day: dt.date, rng: random.Random) -> Row:
    row: Row = {
        "kind": "company" if edge == "firm" else "person", "name": f"Synthetic {number}",
        "identifier": f"pseudonym:{number}", "region": "CN-990000",
    }  # fmt: skip
    if edge == "firm":
        row |= {"industry": "F51", "industry_scheme": "gbt4754"}
    if rng.random() < 0.8:
        row |= {"household_size": rng.choice([1, 1, 2, 3, 5]), "dependants": rng.randrange(3)}
    if rng.random() < 0.8:
        row |= {
            "housing": rng.choice(["own", "mortgage", "rent", "family"]),
            "residence_since": day - dt.timedelta(days=rng.randrange(9000)),
        }
    return row


def party(name: str, role: str) -> Row:
    return {"party": name, "role": role, "kind": "person", "name": name, "identifier": f"pseudonym:{name}"}


def look_ups(edge: str, liable: list[str], as_of: dt.datetime, rng: random.Random) -> list[Row]:
    made = []
    for section in SECTIONS:
        for who in liable:
            partner_lags = who and section in ("credit_lines", "incomes", "credit_enquiries")
            if edge == "partner_not_asked" and partner_lags:
                continue
            refused = (edge == "refused" and section in SECTIONS[2:]) or (edge == "partner_refused" and partner_lags)
            row: Row = {
                "section": section, "provider": "made_up", "retrieved_at": as_of - dt.timedelta(minutes=5),
                "status": rng.choice(["refused", "no_record"]) if refused else "obtained", "complete": not refused,
            }  # fmt: skip
            short = edge == "short_coverage" or (edge == "partner_short" and who)
            if not refused:
                reach = rng.choice([60, 110, 200, 300, 420]) if short else 1200
                row |= {"covers_from": as_of.date() - dt.timedelta(days=reach), "covers_until": as_of.date()}
            made.append(row | ({"party": who} if who else {}))
    rng.shuffle(made)
    return made


def rows(section: str, edge: str, whose: list[str], day: dt.date, rng: random.Random) -> list[Row]:
    """Rows of everybody liable, some of them told by two, and a few of the guarantor."""
    if edge == "no_debts" and section.startswith("credit"):
        return []
    make = {"incomes": _incomes, "outgoings": _outgoings, "credit_lines": _lines, "credit_history": _history,
            "credit_enquiries": _enquiries}[section]  # fmt: skip
    made = [row | {"party": who or "applicant"} for who in sorted({*whose}) for row in make(edge, who, day, rng)]
    told_twice = [row | {"party": rng.choice(whose) or "applicant"} for row in made if rng.random() < 0.25]
    for row in told_twice:
        seen = _seen_by_another(section, row, rng)
        if _is_new(seen, made, section):
            made.append(seen)
    made += [row | {"party": "G"} for row in make(edge, "G", day, rng)]
    if edge == "late_known":
        for row in made:
            if rng.random() < 0.3:
                row["known_at"] = dt.datetime.combine(
                    day + dt.timedelta(days=rng.randrange(-200, 20)), dt.time(9), CHINA
                )
    rng.shuffle(made)
    return made


ONCE = {
    "credit_lines": ("party", "line"),
    "credit_history": ("party", "line", "month"),
    "incomes": ("party", "kind", "month", "verified", "net", "employer"),
}


def _is_new(row: Row, made: list[Row], section: str) -> bool:
    """Whether its party has not told it: a line, a month of one, or a source's income stands once of each party."""
    keys = ONCE.get(section)
    return keys is None or all(any(row.get(key) != held.get(key) for key in keys) for held in made)


def _seen_by_another(section: str, row: Row, rng: random.Random) -> Row:
    """What another party tells of the same thing, in other words."""
    match section:
        case "incomes":
            unnamed: Row = rng.choice([{}, {"employer": None}])
            return row | {"verified": rng.choice(["tax", "bank", "document", "none"])} | unnamed
        case "credit_lines":
            return row | {"balance": row["balance"] + rng.choice([0, 10, -10]), "current_dpd": rng.choice([0, 0, 7])}
        case "credit_history":
            return row | {"dpd": rng.choice([row["dpd"], 0, 95])}
    return dict(row)


def _incomes(edge: str, who: str, day: dt.date, rng: random.Random) -> list[Row]:
    made = []
    net, employer = round(rng.lognormvariate(8.8, 0.5), 2), rng.choice(["E1", f"E{who}"])
    since = day - dt.timedelta(days=rng.randrange(30, 4000))
    end = day.replace(day=1) - dt.timedelta(days=1)
    for place in range(rng.choice([2, 5, 9, 14])):
        month, end = end, end.replace(day=1) - dt.timedelta(days=1)
        if edge == "stale_income" and place < 2:
            continue
        if edge == "future_rows" and place == 0:
            month = (day.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        row: Row = {
            "kind": rng.choice(["salary", "salary", "salary", "business", "rent"]), "month": month,
            "net": round(net * rng.uniform(0.7, 1.3), 2), "employer": employer,
            "verified": "none" if edge == "declared_only" else rng.choice(["tax", "bank", "document", "none"]),
        }  # fmt: skip
        if rng.random() < 0.8:
            row["employed_since"] = since
        made.append(row)
        if edge == "many_sources" or rng.random() < 0.1:
            word = rng.choice(["tax", "bank", "document", "none"])
            told = {"verified": word, "net": round(row["net"] * rng.choice([0.6, 1.0, 1.4]), 2)}
            more = row | told | rng.choice([{}, {"employer": None}, {"employer": f"E{who} Ltd"}])
            if _is_new(more, made, "incomes"):
                made.append(more)
    return made


def _outgoings(edge: str, who: str, day: dt.date, rng: random.Random) -> list[Row]:
    kinds = [kind for kind in ("rent", "mortgage", "living", "maintenance", "insurance") if rng.random() < 0.6]
    return [{"kind": kind, "monthly": float(rng.randrange(1, 40) * 100), "verified": "document"} for kind in kinds]


def _lines(edge: str, who: str, day: dt.date, rng: random.Random) -> list[Row]:
    return [_line(edge, f"{who}{place}", day, rng) for place in range(rng.choice([0, 1, 3, 6]))]


def _line(edge: str, name: str, day: dt.date, rng: random.Random) -> Row:
    kind = rng.choice(LINE_KINDS)
    opened = day - dt.timedelta(days=rng.randrange(1, 2500))
    row: Row = {
        "line": name, "lender": f"L{rng.randrange(5)}", "own": rng.random() < 0.1, "kind": kind,
        "revolving": kind in ("card", "overdraft"), "secured": kind in ("mortgage", "vehicle"), "opened_on": opened,
        "balance": float(rng.choice([0, 0, rng.randrange(200_000), -50])),
        "monthly_payment": float(rng.choice([0, rng.randrange(5000)])), "repayment": "equal_instalment",
        "current_dpd": rng.choice([0, 0, 0, 12]), "worst_dpd_24m": rng.choice([0, 0, 35, 95]),
        "months_past_due_24m": rng.choice([0, 0, 3]), "class": rng.choice(["normal", "normal", "substandard"]),
        "observed_on": max(opened, day - dt.timedelta(days=rng.randrange(0, 40))),
    }  # fmt: skip
    if edge == "untold" and rng.random() < 0.5:
        del row["worst_dpd_24m"], row["months_past_due_24m"]
    if row["revolving"] and rng.random() < 0.8:
        row["limit"] = float(rng.choice([0, 5000, 80_000]))
    if rng.random() < 0.6:
        row["matures_on"] = opened + dt.timedelta(days=rng.choice([200, 366, 367, 3000]))
    for column, share in (("closed_on", 0.2), ("restructured_on", 0.15), ("last_past_due_on", 0.3)):
        if rng.random() < share:
            row[column] = min(opened + dt.timedelta(days=rng.randrange(1, 1500)), day - dt.timedelta(days=1))
    if edge == "future_rows" and rng.random() < 0.3:
        row["observed_on"] = day + dt.timedelta(days=rng.randrange(1, 9))
    if edge == "future_rows" and rng.random() < 0.5:
        row |= {"closed_on": day + dt.timedelta(days=3), "restructured_on": day}
    return row


def _history(edge: str, who: str, day: dt.date, rng: random.Random) -> list[Row]:
    made = []
    for line in range(rng.choice([0, 1, 3])):
        end = day.replace(day=1) - dt.timedelta(days=1)
        for place in range(rng.choice([1, 13, 30])):
            due = rng.choice([0.0, 100.0, 250.0])
            row: Row = {"line": f"{who}{line}", "month": end, "dpd": rng.choice([0] * 9 + [12, 31, 95]), "balance": 1.0}
            if rng.random() < 0.7:
                row |= {"limit": 9000.0, "due": due}
            if rng.random() < 0.9:
                row["paid"] = round(due * rng.choice([0.5, 1.05, 1.2]), 2)
            if not (edge == "stale_income" and place < 2):
                made.append(row)
            end = end.replace(day=1) - dt.timedelta(days=1)
    return made


def _enquiries(edge: str, who: str, day: dt.date, rng: random.Random) -> list[Row]:
    back = -40 if edge == "future_rows" else 0
    return [
        {
            "lender": f"L{rng.randrange(4)}", "own": rng.random() < 0.15,
            "on": day - dt.timedelta(days=rng.randrange(back, 200)),
            "reason": rng.choice(["application", "application", "guarantee", "review", "self"]),
        }
        for _ in range(rng.choice([0, 2, 8, 20]))
    ]  # fmt: skip
