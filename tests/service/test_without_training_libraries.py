"""Serving needs none of the training libraries: they are refused by name, and the service decides all the same."""

from __future__ import annotations

import json
import subprocess
import sys

WITHOUT = """
import importlib.abc, sys

REFUSED = {"pandas", "sklearn", "optbinning", "pyarrow", "mlflow", "polars", "duckdb"}

class Refusing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"refused: {name}", name=name)

sys.meta_path.insert(0, Refusing())

import asyncio, datetime, json, pathlib
import httpx
from risk_engine.bundle import load_release
from risk_engine.service import create_app
from risk_engine.service.warm_up import warm_up
from risk_engine.settings import Settings
from risk_engine.store import Role, open_store

folder, database, document = sys.argv[1:]
release = load_release(pathlib.Path(folder))
warm_up(release)
now = datetime.datetime(2026, 3, 1, 4, 0, tzinfo=datetime.UTC)

async def decide(app, key):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        return await client.post("/v1/decisions", content=document, headers=headers)

with open_store(database, write=True) as store:
    _, key = store.create_key(Role.SCORE, now=now)
    app = create_app(release, store, Settings(release=folder), clock=lambda: now)
    answer = asyncio.run(decide(app, key))
    print(json.dumps({"status": answer.status_code, "answer": answer.json(), "recorded": store.verify_chain()}))
assert not REFUSED & set(sys.modules)
"""


def test_the_service_decides_without_them(release_dir, tmp_path, document):
    arguments = [str(release_dir), f"sqlite:///{tmp_path}/decisions.db", json.dumps(document)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == 201, told
    assert told["answer"]["outcome"] in {"approve", "refer", "decline"}
    assert told["recorded"] == 1
