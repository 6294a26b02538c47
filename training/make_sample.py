"""Write ``data/sample/``: synthetic firms and persons, their evidence over years, and what became of their loans.

Run ``python -m training.make_sample [FOLDER]``. The same library versions write the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.sample_attributes import NOISE, PLANTED, WRONG_SIGNS, draw_attributes
from training.sample_calendar import HISTORY, Reals, Texts, Truths, first_days
from training.sample_columns import COLUMNS, TRUTH_COLUMNS, WHAT
from training.sample_credit import draw_enquiries, draw_lines, of_partners
from training.sample_dues import draw_bills, draw_filings
from training.sample_faults import spoil
from training.sample_firms import INDUSTRIES, draw_trade
from training.sample_invoices import draw_invoices
from training.sample_latents import TRAITS, Applicants, draw_applicants, hazard, stream
from training.sample_ledgers import draw_ledger, firm_postings, person_postings
from training.sample_loans import decide, draw_loans, outcomes, walk
from training.sample_persons import draw_household, draw_incomes, draw_outgoings
from training.sample_requests import (
    counted,
    draw_application,
    draw_consents,
    draw_firms,
    draw_parties,
    draw_persons,
    draw_sources,
    draw_terms,
    obligors,
)
from training.sample_tables import Table, ordered, pick, repeated, stack, table, write_table

SEED = 20241
FIRMS = PERSONS = 2_500
SAMPLE = Path(__file__).parent.parent / "data" / "sample"
BAD = "90 days past due at a month's end, restructured or written off, within 12 months of booking"
EVENTS = {"invoices": "issued_on", "tax_filings": "period_start", "utility_bills": "period_start"}


@dataclass(frozen=True, slots=True)
class Population:
    """One population: its tables by section, and the truth about it."""

    ids: Texts
    sections: dict[str, Table]
    truth: Table
    faults: Table


def draw_firms_of(n: int, seed: int) -> Population:
    """Firms: latents, then trade, then the evidence of it; outcomes from the latents alone."""
    who = draw_applicants("firm", n, len(INDUSTRIES), stream(seed, "firm", "traits"))
    trade = draw_trade(who, stream(seed, "firm", "business"))
    means = np.maximum(trade.true[:, :HISTORY].mean(axis=1), 1_000.0)
    rng = stream(seed, "firm", "evidence")
    evidence = {
        "invoices": draw_invoices(who, trade, rng),
        "tax_filings": draw_filings(who, trade, rng),
        "utility_bills": draw_bills(who, trade, rng),
        "credit_lines": draw_lines(who, means, rng),
        "credit_enquiries": draw_enquiries(who, rng),
    }
    pieces = firm_postings(
        who, trade, evidence["utility_bills"], evidence["tax_filings"], evidence["credit_lines"], rng
    )
    evidence["accounts"], evidence["ledger"] = draw_ledger(who, pieces, means, rng)
    ids = _ids("F", n)
    evidence["applicant"] = draw_firms(who, trade, ids, rng)
    evidence["parties"] = draw_parties(who, np.zeros(n, np.bool_), rng)
    flags = {"inflates_invoices": trade.dishonest, "inflates_tax": trade.declares, "inflates_bank": trade.circles}
    return _population(who, ids, evidence, means, np.zeros(n, np.bool_), flags, seed)


def draw_persons_of(n: int, seed: int) -> Population:
    """Persons: latents, then household, then the evidence of it; outcomes from the latents alone."""
    who = draw_applicants("person", n, 1, stream(seed, "person", "traits"))
    household = draw_household(who, stream(seed, "person", "business"))
    means = np.maximum(np.median(household.income, axis=1), 2_000.0)
    rng = stream(seed, "person", "evidence")
    evidence = {
        "incomes": draw_incomes(who, household, rng),
        "outgoings": draw_outgoings(who, household, rng),
        "credit_lines": draw_lines(who, means, rng),
        "credit_enquiries": draw_enquiries(who, rng),
    }
    pieces = person_postings(who, household, evidence["credit_lines"], rng)
    others = of_partners(who, household.partner, rng)
    for name, rows in zip(("credit_lines", "credit_enquiries"), others, strict=True):
        evidence[name] = ordered(stack([evidence[name], rows]), "party")
    evidence["accounts"], evidence["ledger"] = draw_ledger(who, pieces, means, rng)
    ids = _ids("P", n)
    evidence["applicant"] = draw_persons(who, household, ids, rng)
    evidence["parties"] = draw_parties(who, household.partner > 0, rng)
    return _population(who, ids, evidence, means, household.partner > 0, {"inflates_income": household.dressed}, seed)


def _ids(letter: str, n: int) -> Texts:
    return np.char.mod(f"{letter}%05d", np.arange(1, n + 1))


def _population(
    who: Applicants, ids: Texts, evidence: dict[str, Table], means: Reals, partner: Truths, flags: dict[str, Truths],
    seed: int,
) -> Population:  # fmt: skip
    """Requests, decisions and loans around the evidence; faults, withheld sections and repeats in it."""
    rng = stream(seed, who.population, "requests")
    means, partner = means[who.original], partner[who.original]
    terms = draw_terms(who, means, rng)
    application = draw_application(who, terms, ids, rng)
    begins = _begins(who, rng)
    sources = draw_sources(who, application, begins, partner, rng)
    lending = stream(seed, who.population, "loans")
    decided = decide(who, lending)
    performance = walk(draw_loans(who, terms, decided, lending), obligors(who, ids))
    became = outcomes(who, decided, performance, lending)
    first = who.original == np.arange(len(who))
    evidence = {name: pick(rows, first[rows["who"]]) for name, rows in evidence.items()}
    for name in EVENTS.keys() & evidence.keys():
        evidence[name] = pick(evidence[name], evidence[name][EVENTS[name]] >= begins[evidence[name]["who"]])
    evidence = {name: _obtained(repeated(rows, who.original), name, sources) for name, rows in evidence.items()}
    faults = spoil(who, evidence, next(iter(flags.values())), stream(seed, who.population, "faults"))
    sections = {
        "application": application,
        "sources": counted(sources, evidence),
        "consents": draw_consents(who, sources, partner),
        **evidence,
        "attributes": draw_attributes(
            who, decided.booked_on, became["bad_on"], stream(seed, who.population, "attributes")
        ),
        "outcomes": {**became, "obligor_id": obligors(who, ids)},
        "performance": performance.rows,
    }
    return Population(ids, sections, _truth(who, flags), faults)


def _begins(who: Applicants, rng: np.random.Generator) -> Any:
    """Where invoices, filings and bills begin: some providers reach back 14 months only."""
    reach = np.where(rng.random(len(who)) < 0.04, 14, HISTORY)
    return first_days(who.month - np.minimum(reach, who.months_known))


def _obtained(rows: Table, section: str, sources: Table) -> Table:
    """The rows of those whose look-up returned the section; sections nobody looks up are the applicant's word."""
    asked = sources["section"] == section
    if not asked.any():
        return rows
    missing = np.unique(sources["who"][asked & (sources["status"] != "obtained")])
    return pick(rows, ~np.isin(rows["who"], missing))


def _truth(who: Applicants, flags: dict[str, Truths]) -> Table:
    year = hazard(who)[:, HISTORY + 1 : HISTORY + 10]  # of the nine instalments whose arrears end within twelve months
    return table(
        np.arange(len(who)),
        **{trait: who.now(trait).round(3) for trait in TRAITS},
        hidden=who.hidden.round(3),
        chance_to_go_bad=(1 - np.prod(1 - year, axis=1)).round(4),
        **flags,
    )


def write_sample(folder: Path, firms: int = FIRMS, persons: int = PERSONS, seed: int = SEED) -> dict[str, Any]:
    """Write every file and the manifest, which is returned."""
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    populations = [draw_firms_of(firms, seed), draw_persons_of(persons, seed)]
    ids = np.concatenate([population.ids for population in populations])
    starts = [0, firms]
    rows = {}
    for name, columns in COLUMNS.items():
        held = _joined([population.sections.get(name) for population in populations], starts)
        rows[name] = write_table(folder / f"{name}.parquet", held, ids, columns)
    truth = _joined([population.truth for population in populations], starts)
    faults = _joined([population.faults for population in populations], starts)
    for name, held in (("latents", truth), ("faults", faults)):
        rows[f"truth/{name}"] = write_table(folder / "truth" / f"{name}.parquet", held, ids, TRUTH_COLUMNS[name])
    _write_json(folder / "truth" / "attributes.json", ATTRIBUTES)
    bads = [int((population.sections["outcomes"]["label"] == "bad").sum()) for population in populations]
    told = {
        "seed": seed, "bad": BAD, "firms": firms, "persons": persons,
        "table": "\n".join(f"| `{name}.parquet` | {count:,} | {WHAT[name]} |" for name, count in rows.items()),
        "counts": "\n".join(_counted(*pair) for pair in zip(("firms", "persons"), populations, strict=True)),
    }  # fmt: skip
    template = (Path(__file__).parent / "sample_readme.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(template.format(**told), encoding="utf-8")
    files = [*(f"{name}.parquet" for name in rows), "truth/attributes.json", "README.md"]
    manifest = {
        "name": "sample", "synthetic": True, "seed": seed, "bad": BAD, "firms": firms, "persons": persons,
        "rows": rows, "bads": {"firms": bads[0], "persons": bads[1]},
        "sha256": {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files},
    }  # fmt: skip
    _write_json(folder / "manifest.json", manifest)
    return manifest


def _counted(name: str, population: Population) -> str:
    """A row of the README's table of what became of the applications."""
    held = population.sections["outcomes"]
    booked, declined = ~np.isnat(held["booked_on"]), held["decision"] == "declined"
    mature, bad = np.isin(held["label"], ["good", "bad"]), held["label"] == "bad"
    told = " | ".join(f"{flags.sum():,}" for flags in (booked, mature, bad, declined))
    return f"| {name} | {len(booked):,} | {told} |"


def _joined(parts: list[Table | None], starts: list[int]) -> Table:
    return stack([{**part, "who": part["who"] + start} for part, start in zip(parts, starts, strict=True) if part])


def _write_json(path: Path, told: Any) -> None:
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


ATTRIBUTES = {
    "noise": list(NOISE),
    "wrong_signs": {
        name: {"expected": expected, "data": "rising" if sign > 0 else "falling"}
        for name, (expected, sign) in WRONG_SIGNS.items()
    },
    "known_after_the_outcome": PLANTED,
}


def main() -> None:
    """Write the sample and say what was written."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", nargs="?", type=Path, default=SAMPLE)
    folder = reader.parse_args().folder
    manifest = write_sample(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {manifest['rows']}, bads {manifest['bads']}, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
