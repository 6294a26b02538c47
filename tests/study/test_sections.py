# ruff: noqa: E501 - the tables of cases read better on long lines
"""Raw tables become section files; a wrong column, type, path or select is one line of the study."""

from __future__ import annotations

import json

import duckdb
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import documents
from risk_engine.errors import UsageError
from risk_engine.study import Study, write_sections


def write(path, data, out):
    return write_sections(Study.load(path, data), out)


def test_sections_are_written_sorted_with_a_manifest(written, data, tmp_path):
    files = write(written(), data, tmp_path / "out")
    assert files.rows == {"application": 160, "applicant": 160, "sources": 160, "attributes": 320}
    keys = pq.read_table(tmp_path / "out" / "attributes.parquet")["application_id"].to_pylist()
    assert keys == sorted(keys)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["sections"]["attributes"] == {"rows": 320, "sha256": files.sha256["attributes"]}
    assert manifest["warnings"] == ["Made up."]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "application.parquet", "applicant.parquet", "sources.parquet", "attributes.parquet", "manifest.json",
    }  # fmt: skip


def test_the_same_tables_give_the_same_bytes_with_any_number_of_threads(written, data, tmp_path):
    study = Study.load(written(), data)
    one = write_sections(study, tmp_path / "one", threads=1)
    assert write_sections(study, tmp_path / "two", threads=2).sha256 == one.sha256


def test_attributes_reach_the_documents(written, data, tmp_path):
    write(written(), data, tmp_path / "out")
    first = next(documents(tmp_path / "out", ["F001"]))
    assert {row.name: row.value for row in first.attributes} == {"turnover": 37.0, "conduct": "fair"}


def test_a_folder_with_other_sections_is_refused(written, data, tmp_path):
    out = tmp_path / "out"
    write(written(), data, out)
    write(written(), data, out)
    (out / "ledger.parquet").write_bytes(b"of another study")
    with pytest.raises(UsageError, match=r"ledger\.parquet, not of study tiny"):
        write(written(), data, out)


def test_a_null_attribute_has_no_row(written, data, tmp_path):
    change = ("turnover, conduct\n", "nullif(turnover, 37) as turnover, conduct\n")
    write(written(change), data, tmp_path / "out")
    assert [row.name for row in next(documents(tmp_path / "out", ["F001"])).attributes] == ["conduct"]


def test_files_may_stand_beside_the_study(written, data, tmp_path):
    duckdb.connect().execute(f"copy (from '{data}/firms.parquet') to '{tmp_path}/firms.csv'")
    path = written(("${DATA}/firms.parquet", "firms.csv"), ("bad as is_bad", "bad::boolean as is_bad"))
    assert write(path, None, tmp_path / "out").applicants == 160


CONSTANT = "'working_capital' as purpose"
WRONG = {
    "unknown column": (
        ("turnover, conduct\n", "turnver, conduct\n"), "tiny.yaml:22", 'column "turnver" not found', "did you mean 'turnover'?",
    ),
    "no file": (("  attributes: |\n    select id as application_id, turnover, conduct\n    from '${DATA}/firms.parquet'",
                 "  attributes: |\n    select id as application_id, turnover, conduct\n    from '${DATA}/frms.parquet'"),
                "tiny.yaml:23", "frms.parquet, expected a file that exists", "did you mean 'firms.parquet'?"),
    "not sql": (("select id as application_id, turnover, conduct", "selec id"), "tiny.yaml:22", "expected one SQL select"),
    "two statements": (("select id as application_id, turnover", "select 1; select id as application_id, turnover"),
                       "found SELECT, SELECT, expected one SQL select"),
    "a write": (("select id as application_id, turnover, conduct\n    from '${DATA}/firms.parquet'",
                 "copy (select 1) to '${DATA}/firms.parquet'"), "found COPY, expected one SQL select"),
    "no key": (("id as application_id, turnover", "id as aplication_id, turnover"), "attributes: found no application_id",
               "did you mean 'aplication_id'?"),
    "misnamed column": ((CONSTANT, "'working_capital' as purpos"), "tiny.yaml:7: application: column purpos",
                        "did you mean 'purpose'?"),
    "wrong type": (("12 as term_months", "'12' as term_months"), "column term_months: found string, expected a whole number"),
    "timestamp for moment": (("'2020-03-01T00:00:00+08:00' as as_of", "timestamp '2020-03-01 00:00:00' as as_of"),
                             "column as_of: found timestamp[us]", "say the offset"),
    "wrong word": ((CONSTANT, "if(id = 'F000', 'working_capitl', 'working_capital') as purpose"), "tiny.yaml:7: application: column purpose, row 0, applicant F000",
                   "did you mean 'working_capital'?"),
    "value that cannot be read": (("12 as term_months", "'x'::int as term_months"), "Could not convert string 'x' to INT32"),
    "undeclared attribute": (("turnover, conduct\n", "turnover, conduct, bad as trouble\n"),
                             "attributes: column trouble: found an undeclared attribute"),
    "protected column": (("turnover, conduct\n", "turnover, conduct, 1 as age\n"), "column age: found a protected or identifying word: age"),
    "absent attribute": (("turnover, conduct\n", "turnover\n"), "conduct: found an attribute that no column"),
    "text for a number": (("turnover, conduct\n", "turnover::varchar as turnover, conduct\n"),
                          "column turnover: found VARCHAR, expected a number"),
    "undeclared word": (("words: [poor, fair, good]", "words: [poor, fiar, good]"), "column conduct: found 'fair'",
                        "did you mean 'fiar'?"),
}  # fmt: skip


@pytest.mark.parametrize("way", WRONG)
def test_each_way_of_being_wrong_is_one_line(written, data, tmp_path, faults_of, way):
    change, *words = WRONG[way]
    faults = faults_of(write, written(change), data, tmp_path / "out")
    assert len(faults) == 1, faults
    for each in words:
        assert each in faults[0]


def test_rows_of_a_stranger_are_told(written, data, tmp_path, faults_of):
    change = ("select id as application_id, turnover, conduct", "select 'Z9' as application_id, turnover, conduct")
    [fault] = faults_of(write, written(change), data, tmp_path / "out")
    assert fault.startswith("tiny.yaml:21: attributes: found rows of applicant Z9")


def test_a_section_said_to_be_obtained_is_selected(written, data, tmp_path, faults_of):
    """An application without it contradicts itself: every one would be referred."""
    looked = "'attributes' as section, 'lender' as provider, 'obtained' as status"
    several = """unnest(['attributes', 'ledger', 'consents', 'parties']) as section, 'lender' as provider,
      if(section = 'parties' or (section = 'consents' and id < 'F100'), 'not_requested', 'obtained') as status"""
    assert faults_of(write, written((looked, several)), data, tmp_path / "out") == [
        f"tiny.yaml:17: sources: found {count} look-ups that obtained {name}, expected {name} among the sections"
        f" (select {name}, or leave its look-ups out)"
        for name, count in (("consents", 60), ("ledger", 160))
    ]


RELATED = """  related_firms: |
    select id as application_id, 'P' as party, false as abnormal, false as serious_violation, false as dishonest,
      false as restricted, 0.0 as enforcement_open, false as past_due, {observed_on}
    from '${DATA}/firms.parquet'
  attributes: |
"""
UNDATED = {
    "no column": ("'registry' as provider", "column observed_on: found no such column, expected a date"),
    "nothing in a row": ("if(id = 'F000', null, date '2020-02-01') as observed_on",
                         "column observed_on, row 0, applicant F000: found nothing, expected a value"),
}  # fmt: skip


@pytest.mark.parametrize("way", UNDATED)
def test_a_snapshot_says_when_it_was_seen(written, data, tmp_path, faults_of, way):
    column, words = UNDATED[way]
    change = ("  attributes: |\n", RELATED.replace("{observed_on}", column))
    assert any(words in fault for fault in faults_of(write, written(change), data, tmp_path / "out"))


def test_faults_of_all_selects_are_told_at_once(written, data, tmp_path, faults_of):
    changes = (("12 as term_months", "'12' as term_months"), ("turnover, conduct\n", "turnver, conduct\n"))
    assert len(faults_of(write, written(*changes), data, tmp_path / "out")) == 2


def test_a_select_opens_no_file_it_does_not_name(written, data, tmp_path, faults_of):
    (tmp_path / "other.csv").write_text("id,turnover,conduct\n")
    change = ("turnover, conduct\n    from '${DATA}/firms.parquet'",
              f"turnover, conduct\n    from read_csv('{tmp_path}' || '/other' || '.csv')")  # fmt: skip
    [fault] = faults_of(write, written(change), data, tmp_path / "out")
    assert "Cannot access file" in fault


@pytest.mark.parametrize("asked", ["read_parquet('https://example.org/x.parquet')", "read_text('/etc/hostname')"])
def test_a_select_reaches_neither_network_nor_system(written, data, tmp_path, faults_of, asked):
    change = ("turnover, conduct\n    from '${DATA}/firms.parquet'", f"turnover, conduct\n    from {asked}")
    assert len(faults_of(write, written(change), data, tmp_path / "out")) == 1
