"""``make demo``: train on the sample, decide three of its firms, write a page, say what to try next."""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
from pathlib import Path

import jinja2
import msgspec
from pyarrow import parquet

from risk_engine.application import encode
from risk_engine.batch import decide_batch, document
from risk_engine.bundle import Release
from risk_engine.decision.decision import Decision
from risk_engine.decision.record import Draft, new_decision_id
from risk_engine.decision.underwrite import underwrite
from risk_engine.pages import batch_page, decision_page, evaluation_page
from risk_engine.store import Role, open_store
from risk_engine.study import Study, evaluate, train
from risk_engine.vocabulary import Outcome

HERE = Path(__file__).parent
STUDY = HERE / "studies" / "sample_sme.yaml"
SECTIONS = HERE.parent / "data" / "sample"


def main() -> None:
    """Run the whole chain once, on synthetic firms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder to write")
    out: Path = parser.parse_args().out
    clear(out)
    study = Study.load(STUDY)

    print("1. Rank: every model on firms it was not fitted on\n")
    evaluation = evaluate(study, folds=3)
    print(evaluation_page(evaluation))

    print("\n2. Train on all firms and freeze the release")
    release = train(study, out / "release")
    print(f"release {release.id[:12]} in {out / 'release'}")

    print("\n3. Decide every firm in batch, then one of each outcome as a document, recorded")
    print(batch_page(decide_batch(release, SECTIONS, out).to_json()))
    key, decisions = record_three(release, out)
    for decision in decisions:
        print("\n" + decision_page(decision))

    write_page(out / "decisions.html", msgspec.to_builtins(evaluation), decisions)
    print(f"""
4. Look and try
   page      {out / "decisions.html"}
   serve     .venv/bin/risk-engine serve {out / "release"} --database sqlite:///{out / "decisions.db"}
   ask       curl -s http://127.0.0.1:8000/v1/decisions -H 'X-API-Key: {key}' \\
               -H 'Content-Type: application/json' --data-binary @{out / "refer.json"}
   check     .venv/bin/risk-engine verify --database sqlite:///{out / "decisions.db"}
   retell    .venv/bin/risk-engine replay --database sqlite:///{out / "decisions.db"} --releases {out}""")


def clear(out: Path) -> None:
    """Make an empty folder; only what an earlier demo wrote is removed."""
    if out.exists() and not (out / "release").is_dir() and (not out.is_dir() or any(out.iterdir())):
        raise SystemExit(f"{out} was not written by this demo (name another folder with --out)")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def record_three(release: Release, out: Path) -> tuple[str, list[Decision]]:
    """Decide the first firm of each outcome from its document, keep document and record, and make an API key."""
    decisions = []
    with open_store(f"sqlite:///{out / 'decisions.db'}", write=True) as store:
        now = dt.datetime.now(dt.UTC)
        key, secret = store.create_key(Role.VALIDATE, now=now)
        for outcome in Outcome:
            application = document(SECTIONS, first_with(outcome, out / "decisions.parquet"))
            request = encode(application)
            (out / f"{outcome}.json").write_bytes(request)
            moment = application.application.as_of or now
            decision = underwrite(application, release, as_of=moment, decision_id=new_decision_id(now))
            draft = Draft(
                decision_id=decision.decision_id,
                application_id=decision.application_id,
                key_id=key.key_id,
                idempotency_key=None,
                recorded_at=now.isoformat(),
                request=request,
                answer=decision.to_json(),
            )
            store.append(draft)
            decisions.append(decision)
    return secret, decisions


def first_with(outcome: Outcome, decided: Path) -> str:
    """The first application of a batch that came out so."""
    table = parquet.read_table(
        decided, columns=["application_id", "outcome"], filters=[("outcome", "=", outcome.value)]
    )
    if not table.num_rows:
        raise SystemExit(f"no firm of the sample came out as {outcome}: the study or the policy was changed")
    return str(table["application_id"][0])


def write_page(file: Path, evaluation: object, decisions: list[Decision]) -> None:
    """One self-contained HTML page."""
    loader = jinja2.FileSystemLoader(HERE)
    template = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True).get_template("demo_page.html.j2")
    file.write_text(template.render(evaluation=evaluation, decisions=msgspec.to_builtins(decisions)), encoding="utf-8")


if __name__ == "__main__":
    main()
