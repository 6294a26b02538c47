"""Long work shows how far it is where standard error is a terminal, and nothing in a pipe; the answer is the same."""

from __future__ import annotations

import os
import pty
import re
import sys
import textwrap
from itertools import groupby
from threading import Thread

import pytest

from risk_engine.study import Study, train
from tests.backtest.conftest import POLICY, loans
from tests.batch.conftest import FIRMS
from tests.conftest import SAMPLE
from tests.study.loans import STUDY, write_tables

BAR = re.compile(r"\r\x1b\[\?25l([a-z ]+)  \[[#-]*\]  (\d+)/(\d+)")


@pytest.fixture
def watch(run, monkeypatch):
    """Run a command whose standard error is a terminal; returns exit code, standard output and what was shown there."""

    def command(*words):
        ours, theirs = pty.openpty()
        shown = []
        reader = Thread(target=read_all, args=(ours, shown))
        reader.start()
        with os.fdopen(theirs, "w", encoding="utf-8") as terminal, monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", terminal)
            code, out, _ = run(*words)
        reader.join()
        os.close(ours)
        return code, out, b"".join(shown).decode()

    return command


def read_all(terminal, shown):
    try:
        while told := os.read(terminal, 1 << 16):
            shown.append(told)
    except OSError:  # Linux's way to say that the other side is closed
        return


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The file of a study of three hundred loans and the release trained on it."""
    folder = tmp_path_factory.mktemp("tiny")
    write_tables(folder, tuple(loans()))
    for name, text in POLICY.items():
        (folder / "policy" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "policy" / name).write_text(textwrap.dedent(text))
    (folder / "study.yaml").write_text(STUDY + "policy: policy\n")
    train(Study.load(folder / "study.yaml", folder), folder / "release")
    return folder


@pytest.fixture
def places(tmp_path, tiny, release_dir, firms, database):
    """What the commands work on."""
    return {
        "study": f"{tiny}/study.yaml --data {tiny}", "tiny": tiny / "release", "release": release_dir, "firms": firms,
        "out": tmp_path / "out", "database": f"sqlite:///{database}", "releases": release_dir.parent,
    }  # fmt: skip


COUNTED = ["sections", "applicants checked"]
STAGES = {
    "train {study} --out {out}": [*COUNTED, "applicants computed", "fits"],
    "evaluate {study} --folds 2": [*COUNTED, "applicants computed", "folds"],
    "study sections {study} --out {out}": COUNTED,
    "features compute --sections {firms} --out {out} --threads 2": ["applicants computed"],
    "batch {release} --sections {firms} --out {out}": ["applicants decided"],
    "backtest {tiny} --study {study} --out {out}": [*COUNTED, "applicants decided"],
    "replay --releases {releases} --database {database}": ["decisions replayed"],
    "replay d1 --releases {releases} --database {database}": ["decisions replayed"],
}


@pytest.mark.parametrize("line", STAGES)
def test_each_stage_is_shown_to_a_terminal_only(run, watch, places, line):
    words = line.format(**places).split()
    code, out, err = run(*words)
    assert (code, err) == (0, [])
    ended, watched, shown = watch(*words)
    assert (ended, watched) == (code, out)
    stages = [(what, list(bars)) for what, bars in groupby(BAR.findall(shown), key=lambda bar: bar[0])]
    assert [what for what, _ in stages] == STAGES[line]
    for what, bars in stages:
        done = [int(told) for _, told, _ in bars]
        assert done == sorted(done), what
        assert {of for _, _, of in bars} == {str(done[-1])}, what
    assert shown.endswith("\n"), "the answer begins on a line of its own"


def test_applicants_decided_count_those_of_a_list_only(watch, places, tmp_path, firms, decided):
    key = decided["refer"][0].application.application_id
    (tmp_path / "ids.txt").write_text(key)
    words = ("--sections", SAMPLE, "--out", tmp_path / "one", "--ids", tmp_path / "ids.txt")
    assert BAR.findall(watch("batch", places["release"], *words)[2])[-1] == ("applicants decided", "1", "1")
    (last,) = BAR.findall(watch("features", "compute", "--sections", firms, "--out", tmp_path / "f.parquet")[2])[-1:]
    assert last == ("applicants computed", str(FIRMS), str(FIRMS))


def test_an_error_begins_on_a_line_of_its_own(watch, places, tiny, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(STUDY.replace("turnover", "turned_over", 1) + f"policy: {tiny}/policy\n")
    code, out, shown = watch("study", "sections", wrong, "--data", tiny, "--out", places["out"])
    assert (code, out) == (2, "")
    assert BAR.findall(shown)
    assert all(line.startswith("risk-engine: ") for line in shown.splitlines() if "wrong.yaml" in line)
    assert "\nrisk-engine: " in shown
