"""The data contract, the feature catalogue, a policy's check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk_engine.commands.shared import AsJson, Sections, Threads, group, say, tell, watched
from risk_engine.errors import PolicyCheckFailed, PolicyFaults, UsageError

app = group()
features_app = group("The feature catalogue and features of many applicants.")
policy_app = group("Check a policy folder.")
app.add_typer(features_app, name="features")
app.add_typer(policy_app, name="policy")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the application document."""
    from risk_engine.application import schema as document_schema

    typer.echo(msgspec.json.format(msgspec.json.encode(document_schema()), indent=2).decode())


@app.command()
def document(
    sections: Sections,
    application_id: Annotated[str, typer.Option("--id", help="Which application.")],
) -> None:
    """Print one applicant's document, rebuilt from section files."""
    from risk_engine.application import encode
    from risk_engine.batch import document as rebuild

    typer.echo(encode(rebuild(sections, application_id)).decode())


@features_app.command()
def dictionary(
    form: Annotated[str, typer.Option("--format", help="md, json or html; left out, json in a pipe.")] = "",
) -> None:
    """Print what every feature means."""
    from risk_engine.features.catalogue import CATALOGUE
    from risk_engine.features.dictionary import dictionary as entries
    from risk_engine.features.dictionary import to_html, to_markdown

    told = entries(CATALOGUE)
    form = form or ("md" if sys.stdout.isatty() else "json")
    if form == "json":
        typer.echo(msgspec.json.encode(told).decode())
    elif form in ("md", "html"):
        typer.echo(to_html(told) if form == "html" else to_markdown(told))
    else:
        raise UsageError(f"no format {form!r}", hint="md, json or html")


@features_app.command()
def compute(
    sections: Sections,
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    release: Annotated[Path | None, typer.Option("--release", help="Compute this release's features.")] = None,
    threads: Threads = 1,
    as_json: AsJson = False,
) -> None:
    """Features of every applicant in the section files: the release's, or the installed catalogue's."""
    from risk_engine.batch import write_features
    from risk_engine.bundle import load_release
    from risk_engine.features import Plan
    from risk_engine.features.catalogue import CATALOGUE

    plan = load_release(release).plan if release else Plan(list(CATALOGUE.values()))
    with watched() as progress:
        rows = write_features(sections, plan, out, threads=threads, say=say, progress=progress)
    tell({"rows": rows, "features": len(plan.names), "out": str(out)}, f"{rows:,} rows in {out}", as_json=as_json)


@policy_app.command("check")
def check_policy(
    folder: Annotated[Path, typer.Argument(metavar="POLICY", help="The policy folder.")],
    grades: Annotated[str, typer.Option(help="Grades of the master scale, best first.")] = "A,B,C,D,E,F,G",
    as_json: AsJson = False,
) -> None:
    """Check a policy against the installed catalogue and run its examples; exit code 1 where it has faults."""
    from risk_engine.bundle import read_policy
    from risk_engine.features.catalogue import CATALOGUE

    if not (folder / "policy.yaml").is_file():
        raise UsageError(f"no policy at {folder}", hint="name the folder that holds policy.yaml")
    facts = [feature.fact for feature in CATALOGUE.values()]
    try:
        policy = read_policy(folder, facts, tuple(grade.strip() for grade in grades.split(",")))
    except PolicyFaults as error:
        raise PolicyCheckFailed(error.faults) from None
    rules, tables = len(policy.rules), len(policy.tables)
    told = {"policy": policy.id, "version": policy.version, "rules": rules, "tables": tables}
    tell(told, f"{policy.id} {policy.version}: {rules} rules, {tables} tables, every example holds", as_json=as_json)
