"""Commands over the record: verify, replay."""

from __future__ import annotations

import json
import sqlite3

import msgspec

from risk_engine.application import encode
from risk_engine.store import open_store
from tests.commands.conftest import draft


def test_verify_and_replay_what_was_recorded(run, database, release_dir):
    url = f"sqlite:///{database}"
    assert json.loads(run("verify", "--database", url)[1]) == {"records": 3, "intact": True}
    code, out, _ = run("replay", "--database", url, "--releases", release_dir.parent)
    assert (code, json.loads(out)) == (0, {"replayed": 3, "drifted": []})
    code, out, _ = run("replay", "d1", "--database", url, "--releases", release_dir)
    assert (code, json.loads(out)["replayed"]) == (0, 1)


def test_a_record_that_was_changed_fails_the_check(refused, database, release_dir):
    with sqlite3.connect(database) as connection:
        assert connection.execute("UPDATE decisions SET application_id = 'other' WHERE sequence = 2").rowcount == 1
    connection.close()
    url = f"sqlite:///{database}"
    assert "record 2 was changed" in refused("verify", "--database", url, code=1)
    assert "record 2 was changed" in refused("replay", "--database", url, "--releases", release_dir, code=1)


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
