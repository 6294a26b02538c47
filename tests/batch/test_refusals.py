"""What the service's checks of a whole document refuse, batch refuses in the same words, wherever it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from risk_engine.application import LISTS, SECTIONS, decode
from risk_engine.application.checks import CHECKS, MONTHLY, PARTY_COLUMNS, PERIODS
from risk_engine.application.kinds import DECIMAL_TOLD
from risk_engine.batch import check_rows, decide_batch, read_chunks
from risk_engine.batch.neutral import check_chunk
from risk_engine.batch.suspects import suspects
from risk_engine.errors import Fault, InputFaults, TableFaults
from tests.application.documents import as_bytes, full_document
from tests.batch.conftest import write_documents
from tests.conftest import SAMPLE


def every(column, value, sections=LISTS):
    """The sections that have a column, and what to put there."""
    return [(name, column, value.format(name)) for name in sections if column in SECTIONS[name].columns]


FAULTS = {
    "_request": [("application", "currency", "CNYY"), ("application", "amount", "-1.00")],
    "_original_currencies": every("original_currency", "EURO"),
    "_fees": [("fees", "amount", "-1.00")],
    "_needed": [("applicant", "industry", None)],
    "_future": [("parties", "role_since", "2020-03-02")],
    "_identifiers": [("applicant", "identifier", "91110000600037341X")],
    "_repeated_rows": [*every("row_id", "{}-0"), ("parties", "party", "P0")],
    "_reserved_party": [("parties", "party", "applicant")],
    "_party_references": [
        *every("party", "P7", [name for name in LISTS if name != "parties"]),
        *((name, column.rstrip("_"), "P7") for name, columns in PARTY_COLUMNS.items() for column in columns),
    ],
    "_source_sections": [("sources", "section", "invoice"), ("sources", "section", "outcomes")],
    "_periods": [(name, end, "2001-01-01") for name, (_, end) in PERIODS.items()],
    "_months": [(name, "month", day) for name in MONTHLY for day in ("2019-01-01", "2020-02-28", "1969-06-29")],
    "_filed": [("tax_filings", "tax_due", None)],
}
"""Of each check what breaks it: section, column, value; None leaves the column out."""

KEYS = [
    (name, column.name)
    for name in LISTS
    for column in SECTIONS[name].columns.values()
    if column.kind == "text" and getattr(column.annotation, "__metadata__", ())
]
UNREADABLE = {
    "empty keys": [(*key, "") for key in KEYS],
    "long keys": [(*key, "x" * 201) for key in KEYS],
    "no value": [("attributes", "value", None)],
}
"""What the typed decode refuses and no column's type does."""

AT = re.compile(r"\$\.(?P<section>\w+)(\[(?P<row>\d+)\])?\.(?P<column>\w+)")


def test_every_check_is_tried():
    assert FAULTS.keys() == {check.__name__ for check in CHECKS}


def document(number):
    """All sections with two rows each; the row ids are everybody's."""
    plain = full_document(seed=1, rows=2)
    plain["application"]["application_id"] = f"A-{number:03d}"
    return plain


def spoiled(places):
    """One document for each place, wrong there, behind one that is not, and lists a party that the others do not."""
    whole = document(0)
    whole["parties"].append({**whole["parties"][0], "row_id": "parties-2", "party": "P7"})
    plains = [whole]
    for number, (section, column, value) in enumerate(places, 1):
        plain = document(number)
        row = plain[section] if SECTIONS[section].single else plain[section][1]
        row[column] = value
        if value is None:
            del row[column]
        plains.append(plain)
    return plains


def faults_of(plain):
    try:
        decode(as_bytes(plain))
    except InputFaults as refused:
        return refused.faults
    return ()


def in_files(folder: Path, plains) -> list[Fault]:
    """The faults of each document, as they are told of section files."""
    told = []
    for number, plain in enumerate(plains):
        for fault in faults_of(plain):
            at = AT.fullmatch(fault.path)
            before = sum(len(one[at["section"]]) if at["row"] else 1 for one in plains[:number])
            place = f"{folder / at['section']}.parquet: column {at['column']}, row {before + int(at['row'] or 0)}"
            place += f", applicant {plain['application']['application_id']}"
            told.append(Fault(place, fault.found, fault.expected, fault.hint))
    return told


@pytest.mark.parametrize("way", [*FAULTS, *UNREADABLE])
def test_batch_refuses_what_the_service_refuses(release, tmp_path, way):
    plains = spoiled((FAULTS | UNREADABLE)[way])
    assert [bool(faults_of(plain)) for plain in plains] == [False, *[True] * (len(plains) - 1)]
    write_documents(tmp_path, plains)
    with pytest.raises(TableFaults) as told:
        decide_batch(release, tmp_path, tmp_path / "out")
    assert list(told.value.faults) == in_files(tmp_path, plains)


@pytest.mark.parametrize(
    ("section", "column", "value", "expected"),
    [
        ("applicant", "household_size", 0, "a whole number from 1 to 9007199254740992, or nothing"),
        ("application", "amount", "49999.996", DECIMAL_TOLD),
        ("application", "amount", "1234567890123456.00", DECIMAL_TOLD),
        ("fees", "amount", "0.001", DECIMAL_TOLD),
    ],
)
def test_a_value_that_the_service_refuses_is_refused_in_words_of_columns(tmp_path, section, column, value, expected):
    plains = spoiled([(section, column, value)])
    write_documents(tmp_path, plains)
    with pytest.raises(TableFaults) as told:
        check_rows(tmp_path)
    (fault,) = told.value.faults
    (same,) = in_files(tmp_path, plains)
    assert (fault.path, fault.expected) == (same.path, expected)


@pytest.mark.parametrize("way", ["_party_references", "_source_sections", "_periods", "_filed"])
def test_a_study_refuses_it_too(tmp_path, way):
    plains = spoiled(FAULTS[way])
    write_documents(tmp_path, plains)
    with pytest.raises(TableFaults) as told:
        check_rows(tmp_path)
    assert list(told.value.faults) == in_files(tmp_path, plains)


def test_who_is_not_asked_for_is_not_refused(release, tmp_path):
    write_documents(tmp_path, spoiled(FAULTS["_filed"]))
    assert decide_batch(release, tmp_path, tmp_path / "out", ids=["A-000"]).applications == 1


def test_nobody_is_suspected_without_cause(tmp_path):
    write_documents(tmp_path, spoiled([]))
    for chunk in (*read_chunks(tmp_path), *read_chunks(SAMPLE)):
        assert suspects(chunk, check_chunk(chunk)) == frozenset()
