"""Decisions for many applicants, from section files: the same sentence as the service, a chunk at a time."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from risk_engine.application import Application
from risk_engine.batch.arrow_kinds import KEY
from risk_engine.batch.chunks import APPLICANTS, Chunk, read_chunks
from risk_engine.batch.documents import chunk_document
from risk_engine.batch.neutral import chunk_columns
from risk_engine.batch.writing import replacing, write_tables
from risk_engine.bundle import Release
from risk_engine.decision.decision import Decision
from risk_engine.decision.dossier import case_of, not_applicable, open_dossier
from risk_engine.decision.underwrite import decide
from risk_engine.errors import Fault, TableFaults, nearest_hint
from risk_engine.facts import FactMatrix
from risk_engine.vocabulary import Outcome, State

DECISIONS, SUMMARY = "decisions.parquet", "summary.json"
REQUEST = ("application", "applicant", "fees")
"""What of a document a decision reads beside the features."""

SCHEMA = pa.schema([
    (KEY, pa.string()),
    ("decision_id", pa.string()),
    ("as_of", pa.string()),
    ("outcome", pa.string()),
    ("refer_kind", pa.string()),
    ("default_probability", pa.float64()),
    ("score", pa.int64()),
    ("grade", pa.string()),
    ("limit_amount", pa.string()),
    ("currency", pa.string()),
    ("binding_cap", pa.string()),
    ("annual_rate", pa.float64()),
    ("apr", pa.float64()),
    ("reasons", pa.list_(pa.string())),
    ("decision_json", pa.string()),
])  # fmt: skip


@dataclass(slots=True)
class Summary:
    """What a batch came to, counted while it runs.

    Attributes:
        release: The release that decided.
        applications: How many were decided.
        outcomes: Counts by outcome.
        refer_kinds: Referrals by kind.
        unknown: Of each fact, how often its value was not known, by state.
    """

    release: Release
    applications: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refer_kinds: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, decision: Decision) -> None:
        """Add one decision."""
        self.applications += 1
        self.outcomes[decision.outcome.value] += 1
        if decision.refer_kind is not None:
            self.refer_kinds[decision.refer_kind.value] += 1

    def count_unknown(self, matrix: FactMatrix) -> None:
        """Add the states of some applicants."""
        for column, fact in enumerate(matrix.facts):
            states, counts = np.unique(matrix.states[:, column], return_counts=True)
            told = {State(int(state)).name.lower(): int(count) for state, count in zip(states, counts, strict=True)}
            told.pop(State.VALUE.name.lower(), None)
            self.unknown.setdefault(fact.name, Counter()).update(told)

    def to_json(self) -> dict[str, Any]:
        """Plain data; the facts most often unknown come first."""
        missing = sorted(self.unknown.items(), key=lambda entry: (-entry[1].total(), entry[0]))
        return {
            "release": self.release.id,
            "model": self.release.terms.name,
            "synthetic": self.release.terms.synthetic,
            "applications": self.applications,
            "outcomes": {outcome.value: self.outcomes[outcome.value] for outcome in Outcome},
            "refer_kinds": dict(sorted(self.refer_kinds.items())),
            "unknown": [
                {"fact": name, "count": states.total(), "states": dict(sorted(states.items()))}
                for name, states in missing
                if states.total()
            ],
            "warnings": list(self.release.terms.warnings),
        }


def decide_batch(
    release: Release, folder: Path, out: Path, *, ids: Collection[str] | None = None, applicants: int = APPLICANTS
) -> Summary:
    """Decide the applicants of a folder of section files.

    Features are computed once a chunk; each applicant is then decided as the service would decide the exported
    document, bit for bit, except for the decision id, which here is a digest of release, application and moment.

    Args:
        release: What decides.
        folder: The section files.
        out: Receives ``decisions.parquet`` (one row an application, the whole answer in ``decision_json``) and
            ``summary.json``, each whole or not at all.
        ids: Application ids to decide; None decides all.
        applicants: At most so many at a time; the answers do not depend on it.

    Returns:
        The counts that ``summary.json`` holds.

    Raises:
        TableFaults: Files that break the contract; ids that they do not have. Then nothing is written.
    """
    summary = Summary(release)
    wanted = None if ids is None else frozenset(ids)
    write_tables(out / DECISIONS, SCHEMA, _decided(release, folder, summary, wanted, applicants))
    with replacing(out / SUMMARY) as temporary:
        temporary.write_text(json.dumps(summary.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return summary


def _decided(
    release: Release, folder: Path, summary: Summary, wanted: frozenset[str] | None, applicants: int
) -> Iterator[pa.Table]:
    seen: set[str] = set()
    for chunk in read_chunks(folder, applicants=applicants):
        seen.update(chunk.ids)
        positions = [position for position, key in enumerate(chunk.ids) if wanted is None or key in wanted]
        if positions:
            yield _decided_chunk(release, chunk, positions, summary)
    if missing := sorted((wanted or frozenset()) - seen):
        expected = f"an application of {folder}"
        raise TableFaults([Fault("ids", repr(key)[:80], expected, nearest_hint(key, seen)) for key in missing])


def _decided_chunk(release: Release, chunk: Chunk, positions: list[int], summary: Summary) -> pa.Table:
    requests = {position: chunk_document(chunk, position, REQUEST) for position in positions}
    columns = chunk_columns(chunk, _not_applicable(release, requests, len(chunk)))
    matrix = release.plan.run(columns)
    summary.count_unknown(matrix.rows(np.array(positions)))
    rows = []
    for position, request in requests.items():
        as_of = request.application.as_of
        if as_of is None:
            raise _no_moment(chunk, position)
        dossier = open_dossier(request, release, columns, matrix, position, as_of)
        decision = decide(dossier, release, _decision_id(release, chunk.ids[position], as_of.isoformat()))
        summary.count(decision)
        rows.append(_row(decision))
    return pa.Table.from_pylist(rows, SCHEMA)


def _not_applicable(
    release: Release, requests: Mapping[int, Application], applicants: int
) -> dict[str, npt.NDArray[np.bool_]]:
    masks: dict[str, npt.NDArray[np.bool_]] = {}
    for position, request in requests.items():
        for section in not_applicable(release, case_of(request)):
            masks.setdefault(section, np.zeros(applicants, np.bool_))[position] = True
    return masks


def _decision_id(release: Release, application_id: str, as_of: str) -> str:
    digest = hashlib.sha256(f"{release.id}\n{application_id}\n{as_of}".encode()).hexdigest()
    return f"batch-{digest[:24]}"


def _row(decision: Decision) -> dict[str, Any]:
    probability, limit, price = decision.default_probability, decision.limit, decision.price
    return {
        KEY: decision.application_id,
        "decision_id": decision.decision_id,
        "as_of": decision.as_of,
        "outcome": decision.outcome.value,
        "refer_kind": None if decision.refer_kind is None else decision.refer_kind.value,
        "default_probability": None if probability is None else probability.value,
        "score": decision.score,
        "grade": decision.grade,
        "limit_amount": None if limit is None else limit.amount,
        "currency": None if limit is None else limit.currency,
        "binding_cap": None if limit is None else limit.binding_cap,
        "annual_rate": None if price is None else price.annual_rate,
        "apr": None if price is None else price.apr,
        "reasons": [reason.code for reason in decision.reasons],
        "decision_json": decision.to_json().decode(),
    }


def _no_moment(chunk: Chunk, position: int) -> TableFaults:
    place = chunk.parts["application"].place("as_of", position, chunk.ids)
    return TableFaults([Fault(place, "nothing", "the moment of decision")])
