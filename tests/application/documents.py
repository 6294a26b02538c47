"""Valid application documents as plain data, for every test that needs one."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

from risk_engine.application import SECTIONS, ColumnContract, SectionContract

COMPANY_IDENTIFIER = "91110000600037341L"
PERSON_IDENTIFIER = "360426199101010071"
AS_OF = "2020-03-01T09:00:00+08:00"


def minimal_document() -> dict[str, Any]:
    """A small firm that asks for money and shows nothing at all."""
    return {
        "application": {
            "application_id": "A-1",
            "obligor_id": "O-1",
            "submitted_at": "2020-02-28T16:30:00+08:00",
            "as_of": AS_OF,
            "jurisdiction": "CN",
            "lender_kind": "bank",
            "product": "sme_term_loan",
            "customer_kind": "new",
            "amount": "250000.00",
            "currency": "CNY",
            "term_months": 12,
            "repayment": "equal_instalment",
            "purpose": "working_capital",
            "channel": "branch",
        },
        "applicant": {
            "kind": "company",
            "name": "Example Trading Co.",
            "identifier": COMPANY_IDENTIFIER,
            "industry": "F51",
            "industry_scheme": "gbt4754",
            "region": "CN-BJ",
        },
    }


def person_document() -> dict[str, Any]:
    """A person who asks for money and shows nothing at all."""
    document = minimal_document()
    document["application"] |= {"product": "consumer_loan", "purpose": "education", "amount": "30000.00"}
    document["applicant"] = {
        "kind": "person",
        "name": "A Person",
        "identifier": PERSON_IDENTIFIER,
        "region": "CN-JX",
        "birth_date": "1991-01-01",
    }
    return document


def sme_document(n_invoices: int = 500, seed: int = 1) -> dict[str, Any]:
    """A firm with that many invoices over the 24 months before the decision, obtained from the tax authority."""
    draw = random.Random(seed)
    document = minimal_document()
    document["applicant"] |= {"established_on": "2012-05-17", "taxpayer_kind": "general", "employees": 24}
    first, last = dt.date(2018, 3, 1), dt.date(2020, 2, 27)
    document["sources"] = [
        {
            "section": "invoices",
            "provider": "tax_authority",
            "status": "obtained",
            "retrieved_at": "2020-02-28T16:40:00+08:00",
            "covers_from": first.isoformat(),
            "covers_until": "2020-02-29",
            "complete": True,
        }
    ]
    span = (last - first).days
    days = sorted(draw.randrange(span + 1) for _ in range(n_invoices))
    document["invoices"] = [_invoice(number, first + dt.timedelta(days=day), draw) for number, day in enumerate(days)]
    return document


def _invoice(number: int, issued_on: dt.date, draw: random.Random) -> dict[str, Any]:
    sold = draw.random() < 0.45
    net = round(draw.lognormvariate(8.5, 1.4), 2)
    invoice = {
        "invoice_no": f"{10_000_000 + number}",
        "direction": "out" if sold else "in",
        "issued_on": issued_on.isoformat(),
        "counterparty": f"{'B' if sold else 'S'}{min(int(draw.expovariate(0.06)), 99):05d}",
        "counterparty_kind": "company",
        "net_amount": net,
        "tax": round(net * 0.13, 2),
    }
    if draw.random() < 0.04:
        invoice["voided_on"] = issued_on.isoformat()
    return invoice


def as_bytes(document: dict[str, Any]) -> bytes:
    """The document as a sender would post it."""
    return json.dumps(document, separators=(",", ":")).encode()


def full_document(seed: int = 1, rows: int = 2) -> dict[str, Any]:
    """A document with rows in every section, drawn from the contract itself."""
    draw = random.Random(seed)
    document = minimal_document()
    for section in SECTIONS.values():
        if section.training_only:
            continue
        if section.single:
            document[section.name] |= _values(section, draw, keep=document[section.name])
        else:
            document[section.name] = [_row(section, draw, at) for at in range(rows)]
    return document


def _row(section: SectionContract, draw: random.Random, at: int) -> dict[str, Any]:
    row = _values(section, draw, keep={})
    row |= {"row_id": f"{section.name}-{at}", "party": draw.choice(["applicant", "P0"])}
    if "original_currency" in row:
        row["original_currency"] = "EUR"
    match section.name:
        case "parties":
            row |= {"party": f"P{at}", "identifier": f"pseudonym:{at}"}
        case "relations":
            row |= {"from": "applicant", "to": "P0"}
        case "guarantees":
            row["provider"] = "P0"
        case "sources":
            row["section"] = draw.choice(["invoices", "ledger"])
        case "fees":
            row.pop(draw.choice(["amount", "rate"]))
    return row


def _values(section: SectionContract, draw: random.Random, keep: dict[str, Any]) -> dict[str, Any]:
    values = {name: value(column, draw) for name, column in section.columns.items() if name not in keep}
    for start, end in (("period_start", "period_end"), ("covers_from", "covers_until")):
        if start in values:
            values[start], values[end] = sorted((values[start], values[end]))
    return values


def value(column: ColumnContract, draw: random.Random) -> Any:
    """A value the column can hold; dates lie before AS_OF."""
    day = dt.date(2018, 1, 1) + dt.timedelta(days=draw.randrange(700))
    match column.kind:
        case "date" if column.name == "month":
            return (day.replace(day=1) - dt.timedelta(days=1)).isoformat()
        case "word":
            return draw.choice(column.words)
        case "date":
            return day.isoformat()
        case "timestamp":
            return f"{day.isoformat()}T10:{draw.randrange(60):02d}:00+08:00"
        case "money" | "number":
            return draw.choice([0.0, round(draw.uniform(-1e6, 1e6), 2), draw.randrange(10**6)])
        case "decimal":
            return f"{draw.randrange(1, 10**6)}.{draw.randrange(100):02d}"
        case "fraction":
            return round(draw.random(), 4)
        case "integer":
            return draw.randrange(1900, 2100)
        case "boolean":
            return draw.random() < 0.5
        case "texts":
            return ["a", "含"]
        case "value":
            return draw.choice(["text", 1.5, True])
    return draw.choice(["plain", '":', "a : b", "公司", "\\", "x\ny"])
