"""What commands share: how arguments are called, and how an answer is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from risk_engine.progress import Progress, unwatched

DEFAULT_DATABASE = "sqlite:///decisions.db"

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.")]
Deciding = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory, or a portfolio's YAML file.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder that ${DATA} stands for in the study.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write.")]
Sections = Annotated[Path, typer.Option("--sections", help="Folder of section files (<section>.parquet).")]
Ids = Annotated[Path | None, typer.Option("--ids", help="Decide only these application ids, one a line.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads to work with; the bytes are the same.")]
Database = Annotated[str, typer.Option("--database", help="Where decisions are kept.", envvar="RISK_ENGINE_DATABASE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object (a pipe gets it anyway).")]


def group(says: str = "") -> typer.Typer:
    """A group of commands; without a name it joins the commands at the top."""
    return typer.Typer(help=says or None, no_args_is_help=True)


def say(sentence: str) -> None:
    """What a person should know while a command works; standard output stays the answer's."""
    typer.echo(f"risk-engine: {sentence}", err=True)


@contextmanager
def watched() -> Iterator[Progress]:
    """A bar on standard error for each stage of long work; none where nobody watches."""
    if not sys.stderr.isatty():
        yield unwatched
        return
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.end()


class _Bars:
    """One bar at a time: what is counted next takes the next line."""

    def __init__(self) -> None:
        self._what = ""
        self._bar: Any = None

    def __call__(self, what: str, done: int, of: int) -> None:
        if what != self._what:
            self.end()
            self._what = what
            self._bar = typer.progressbar(length=of, label=what, show_pos=True, width=0, file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def end(self) -> None:
        """Go to the next line, so that an answer or an error begins there, and show the cursor again."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def tell(plain: Any, page: str, *, as_json: bool) -> None:
    """One JSON object for a script, a page for a person."""
    if as_json or not sys.stdout.isatty():
        typer.echo(msgspec.json.encode(plain).decode())
    else:
        typer.echo(page)
