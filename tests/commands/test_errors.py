"""What a command refuses: exit code 2, one line an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.batch.conftest import first_of_sample
from tests.commands.conftest import POLICY
from tests.conftest import ROOT, SAMPLE, STUDIES


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
    assert "README.md (name the directory of one release here)" in refused("serve", ROOT / "README.md")
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


def test_a_broken_policy_tells_every_fault_with_its_line(refused, tmp_path):
    policy = shutil.copytree(POLICY, tmp_path / "policy")
    rule = policy / "rules" / "eligibility.yaml"
    rule.write_text(rule.read_text().replace("purpose in forbidden_purposes", "porpose in forbidden_purposes"))
    table = policy / "tables" / "rate_by_grade.yaml"
    table.write_text(table.read_text().replace('- ["C",', '- ["B",'))
    with_lines = refused("policy", "check", policy, code=1, lines=3)
    assert any("eligibility.yaml:" in line and "porpose" in line for line in with_lines)
    assert any("rate_by_grade.yaml:" in line for line in with_lines)
    for nowhere in (tmp_path / "none", rule, policy.parent):
        assert "policy.yaml" in refused("policy", "check", nowhere)


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
    assert f"{tmp_path}/none.yaml: found no such file" in refused("evaluate", tmp_path / "none.yaml")
    assert not (tmp_path / "release").exists()


@pytest.mark.parametrize(("library", "extra", "words"), [
    ("pyarrow", "batch", ("document", "--sections", str(SAMPLE), "--id", "x")),
    ("optbinning", "train", ("train", str(STUDIES / "sample_sme.yaml"), "--out", "release")),
])  # fmt: skip
def test_a_command_that_needs_more_than_serving_says_what_to_install(tmp_path, library, extra, words):
    blocked = f"import sys; sys.modules[{library!r}] = None; from risk_engine.cli import main; main()"
    run = [sys.executable, "-c", blocked, *words]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path)
    told = f"risk-engine: {library} is not installed, which this needs (install risk-engine[{extra}])\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


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
    assert f"{tmp_path} is a folder" in refused("features", "compute", "--sections", SAMPLE, "--out", tmp_path)
    assert ". is a folder" in refused("features", "compute", "--sections", SAMPLE, "--out", ".")


def test_section_files_in_another_encoding(refused, release_dir, tmp_path):
    first, *_ = first_of_sample(tmp_path, 2)
    table = pq.read_table(tmp_path / "applicant.parquet")
    names = pa.array(["公司".encode("gbk")] * 2).view(pa.string())
    place = table.column_names.index("name")
    pq.write_table(table.set_column(place, "name", names), tmp_path / "applicant.parquet")
    for words in (
        ("batch", release_dir, "--sections", tmp_path, "--out", tmp_path / "out"),
        ("document", "--sections", tmp_path, "--id", first),
    ):
        told = refused(*words, lines=2)
        assert (
            f"column name, row 0, applicant {first}: found b'\\xb9\\xab\\xcb\\xbe', expected text in UTF-8" in told[0]
        )


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
