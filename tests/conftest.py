"""What the tests of several rooms share: the sample, a real release trained on it, the real data where it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from risk_engine.bundle import Release, load_release
from risk_engine.cli import main
from risk_engine.study import Study, train
from tests.persons import Persons, train_persons

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
STUDIES = ROOT / "training" / "studies"
DATA = Path(os.environ.get("RISK_ENGINE_DATA", ROOT.parent / "shared" / "data"))
"""The real data sets, where they are; the reference cases stand beside them."""

# Every run draws the same examples, so that what breaks is the change's own doing; `make search` draws new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("same")


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


@pytest.fixture(scope="session")
def release_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release trained on the sample, as ``risk-engine train`` writes it."""
    out = tmp_path_factory.mktemp("releases") / "sample"
    train(Study.load(STUDIES / "sample_sme.yaml"), out)
    return out


@pytest.fixture(scope="session")
def release(release_dir: Path) -> Release:
    """The same, loaded."""
    return load_release(release_dir)


@pytest.fixture(scope="session")
def consumer_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release for consumer loans trained on the sample's persons."""
    out = tmp_path_factory.mktemp("releases") / "consumer"
    return train(Study.load(STUDIES / "sample_consumer.yaml"), out)


@pytest.fixture(scope="session")
def persons(tmp_path_factory: pytest.TempPathFactory) -> Persons:
    """Made-up persons and a release for consumer loans trained on them."""
    return train_persons(tmp_path_factory.mktemp("persons"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; tests that need it are skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"real data not found at {DATA}; set RISK_ENGINE_DATA to its folder")
    return DATA


@pytest.fixture(scope="session")
def cumcm_release(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release trained on real Chinese firms."""
    out = tmp_path_factory.mktemp("releases") / "cumcm"
    return train(Study.load(STUDIES / "cumcm2020c.yaml", real_data), out, threads=2)
