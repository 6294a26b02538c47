"""The first caller waits for no compiler: a warmed-up process decides real evidence with the kernels it has."""

from __future__ import annotations

import json
import subprocess
import sys

from risk_engine.application import encode
from risk_engine.batch import documents

COUNTED = """
import datetime, pathlib, sys
from risk_engine.application import decode
from risk_engine.bundle import load_release
from risk_engine.decision.underwrite import underwrite
from risk_engine.service.warm_up import warm_up

def compiled():
    return {
        f"{module}.{name}": len(held.signatures)
        for module, loaded in sys.modules.items() if module.startswith("risk_engine.features")
        for name, held in vars(loaded).items() if hasattr(held, "signatures")
    }

folder, document = sys.argv[1:]
release = load_release(pathlib.Path(folder))
warm_up(release)
before = compiled()
as_of = datetime.datetime(2026, 3, 1, 4, tzinfo=datetime.UTC)
underwrite(decode(document.encode()), release, as_of=as_of, decision_id="first")
assert before and compiled() == before, {name for name, count in compiled().items() if before[name] != count}
"""


def decide_first(folder, document):
    run = [sys.executable, "-c", COUNTED, str(folder), document]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_first_decision_on_a_firm_compiles_nothing(release_dir, document):
    decide_first(release_dir, json.dumps(document))


def test_the_first_decision_on_a_person_compiles_nothing(persons):
    decide_first(persons.folder, encode(next(documents(persons.sections))).decode())
