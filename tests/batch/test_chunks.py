"""Section files are read forward in chunks; each way of being wrong is told with file, place and hint."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
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
    "empty key": (
        change("application", "application_id", ["", "A2", "A3"]),
        "application.parquet: found a row whose application_id is empty, expected application_id on every row",
    ),
    "unknown time zone": (
        change("sources", "retrieved_at", pa.array([0, 0, 0], pa.timestamp("us", "Mars/Phobos"))),
        "or a timestamp with time zone (no time zone is called Mars/Phobos)",
    ),
    "time zone only Arrow reads": (
        change("sources", "retrieved_at", pa.array([0, 0, 0], pa.timestamp("us", "+0800"))),
        "(no time zone is called +0800)",
    ),
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
        change("application", "term_months", [12, 0, 12]), "A2: found 0, expected a whole number from 1 to 600",
    ),
    "a count beyond what a document may hold": (
        change("applicant", "employees", [1, 2**54, 1]),
        "found 18014398509481984, expected a whole number from 0 to 9007199254740992, or nothing",
    ),
    "date of no calendar": (
        change("invoices", "issued_on", pa.array([0, 1, 2_932_897], pa.int32()).cast(pa.date32())),
        "row 2, applicant A2: found '10000-01-01', expected a date of the years 1 to 9999",
    ),
    "moment of no calendar": (
        change("sources", "retrieved_at", pa.array([0, -(10**17), 0], pa.timestamp("us", "UTC"))),
        "column retrieved_at, row 1, applicant A2: found '-1199-",
    ),
    "a number and a word": (
        lambda tables: tables.update(attributes={
            "application_id": ["A1", "A2"], "name": ["a", "a"], "value": [1.0, 2.0], "value_text": [None, "b"],
        }),
        "column value_text, row 1, applicant A2: found 'b', expected nothing beside a number in value",
    ),
    "decimal with exponent": (change("application", "amount", ["1.00", "5e5", "1.00"]), "found '5e5', expected dec"),
    "unknown file": (lambda tables: tables.update(invoicess=tables["invoices"]), "did you mean 'invoices'?"),
    "another name": (lambda tables: tables.update({"invoices-1": tables["invoices"]}), "an unknown section"),
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


TEXT_TYPES = (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))


@pytest.mark.parametrize("kind", TEXT_TYPES, ids=str)
def test_every_text_type_reads_the_same_rows(sections, kind):
    whole = rows_of(sections(), 2)

    def otherwise(tables):
        for name, columns in tables.items():
            table = pa.table(columns)
            fields = [(one.name, kind if pa.types.is_string(one.type) else one.type) for one in table.schema]
            tables[name] = table.cast(pa.schema(fields))

    folder = sections(otherwise)
    assert rows_of(folder, 2) == whole
    assert check_rows(folder) == 3


def test_a_column_that_stands_twice_is_told(sections):
    folder = sections()
    table = pq.read_table(folder / "invoices.parquet")
    pq.write_table(table.append_column("invoice_no", table.column("invoice_no")), folder / "invoices.parquet")
    with pytest.raises(TableFaults) as told:
        list(read_chunks(folder))
    assert [(fault.path.rpartition("/")[2], fault.found) for fault in told.value.faults] == [
        ("invoices.parquet: column invoice_no", "the name twice")
    ]


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


DAMAGED = {
    "cut short": (lambda data: data[:-9], "not a readable Parquet file: Parquet magic bytes not found in footer"),
    "cut in half": (lambda data: data[: len(data) // 2], "not a readable Parquet file"),
    "empty": (lambda _: b"", "not a readable Parquet file: Parquet file size is 0 bytes"),
    "text": (lambda _: b"application_id,net_amount\n", "not a readable Parquet file"),
    "scribbled": (lambda data: data[:4] + b"\xff" * 56 + data[60:], "invoices.parquet: cannot be read"),
}


@pytest.mark.parametrize("way", DAMAGED)
def test_a_damaged_file_is_a_data_error(sections, way):
    damage, words = DAMAGED[way]
    folder = sections()
    path = folder / "invoices.parquet"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError) as told:
        check_rows(folder)
    assert f"{path}: " in str(told.value)
    assert words in str(told.value)


def test_one_flipped_bit_of_an_amount_is_seen_where_pages_have_checksums(sections):
    folder = sections()
    path = folder / "invoices.parquet"
    pq.write_table(pq.read_table(path), path, compression="none", use_dictionary=False, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    data[data.index(np.float64(75.0).tobytes()) + 5] ^= 1  # neither least nor greatest, so it stands in the page alone
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"invoices\.parquet: cannot be read: .*CRC"):
        check_rows(folder)


def test_all_rows_that_are_wrong_are_told_at_once(sections):
    def wrong(tables):
        tables["invoices"]["direction"] = ["out", "oot", "inn"]
        tables["invoices"]["tax"] = [1.0, None, float("inf")]
        tables["application"]["term_months"] = [0, 12, 12]
        tables["application"]["amount"] = ["1.00", "1.00", "5e5"]

    with pytest.raises(TableFaults) as told:
        check_rows(sections(wrong))
    assert [str(fault).rpartition("/")[2].partition(", expected")[0] for fault in told.value.faults] == [
        "application.parquet: column amount, row 2, applicant A3: found '5e5'",
        "application.parquet: column term_months, row 0, applicant A1: found 0",
        "invoices.parquet: column direction, row 1, applicant A1: found 'oot'",
        "invoices.parquet: column direction, row 2, applicant A2: found 'inn'",
        "invoices.parquet: column tax, row 1, applicant A1: found nothing",
        "invoices.parquet: column tax, row 2, applicant A2: found inf",
    ]


def test_of_many_wrong_rows_a_hundred_are_told_and_the_others_counted(sections):
    def wrong(tables):
        for name, held in tables["invoices"].items():
            tables["invoices"][name] = pa.concat_arrays([pa.array(held)] * 50).sort()
        tables["invoices"]["tax"] = [None] * 130 + [1.0] * 20

    with pytest.raises(TableFaults) as told:
        check_rows(sections(wrong))
    *first, last = map(str, told.value.faults)
    assert len(first) == 100
    assert last == "applicants A1 to A3: found 30 more faults, expected none (the first 100 are told)"


def in_files(folder, name, *ends):
    """Put a section's rows into several files, each ending before the row given."""
    table = pq.read_table(folder / f"{name}.parquet")
    (folder / f"{name}.parquet").unlink()
    (folder / name).mkdir()
    for number, (start, end) in enumerate(pairwise([0, *ends, table.num_rows])):
        pq.write_table(table.slice(start, end - start), folder / name / f"part-{number}.parquet")
    return folder


@pytest.mark.parametrize("applicants", [1, 100])
def test_a_section_may_be_a_folder_of_files(sections, applicants):
    folder = sections()
    whole = rows_of(folder, 100)
    in_files(folder, "invoices", 0, 2)
    in_files(folder, "application", 1)
    assert rows_of(folder, applicants) == whole


def test_an_applicant_split_over_two_files_is_named(sections):
    folder = in_files(sections(), "invoices", 1)
    with pytest.raises(TableFaults) as told:
        check_rows(folder)
    [fault] = told.value.faults
    assert fault.path == f"{folder}/invoices/part-1.parquet"
    assert fault.found == f"rows of applicant A1, whose rows began in {folder}/invoices/part-0.parquet"
    assert fault.expected == "all rows of an applicant in one file"


def test_a_row_is_named_in_its_own_file(sections):
    folder = in_files(sections(change("invoices", "direction", ["out", "in", "oot"])), "invoices", 2)
    with pytest.raises(TableFaults, match=r"invoices/part-1.parquet: column direction, row 0, applicant A2: found 'oo"):
        check_rows(folder)


def swap_files(folder):
    first, second = (folder / "invoices" / f"part-{number}.parquet" for number in (0, 1))
    first.rename(folder / "invoices" / "part-2.parquet")
    assert second.exists()


def as_text(folder):
    path = folder / "invoices" / "part-1.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(0, "application_id", table["application_id"].cast(pa.large_string())), path)


BROKEN_FOLDERS = {
    "names against the order": (swap_files, "part-2.parquet: found applicant A1 after a later one"),
    "a file and a folder": (
        lambda folder: (folder / "invoices.parquet").write_bytes(b""),
        "invoices: found a folder beside invoices.parquet, expected a file or a folder (remove one of them)",
    ),
    "an empty folder": (
        lambda folder: (folder / "ledger").mkdir(), "ledger: found a folder without Parquet files, expected files",
    ),
    "a misspelled folder": (
        lambda folder: (folder / "invoices").rename(folder / "invoces"), "did you mean 'invoices'?",
    ),
    "other types": (
        as_text, "part-1.parquet: column application_id: found large_string, expected string, as in part-0.parquet",
    ),
    "a damaged file": (
        lambda folder: (folder / "invoices" / "part-1.parquet").write_bytes(b"PAR1"), "part-1.parquet: not a readable",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN_FOLDERS)
def test_each_way_a_folder_can_be_wrong_is_told(sections, way):
    change_folder, words = BROKEN_FOLDERS[way]
    folder = in_files(sections(), "invoices", 2)
    change_folder(folder)
    with pytest.raises(DataError) as told:
        check_rows(folder)
    assert words in str(told.value)


def test_no_folder_is_told(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        check_rows(tmp_path / "nowhere")


SNAPSHOTS = [name for name, contract in SECTIONS.items() if contract.snapshot]
ANY = {"text": "applicant", "date": dt.date(2020, 1, 1), "boolean": False, "integer": 0, "money": 1.0, "fraction": 0.5}


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
