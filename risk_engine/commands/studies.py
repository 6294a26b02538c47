"""Work with a study: train, evaluate, sections."""

from __future__ import annotations

from typing import Annotated

import typer

from risk_engine.commands.shared import AsJson, Data, Out, StudyFile, group, tell, watched
from risk_engine.pages import evaluation_page

DEFAULT_TRACKING = "sqlite:///mlflow.db"

app = group()
study_app = group("Work with a study: its sections, its evaluation, its training.")
app.add_typer(study_app, name="study")


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
    with watched() as progress:
        release = train_study(read, out, progress=progress)
    told = {"release": release.id, "model": release.model_id, "policy": release.policy_id, "out": str(out)}
    if register:
        from risk_engine.models.registry import register as register_bundle

        with watched() as progress:
            figures = evaluate_study(read, progress=progress)["models"][release.model.decider]
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

    read = Study.load(study, data)
    with watched() as progress:
        told = evaluate_study(read, folds=folds, repeats=repeats, progress=progress)
    tell(told, evaluation_page(told), as_json=as_json)


@study_app.command()
def sections(study: StudyFile, out: Out, data: Data = None, as_json: AsJson = False) -> None:
    """Turn a lender's raw tables into checked section files."""
    from risk_engine.study import Study, write_sections

    read = Study.load(study, data)
    with watched() as progress:
        written = write_sections(read, out, progress=progress)
    page = "\n".join(f"{count:>10,} {name}" for name, count in written.rows.items())
    tell(written.manifest(read), page, as_json=as_json)
