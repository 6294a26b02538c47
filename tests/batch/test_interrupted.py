"""Threads change no byte; a run that was killed goes on where it stopped and ends in the same bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import decide_batch, write_features
from risk_engine.errors import DataError, TableFaults
from risk_engine.features import Plan
from risk_engine.features.catalogue import CATALOGUE
from tests.batch.conftest import FIRMS

APPLICANTS = 3
"""A chunk has three; parts are of 10 chunks, so that there are four."""

RUN = """
import sys
from pathlib import Path
from risk_engine.batch import decide_batch, write_features
from risk_engine.bundle import load_release
from risk_engine.features import Plan
from risk_engine.features.catalogue import CATALOGUE

what, folder, out, release = sys.argv[1:]
if what == "features":
    plan = Plan(list(CATALOGUE.values())[:20])
    write_features(Path(folder), plan, Path(out) / "features.parquet", applicants=3, threads=2)
else:
    decide_batch(load_release(Path(release)), Path(folder), Path(out), applicants=3, threads=2)
"""


@pytest.fixture(scope="module")
def plan():
    return Plan(list(CATALOGUE.values())[:20])


@pytest.fixture(scope="module")
def whole(release, plan, firms, tmp_path_factory):
    """An undisturbed run with one thread."""
    out = tmp_path_factory.mktemp("whole")
    decide_batch(release, firms, out, applicants=APPLICANTS)
    write_features(firms, plan, out / "features.parquet", applicants=APPLICANTS)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def kept(folder: Path, *names: str) -> dict[str, bytes]:
    return {name: held for name, held in contents(folder).items() if name in names}


def test_threads_change_no_byte(whole, release, plan, firms, tmp_path):
    decide_batch(release, firms, tmp_path, applicants=APPLICANTS, threads=2)
    write_features(firms, plan, tmp_path / "features.parquet", applicants=APPLICANTS, threads=3)
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize("what", ["features", "decisions"])
def test_a_killed_run_goes_on_and_ends_in_the_same_bytes(whole, release, release_dir, plan, firms, tmp_path, what):
    partial = tmp_path / f"{what}.parquet.partial"
    for parts in (1, 2):
        child = subprocess.Popen([sys.executable, "-c", RUN, what, firms, tmp_path, release_dir])
        while len(list(partial.glob("*/0*.arrow"))) < parts and child.poll() is None:
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL, "the run ended before it could be killed"
        assert [path.name for path in tmp_path.iterdir()] == [partial.name], "nothing half-written has a final name"
    finished = len(list(partial.glob("*/0*.arrow")))
    said: list[str] = []
    watched: list[tuple[str, int, int]] = []
    watching = {"say": said.append, "progress": lambda *told: watched.append(told)}
    if what == "features":
        write_features(firms, plan, tmp_path / "features.parquet", applicants=APPLICANTS, **watching)
        assert contents(tmp_path) == kept(whole, "features.parquet")
    else:
        decide_batch(release, firms, tmp_path, applicants=APPLICANTS, **watching)
        assert contents(tmp_path) == kept(whole, "decisions.parquet", "summary.json")
    assert len(said) == 1
    assert "going on where a run was interrupted, after" in said[0]
    counted = f"applicants {'computed' if what == 'features' else 'decided'}"
    first = finished * 10 * APPLICANTS
    assert watched == [(counted, done, FIRMS) for done in range(first, FIRMS + 1, APPLICANTS) if first < FIRMS]


KILLED = """
import os, signal
from itertools import count
from pathlib import Path
from pyarrow.parquet import ParquetWriter

def dies(owner, name, call):
    whole, calls = getattr(owner, name), count(1)
    def dying(*words, **options):
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*words, **options)
    setattr(owner, name, dying)
"""
"""Made to die at a call; what follows says which."""

LATE = {
    "two of four parts joined": ("dies(ParquetWriter, 'write_table', 3)", "earlier", None, 4),
    "joined, not yet renamed": ("dies(Path, 'replace', 5)", "earlier", None, 4),
    "before the summary": ("dies(Path, 'write_text', 1)", "whole", None, 4),
    "one of four parts removed": ("dies(os, 'unlink', 9)", "whole", "whole", 3),
}
"""Where a run is killed; then whose decisions and summary are there, and how many parts."""


@pytest.mark.parametrize("where", LATE)
def test_a_run_killed_at_its_end_goes_on_and_ends_in_the_same_bytes(
    whole, release, release_dir, firms, tmp_path, where
):
    names = ("decisions.parquet", "summary.json")
    for name in names:
        (tmp_path / name).write_bytes(b"of an earlier run")
    call, *left, parts = LATE[where]
    words = [sys.executable, "-c", KILLED + call + RUN, "decisions", firms, tmp_path, release_dir]
    child = subprocess.run(words, check=False)
    assert child.returncode == -signal.SIGKILL
    held = {"earlier": dict.fromkeys(names, b"of an earlier run"), "whole": contents(whole)}
    there = {name: held[whose][name] for name, whose in zip(names, left, strict=True) if whose}
    partial = tmp_path / "decisions.parquet.partial"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path != partial} == there
    assert len(list(partial.glob("*/0*.arrow"))) == parts
    said: list[str] = []
    decide_batch(release, firms, tmp_path, applicants=APPLICANTS, say=said.append)
    assert contents(tmp_path) == kept(whole, *names)
    assert said == [f"{partial}: going on where a run was interrupted, after {parts} finished parts"]


def test_parts_of_other_files_are_thrown_away(sections, plan, tmp_path_factory):
    folder, out = sections(), tmp_path_factory.mktemp("out") / "features.parquet"
    left = out.with_name("features.parquet.partial") / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / "000000.arrow").write_bytes((folder / "invoices.parquet").read_bytes())
    said: list[str] = []
    assert write_features(folder, plan, out, say=said.append) == 3
    assert said == [f"{left.parent}: thrown away what another run left: its files, release or software were not these"]
    assert pq.read_table(out)["application_id"].to_pylist() == ["A1", "A2", "A3"]
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_two_processes_cannot_write_one_file(sections, plan, tmp_path_factory):
    folder, out = sections(), tmp_path_factory.mktemp("out") / "features.parquet"
    holder = (
        "import fcntl, os, sys; os.makedirs(sys.argv[1]); "
        "fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    partial = out.with_name("features.parquet.partial")
    with subprocess.Popen(
        [sys.executable, "-c", holder, partial], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(DataError, match="another process is writing it"):
            write_features(folder, plan, out)
        other.stdin.close()
        other.wait()
    assert write_features(folder, plan, out) == 3


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_fault_in_the_order_of_the_files_is_told_and_nothing_is_left(
    sections, plan, tmp_path_factory, threads
):
    def wrong(tables):
        tables["invoices"]["direction"] = ["out", "in", "oot"]  # of A2, found by a worker
        tables["applicant"] = pa.table(tables["applicant"]).slice(0, 2)  # A3 has no row, found when its chunk is read

    out = tmp_path_factory.mktemp("out") / "features.parquet"
    with pytest.raises(TableFaults, match="row 2, applicant A2: found 'oot'"):
        write_features(sections(wrong), plan, out, applicants=1, threads=threads)
    assert list(out.parent.iterdir()) == []
