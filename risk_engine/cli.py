"""The command line: a composition root. What needs an extra (batch, train) is imported when its command runs.

``--json`` or a pipe prints one JSON object, a terminal gets a readable page. Exit codes: 0 done (a decline is an
answer), 1 a check failed or drift was found, 2 bad usage or bad input. Errors go to standard error, a line each.
"""

from __future__ import annotations

import os
import sys

import typer
from typer.exceptions import TyperException

from risk_engine.commands import decisions, evidence, record, reports, studies
from risk_engine.errors import ChainBroken, FaultList, PolicyCheckFailed, RiskEngineError

app = typer.Typer(
    name="risk-engine",
    help="Credit underwriting: from raw evidence to a recorded, replayable decision with true reasons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
EXTRAS = {
    "pyarrow": "batch",
    **dict.fromkeys(("duckdb", "jinja2", "matplotlib", "mlflow", "optbinning", "pandas", "sklearn"), "train"),
}
"""The extra that brings each library serving does without."""

for module in (studies, evidence, decisions, reports, record):
    app.add_typer(module.app)


def main() -> None:
    """Run the command line; an error is a line for each fault, never a traceback."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        code = app(standalone_mode=False) or 0
    except RiskEngineError as error:
        lines = [str(fault) for fault in error.faults] if isinstance(error, FaultList) else [str(error)]
        code = 1 if isinstance(error, ChainBroken | PolicyCheckFailed) else 2
    except TyperException as error:
        message = error.format_message()  # empty where a group without a command printed its help
        lines, code = [f"{message} (see --help)"] if message else [], 2
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in EXTRAS:
            raise
        lines, code = [f"{library} is not installed, which this needs (install risk-engine[{EXTRAS[library]}])"], 2
    except OSError as error:
        lines, code = [f"{error.filename}: {error.strerror}" if error.filename else str(error)], 2
    else:
        lines = []
    for line in lines:
        typer.echo(f"risk-engine: {' '.join(line.split())}", err=True)
    sys.exit(code)
