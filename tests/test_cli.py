"""Every command as a script meets it: exit codes, one object on standard output, one line an error."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import msgspec
import pytest
import yaml

from risk_engine.application import encode
from risk_engine.batch import documents
from risk_engine.cli import main
from risk_engine.decision.record import Draft
from risk_engine.decision.underwrite import underwrite
from risk_engine.store import open_store
from tests.batch.conftest import FIRMS, first_of_sample
from tests.conftest import ROOT, SAMPLE, STUDIES

POLICY = ROOT / "risk_engine" / "rules" / "library" / "sme_term_loan"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in this process; returns exit code, standard output and the lines of standard error."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def command(*words, terminal=False):
        monkeypatch.setattr(sys, "argv", ["risk-engine", *map(str, words)])
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return ended.value.code or 0, out, err.splitlines()

    return command


@pytest.fixture
def refused(run):
    """Run a command that fails; returns its one line, or all of them where several faults are expected."""

    def command(*words, code=2, lines=1):
        ended, out, err = run(*words)
        assert (ended, out) == (code, ""), err
        assert len(err) == lines, err
        assert all(line.startswith("risk-engine: ") for line in err)
        return err[0] if lines == 1 else err

    return command


@pytest.fixture(scope="module")
def decided(release):
    """Three recorded-to-be firms, one of each outcome: document and decision."""
    found = {}
    for one in documents(SAMPLE):
        answer = underwrite(one, release, as_of=one.application.as_of, decision_id="d")
        found.setdefault(answer.outcome.value, (one, answer))
        if len(found) == 3:
            return found
    pytest.fail("the sample lacks an outcome")


@pytest.fixture(scope="module")
def firms(tmp_path_factory):
    """Section files of the sample's first firms."""
    folder = tmp_path_factory.mktemp("firms")
    first_of_sample(folder, FIRMS)
    return folder


@pytest.fixture
def written(decided, tmp_path):
    """The three documents as files."""
    for outcome, (one, _) in decided.items():
        (tmp_path / f"{outcome}.json").write_bytes(encode(one))
    return tmp_path


@pytest.fixture
def database(decided, tmp_path):
    """The three decisions on record."""
    with open_store(f"sqlite:///{tmp_path}/decisions.db", write=True) as store:
        for number, (one, answer) in enumerate(decided.values()):
            told = msgspec.structs.replace(answer, decision_id=f"d{number}")
            store.append(draft(told, encode(one)))
    return tmp_path / "decisions.db"


def draft(decision, request):
    return Draft(
        decision_id=decision.decision_id,
        application_id=decision.application_id,
        key_id="k",
        idempotency_key=None,
        recorded_at="2026-01-01T00:00:00+00:00",
        request=request,
        answer=decision.to_json(),
    )


# --- answers


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


@pytest.fixture
def short_study(tmp_path):
    """The study of the sample's firms on two features."""
    text = (STUDIES / "sample_sme.yaml").read_text().replace("../../", f"{ROOT}/")
    study = yaml.safe_load(text)
    study["features"] = {"names": ["sales_invoiced_cv_12m", "sales_void_count_share_12m"]}
    study["sections"] = {name: study["sections"][name] for name in ("application", "applicant", "sources", "invoices")}
    study["sections"]["sources"] += " and section = 'invoices'"
    file = tmp_path / "short.yaml"
    file.write_text(yaml.safe_dump(study))
    return file


def test_folds_are_told_to_a_terminal_only(run, monkeypatch, short_study):
    words = ("evaluate", short_study, "--folds", "2")
    _, out, err = run(*words)
    assert err == []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _, watched, err = run(*words)
    assert watched == out
    assert [line for line in err if line] == ["fold 1 of 2", "fold 2 of 2"]


def test_features_of_a_release_or_of_the_catalogue(run, release_dir, release, firms, tmp_path):
    _, out, _ = run(
        "features", "compute", "--sections", firms, "--out", tmp_path / "f.parquet", "--release", release_dir
    )
    assert json.loads(out) == {"rows": FIRMS, "features": len(release.plan.names), "out": str(tmp_path / "f.parquet")}
    entries = json.loads(run("features", "dictionary", "--format", "json")[1])
    assert {"name", "says", "unit", "formula", "why", "source"} <= set(entries[0])
    assert run("features", "dictionary", "--format", "html")[1].startswith("<!")


def test_a_sound_policy_is_said_to_be_sound(run):
    code, out, _ = run("policy", "check", POLICY)
    assert code == 0
    assert "every example holds" in out


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


# --- the record


def test_verify_and_replay_what_was_recorded(run, database, release_dir):
    url = f"sqlite:///{database}"
    assert json.loads(run("verify", "--database", url)[1]) == {"records": 3, "intact": True}
    code, out, _ = run("replay", "--database", url, "--releases", release_dir.parent)
    assert (code, json.loads(out)) == (0, {"replayed": 3, "drifted": []})
    code, out, _ = run("replay", "d1", "--database", url, "--releases", release_dir)
    assert (code, json.loads(out)["replayed"]) == (0, 1)


def test_a_record_that_was_changed_fails_the_check(refused, database):
    with sqlite3.connect(database) as connection:
        assert connection.execute("UPDATE decisions SET application_id = 'other' WHERE sequence = 2").rowcount == 1
    connection.close()
    assert "record 2 was changed" in refused("verify", "--database", f"sqlite:///{database}", code=1)


def test_drift_is_named_by_its_field(run, decided, release_dir, tmp_path):
    one, answer = decided["approve"]
    with open_store(f"sqlite:///{tmp_path}/drift.db", write=True) as store:
        store.append(draft(msgspec.structs.replace(answer, score=answer.score + 1), encode(one)))
    words = ("replay", "--database", f"sqlite:///{tmp_path}/drift.db", "--releases", release_dir)
    code, out, _ = run(*words)
    assert code == 1
    assert json.loads(out)["drifted"][0]["differences"][0]["path"] == "$.score"
    assert f"$.score: recorded {answer.score + 1}, replayed {answer.score}" in run(*words, terminal=True)[1]


def test_a_release_that_is_not_on_the_shelf_is_drift(run, database, tmp_path):
    (tmp_path / "shelf").mkdir()
    code, out, _ = run("replay", "--database", f"sqlite:///{database}", "--releases", tmp_path / "shelf")
    assert code == 1
    assert len(json.loads(out)["drifted"]) == 3


# --- errors


def test_bad_usage_is_one_line(refused):
    assert "'RELEASE'" in refused("decide")
    assert "bogus" in refused("bogus")
    assert "--folds" in refused("evaluate", "x.yaml", "--folds", "1")
    assert "no format 'xml'" in refused("features", "dictionary", "--format", "xml")
    assert "no role 'boss' (score, review, validate, admin)" in refused("keys", "create", "--role", "boss")


def test_a_release_that_is_missing_or_tampered_with(refused, release_dir, written, tmp_path):
    application = written / "approve.json"
    for words in (
        ("decide", tmp_path / "none", application),
        ("batch", tmp_path / "none", "--sections", SAMPLE, "--out", tmp_path / "out"),
        ("serve", tmp_path / "none", "--database", f"sqlite:///{tmp_path}/s.db"),
    ):
        assert "no release at" in refused(*words)
    tampered = shutil.copytree(release_dir, tmp_path / "tampered")
    with (tampered / "model" / "scorecard.json").open("a") as file:
        file.write(" ")
    for words in (
        ("decide", tampered, application),
        ("serve", tampered, "--database", f"sqlite:///{tmp_path}/s.db"),
    ):
        assert "model/scorecard.json was changed" in refused(*words)
    assert not (tmp_path / "s.db").exists()


def test_applications_that_cannot_be_read(refused, release_dir, written):
    whole = (written / "approve.json").read_bytes()
    broken = written / "broken.json"
    assert "cannot read" in refused("decide", release_dir, written / "none.json")
    assert "cannot read" in refused("decide", release_dir, written)
    broken.write_bytes(whole[:100])
    assert "line 1 column" in refused("decide", release_dir, broken)
    document = json.loads(whole)
    document["application"].update(term_months=-1, amount="free", currency="ZZZ")
    document["invoices"][2]["issued_on"] = "2023-02-30"
    broken.write_text(json.dumps(document))
    told = refused("decide", release_dir, broken, lines=4)
    for path in (
        "$.application.term_months",
        "$.application.amount",
        "$.application.currency",
        "$.invoices[2].issued_on",
    ):
        (line,) = [line for line in told if path in line]
        assert "found" in line
        assert "expected" in line
    for moment, said in (("yesterday", "is not a moment"), ("2024-01-01T00:00:00", "has no offset")):
        assert said in refused("decide", release_dir, written / "approve.json", "--as-of", moment)


def test_the_grades_of_a_policy_are_told_to_its_check(run, tmp_path):
    assert "34 rules" in run("policy", "check", POLICY.with_name("consumer_loan"), "--grades", "A, B,C,D,E,F,G")[1]
    code, _, lines = run("policy", "check", POLICY, "--grades", "A,B,C,D")
    assert code == 2
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
    assert "portfolio.yaml:3: found nowhere, expected the directory of a release" in refused("decide", file, place)


def test_a_broken_policy_tells_every_fault_with_its_line(refused, tmp_path):
    policy = shutil.copytree(POLICY, tmp_path / "policy")
    rule = policy / "rules" / "eligibility.yaml"
    rule.write_text(rule.read_text().replace("purpose in forbidden_purposes", "porpose in forbidden_purposes"))
    table = policy / "tables" / "rate_by_grade.yaml"
    table.write_text(table.read_text().replace('- ["C",', '- ["B",'))
    with_lines = refused("policy", "check", policy, lines=3)
    assert any("eligibility.yaml:" in line and "porpose" in line for line in with_lines)
    assert any("rate_by_grade.yaml:" in line for line in with_lines)
    assert "policy.yaml" in refused("policy", "check", tmp_path / "none")


def test_a_wrong_study_is_one_clear_line(refused, tmp_path):
    whole = (
        (STUDIES / "sample_sme.yaml")
        .read_text()
        .replace("'../../data", f"'{ROOT}/data")
        .replace("../../risk_engine", f"{ROOT}/risk_engine")
    )
    study = tmp_path / "study.yaml"

    def wrong(before, after, *words):
        assert before in whole
        study.write_text(whole.replace(before, after))
        line = refused(*(words or ("train", study, "--out", tmp_path / "release")))
        assert "study.yaml" in line
        return line

    assert "application_di" in wrong(
        "performance.parquet' where application_id", "performance.parquet' where application_di"
    )
    assert "nowhere.parquet" in wrong("sample/invoices.parquet", "sample/nowhere.parquet")
    assert "expected `int`" in wrong("seed: 42", "seed: forty-two")
    assert "astrology" in wrong("- company_age_months", "- astrology")
    assert "oracle" in wrong("decider: blend", "decider: oracle")
    assert "--data" in refused("train", STUDIES / "cumcm2020c.yaml", "--out", tmp_path / "release")
    assert "none.yaml" in refused("evaluate", tmp_path / "none.yaml")
    assert not (tmp_path / "release").exists()


def test_training_never_overwrites_what_is_not_a_release(refused, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    assert "is not a release" in refused("train", STUDIES / "sample_sme.yaml", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_tables_and_firms_that_are_not_there(refused, run, decided, tmp_path):
    known = decided["approve"][0].application.application_id
    told = refused("document", "--sections", SAMPLE, "--id", known[:-1])
    assert f"no application named '{known[:-1]}' (did you mean" in told
    assert "no such folder" in refused("document", "--sections", tmp_path / "none", "--id", known)
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "f.parquet"
    assert "cannot be written" in refused("features", "compute", "--sections", SAMPLE, "--out", out)


def test_databases_that_cannot_be(refused, release_dir, tmp_path):
    url = f"sqlite:///{tmp_path}/none.db"
    assert f"no database at {tmp_path}/none.db" in refused("verify", "--database", url)
    assert "no database at" in refused("replay", "--database", url, "--releases", tmp_path)
    (tmp_path / "text.db").write_text("a text that is long enough to be looked at as a database " * 4)
    assert "text.db" in refused("verify", "--database", f"sqlite:///{tmp_path}/text.db")
    for words in (("verify",), ("serve", release_dir), ("keys", "create", "--role", "score")):
        assert "PostgreSQL is not built yet" in refused(*words, "--database", "postgresql://host/db")
    assert "2 workers cannot share" in refused("serve", release_dir, "--workers", "2", "--database", url)
    assert "setting port" in refused("serve", release_dir, "--port", "70000", "--database", url)
    assert not (tmp_path / "none.db").exists()


# --- as a process


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
