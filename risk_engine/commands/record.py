"""Serve decisions, and check what was recorded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk_engine.commands.shared import DEFAULT_DATABASE, AsJson, Database, Deciding, group, tell, watched
from risk_engine.errors import UsageError

app = group()
keys_app = group("API keys of the service.")
app.add_typer(keys_app, name="keys")


@app.command()
def serve(
    release: Deciding,
    database: Annotated[str | None, typer.Option("--database", help="Where decisions are recorded.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8000 if not given.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; SQLite allows one.")] = None,
) -> None:
    """Serve decisions over HTTP; every answer is recorded before it leaves. RISK_ENGINE_* set what is not given."""
    from risk_engine.api import serve as run
    from risk_engine.settings import read_settings

    run(read_settings(release=release, database=database, host=host, port=port, workers=workers))


@app.command()
def verify(database: Database = DEFAULT_DATABASE, as_json: AsJson = False) -> None:
    """Check the hash chain of every record."""
    from risk_engine.store import open_store

    with open_store(database, write=False) as store:
        count = store.verify_chain()
    tell({"records": count, "intact": True}, f"{count} records, the chain is intact", as_json=as_json)


@app.command()
def replay(
    releases: Annotated[Path, typer.Option("--releases", help="Folder of releases, or a portfolio's file.")],
    decision_ids: Annotated[list[str] | None, typer.Argument(metavar="DECISION_ID", help="Which; all if none.")] = None,
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Recompute recorded decisions and name every field that drifted."""
    from risk_engine.store import open_store
    from risk_engine.store.replay import replay_records

    with open_store(database, write=False) as store, watched() as progress:
        report = replay_records(store, releases, decision_ids or None, progress=progress)
    tell(msgspec.to_builtins(report), str(report), as_json=as_json)
    if report.drifted:
        raise typer.Exit(1)


@keys_app.command("create")
def create_key(
    role: Annotated[str, typer.Option(help="score, review, validate or admin.")],
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Make an API key; it is shown once and only its hash is kept."""
    from risk_engine.store import Role, open_store

    if role not in set(Role):
        raise UsageError(f"no role {role!r}", hint=", ".join(Role))
    with open_store(database, write=True) as store:
        key, secret = store.create_key(Role(role), now=dt.datetime.now(dt.UTC))
    tell({"key_id": key.key_id, "role": role, "key": secret}, f"{secret}\nshown once: keep it safe", as_json=as_json)
