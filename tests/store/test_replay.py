"""Replay: a recorded decision comes out again bit for bit, and drift is named field by field."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3

import msgspec
import pytest

from risk_engine.application import decode
from risk_engine.decision.record import Draft
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import ChainBroken, ReleaseError, UnknownName
from risk_engine.store.replay import replay_records
from tests.service.conftest import DOCUMENT

AS_OF = dt.datetime.fromisoformat("2026-03-01T12:00:00+08:00")


@pytest.fixture
def request_body():
    """Of a firm founded after it asked: only the moment of decision, which the answer knows, says that it may be."""
    return json.dumps({**DOCUMENT, "applicant": {**DOCUMENT["applicant"], "established_on": "2026-03-01"}}).encode()


@pytest.fixture
def decided(release, request_body):
    """A draft of a real decision; the answer may be spoiled."""

    def decide(decision_id, **spoiled):
        decision = underwrite(decode(request_body, now=AS_OF), release, as_of=AS_OF, decision_id=decision_id)
        answer = decision.to_json()
        if spoiled:
            answer = msgspec.json.encode({**msgspec.json.decode(answer), **spoiled})
        return Draft(
            decision_id=decision_id,
            application_id=decision.application_id,
            key_id="key_1",
            idempotency_key=None,
            recorded_at=AS_OF.isoformat(),
            request=request_body,
            answer=answer,
        )

    return decide


def test_what_was_decided_comes_out_again(store, decided, release_dir):
    for name in ("d1", "d2"):
        store.append(decided(name))
    report = replay_records(store, release_dir.parent)
    assert (report.replayed, report.drifted) == (2, ())
    assert str(report) == "2 decisions replayed, 0 drifted"


def test_drift_is_named_by_field(store, decided, release_dir):
    store.append(decided("d1"))
    store.append(decided("d2", score=1, notes=["another"]))
    report = replay_records(store, release_dir)
    (drifted,) = report.drifted
    assert drifted.decision_id == "d2"
    assert {one.path.partition("[")[0] for one in drifted.differences} == {"$.score", "$.notes"}
    assert "d2 (record 2) $.score: recorded 1, replayed" in str(report)


def test_what_earlier_engines_did_not_tell_yet_is_no_drift(store, decided, release_dir):
    told = json.loads(decided("d1").answer)["rules"]
    store.append(decided("d1", rules=[{key: rule[key] for key in rule if key != "overridable"} for rule in told]))
    store.append(decided("d2", rules=[rule | {"overridable": "anybody"} for rule in told]))
    (drifted,) = replay_records(store, release_dir).drifted
    assert drifted.decision_id == "d2"


def test_chosen_decisions_only(store, decided, release_dir):
    store.append(decided("d1", score=1))
    store.append(decided("d2"))
    assert replay_records(store, release_dir, ["d2"]).drifted == ()
    with pytest.raises(UnknownName, match="no decision 'd3'"):
        replay_records(store, release_dir, ["d3"])


def test_a_release_that_is_gone_is_drift_not_the_end(store, decided, tmp_path, release_dir):
    store.append(decided("d1"))
    (tmp_path / "empty").mkdir()
    report = replay_records(store, tmp_path / "empty")
    (difference,) = report.drifted[0].differences
    assert difference.path == "$.versions.release"
    assert "no release" in difference.replayed
    with pytest.raises(ReleaseError, match="no directory of releases"):
        replay_records(store, tmp_path / "nowhere")


def test_a_release_that_was_changed_is_refused(store, decided, tmp_path, release_dir):
    store.append(decided("d1"))
    copy = tmp_path / "releases" / "changed"
    shutil.copytree(release_dir, copy)
    card = copy / "model" / "model_card.md"
    card.write_text(card.read_text() + "!")
    (difference,) = replay_records(store, copy.parent).drifted[0].differences
    assert "model/model_card.md was changed" in difference.replayed


@pytest.mark.parametrize("value", ["other", b"\xff"])
def test_a_record_that_was_changed_is_the_end(store, decided, release_dir, value):
    store.append(decided("d1"))
    store.append(decided("d2"))
    connection = sqlite3.connect(store.path)
    connection.execute("update decisions set application_id=? where sequence=2", (value,))
    connection.commit()
    connection.close()
    for chosen in ([], ["d2"]):
        with pytest.raises(ChainBroken, match="record 2 was changed"):
            replay_records(store, release_dir, chosen)
    assert replay_records(store, release_dir, ["d1"]).drifted == ()
