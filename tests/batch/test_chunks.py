"""Section files are read forward in chunks; each way of being wrong is told with file, place and hint."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.application import SECTIONS
from risk_engine.batch import check_rows, read_chunks
from risk_engine.errors import DataError, TableFaults


def rows_of(folder, applicants):
    return [
        (key, name, part.rows.slice(part.offsets[at], part.offsets[at + 1] - part.offsets[at]).to_pylist())
        for chunk in read_chunks(folder, applicants=applicants)
        for at, key in enumerate(chunk.ids)
        for name, part in chunk.parts.items()
    ]


def test_every_chunk_size_reads_the_same_rows(sections):
    folder = sections()
    whole = rows_of(folder, 100)
    assert [(key, name, len(rows)) for key, name, rows in whole if name == "invoices"] == [
        ("A1", "invoices", 2), ("A2", "invoices", 1), ("A3", "invoices", 0),
    ]  # fmt: skip
    assert rows_of(folder, 1) == rows_of(folder, 2) == whole


def test_rows_of_one_applicant_over_many_row_groups_stay_together(sections):
    def many(tables):
        rows = 5000
        tables["invoices"] = {
            "application_id": ["A1"] * rows + ["A2"],
            "direction": ["out"] * (rows + 1),
            "invoice_no": [str(number) for number in range(rows + 1)],
            "issued_on": [dt.date(2020, 1, 1)] * (rows + 1),
            "counterparty_kind": ["company"] * (rows + 1),
            "net_amount": [1.0] * (rows + 1),
            "tax": [0.1] * (rows + 1),
        }

    folder = sections(many)
    table = pq.read_table(folder / "invoices.parquet")
    pq.write_table(table, folder / "invoices.parquet", row_group_size=700)
    counts = [len(rows) for _, name, rows in rows_of(folder, 1) if name == "invoices"]
    assert counts == [5000, 1, 0]


def test_no_applicants_is_no_chunk(sections):
    def none(tables):
        for name, columns in tables.items():
            tables[name] = pa.table(columns).slice(0, 0)

    assert list(read_chunks(sections(none))) == []


def test_only_the_sections_asked_for_are_read(sections):
    [chunk] = read_chunks(sections(), {"sources"})
    assert set(chunk.parts) == {"application", "applicant", "sources"}


def change(section, column, values):
    def apply(tables):
        tables[section][column] = values

    return apply


def drop(section, column):
    def apply(tables):
        del tables[section][column]

    return apply


def rows(section, positions):
    def apply(tables):
        tables[section] = pa.table(tables[section]).take(positions)

    return apply


def leave_out(section):
    def apply(tables):
        del tables[section]

    return apply


BROKEN = {
    "split applicant": (rows("invoices", [0, 2, 1]), "invoices.parquet: found applicant A1 after a later one"),
    "unsorted requests": (rows("application", [1, 0, 2]), "application.parquet: found applicant A1 after a later one"),
    "stranger": (
        change("invoices", "application_id", ["A1", "A1", "A9"]),
        "rows of applicant A9, expected applicants that section application names",
    ),
    "stranger in between": (
        change("invoices", "application_id", ["A1", "A11", "A2"]), "rows of applicant A11",
    ),
    "two requests": (rows("application", [0, 1, 1, 2]), "two rows of applicant A2"),
    "no applicant row": (rows("applicant", [0, 2]), "0 rows of applicant A2, expected one row"),
    "no key": (change("invoices", "application_id", ["A1", "A1", None]), "a row without application_id"),
    "no required column": (drop("invoices", "net_amount"), "net_amount: found no such column, expected a number"),
    "misspelled column": (
        lambda tables: tables["invoices"].update(net_amont=tables["invoices"].pop("net_amount")),
        "did you mean 'net_amount'?",
    ),
    "timestamp for a date": (
        change("invoices", "issued_on", [dt.datetime(2020, 1, 5)] * 3),  # noqa: DTZ001 - it is the fault
        "column issued_on: found timestamp[us], expected a date (cast it: issued_on::date)",
    ),
    "text for a number": (change("invoices", "net_amount", ["1"] * 3), "net_amount: found string, expected a number"),
    "float for a decimal": (change("application", "amount", [1.5] * 3), "amount: found double, expected decimal"),
    "moment without offset": (
        change("application", "as_of", [dt.datetime(2020, 3, 1)] * 3), "say the offset",  # noqa: DTZ001
    ),
    "moment text without offset": (
        change("application", "as_of", ["2020-03-01T00:00:00"] * 3),
        "column as_of, row 0, applicant A1: found '2020-03-01T00:00:00', expected RFC 3339 with an offset",
    ),
    "no as_of": (
        change("application", "as_of", ["2020-03-01T00:00:00Z", "2020-03-01T00:00:00Z", None]), None,
    ),
    "unknown word": (
        change("invoices", "direction", ["out", "oot", "in"]),
        "column direction, row 1, applicant A1: found 'oot', expected one of in, out (did you mean 'out'?)",
    ),
    "null": (change("invoices", "tax", [1.0, None, 1.0]), "tax, row 1, applicant A1: found nothing, expected a"),
    "not a number": (change("invoices", "tax", [1.0, 1.0, float("nan")]), "row 2, applicant A2: found nan, expected a"),
    "infinite": (change("invoices", "net_amount", [1.0, float("inf"), 1.0]), "found inf, expected a number from -1e"),
    "term below one": (
        change("application", "term_months", [12, 0, 12]), "applicant A2: found 0, expected a number from 1 to 600",
    ),
    "decimal with exponent": (change("application", "amount", ["1.00", "5e5", "1.00"]), "found '5e5', expected dec"),
    "unknown file": (lambda tables: tables.update(invoicess=tables["invoices"]), "did you mean 'invoices'?"),
    "split over two files": (lambda tables: tables.update({"invoices-1": tables["invoices"]}), "an unknown section"),
    "no application": (leave_out("application"), "application.parquet: no such file"),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
def test_each_way_of_being_wrong_is_told(sections, way):
    change_tables, words = BROKEN[way]
    folder = sections(change_tables)
    if words is None:  # only a decision needs it, so only features refuse it
        assert check_rows(folder) == 3
        return
    with pytest.raises(DataError) as told:
        check_rows(folder)
    assert words in str(told.value)


def test_all_columns_that_are_wrong_are_told_at_once(sections):
    def wrong(tables):
        tables["invoices"]["issued_on"] = ["2020-01-05"] * 3
        tables["invoices"]["nett"] = [1.0] * 3
        del tables["applicant"]["region"]

    with pytest.raises(TableFaults) as told:
        check_rows(sections(wrong))
    assert {fault.path.rpartition("/")[2] for fault in told.value.faults} == {
        "invoices.parquet: column issued_on", "invoices.parquet: column nett", "applicant.parquet: column region",
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["cut", "scribbled", "text"])
def test_a_damaged_file_is_a_data_error(sections, damage):
    folder = sections()
    path = folder / "invoices.parquet"
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "scribbled":
        data[4:60] = b"\xff" * 56
    else:
        data = b"application_id,net_amount\n"
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"invoices\.parquet"):
        check_rows(folder)


def test_no_folder_is_told(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        check_rows(tmp_path / "nowhere")


SNAPSHOTS = [name for name, contract in SECTIONS.items() if contract.snapshot]
ANY = {"text": "x", "date": dt.date(2020, 1, 1), "boolean": False, "integer": 0, "money": 1.0, "fraction": 0.5}


def seen(name, observed_on):
    """Two rows of A2 in a section that tells a state, and when it was seen."""

    def apply(tables):
        held = [column for column in SECTIONS[name].columns.values() if not column.optional]
        rows = {column.name: [column.words[0] if column.words else ANY[column.kind]] * 2 for column in held}
        tables[name] = {"application_id": ["A2", "A2"], **rows, "observed_on": pa.array(observed_on, pa.date32())}

    return apply


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_state_nobody_says_when_it_was_seen_is_refused(sections, name):
    day = dt.date(2020, 2, 1)
    assert check_rows(sections(seen(name, [day, day]))) == 3
    expected = f"{name}.parquet: column observed_on, row 1, applicant A2: found nothing, expected a value"
    with pytest.raises(TableFaults, match=expected):
        check_rows(sections(seen(name, [day, None])))
