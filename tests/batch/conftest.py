"""Small folders of section files, whole unless a test breaks them."""

from __future__ import annotations

import datetime as dt
import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from risk_engine.application import SECTIONS
from risk_engine.batch.arrow_kinds import KINDS, NUMBER, WORD, file_columns
from tests.conftest import SAMPLE

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
IDS = ("A1", "A2", "A3")
FIRMS = 120


def request_rows(ids=IDS):
    return {
        "application_id": list(ids),
        "obligor_id": list(ids),
        "submitted_at": ["2020-02-28T09:00:00+08:00"] * len(ids),
        "as_of": ["2020-03-01T00:00:00+08:00"] * len(ids),
        "jurisdiction": ["CN"] * len(ids),
        "lender_kind": ["bank"] * len(ids),
        "product": ["sme_term_loan"] * len(ids),
        "customer_kind": ["new"] * len(ids),
        "amount": ["500000.00"] * len(ids),
        "currency": ["CNY"] * len(ids),
        "term_months": [12] * len(ids),
        "repayment": ["bullet"] * len(ids),
        "purpose": ["working_capital"] * len(ids),
        "channel": ["branch"] * len(ids),
    }


def applicant_rows(ids=IDS):
    return {
        "application_id": list(ids),
        "kind": ["company"] * len(ids),
        "name": [f"Firm {key}" for key in ids],
        "identifier": [f"pseudonym:{key}" for key in ids],
        "industry": ["C18"] * len(ids),
        "industry_scheme": ["gbt4754"] * len(ids),
        "region": ["CN"] * len(ids),
    }


def source_rows(ids=IDS, section="invoices"):
    return {
        "application_id": list(ids),
        "section": [section] * len(ids),
        "provider": ["tax"] * len(ids),
        "status": ["obtained"] * len(ids),
        "retrieved_at": ["2020-02-29T23:00:00+08:00"] * len(ids),
        "covers_from": [dt.date(2018, 1, 1)] * len(ids),
        "covers_until": [dt.date(2020, 3, 1)] * len(ids),
        "complete": [True] * len(ids),
    }


def invoice_rows(keys=("A1", "A1", "A2")):
    """A3 has none."""
    return {
        "application_id": list(keys),
        "direction": ["out", "in", "out"][: len(keys)],
        "invoice_no": [f"{number}" for number in range(len(keys))],
        "issued_on": [dt.date(2020, 1, 5 + number) for number in range(len(keys))],
        "counterparty": ["B2", "B1", "B2"][: len(keys)],
        "counterparty_kind": ["company"] * len(keys),
        "net_amount": [100.25, 50.5, 75.0][: len(keys)],
        "tax": [13.03, 6.57, 9.75][: len(keys)],
        "voided_on": pa.array([None, dt.date(2020, 1, 6), None][: len(keys)], pa.date32()),
    }


def whole():
    return {
        "application": request_rows(),
        "applicant": applicant_rows(),
        "sources": source_rows(),
        "invoices": invoice_rows(),
    }


@pytest.fixture
def sections(tmp_path):
    """Write section files; ``change(tables)`` may alter them first."""

    def write(change=None):
        tables = whole()
        if change is not None:
            change(tables)
        for name, columns in tables.items():
            table = columns if isinstance(columns, pa.Table) else pa.table(columns)
            pq.write_table(table, tmp_path / f"{name}.parquet")
        return tmp_path

    return write


def write_documents(folder, plains):
    """Write plain documents, sorted by their ids, as section files."""
    for name in dict.fromkeys(section for plain in plains for section in plain):
        rows = [
            {"application_id": plain["application"]["application_id"]} | table_row(row)
            for plain in plains
            for row in (plain.get(name, []) if isinstance(plain.get(name, []), list) else [plain[name]])
        ]
        written = {key for row in rows for key in row}
        columns = [column for column in file_columns(SECTIONS[name]).values() if column.name in written]
        schema = pa.schema([(column.name, KINDS[column.kind].written) for column in columns])
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / f"{name}.parquet")


def table_row(row):
    """A row of a document as it stands in a table: dates as dates, a value as a number or a word."""
    told = {
        key: dt.date.fromisoformat(held) if isinstance(held, str) and DAY.fullmatch(held) else held
        for key, held in row.items()
    }
    if "value" in told:
        value = told.pop("value")
        told[WORD if isinstance(value, str) else NUMBER] = value
    return told


def first_of_sample(folder, applicants):
    """Write the section files of the sample's first applicants; return their ids."""
    ids = pq.read_table(SAMPLE / "application.parquet")["application_id"][:applicants].to_pylist()
    of_sample(folder, ids)
    return ids


def of_sample(folder, ids):
    """Write the section files of some of the sample's applicants."""
    for file in SAMPLE.glob("*.parquet"):
        table = pq.read_table(file)
        pq.write_table(table.filter(pc.is_in(table["application_id"], pa.array(ids))), folder / file.name)


@pytest.fixture(scope="session")
def firms(tmp_path_factory):
    """The sample's first firms."""
    folder = tmp_path_factory.mktemp("firms")
    first_of_sample(folder, FIRMS)
    return folder
