"""Reports on a release: backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from risk_engine.commands.shared import AsJson, Data, Out, Threads, group, tell, watched
from risk_engine.pages import backtest_page

app = group()


@app.command()
def backtest(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory, as train writes it.")],
    study: Annotated[Path, typer.Option("--study", metavar="STUDY.yaml", help="Whose applications and outcomes.")],
    out: Out,
    data: Data = None,
    threads: Threads = 1,
    as_json: AsJson = False,
) -> None:
    """Decide a study's applications as of their own moments and hold that against what became of them."""
    from risk_engine.backtest import backtest as run
    from risk_engine.bundle import load_release
    from risk_engine.study import Study

    read, loaded = Study.load(study, data), load_release(release)
    with watched() as progress:
        told = run(read, loaded, out, threads=threads, progress=progress)
    tell(told, f"{backtest_page(told)}\nread: {out / 'report.html'}", as_json=as_json)
