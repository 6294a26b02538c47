"""Random applications with evidence in many sections, as plain data, and the same applications as tables."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

import numpy as np

from risk_engine.application import LISTS, SECTIONS, SINGLES, Application, decode
from risk_engine.application.document import by_column
from risk_engine.features import ApplicantTable, Columns, SectionTable, from_tables
from risk_engine.features.row_sources import DocumentRows, number_of
from tests.application.documents import as_bytes, minimal_document, person_document
from tests.features import person_cases
from tests.features.ledger_cases import accounts, ledger
from tests.features.person_cases import party

NOW = dt.date(2020, 3, 1)
FIRST = dt.date(2017, 9, 1)


def source(section: str, **more: Any) -> dict[str, Any]:
    return {
        "section": section, "provider": "p", "status": "obtained", "retrieved_at": "2020-02-29T10:00:00+08:00",
        "covers_from": FIRST.isoformat(), "covers_until": "2020-02-29", "complete": True, **more,
    }  # fmt: skip


def document(**sections: Any) -> dict[str, Any]:
    """A minimal document with these sections, each looked up over two and a half years."""
    plain = minimal_document()
    plain["sources"] = [source(name) for name in sections if name not in ("sources", "attributes")]
    return plain | sections


def application(plain: dict[str, Any]) -> Application:
    return decode(as_bytes(plain))


def invoice(number: int, issued_on: Any, net_amount: float, **more: Any) -> dict[str, Any]:
    return {
        "invoice_no": str(number), "direction": "out", "issued_on": str(issued_on), "counterparty": "b",
        "counterparty_kind": "company", "net_amount": net_amount, "tax": 0.0, **more,
    }  # fmt: skip


def random_document(seed: int, rows: int = 120) -> dict[str, Any]:
    """A request, and invoices, accounts and their ledger, filings, bills, payables, court events, debts and incomes.

    Every other applicant is a person, whose co-borrower counts; a firm's does not. Each may leave out what it need not
    tell of itself.
    """
    draw = random.Random(seed)
    postings = _ledger(draw, 2 * rows)
    plain = document(
        invoices=_invoices(draw, rows), ledger=postings, accounts=_accounts(draw, postings),
        tax_filings=_filings(draw),
        utility_bills=_bills(draw),
        payables=[_payable(draw) for _ in range(draw.randrange(8))],
        legal_events=[_legal_event(draw) for _ in range(draw.randrange(3))],
        attributes=[{"name": "rooms", "value": draw.randrange(9)}, {"name": "kind", "value": draw.choice("abc")}],
        **_household(draw),
    )  # fmt: skip
    plain["parties"] = [party("C1", "co_borrower"), party("G", "guarantor")]
    plain["sources"] += [source(name, party="C1") for name in person_cases.SECTIONS]
    plain["application"] |= _request(draw)
    plain["applicant"] = (
        person_document()["applicant"] | _person(draw) if seed % 2 else plain["applicant"] | _firm(draw)
    )
    return plain


def _request(draw: random.Random) -> dict[str, Any]:
    return {
        "amount": f"{draw.randrange(1_000, 900_000)}.{draw.randrange(100):02d}", "term_months": draw.randrange(1, 61),
        "revolving": draw.random() < 0.3, "purpose": draw.choice(["working_capital", "equipment", "vehicle"]),
        "repayment": draw.choice(["equal_instalment", "equal_principal", "bullet"]),
        "customer_kind": draw.choice(["new", "existing"]),
    }  # fmt: skip


def _firm(draw: random.Random) -> dict[str, Any]:
    capital = float(draw.randrange(1, 900) * 10_000)
    return _some(draw, {
        "established_on": str(_day(draw, dt.date(1994, 7, 1))), "registered_capital": capital,
        "registry_status": draw.choice(["active", "active", "suspended", "liquidation", "revoked", "cancelled"]),
        "paid_in_capital": round(capital * draw.choice([0, 0.25, 1 / 3, 1, 1.5]), 2),
    })  # fmt: skip


def _person(draw: random.Random) -> dict[str, Any]:
    return _some(draw, {
        "household_size": draw.randrange(1, 7), "dependants": draw.randrange(4),
        "housing": draw.choice(["own", "mortgage", "rent", "family"]),
        "residence_since": str(_day(draw, dt.date(1996, 2, 29))),
    })  # fmt: skip


def _some(draw: random.Random, told: dict[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in told.items() if draw.random() < 0.8}


GAPS: tuple[dict[str, Any], ...] = (
    {}, {"status": "refused"}, {"status": "unavailable"}, {"status": "no_record"}, {"status": "not_requested"},
    {"covers_from": "2020-02-01"}, {"complete": False}, {"row_count": 99_999},
)  # fmt: skip


def with_gaps(plain: dict[str, Any], seed: int) -> dict[str, Any]:
    """The same evidence, of look-ups that failed, reached less far or returned more rows than are there."""
    draw = random.Random(seed)
    return plain | {"sources": [told | draw.choice(GAPS) for told in plain["sources"]]}


def _household(draw: random.Random) -> dict[str, list[dict[str, Any]]]:
    edge = draw.choice(["plain", "many_sources", "late_known", "stale_income", "future_rows"])
    told = {name: person_cases.rows(name, edge, ["", "C1"], NOW, draw) for name in person_cases.SECTIONS}
    read: dict[str, list[dict[str, Any]]] = json.loads(json.dumps(told, default=lambda held: held.isoformat()))
    return read


def _day(draw: random.Random, first: dt.date = FIRST, last: dt.date = NOW) -> dt.date:
    return first + dt.timedelta(days=draw.randrange((last - first).days))


def _invoices(draw: random.Random, rows: int) -> list[dict[str, Any]]:
    made = []
    for number in range(draw.randrange(rows)):
        issued = _day(draw)
        net = round(draw.lognormvariate(8, 1.5) * draw.choice([1, 1, 1, 1, -0.2]), 2)
        row = invoice(number, issued, net, direction=draw.choice(["in", "out"]), counterparty=f"c{draw.randrange(12)}")
        if draw.random() < 0.1:
            row["voided_on"] = str(min(issued + dt.timedelta(days=draw.randrange(90)), NOW - dt.timedelta(days=1)))
        if draw.random() < 0.05:
            del row["counterparty"]
        made.append(row)
    return made


def _ledger(draw: random.Random, rows: int) -> list[dict[str, Any]]:
    """Every way a posting can be, of the last 800 days, but none of the future."""
    edge = draw.choice(["plain", "paydays", "lenders", "unnamed", "overdrawn", "late_returns"])
    made = [row for row in ledger(edge, NOW, draw) if row["booked_on"] < NOW][:rows]
    return [{name: _told(held) for name, held in row.items()} for row in made]


def _accounts(draw: random.Random, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _told(held) for name, held in row.items()} for row in accounts(rows, NOW, draw)]


def _told(held: Any) -> Any:
    return held.isoformat() if isinstance(held, dt.date) else held


def _filings(draw: random.Random) -> list[dict[str, Any]]:
    made = []
    for place in range(29):
        start = dt.date(2017 + (8 + place) // 12, (8 + place) % 12 + 1, 1)
        following = (start + dt.timedelta(days=32)).replace(day=1)
        row = {
            "tax": "vat", "period_start": str(start), "period_end": str(following - dt.timedelta(days=1)),
            "due_on": str(following + dt.timedelta(days=14)),
        }  # fmt: skip
        filed = following + dt.timedelta(days=draw.randrange(30))
        if draw.random() < 0.9 and filed < NOW:
            row |= {"filed_on": str(filed), "declared_sales": round(draw.lognormvariate(9, 1), 2), "tax_due": 1.0,
                    "paid_on": str(filed), "tax_paid": round(draw.uniform(0, 900), 2)}  # fmt: skip
        made.append(row)
    return made


def _bills(draw: random.Random) -> list[dict[str, Any]]:
    made, start = [], dt.date(2017, 8, 20)
    while True:
        end = start + dt.timedelta(days=draw.randrange(27, 34))
        if end >= NOW:
            return made
        made.append({
            "kind": "electricity", "meter": "m", "period_start": str(start), "period_end": str(end),
            "consumption": round(draw.lognormvariate(6, 0.4), 1), "unit": "kWh", "estimated": False, "amount": 10.0,
            "due_on": str(end + dt.timedelta(days=14)),
        })  # fmt: skip
        start = end + dt.timedelta(days=1)


def _payable(draw: random.Random) -> dict[str, Any]:
    incurred = _day(draw, dt.date(2018, 3, 1))
    row = {
        "counterparty": "s", "reason": "goods", "incurred_on": str(incurred), "amount": round(draw.uniform(1, 999), 2),
        "due_on": str(incurred + dt.timedelta(days=30)),
    }  # fmt: skip
    settled = incurred + dt.timedelta(days=draw.randrange(400))
    return row | ({"settled_on": str(settled), "settled_amount": row["amount"]} if settled < NOW else {})


def _legal_event(draw: random.Random) -> dict[str, Any]:
    opened = _day(draw)
    return {
        "kind": draw.choice(["enforcement", "civil_case"]), "role": "debtor", "amount": round(draw.uniform(1, 99), 2),
        "opened_on": str(opened), "published_on": str(opened),
    }  # fmt: skip


def table_columns(applications: list[Application], **more: Any) -> Columns:
    """The same applications through the tables' way."""
    as_of = [held.application.as_of for held in applications]
    moments = ApplicantTable(
        np.array([moment.timestamp() for moment in as_of]),
        np.array([moment.utcoffset().total_seconds() / 60 for moment in as_of]),
    )
    tables = {name: section_table(name, [held.rows(name) or [] for held in applications]) for name in LISTS}
    tables |= {name: single_table(name, [getattr(held, name) for held in applications]) for name in SINGLES}
    return from_tables(moments, {name: table for name, table in tables.items() if table.offsets[-1]}, **more)


def section_table(name: str, parts: list[list[Any]]) -> SectionTable:
    contract = SECTIONS[name]
    together = [row for part in parts for row in part]
    rows = DocumentRows(contract, by_column(together), len(together))
    offsets = np.cumsum([0, *(len(part) for part in parts)])
    wanted = [column.name for column in contract.columns.values() if column.kind != "texts"]
    wanted += ["value_text"] if name == "attributes" else []
    columns = {column: raw for column in wanted if (raw := rows.raw(column)) is not None}
    return SectionTable(offsets, columns, {column: rows.texts(column) for column in wanted if rows.texts(column)})


def single_table(name: str, held: list[Any]) -> SectionTable:
    columns = {}
    for column in SECTIONS[name].columns.values():
        if column.kind in ("text", "texts"):
            continue
        plain = [getattr(one, column.attribute) for one in held]
        if column.kind == "word":
            columns[column.name] = np.array([np.nan if word is None else column.words.index(word) for word in plain])
        else:
            columns[column.name] = number_of(column.kind, plain, optional=True)
    return SectionTable(np.arange(len(held) + 1), columns)
