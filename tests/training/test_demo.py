"""The demo as a newcomer runs it: what it prints works when it is typed."""

from __future__ import annotations

import html.parser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading

import pytest

from tests.conftest import ROOT

MAIN = [sys.executable, "-c", "from risk_engine.cli import main; main()"]
OUTCOMES = ("approve", "refer", "decline")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "demo"


@pytest.fixture(scope="module")
def printed(out):
    command = [sys.executable, "-m", "training.demo", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def printed_line(printed, word):
    """A line of the last part, continued lines joined, as words of a shell command."""
    part = printed[printed.index("Look and try") :].replace("\\\n", " ")
    (line,) = re.findall(rf"^ +{word} +(.*)$", part, re.MULTILINE)
    return shlex.split(line)


def typed(words):
    """The same command, by this test's interpreter."""
    assert words[0].endswith("risk-engine")
    return [*MAIN, *words[1:]]


def test_it_prints_figures_and_one_firm_of_each_outcome_with_reasons(printed):
    assert 0.75 <= float(re.search(r"^scorecard +(0\.\d+) ±", printed, re.MULTILINE)[1]) <= 0.85
    for model in ("scorecard", "boosted", "blend"):
        assert re.search(rf"^{model} .*0\.\d+ ± 0\.\d+", printed, re.MULTILINE)
    for outcome in OUTCOMES:
        (page,) = re.findall(rf"^{outcome.upper()}  F0.*?(?=^\S|\Z)", printed, re.MULTILINE | re.DOTALL)
        assert "synthetic" in page
        if outcome == "approve":
            assert "default probability" in page
        else:
            assert re.search(r"reason: .+ / .+  \[\w+; (rule|score:) ", page)
    (person,) = re.findall(r"^APPROVE  P0.*?(?=^\S|\Z)", printed, re.MULTILINE | re.DOTALL)
    assert "default probability" in person
    assert "400 applications" in printed


def test_the_page_stands_alone_and_says_synthetic(printed, out):
    assert printed_line(printed, "page") == [str(out / "decisions.html")]
    text = (out / "decisions.html").read_text(encoding="utf-8")
    assert "synthetic" in text.lower()
    for outcome in OUTCOMES:
        assert outcome in text.lower()
    for decision in (json.loads((out / f"{name}.json").read_text()) for name in (*OUTCOMES, "person")):
        assert decision["application"]["application_id"] in text
    loaded = []

    class Loads(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            loaded.extend(value for name, value in attributes if name in {"src", "href", "srcset", "data"})
            assert tag not in {"script", "iframe"}

    Loads().feed(text)
    assert [place for place in loaded if not place.startswith(("#", "data:"))] == []
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", text)


def test_what_it_says_to_check_and_retell_works(printed):
    told = {}
    for word in ("check", "retell"):
        command = typed(printed_line(printed, word))
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        told |= json.loads(done.stdout)
    assert told["records"] == told["replayed"] >= 4
    assert (told["intact"], told["drifted"]) == (True, [])


def test_the_printed_service_answers_the_printed_curl(printed, out):
    if shutil.which("curl") is None:
        pytest.skip("needs curl (on Debian: apt install curl)")
    curl = printed_line(printed, "ask")
    assert curl[0] == "curl"
    child = subprocess.Popen(
        [*typed(printed_line(printed, "serve")), "--port", "0"],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    too_long = threading.Timer(60, child.kill)
    too_long.start()
    try:
        address = next(
            (found[0] for line in child.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line))), None
        )
        assert address, "the service did not start"
        words = [word.replace("http://127.0.0.1:8000", address) for word in curl]
        assert words != curl
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
    finally:
        too_long.cancel()
        child.terminate()
        child.wait()
        child.stderr.close()
    assert told["outcome"] == "refer"
    asked = json.loads((out / "refer.json").read_text())
    assert told["application_id"] == asked["application"]["application_id"]
    assert any("synthetic" in note for note in told["notes"])


def test_it_wipes_no_folder_but_its_own(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    command = [sys.executable, "-m", "training.demo", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "mine"
