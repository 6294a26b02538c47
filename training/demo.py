"""``make demo``: train on the sample, decide three firms and a person, write a page, say what to try next."""

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
from risk_engine.decision.decision import Decision
from risk_engine.decision.record import Draft, new_decision_id
from risk_engine.decision.underwrite import underwrite
from risk_engine.decision.view import decision_html
from risk_engine.pages import batch_page, decision_page, evaluation_page
from risk_engine.portfolio import Portfolio, load_portfolio
from risk_engine.store import Role, open_store
from risk_engine.study import Study, evaluate, train
from risk_engine.vocabulary import Outcome

HERE = Path(__file__).parent
SECTIONS = HERE.parent / "data" / "sample"
STUDIES = {"sme": HERE / "studies" / "sample_sme.yaml", "consumer": HERE / "studies" / "sample_consumer.yaml"}
FIRMS, PERSONS = 300, 100
"""How many of each the batch decides; the first ones of the sample."""

PORTFOLIO = """name: demo
routes:
  - {product: [sme_term_loan], applicant_kind: [company, sole_trader], release: release}
  - {product: [consumer_loan], applicant_kind: [person], release: consumer}
"""


def main() -> None:
    """Run the whole chain once, on synthetic firms and persons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder to write")
    out: Path = parser.parse_args().out
    clear(out)

    print("1. Rank: every model on firms it was not fitted on\n")
    evaluation = evaluate(Study.load(STUDIES["sme"]), folds=2, threads=2)
    print(evaluation_page(evaluation))

    print("\n2. Train on all firms, and on all persons; a portfolio sends each case to its release")
    portfolio = train_both(out)

    print(f"\n3. Decide the first {FIRMS} firms and {PERSONS} persons in batch, then four as documents, recorded")
    ids = [f"F{number:05d}" for number in range(1, FIRMS + 1)] + [f"P{number:05d}" for number in range(1, PERSONS + 1)]
    print(batch_page(decide_batch(portfolio, SECTIONS, out, ids=ids, threads=2).to_json()))
    key, decisions = record_four(portfolio, out)
    for decision in decisions:
        print("\n" + decision_page(decision))

    write_page(out / "decisions.html", msgspec.to_builtins(evaluation), decisions)
    print(f"""
4. Look and try
   page      {out / "decisions.html"}
   serve     .venv/bin/risk-engine serve {out / "portfolio.yaml"} --database sqlite:///{out / "decisions.db"}
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


def train_both(out: Path) -> Portfolio:
    """Freeze a release for firms and one for persons, and say in a portfolio which decides what."""
    for name, folder in (("sme", "release"), ("consumer", "consumer")):
        release = train(Study.load(STUDIES[name]), out / folder, threads=2)
        print(f"release {release.id[:12]} in {out / folder}")
    (out / "portfolio.yaml").write_text(PORTFOLIO, encoding="utf-8")
    return load_portfolio(out / "portfolio.yaml")


def record_four(portfolio: Portfolio, out: Path) -> tuple[str, list[Decision]]:
    """Decide the first firm of each outcome and a person from documents, keep document and record, make an API key."""
    decisions = []
    chosen = {outcome.value: first_with(outcome, out / "decisions.parquet", "F") for outcome in Outcome}
    chosen["person"] = first_with(Outcome.APPROVE, out / "decisions.parquet", "P")
    with open_store(f"sqlite:///{out / 'decisions.db'}", write=True) as store:
        now = dt.datetime.now(dt.UTC)
        key, secret = store.create_key(Role.VALIDATE, now=now)
        for name, application_id in chosen.items():
            application = document(SECTIONS, application_id)
            request = encode(application)
            (out / f"{name}.json").write_bytes(request)
            moment = application.application.as_of or now
            decision = underwrite(application, portfolio, as_of=moment, decision_id=new_decision_id(now))
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


def first_with(outcome: Outcome, decided: Path, letter: str) -> str:
    """The first application of a batch, of a firm (F) or a person (P), that came out so."""
    table = parquet.read_table(
        decided, columns=["application_id", "outcome"], filters=[("outcome", "=", outcome.value)]
    )
    for application_id in table["application_id"].to_pylist():
        if application_id.startswith(letter):
            return str(application_id)
    raise SystemExit(f"none of the sample came out as {outcome}: a study or a policy was changed")


def write_page(file: Path, evaluation: object, decisions: list[Decision]) -> None:
    """One self-contained HTML page."""
    loader = jinja2.FileSystemLoader(HERE)
    template = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True).get_template("demo_page.html.j2")
    views = [decision_html(decision) for decision in decisions]
    file.write_text(template.render(evaluation=evaluation, decisions=views), encoding="utf-8")


if __name__ == "__main__":
    main()
