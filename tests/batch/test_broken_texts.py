"""Bytes that are not UTF-8 are refused where they are read, by file, column and row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import check_rows, decide_batch, document
from risk_engine.errors import TableFaults

GBK = "公司".encode("gbk")
FOUND = f"found {GBK!r}, expected text in UTF-8"


def as_text(raw, kind=None):
    """Bytes that pass for text, as a careless writer leaves them."""
    return pa.array(raw, pa.binary()).view(pa.string()).cast(kind or pa.string())


NAMES = [b"A", b"B", GBK]
WAYS = {
    "a name": ("applicant", "name", as_text(NAMES), "row 2, applicant A3"),
    "large text": ("applicant", "name", as_text(NAMES, pa.large_string()), "row 2, applicant A3"),
    "a view of text": ("applicant", "name", as_text(NAMES, pa.string_view()), "row 2, applicant A3"),
    "evidence": ("invoices", "counterparty", as_text([GBK, None, b"B2"]), "row 0, applicant A1"),
    "codes": ("invoices", "counterparty", as_text([b"B2", None, GBK]).dictionary_encode(), "row 2, applicant A2"),
    "a word": ("invoices", "direction", as_text([b"in", GBK, b"in"]), "row 1, applicant A1"),
    "a key": ("invoices", "application_id", as_text([b"A1", b"A1", GBK]), r"row 2, applicant \xb9\xab˾"),
    "a list": (
        "applicant", "scope_codes", pa.ListArray.from_arrays([0, 0, 2, 3], as_text([b"A", GBK, b"B"])),
        "row 1, applicant A2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_bytes_that_are_no_text_are_refused_alike(release, sections, tmp_path, way):
    section, column, values, place = WAYS[way]
    folder = sections(lambda tables: tables[section].update({column: values}))
    told = f"{folder}/{section}.parquet: column {column}, {place}: {FOUND}"
    for read in (
        lambda: decide_batch(release, folder, tmp_path / "out"),
        lambda: document(folder, "A1"),
        lambda: check_rows(folder),
    ):
        with pytest.raises(TableFaults) as refused:
            read()
        assert [str(fault) for fault in refused.value.faults] == [told]


def test_every_broken_text_of_a_file_is_told_up_to_a_hundred(sections):
    def in_gbk(tables):
        tables["applicant"] |= {"name": as_text([GBK] * 3), "region": as_text([b"CN", GBK, b"CN"])}

    with pytest.raises(TableFaults) as refused:
        check_rows(sections(in_gbk))
    assert [fault.path.partition("column ")[2] for fault in refused.value.faults] == [
        "name, row 0, applicant A1", "name, row 1, applicant A2", "region, row 1, applicant A2",
        "name, row 2, applicant A3",
    ]  # fmt: skip

    def many(tables):
        firsts = {name: pa.array(held)[:1] for name, held in tables["invoices"].items()}
        tables["invoices"] = {name: pa.concat_arrays([held] * 300) for name, held in firsts.items()}
        tables["invoices"]["counterparty"] = as_text([b"B1"] * 150 + [GBK] * 150)

    with pytest.raises(TableFaults) as refused:
        check_rows(sections(many))
    assert [fault.path.rpartition("row ")[2] for fault in refused.value.faults] == [
        f"{row}, applicant A1" for row in range(150, 250)
    ]


def test_a_row_is_counted_from_the_first_of_its_file(sections, monkeypatch):
    monkeypatch.setattr("risk_engine.batch.chunks.ROWS_A_READ", 2)
    folder = sections(lambda tables: tables["invoices"].update(counterparty=as_text([b"B2", None, GBK])))
    with pytest.raises(TableFaults, match="row 2, applicant A2"):
        check_rows(folder)


def test_a_broken_code_that_no_row_uses_is_told_by_its_column(sections):
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 0, 0], pa.int32()), as_text([b"B1", GBK]))
    folder = sections(lambda tables: tables["invoices"].update(counterparty=codes))
    with pytest.raises(TableFaults, match="column counterparty: found bytes that are not UTF-8, expected text in UTF"):
        check_rows(folder)


def test_text_in_utf_8_passes(sections):
    folder = sections(lambda tables: tables["applicant"].update(name=["公司", "Société", ""]))
    assert pq.read_table(folder / "applicant.parquet")["name"].to_pylist()[0] == "公司"
    assert document(folder, "A1").applicant.name == "公司"
