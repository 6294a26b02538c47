"""What a command answers: one object on standard output, or a page at a terminal."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest

from risk_engine.application import encode
from risk_engine.batch import documents
from tests.batch.conftest import FIRMS
from tests.commands.conftest import POLICY
from tests.conftest import ROOT, SAMPLE, STUDIES


@pytest.mark.parametrize("outcome", ["approve", "refer", "decline"])
def test_a_decision_is_an_answer_whatever_it_is(run, release_dir, written, decided, outcome):
    code, out, err = run("decide", release_dir, written / f"{outcome}.json")
    assert (code, err) == (0, [])
    told = json.loads(out)
    said = json.loads(decided[outcome][1].to_json())
    assert told.pop("decision_id") != said.pop("decision_id")
    assert told == said


def test_a_terminal_gets_a_page_unless_it_asks_for_json(run, release_dir, written, decided):
    code, page, _ = run("decide", release_dir, written / "decline.json", terminal=True)
    assert code == 0
    assert page.startswith(f"DECLINE  {decided['decline'][0].application.application_id}")
    assert "synthetic" in page
    for reason in decided["decline"][1].reasons:
        assert f"reason: {reason.says.en} / {reason.says.zh}" in page
    _, out, _ = run("decide", release_dir, written / "decline.json", "--json", terminal=True)
    assert json.loads(out)["outcome"] == "decline"


def test_another_moment_may_be_asked_for(run, release_dir, written):
    _, out, _ = run("decide", release_dir, written / "approve.json", "--as-of", "2030-01-01T00:00:00+08:00")
    told = json.loads(out)
    assert told["as_of"] == "2030-01-01T00:00:00+08:00"
    assert told["outcome"] != "approve", "the evidence is years old"


def test_without_a_moment_it_is_now_where_the_applicant_is(run, release_dir, written):
    document = json.loads((written / "approve.json").read_text())
    del document["application"]["as_of"]
    (written / "now.json").write_text(json.dumps(document))
    _, out, _ = run("decide", release_dir, written / "now.json")
    assert json.loads(out)["as_of"].endswith("+08:00")


def test_the_applicant_s_day_is_no_future(run, refused, release_dir, written, monkeypatch):
    class Evening(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2024, 5, 1, 20, tzinfo=dt.UTC).astimezone(tz)

    monkeypatch.setattr("risk_engine.commands.decisions.dt", SimpleNamespace(datetime=Evening, UTC=dt.UTC))
    document = json.loads((written / "approve.json").read_text())
    del document["application"]["as_of"]
    document["application"]["submitted_at"] = "2024-05-02T03:59:00+08:00"
    document["applicant"]["established_on"] = "2024-05-02"
    (written / "today.json").write_text(json.dumps(document))
    assert json.loads(run("decide", release_dir, written / "today.json")[1])["as_of"] == "2024-05-02T04:00:00+08:00"
    document["applicant"]["established_on"] = "2024-05-03"
    (written / "tomorrow.json").write_text(json.dumps(document))
    assert "nothing after 2024-05-02T04:00:00+08:00" in refused("decide", release_dir, written / "tomorrow.json")


def test_document_and_schema_are_json(run, decided):
    one, _ = decided["refer"]
    code, out, _ = run("document", "--sections", SAMPLE, "--id", one.application.application_id)
    assert code == 0
    assert out.strip().encode() == encode(one).strip()
    assert json.loads(run("schema")[1]).keys() >= {"$schema", "$defs"}


def test_batch_counts_every_applicant_of_a_folder(run, release_dir, firms, tmp_path):
    code, out, err = run("batch", release_dir, "--sections", firms, "--out", tmp_path / "decided")
    told = json.loads(out)
    assert (code, err) == (0, [])
    assert sum(told["outcomes"].values()) == told["applications"] == FIRMS
    assert told["synthetic"] is True
    assert (tmp_path / "decided" / "decisions.parquet").exists()


def test_batch_decides_the_firms_of_a_list(run, refused, release_dir, decided, tmp_path):
    keys = sorted(one.application.application_id for one, _ in decided.values())
    listed = tmp_path / "ids.txt"
    listed.write_text("\n".join(keys) + "\n\n")
    words = ("batch", release_dir, "--sections", SAMPLE, "--ids", listed, "--out", tmp_path / "decided")
    assert json.loads(run(*words)[1])["applications"] == 3
    listed.write_text(f"{keys[0]}\nE999\n")
    assert f"found 'E999', expected an application of {SAMPLE}" in refused(*words)
    listed.write_text("\n")
    assert "names no application" in refused(*words)


def test_threads_change_nothing_and_a_run_taken_up_is_told(run, refused, firms, tmp_path):
    words = ("features", "compute", "--sections", firms, "--out")
    run(*words, tmp_path / "one.parquet")
    (tmp_path / "two.parquet.partial" / "0123").mkdir(parents=True)
    code, out, err = run(*words, tmp_path / "two.parquet", "--threads", "2")
    assert (code, len(json.loads(out))) == (0, 3)
    assert [line.partition(": thrown away")[0] for line in err] == [f"risk-engine: {tmp_path}/two.parquet.partial"]
    assert (tmp_path / "two.parquet").read_bytes() == (tmp_path / "one.parquet").read_bytes()
    assert "greater than or equal to 1" in refused(*words, tmp_path / "three.parquet", "--threads", "0")


def test_features_of_a_release_or_of_the_catalogue(run, release_dir, release, firms, tmp_path):
    _, out, _ = run(
        "features", "compute", "--sections", firms, "--out", tmp_path / "f.parquet", "--release", release_dir
    )
    assert json.loads(out) == {"rows": FIRMS, "features": len(release.plan.names), "out": str(tmp_path / "f.parquet")}
    entries = json.loads(run("features", "dictionary", "--format", "json")[1])
    assert {"name", "says", "unit", "formula", "why", "source"} <= set(entries[0])
    assert json.loads(run("features", "dictionary")[1]) == entries
    assert run("features", "dictionary", "--format", "md")[1].startswith("#")
    assert run("features", "dictionary", "--format", "html")[1].startswith("<!")


def test_a_sound_policy_is_said_to_be_sound(run):
    code, out, _ = run("policy", "check", POLICY)
    assert code == 0
    assert json.loads(out) == {"policy": "sme_term_loan", "version": "2015.1", "rules": 24, "tables": 2}
    assert "every example holds" in run("policy", "check", POLICY, terminal=True)[1]


def test_sections_of_a_study_can_be_decided(run, release_dir, tmp_path):
    code, out, _ = run("study", "sections", STUDIES / "sample_sme.yaml", "--out", tmp_path / "sections")
    assert code == 0
    assert json.loads(out)
    assert (tmp_path / "sections" / "invoices.parquet").exists()


def test_help_is_no_error(run):
    for words in ([], ["decide"], ["study", "train"], ["keys", "create"]):
        code, out, err = run(*words, "--help")
        assert (code, err) == (0, [])
        assert "risk-engine" in out


def test_the_grades_of_a_policy_are_told_to_its_check(run, tmp_path):
    _, out, _ = run("policy", "check", POLICY.with_name("consumer_loan"), "--grades", "A, B,C,D,E,F,G")
    assert json.loads(out)["rules"] == 34
    code, _, lines = run("policy", "check", POLICY, "--grades", "A,B,C,D")
    assert code == 1
    assert any("E..G" in line for line in lines)


def test_a_portfolio_decides_wherever_a_release_does(run, refused, release_dir, tmp_path):
    file = tmp_path / "portfolio.yaml"
    text = "name: firms\nroutes:\n  - {product: [sme_term_loan], applicant_kind: [company], release: "
    file.write_text(f"{text}'{release_dir}'}}\n", encoding="utf-8")
    one = next(one for one in documents(SAMPLE) if one.applicant.kind == "company")
    place = tmp_path / "one.json"
    place.write_bytes(encode(one))
    routed, alone = (json.loads(run("decide", release, place)[1]) for release in (file, release_dir))
    assert {**routed, "decision_id": ""} == {**alone, "decision_id": ""}
    other = msgspec.structs.replace(one, application=msgspec.structs.replace(one.application, product="other"))
    place.write_bytes(encode(other))
    assert [told["code"] for told in json.loads(run("decide", file, place)[1])["reasons"]] == ["outside_portfolio"]
    file.write_text(text + "nowhere}\n", encoding="utf-8")
    assert "release: found nowhere, expected the directory of a release" in refused("decide", file, place)


def test_a_pipe_of_real_processes(release_dir, written, tmp_path):
    """What a shell does: a document on standard input, one JSON object out; an error is a line and a code."""
    command = [sys.executable, "-c", "from risk_engine.cli import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def process(*words, given=b""):
        return subprocess.run(
            [*command, *map(str, words)], input=given, capture_output=True, cwd=tmp_path, env=environment, check=False
        )

    done = process("decide", release_dir, "-", given=(written / "refer.json").read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["outcome"] == "refer"
    failed = process("decide", release_dir, "-", given=b"{")
    assert (failed.returncode, failed.stdout) == (2, b"")
    assert failed.stderr.count(b"\n") == 1
    assert failed.stderr.startswith(b"risk-engine: line 1 column")
