"""The committed sample is what its generator writes, says that it is synthetic, and carries a usable signal."""

from __future__ import annotations

import ast
import datetime as dt
import hashlib
import inspect
import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from stdnum.cn import uscc

from risk_engine.application import SECTIONS, decode
from training import make_sample, sample_latents
from training.make_sample import COLUMNS, EVIDENCE, SAMPLE, SEED, TRAITS, draw, sections, stream, write_sample

MANIFEST = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))


def rows_of(name: str) -> list[dict[str, object]]:
    return pq.read_table(SAMPLE / f"{name}.parquet").to_pylist()


def test_every_file_has_the_checksum_the_manifest_says() -> None:
    for file, digest in MANIFEST["sha256"].items():
        assert hashlib.sha256((SAMPLE / file).read_bytes()).hexdigest() == digest, file
    assert {path.name for path in SAMPLE.iterdir()} == {*MANIFEST["sha256"], "manifest.json"}


def test_it_says_that_it_is_synthetic_and_stays_small() -> None:
    assert MANIFEST["synthetic"] is True
    assert "**Synthetic.**" in (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) <= 3_000_000


@pytest.mark.parametrize("name", COLUMNS)
def test_rows_are_counted_and_sorted(name: str) -> None:
    rows = rows_of(name)
    keys = [row["application_id"] for row in rows]
    assert len(rows) == MANIFEST["rows"][name]
    assert keys == sorted(keys)
    assert list(rows[0]) == list(COLUMNS[name])


def test_a_few_firms_drawn_alone_are_the_committed_ones() -> None:
    drawn = sections([3, 250, 600])
    for name, rows in drawn.items():
        ids = {row["application_id"] for row in drawn["application"]}
        assert [row for row in rows_of(name) if row["application_id"] in ids] == [
            {column: row[column] for column in COLUMNS[name]} for row in rows
        ]


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_sample(tmp_path / "a", firms=12), write_sample(tmp_path / "b", firms=12)
    assert first == second


def test_the_share_of_bads_and_their_watch() -> None:
    outcomes = rows_of("outcomes")
    assert 80 <= sum(bool(row["is_bad"]) for row in outcomes) <= 110
    for row in outcomes:
        assert row["is_bad"] == (row["bad_on"] is not None)
        assert row["observed_until"] == sample_latents.add_months(row["booked_on"], 12)
        assert row["bad_on"] is None or row["booked_on"] < row["bad_on"] <= row["observed_until"]


def test_outcomes_are_drawn_before_and_without_evidence() -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(inspect.getsource(sample_latents)))
        if isinstance(node, ast.ImportFrom)
    }
    assert "training.sample_evidence" not in imported
    for number in (1, 77, 412):
        traits = stream(SEED, number, TRAITS)
        firm = sample_latents.draw_firm(number, traits)
        alone = sample_latents.draw_outcome(firm, traits)
        assert draw(number)[1] == alone
        other = make_sample.draw_evidence(firm, stream(SEED + 1, number, EVIDENCE))
        assert other.invoices != draw(number)[2].invoices or not other.invoices


def test_evidence_was_known_when_it_was_asked_for() -> None:
    late = duckdb.sql(f"""
        SELECT count(*) FROM '{SAMPLE}/invoices.parquet' JOIN '{SAMPLE}/application.parquet' USING (application_id)
        WHERE greatest(issued_on, coalesce(voided_on, issued_on)) >= CAST(left(as_of, 10) AS DATE)
    """).fetchall()
    assert late == [(0,)]


def test_missing_evidence_is_honest() -> None:
    sources = {row["application_id"]: row for row in rows_of("sources")}
    with_invoices = {row["application_id"] for row in rows_of("invoices")}
    assert {row["status"] for row in sources.values()} == {"obtained", "unavailable", "refused"}
    for application_id, row in sources.items():
        assert (row["status"] == "obtained") == (application_id in with_invoices)
        assert (row["status"] == "obtained") == (row["covers_from"] is not None)


def test_kinds_of_invoices_occur_and_identifiers_are_made_up() -> None:
    invoices = rows_of("invoices")
    assert any(row["voided_on"] for row in invoices)
    assert any(row["reverses"] and row["net_amount"] < 0 for row in invoices)
    assert any(row["counterparty"] is None for row in invoices)
    assert {row["direction"] for row in invoices} == {"in", "out"}
    for row in rows_of("applicant"):
        assert uscc.is_valid(row["identifier"])
        assert row["identifier"][2:12] == "990000FAKE"


def test_plain_signals_rank_firms_but_do_not_give_them_away() -> None:
    told = duckdb.sql(f"""
        WITH sales AS (
            SELECT application_id, date_trunc('month', issued_on) AS month, sum(net_amount) AS amount
            FROM '{SAMPLE}/invoices.parquet' WHERE direction = 'out' AND voided_on IS NULL GROUP BY ALL),
        firm AS (SELECT application_id, ln(sum(amount)) - 2 * stddev(amount) / avg(amount) AS strength
                 FROM sales GROUP BY ALL),
        rated AS (SELECT strength, is_bad FROM firm JOIN '{SAMPLE}/outcomes.parquet' USING (application_id))
        SELECT avg(CASE WHEN bad.strength < good.strength THEN 1.0 ELSE 0.0 END)
        FROM rated AS bad, rated AS good WHERE bad.is_bad AND NOT good.is_bad
    """).fetchall()
    assert 0.68 <= told[0][0] <= 0.85


def test_every_firm_is_a_document_the_contract_takes() -> None:
    known = {name: SECTIONS[name].columns for name in ("application", "applicant", "invoices", "sources")}
    documents: dict[str, dict[str, object]] = {}
    for name, columns in known.items():
        assert set(COLUMNS[name]) - set(columns) <= {"application_id"}
        for row in rows_of(name):
            held = documents.setdefault(str(row["application_id"]), {})
            kept = {key: plain(value) for key, value in row.items() if key in columns and value is not None}
            if SECTIONS[name].single:
                held[name] = kept
            else:
                held.setdefault(name, []).append(kept)  # type: ignore[attr-defined]
    assert len(documents) == MANIFEST["rows"]["application"]
    for document in documents.values():
        decode(json.dumps(document).encode())


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value
