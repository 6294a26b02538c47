"""A batch decides as the service would decide each exported document."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import compute_features, decide_batch, documents
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import TableFaults, UsageError
from tests.batch.conftest import FIRMS, first_of_sample, of_sample


@pytest.fixture(scope="module")
def decided(release, firms, tmp_path_factory):
    out = tmp_path_factory.mktemp("decided")
    decide_batch(release, firms, out)
    return out


def test_every_application_is_decided_once(decided):
    table = pq.read_table(decided / "decisions.parquet")
    keys = table["application_id"].to_pylist()
    assert len(keys) == len(set(keys)) == FIRMS
    assert set(table["outcome"].to_pylist()) <= {"approve", "refer", "decline"}


def test_the_summary_counts_what_the_rows_say(decided, release):
    rows = pq.read_table(decided / "decisions.parquet").to_pylist()
    summary = json.loads((decided / "summary.json").read_text())
    assert {word: count for word, count in summary["outcomes"].items() if count} == Counter(
        row["outcome"] for row in rows
    )
    assert summary["refer_kinds"] == Counter(row["refer_kind"] for row in rows if row["refer_kind"])
    assert (summary["applications"], summary["synthetic"], summary["release"]) == (FIRMS, True, release.id)
    unknown = Counter()
    for row in rows:
        features = json.loads(row["decision_json"])["features"]
        unknown.update(name for name, held in features.items() if held["state"] != "value")
    assert {entry["fact"]: entry["count"] for entry in summary["unknown"]} == unknown
    counts = [entry["count"] for entry in summary["unknown"]]
    assert counts == sorted(counts, reverse=True)


def test_a_row_is_what_the_document_is_answered(decided, firms, release):
    rows = {row["application_id"]: row for row in pq.read_table(decided / "decisions.parquet").to_pylist()}
    for one in documents(firms, sorted(rows)[::13]):
        row = rows[one.application.application_id]
        said = underwrite(one, release, as_of=one.application.as_of, decision_id=row["decision_id"])
        assert said.to_json().decode() == row["decision_json"]
        assert row["score"] == said.score
        assert row["reasons"] == [reason.code for reason in said.reasons]


def test_the_same_batch_is_the_same_bytes_in_any_chunks(decided, firms, release, tmp_path):
    decide_batch(release, firms, tmp_path, applicants=32)
    first = pq.read_table(decided / "decisions.parquet")
    assert pq.read_table(tmp_path / "decisions.parquet").equals(first)
    assert msgspec.json.decode((tmp_path / "summary.json").read_bytes()) == msgspec.json.decode(
        (decided / "summary.json").read_bytes()
    )


def test_only_the_applicants_asked_for_are_decided(decided, firms, release, tmp_path):
    every = pq.read_table(decided / "decisions.parquet")
    asked = every["application_id"].to_pylist()[20:120:40]
    summary = decide_batch(release, firms, tmp_path, ids=asked, applicants=32)
    alone = pq.read_table(tmp_path / "decisions.parquet")
    assert alone.to_pylist() == [row for row in every.to_pylist() if row["application_id"] in asked]
    assert summary.to_json()["applications"] == len(asked) == 3
    assert max(entry["count"] for entry in summary.to_json()["unknown"]) <= 3


def test_applicants_that_are_not_there_are_all_told_and_nothing_is_written(decided, firms, release, tmp_path):
    known = pq.read_table(decided / "decisions.parquet")["application_id"][0].as_py()
    with pytest.raises(TableFaults) as caught:
        decide_batch(release, firms, tmp_path, ids=[known, f"{known}0", "nobody at all"])
    near, far = map(str, caught.value.faults)
    assert f"found '{known}0', expected an application of {firms} (did you mean" in near
    assert far.startswith("ids: found 'nobody at all'")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(TableFaults) as caught:
        decide_batch(release, firms, tmp_path, ids=[f"nobody {number}" for number in range(120)])
    assert len(caught.value.faults) == 101
    assert str(caught.value.faults[-1]).startswith("ids: found 20 more")


def test_a_section_that_was_obtained_has_a_file(release, tmp_path, tmp_path_factory):
    first, _ = first_of_sample(tmp_path, 2)
    (tmp_path / "attributes.parquet").unlink()
    for work in (
        lambda: decide_batch(release, tmp_path, tmp_path_factory.mktemp("out")),
        lambda: [*documents(tmp_path)],
        lambda: compute_features(tmp_path, release.plan),
    ):
        with pytest.raises(TableFaults) as caught:
            work()
        told = str(caught.value.faults[0])
        assert (
            f"applicant {first}: found 'attributes', expected a section that has a file (write attributes.parquet)"
            in told
        )


def test_decisions_never_stand_among_the_section_files(firms, release):
    with pytest.raises(UsageError, match="holds the section files"):
        decide_batch(release, firms, firms / ".." / firms.name)


def answers(release, folder, out):
    """What batch decides, and what the exported documents are answered."""
    decide_batch(release, folder, out)
    batch = [json.loads(row) for row in pq.read_table(out / "decisions.parquet")["decision_json"].to_pylist()]
    told = {held["decision_id"]: held["as_of"] for held in batch}
    pairs = zip(told.items(), documents(folder), strict=True)
    single = [
        underwrite(one, release, as_of=dt.datetime.fromisoformat(as_of), decision_id=name)
        for (name, as_of), one in pairs
    ]
    return batch, [json.loads(one.to_json()) for one in single]


VERSIONS = {"left out": None, "stated": 1, "null in one row": [1, None]}


@pytest.mark.parametrize("versions", VERSIONS)
def test_a_number_left_out_means_in_a_table_what_it_means_in_a_document(versions, release, tmp_path, tmp_path_factory):
    first_of_sample(tmp_path, 4)
    filings = pq.read_table(tmp_path / "tax_filings.parquet")
    twice = pa.concat_tables([filings.slice(0, 1), filings])
    if (told := VERSIONS[versions]) is not None:
        numbers = told if isinstance(told, list) else [told, told]
        twice = twice.append_column("version", pa.array([*numbers, *[1] * (filings.num_rows - 1)], pa.int64()))
    pq.write_table(twice, tmp_path / "tax_filings.parquet")
    batch, single = answers(release, tmp_path, tmp_path_factory.mktemp("out"))
    assert batch == single
    assert "tax_filings contradicts itself" in batch[0]["notes"]


def test_an_answer_does_not_depend_on_who_else_is_in_the_files(release, tmp_path, tmp_path_factory):
    of_sample(tmp_path, ["P00008", "P00009"])
    sources = pq.read_table(tmp_path / "sources.parquet")
    told = {**sources.to_pylist()[0], "row_count": 0, "covers_from": None, "covers_until": None}
    more = [told | {"section": "credit_history", "party": "co1"}, told | {"section": "fees", "party": None}]
    pq.write_table(
        pa.concat_tables([pa.Table.from_pylist(more, sources.schema), sources]), tmp_path / "sources.parquet"
    )
    alone, documents_alone = answers(release, tmp_path, tmp_path_factory.mktemp("alone"))
    month = {"application_id": "P00009", "line": "a", "month": dt.date(2020, 1, 31), "dpd": 0, "balance": 1.0}
    pq.write_table(pa.Table.from_pylist([month]), tmp_path / "credit_history.parquet")
    beside, documents_beside = answers(release, tmp_path, tmp_path_factory.mktemp("beside"))
    assert (alone, beside) == (documents_alone, documents_beside)
    assert alone[0] == beside[0]
    assert not [note for note in alone[0]["notes"] if "no fees" in note]


@pytest.fixture
def broken(tmp_path):
    """The sample's first firms, with other values in some rows: section -> column -> row -> value."""

    def write(**sections):
        ids = first_of_sample(tmp_path, 4)
        for section, columns in sections.items():
            table = pq.read_table(tmp_path / f"{section}.parquet")
            for name, values in columns.items():
                changed = [values.get(row, value) for row, value in enumerate(table[name].to_pylist())]
                table = table.set_column(table.column_names.index(name), name, pa.array(changed, table[name].type))
            pq.write_table(table, tmp_path / f"{section}.parquet")
        return tmp_path, ids

    return write


def test_requests_that_make_no_valid_document_are_told_by_file_and_row(broken, release, tmp_path_factory):
    folder, ids = broken(applicant={"established_on": {1: dt.date(2190, 1, 1), 3: dt.date(2190, 1, 1)}})
    out = tmp_path_factory.mktemp("out")
    with pytest.raises(TableFaults) as told:
        decide_batch(release, folder, out)
    assert [str(fault).partition(": found")[0] for fault in told.value.faults] == [
        f"{folder}/applicant.parquet: column established_on, row {row}, applicant {ids[row]}" for row in (1, 3)
    ]
    assert list(out.iterdir()) == []


def test_moments_the_policy_does_not_cover_are_told_by_file_and_row(broken, release, tmp_path_factory):
    early = "1999-01-01T09:00:00+08:00"
    before = dict.fromkeys(range(4), dt.date(1990, 1, 1))
    folder, ids = broken(
        application={"as_of": {0: early, 3: early}, "submitted_at": {0: early, 3: early}},
        applicant={"established_on": before},
        parties={"role_since": before, "industry_since": before},
    )
    with pytest.raises(TableFaults) as told:
        decide_batch(release, folder, tmp_path_factory.mktemp("out"))
    assert [str(fault).partition(", expected")[0] for fault in told.value.faults] == [
        f"{folder}/application.parquet: column as_of, row {row}, applicant {ids[row]}: found 1999-01-01"
        for row in (0, 3)
    ]
