"""The command line: a composition root. What needs an extra (batch, train) is imported when its command runs.

``--json`` or a pipe prints one JSON object, a terminal gets a readable page. Exit codes: 0 done (a decline is an
answer), 1 a check failed or drift was found, 2 bad usage or bad input. Errors go to standard error, a line each.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from collections.abc import Callable

from risk_engine.errors import ChainBroken, FaultList, RiskEngineError, UsageError
from risk_engine.pages import batch_page, decision_page, evaluation_page

app = typer.Typer(
    name="risk-engine",
    help="Credit underwriting: from raw evidence to a recorded, replayable decision with true reasons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
study_app = typer.Typer(help="Work with a study: its sections, its evaluation, its training.", no_args_is_help=True)
features_app = typer.Typer(help="The feature catalogue and features of many applicants.", no_args_is_help=True)
policy_app = typer.Typer(help="Check a policy folder.", no_args_is_help=True)
keys_app = typer.Typer(help="API keys of the service.", no_args_is_help=True)
for name, group in (("study", study_app), ("features", features_app), ("policy", policy_app), ("keys", keys_app)):
    app.add_typer(group, name=name)

DEFAULT_DATABASE = "sqlite:///decisions.db"
DEFAULT_TRACKING = "sqlite:///mlflow.db"

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.")]
ReleaseFolder = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory, as train writes it.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder that ${DATA} stands for in the study.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write.")]
Sections = Annotated[Path, typer.Option("--sections", help="Folder of section files (<section>.parquet).")]
Ids = Annotated[Path | None, typer.Option("--ids", help="Decide only these application ids, one a line.")]
Database = Annotated[str, typer.Option("--database", help="Where decisions are kept.", envvar="RISK_ENGINE_DATABASE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object (a pipe gets it anyway).")]


def main() -> None:
    """Run the command line; an error is a line for each fault, never a traceback."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        code = app(standalone_mode=False) or 0
    except RiskEngineError as error:
        lines = [str(fault) for fault in error.faults] if isinstance(error, FaultList) else [str(error)]
        code = 1 if isinstance(error, ChainBroken) else 2
    except TyperException as error:
        message = error.format_message()  # empty where a group without a command printed its help
        lines, code = [f"{message} (see --help)"] if message else [], 2
    except OSError as error:
        lines, code = [f"{error.filename}: {error.strerror}" if error.filename else str(error)], 2
    else:
        lines = []
    for line in lines:
        typer.echo(f"risk-engine: {' '.join(line.split())}", err=True)
    sys.exit(code)


def tell(plain: Any, page: str, *, as_json: bool) -> None:
    """One JSON object for a script, a page for a person."""
    if as_json or not sys.stdout.isatty():
        typer.echo(msgspec.json.encode(plain).decode())
    else:
        typer.echo(page)


# --- studies


@app.command()
@study_app.command("train")
def train(
    study: StudyFile,
    out: Out,
    data: Data = None,
    register: Annotated[bool, typer.Option("--register", help="Register the bundle with MLflow.")] = False,
    tracking: Annotated[
        str, typer.Option(help="MLflow tracking URI.", envvar="MLFLOW_TRACKING_URI")
    ] = DEFAULT_TRACKING,
    as_json: AsJson = False,
) -> None:
    """Fit a study's model on all labelled rows and write a RELEASE."""
    from risk_engine.study import Study
    from risk_engine.study import evaluate as evaluate_study
    from risk_engine.study import train as train_study

    read = Study.load(study, data)
    release = train_study(read, out)
    told = {"release": release.id, "model": release.model_id, "policy": release.policy_id, "out": str(out)}
    if register:
        from risk_engine.models.registry import register as register_bundle

        figures = evaluate_study(read)["models"][release.model.decider]
        metrics = {name: figure["mean"] for name, figure in figures.items()}
        told["registered"] = register_bundle(out / "model", metrics, read.name, tracking)
    tell(told, f"release {release.id[:12]} written to {out}\nnext: risk-engine serve {out}", as_json=as_json)


@app.command()
@study_app.command("evaluate")
def evaluate(
    study: StudyFile,
    data: Data = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds, stratified and shuffled.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats; repeat r shuffles with seed 42 + r.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Out-of-fold figures of every model in the study, with benchmarks on the same folds."""
    from risk_engine.study import Study
    from risk_engine.study import evaluate as evaluate_study

    told = evaluate_study(Study.load(study, data), folds=folds, repeats=repeats, progress=_progress())
    tell(told, evaluation_page(told), as_json=as_json)


def _progress() -> Callable[[int, int], None] | None:
    """One line of standard error, written over after each fold; none where nobody watches."""
    if not sys.stderr.isatty():
        return None
    return lambda done, of: typer.echo(f"\rfold {done} of {of}", nl=done == of, err=True)


@study_app.command()
def sections(study: StudyFile, out: Out, data: Data = None, as_json: AsJson = False) -> None:
    """Turn a lender's raw tables into checked section files."""
    from risk_engine.study import Study, write_sections

    read = Study.load(study, data)
    written = write_sections(read, out)
    page = "\n".join(f"{count:>10,} {name}" for name, count in written.rows.items())
    tell(written.manifest(read), page, as_json=as_json)


# --- data and features


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
def dictionary(form: Annotated[str, typer.Option("--format", help="md, json or html.")] = "md") -> None:
    """Print what every feature means."""
    from risk_engine.features.catalogue import CATALOGUE
    from risk_engine.features.dictionary import dictionary as entries
    from risk_engine.features.dictionary import to_html, to_markdown

    told = entries(CATALOGUE)
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
    as_json: AsJson = False,
) -> None:
    """Features of every applicant in the section files: the release's, or the installed catalogue's."""
    from risk_engine.batch import write_features
    from risk_engine.bundle import load_release
    from risk_engine.features import Plan
    from risk_engine.features.catalogue import CATALOGUE

    plan = load_release(release).plan if release else Plan(list(CATALOGUE.values()))
    rows = write_features(sections, plan, out)
    tell({"rows": rows, "features": len(plan.names), "out": str(out)}, f"{rows:,} rows in {out}", as_json=as_json)


@policy_app.command("check")
def check_policy(folder: Annotated[Path, typer.Argument(metavar="POLICY", help="The policy folder.")]) -> None:
    """Check a policy against the installed catalogue and run its examples."""
    from risk_engine.application import SECTIONS
    from risk_engine.facts import offer_facts, reason_codes, score_facts
    from risk_engine.features.catalogue import CATALOGUE
    from risk_engine.rules import load_policy

    facts = [feature.fact for feature in CATALOGUE.values()]
    policy = load_policy(
        folder, [*facts, *score_facts(tuple("ABCDEFG")), *offer_facts()], reason_codes(), sections=SECTIONS
    )
    typer.echo(
        f"{policy.id} {policy.version}: {len(policy.rules)} rules, {len(policy.tables)} tables, every example holds"
    )


# --- decisions


@app.command()
def decide(
    release: ReleaseFolder,
    application: Annotated[
        Path, typer.Argument(metavar="APPLICATION.json", help="The document; - reads standard input.")
    ],
    as_of: Annotated[
        str | None, typer.Option(help="Moment of decision, RFC 3339; else the document's, else now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide one application; nothing is recorded."""
    from risk_engine.application import decode, encode, fill_as_of
    from risk_engine.bundle import load_release
    from risk_engine.decision.underwrite import underwrite

    asked = _moment(as_of)
    loaded = load_release(release)
    now = asked or dt.datetime.now(dt.UTC)
    read = decode(_bytes_of(application), now=None if asked else now)
    moment = asked or read.application.as_of or now.astimezone(read.application.submitted_at.tzinfo)
    if asked:  # what the document says of itself must hold at the moment asked for too
        request = msgspec.structs.replace(read.application, as_of=None)
        read = decode(encode(fill_as_of(msgspec.structs.replace(read, application=request), asked)))
    decision = underwrite(read, loaded, as_of=moment, decision_id=secrets.token_hex(16))
    tell(msgspec.to_builtins(decision), decision_page(decision), as_json=as_json)


@app.command()
def batch(release: ReleaseFolder, sections: Sections, out: Out, ids: Ids = None, as_json: AsJson = False) -> None:
    """Decide the applicants of the section files; writes decisions.parquet and summary.json."""
    from risk_engine.batch import decide_batch
    from risk_engine.bundle import load_release

    told = decide_batch(load_release(release), sections, out, ids=_ids_of(ids)).to_json()
    tell(told, batch_page(told), as_json=as_json)


# --- the record


@app.command()
def serve(
    release: ReleaseFolder,
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
    releases: Annotated[Path, typer.Option("--releases", help="Folder that holds the releases.")],
    decision_ids: Annotated[list[str] | None, typer.Argument(metavar="DECISION_ID", help="Which; all if none.")] = None,
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Recompute recorded decisions and name every field that drifted."""
    from risk_engine.store import open_store
    from risk_engine.store.replay import replay_records

    with open_store(database, write=False) as store:
        report = replay_records(store, releases, decision_ids or None)
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
