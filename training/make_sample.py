"""Write ``data/sample/``: 600 synthetic small firms with 24 months of VAT invoices and what became of their loans.

Run ``python -m training.make_sample [FOLDER]``. The same library versions write the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from training.sample_evidence import Evidence, Row, draw_evidence
from training.sample_latents import EVIDENCE, TRAITS, Firm, Outcome, draw_firm, draw_outcome, stream

SEED = 20241
FIRMS = 600
SAMPLE = Path(__file__).parent.parent / "data" / "sample"

TEXT, DAY, MONEY, WHOLE, TRUTH = pa.string(), pa.date32(), pa.float64(), pa.int64(), pa.bool_()

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "application": {
        "application_id": TEXT, "obligor_id": TEXT, "submitted_at": TEXT, "as_of": TEXT, "jurisdiction": TEXT,
        "lender_kind": TEXT, "product": TEXT, "customer_kind": TEXT, "amount": TEXT, "currency": TEXT,
        "term_months": WHOLE, "revolving": TRUTH, "repayment": TEXT, "purpose": TEXT, "channel": TEXT, "test": TRUTH,
    },
    "applicant": {
        "application_id": TEXT, "kind": TEXT, "name": TEXT, "identifier": TEXT, "entity_kind": TEXT,
        "registry_status": TEXT, "established_on": DAY, "industry": TEXT, "industry_scheme": TEXT, "region": TEXT,
        "taxpayer_kind": TEXT, "registered_capital": MONEY, "paid_in_capital": MONEY, "employees": WHOLE,
    },
    "invoices": {
        "application_id": TEXT, "invoice_no": TEXT, "direction": TEXT, "issued_on": DAY, "counterparty": TEXT,
        "counterparty_kind": TEXT, "net_amount": MONEY, "tax": MONEY, "voided_on": DAY, "reverses": TEXT,
    },
    "sources": {
        "application_id": TEXT, "section": TEXT, "provider": TEXT, "status": TEXT, "retrieved_at": TEXT,
        "covers_from": DAY, "covers_until": DAY, "complete": TRUTH,
    },
    "outcomes": {
        "application_id": TEXT, "obligor_id": TEXT, "is_bad": TRUTH, "bad_on": DAY, "observed_until": DAY,
        "booked_on": DAY,
    },
}  # fmt: skip

BAD = "90 days past due within 12 months of booking"

README = """# Sample: synthetic small firms

**Synthetic.** No firm, person, invoice or loan here exists. Written by `training/make_sample.py` (seed {seed}), which
`make sample` runs; the same pinned library versions write the same bytes. `manifest.json` holds a SHA-256 per file.
Licence: Apache-2.0, as the rest of the repository.

| file | rows | one row |
|---|---|---|
{table}

{firms} firms apply once each in 2024, 50 a month. Columns, types and words of the evidence are those of the data
contract (`risk-engine schema`); `outcomes.parquet` is a table of the study, whose target select reads it. Rows are
sorted by `application_id`. Money is CNY. Identifiers pass their check digit but stand in region 990000, which does not
exist; trading partners are numbered within their firm.

`outcomes.parquet`: bad means {bad}; every loan was booked and watched for 12 months. {bads} of {firms} went bad.

## How it is made
1. *Traits* (`training/sample_latents.py`): capacity, stability, honesty, breadth of customers, hidden fragility, and a
   monthly path of health through the 24 months before and the 12 after the application; some firms begin to slide.
2. *Outcome*: a monthly hazard from the traits and the health of that time. Features and invoices do not enter.
3. *Evidence* (`training/sample_evidence.py`): a noisy view of the traits from a random stream of its own: monthly
   turnover with season, noise, a Lunar New Year dip and idle months of sick firms, split into invoices to partners who
   come and go; voided and red-letter invoices; buyers without a tax number in retail. About one firm in eight is
   young; a few look-ups failed, were refused or reach back 14 months only (`sources.parquet`).

What it cannot show: fraud rings, macro-economic change, rejected applicants, or how strong real evidence is.
Figures from it say how the engine works, nothing about lending.
"""


def draw(number: int, seed: int = SEED) -> tuple[Firm, Outcome, Evidence]:
    """One firm of the sample: traits, then outcome, and only then evidence."""
    traits = stream(seed, number, TRAITS)
    firm = draw_firm(number, traits)
    outcome = draw_outcome(firm, traits)
    return firm, outcome, draw_evidence(firm, stream(seed, number, EVIDENCE))


def sections(numbers: Iterable[int], seed: int = SEED) -> dict[str, list[Row]]:
    """The rows of the given firms, by section."""
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for number in numbers:
        _, outcome, evidence = draw(number, seed)
        rows["application"].append(evidence.application)
        rows["applicant"].append(evidence.applicant)
        rows["invoices"] += evidence.invoices
        rows["sources"] += evidence.sources
        rows["outcomes"].append({
            "application_id": evidence.application["application_id"],
            "obligor_id": evidence.application["obligor_id"],
            "is_bad": outcome.bad_on is not None,
            "bad_on": outcome.bad_on,
            "observed_until": outcome.observed_until,
            "booked_on": outcome.booked_on,
        })  # fmt: skip
    return rows


def write_section(path: Path, name: str, rows: list[Row]) -> None:
    """One Parquet file, small and always the same for the same rows."""
    columns = COLUMNS[name]
    fields = pa.schema([pa.field(column, kind) for column, kind in columns.items()])
    table = pa.Table.from_pydict({column: [row[column] for row in rows] for column in columns}, schema=fields)
    running = {"invoice_no"} & columns.keys()  # numbers run on: differences are shorter than a dictionary
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[column for column in columns if column not in running],
        column_encoding=dict.fromkeys(running, "DELTA_BYTE_ARRAY"),
        write_statistics=False,
        store_schema=False,
    )


def write_sample(folder: Path, firms: int = FIRMS, seed: int = SEED) -> dict[str, object]:
    """Write every file and the manifest, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = sections(range(1, firms + 1), seed)
    for name, held in rows.items():
        write_section(folder / f"{name}.parquet", name, held)
    table = "\n".join(f"| `{name}.parquet` | {len(held)} | {WHAT[name]} |" for name, held in rows.items())
    bads = sum(row["is_bad"] for row in rows["outcomes"])
    told = README.format(seed=seed, table=table, firms=firms, bads=bads, bad=BAD)
    (folder / "README.md").write_text(told, encoding="utf-8")
    files = [f"{name}.parquet" for name in rows] + ["README.md"]
    manifest: dict[str, object] = {
        "name": "sample",
        "synthetic": True,
        "seed": seed,
        "bad": BAD,
        "rows": {name: len(held) for name, held in rows.items()},
        "bads": bads,
        "sha256": {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


WHAT = {
    "application": "a request",
    "applicant": "the firm that asks",
    "invoices": "a VAT invoice, sold (`out`) or bought (`in`)",
    "sources": "a look-up: what it returned and the period it covers",
    "outcomes": "what became of the loan (training only)",
}


def main() -> None:
    """Write the sample and say what was written."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", nargs="?", type=Path, default=SAMPLE)
    folder = reader.parse_args().folder
    manifest = write_sample(folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {manifest['rows']}, {manifest['bads']} bad, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
