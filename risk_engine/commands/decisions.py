"""Decide one application, or many."""

from __future__ import annotations

import datetime as dt
import secrets
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk_engine.commands.shared import AsJson, Deciding, Ids, Out, Sections, Threads, group, say, tell, watched
from risk_engine.errors import UsageError
from risk_engine.pages import batch_page, decision_page

app = group()


@app.command()
def decide(
    release: Deciding,
    application: Annotated[
        Path, typer.Argument(metavar="APPLICATION.json", help="The document; - reads standard input.")
    ],
    as_of: Annotated[
        str | None, typer.Option(help="Moment of decision, RFC 3339; else the document's, else now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide one application; nothing is recorded."""
    from risk_engine.application import decode
    from risk_engine.application.document import decided_at
    from risk_engine.decision.case_file import at_moment
    from risk_engine.decision.underwrite import underwrite
    from risk_engine.portfolio import load_release_or_portfolio

    asked = _moment(as_of)
    loaded = load_release_or_portfolio(release)
    now = asked or dt.datetime.now(dt.UTC)
    read = decode(_bytes_of(application), now=None if asked else now)
    moment = asked or decided_at(read.application, now)
    read = at_moment(read, asked) if asked else read
    decision = underwrite(read, loaded, as_of=moment, decision_id=secrets.token_hex(16))
    tell(msgspec.to_builtins(decision, order="deterministic"), decision_page(decision), as_json=as_json)


@app.command()
def batch(
    release: Deciding,
    sections: Sections,
    out: Out,
    ids: Ids = None,
    threads: Threads = 1,
    as_json: AsJson = False,
) -> None:
    """Decide the applicants of the section files; writes decisions.parquet and summary.json."""
    from risk_engine.batch import decide_batch
    from risk_engine.portfolio import load_release_or_portfolio

    loaded = load_release_or_portfolio(release)
    wanted = _ids_of(ids)
    with watched() as progress:
        done = decide_batch(loaded, sections, out, ids=wanted, threads=threads, say=say, progress=progress)
    told = done.to_json()
    tell(told, batch_page(told), as_json=as_json)


def _bytes_of(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def _ids_of(file: Path | None) -> frozenset[str] | None:
    if file is None:
        return None
    lines = _bytes_of(file).decode("utf-8-sig", errors="replace").splitlines()  # what is no text is an unknown id
    ids = frozenset(line.strip() for line in lines if line.strip())
    if not ids:
        raise UsageError(f"{file} names no application", hint="one application id a line")
    return ids


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a moment", hint="such as 2020-03-01T00:00:00+08:00") from error
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} has no offset", hint="such as 2020-03-01T00:00:00+08:00")
    return moment
