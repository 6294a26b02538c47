"""The service as an operator runs it: a process that decides, is killed, and starts again on the same store."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest

from risk_engine.api import serve
from risk_engine.errors import ReleaseError, StoreLocked, UsageError
from risk_engine.settings import Settings, read_settings
from risk_engine.store import Role, open_store

SERVE = "from risk_engine.api import serve; from risk_engine.settings import read_settings; serve(read_settings())"
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@contextmanager
def process(release_dir, url):
    environment = {
        **os.environ,
        "RISK_ENGINE_RELEASE": str(release_dir),
        "RISK_ENGINE_DATABASE": url,
        "RISK_ENGINE_PORT": "0",
    }
    child = subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stderr=subprocess.PIPE, text=True)
    too_long = threading.Timer(120, child.kill)
    too_long.start()
    told = []
    try:
        for line in child.stderr:
            told.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield child, found[0]
                return
        pytest.fail("".join(told))
    finally:
        too_long.cancel()
        child.kill()
        child.wait()
        child.stderr.close()


def test_what_was_answered_survives_a_kill(release_dir, tmp_path, document):
    url = f"sqlite:///{tmp_path}/decisions.db"
    document["application"]["submitted_at"] = "2026-02-28T10:00:00+08:00"
    with open_store(url, write=True) as store:
        headers = {"X-API-Key": store.create_key(Role.SCORE, now=dt.datetime.now(dt.UTC))[1]}
    with process(release_dir, url) as (child, base_url):
        answers = [httpx.post(base_url + "/v1/decisions", json=document, headers=headers) for _ in range(5)]
        assert {answer.status_code for answer in answers} == {201}
        with pytest.raises(StoreLocked, match="risk-engine verify"):
            open_store(url, write=True)
        child.send_signal(signal.SIGKILL)
        child.wait()
    with open_store(url, write=False) as store:
        assert store.verify_chain() == 5
        assert [record.answer for record in store.records()] == [answer.content for answer in answers]
    with process(release_dir, url) as (child, base_url):
        path = answers[0].headers["location"]
        assert httpx.get(base_url + path, headers=headers).content == answers[0].content
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=20) in {0, -signal.SIGTERM}


def test_no_address_is_logged_whatever_a_request_asks_for(release_dir, tmp_path):
    with process(release_dir, f"sqlite:///{tmp_path}/decisions.db") as (child, base_url):
        for asked in ({}, WEBSOCKET, {**WEBSOCKET, "Upgrade": "h2c"}):
            answer = httpx.get(f"{base_url}/v1/decisions/secret?name=Zhang", headers=asked, timeout=20)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=20)
        logged = child.stderr.read()
    for word in ("secret", "Zhang", "pgrade", "WebSocket"):
        assert word not in logged


def test_two_workers_are_refused(release_dir, tmp_path):
    settings = Settings(release=release_dir, database=f"sqlite:///{tmp_path}/decisions.db", workers=2)
    with pytest.raises(UsageError, match="2 workers cannot share"):
        serve(settings)


def test_postgresql_is_refused(release_dir):
    with pytest.raises(UsageError, match="PostgreSQL is not built yet"):
        serve(Settings(release=release_dir, database="postgresql://host/db"))


def test_a_release_that_is_not_there(tmp_path):
    with pytest.raises(ReleaseError, match="no release at"):
        serve(Settings(release=tmp_path / "nothing", database=f"sqlite:///{tmp_path}/decisions.db"))
    assert not (tmp_path / "decisions.db").exists()


def test_a_port_that_is_taken(release_dir, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(
            release=release_dir, database=f"sqlite:///{tmp_path}/decisions.db", port=taken.getsockname()[1]
        )
        with pytest.raises(UsageError, match=r"cannot listen .*--port"):
            serve(settings)
    with open_store(settings.database, write=True):
        pass  # the lock is free again


def test_settings_come_from_flags_then_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RISK_ENGINE_PORT", "9001")
    monkeypatch.setenv("RISK_ENGINE_HOST", "0.0.0.0")
    settings = read_settings(release=tmp_path, port=9002, host=None)
    assert (settings.port, settings.host, settings.max_body_bytes) == (9002, "0.0.0.0", 8 << 20)


def test_every_wrong_setting_is_named(monkeypatch):
    monkeypatch.delenv("RISK_ENGINE_RELEASE", raising=False)
    monkeypatch.setenv("RISK_ENGINE_WORKERS", "0")
    with pytest.raises(UsageError) as refused:
        read_settings(port="many")
    told = str(refused.value)
    assert "setting release is missing" in told
    assert "setting port: found 'many'" in told
    assert "RISK_ENGINE_WORKERS" in told
    assert "pydantic" not in json.dumps(told)
