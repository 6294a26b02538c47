"""Decisions for many applicants, from section files: the same sentence as the service, a chunk at a time."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from risk_engine.application import Application
from risk_engine.batch.arrow_kinds import KEY
from risk_engine.batch.chunk_faults import MOST, ChunkFaults
from risk_engine.batch.chunks import APPLICANTS, Chunk, read_chunks
from risk_engine.batch.documents import chunk_documents
from risk_engine.batch.neutral import chunk_tables
from risk_engine.batch.parts import parts_of, silent
from risk_engine.batch.section_files import applicant_count, digests
from risk_engine.batch.suspects import suspects
from risk_engine.batch.working import in_order
from risk_engine.batch.writing import replacing
from risk_engine.bundle import Release
from risk_engine.decision.decision import Decision
from risk_engine.decision.dossier import case_of, open_dossier
from risk_engine.decision.underwrite import HELD, decide, underwrite
from risk_engine.errors import Fault, InputFaults, TableFaults, UsageError, nearest_hint
from risk_engine.features.columns import from_tables
from risk_engine.portfolio import Portfolio
from risk_engine.progress import Progress, unwatched
from risk_engine.vocabulary import Outcome

DECISIONS, SUMMARY = "decisions.parquet", "summary.json"
REQUEST = ("application", "applicant", "fees", "parties", "consents", "sources")
"""What of a document a decision reads beside the features; look-ups tell an empty list from none."""

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


class _Held(msgspec.Struct):
    state: str


class _Answer(msgspec.Struct):
    """What the summary reads of an answer."""

    features: dict[str, _Held]


_answers = msgspec.json.Decoder(_Answer)


@dataclass(slots=True)
class Summary:
    """What a batch came to, counted from the rows that were written.

    Attributes:
        release: The release that decided, or the portfolio that says which did.
        applications: How many were decided.
        outcomes: Counts by outcome.
        refer_kinds: Referrals by kind.
        unknown: Of each fact, how often its value was not known, by state.
    """

    release: Release | Portfolio
    applications: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refer_kinds: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, decisions: pa.Table) -> None:
        """Add some rows of ``decisions.parquet``."""
        self.applications += decisions.num_rows
        self.outcomes.update(decisions["outcome"].to_pylist())
        self.refer_kinds.update(decisions["refer_kind"].drop_null().to_pylist())
        for answer in decisions["decision_json"].to_pylist():
            for name, held in _answers.decode(answer).features.items():
                if held.state != HELD:
                    self.unknown.setdefault(name, Counter())[held.state] += 1

    def to_json(self) -> dict[str, Any]:
        """Plain data; the facts most often unknown come first."""
        terms = [one.terms for one in self.release.releases]
        missing = sorted(self.unknown.items(), key=lambda entry: (-entry[1].total(), entry[0]))
        return {
            "release": self.release.id,
            "model": ", ".join(one.name for one in terms),
            "synthetic": any(one.synthetic for one in terms),
            "applications": self.applications,
            "outcomes": {outcome.value: self.outcomes[outcome.value] for outcome in Outcome},
            "refer_kinds": dict(sorted(self.refer_kinds.items())),
            "unknown": [
                {"fact": name, "count": states.total(), "states": dict(sorted(states.items()))}
                for name, states in missing
            ],
            "warnings": list(dict.fromkeys(warning for one in terms for warning in one.warnings)),
        }


def decide_batch(
    release: Release | Portfolio,
    folder: Path,
    out: Path,
    *,
    ids: Collection[str] | None = None,
    applicants: int = APPLICANTS,
    threads: int = 1,
    say: Callable[[str], None] = silent,
    progress: Progress = unwatched,
) -> Summary:
    """Decide the applicants of a folder of section files.

    Features are computed once a chunk; each applicant is then decided as the service would decide the exported
    document, bit for bit, except for the decision id, which here is a digest of release, application and moment.
    A run that was killed goes on where it stopped when it is started again; the bytes are the same.

    Args:
        release: What decides, or the portfolio that says what decides.
        folder: The section files.
        out: Receives ``decisions.parquet`` (one row an application, the whole answer in ``decision_json``) and
            ``summary.json``, each whole or not at all; the summary is written last.
        ids: Application ids to decide; None decides all.
        applicants: At most so many at a time; the answers do not depend on it.
        threads: How many chunks to work on at once; the bytes do not depend on it.
        say: Is told when an earlier run is taken up.
        progress: Is told after each chunk how many applicants are decided.

    Returns:
        The counts that ``summary.json`` holds.

    Raises:
        TableFaults: Files that break the contract, every fault of the first chunk that has any; ids that they do not
            have. Then nothing is written.
        UsageError: ``out`` is the folder of the section files, among which nothing else may stand.
    """
    if out.resolve() == folder.resolve():
        raise UsageError(f"{out} holds the section files", hint="write the decisions to another folder")
    summary = Summary(release)
    wanted = None if ids is None else frozenset(ids)
    asked_for = partial(applicant_count, folder) if wanted is None else wanted.__len__
    made_of = {
        "sections": digests(folder), "release": release.id, "applicants": applicants,
        "ids": None if wanted is None else sorted(wanted),
    }  # fmt: skip
    with parts_of(out / DECISIONS, made_of, say) as parts:
        chunks = parts.unfinished(_chosen(folder, wanted, applicants))
        made = in_order(chunks, lambda told: (told[0], _decided(release, *told[1])), threads)
        parts.write(SCHEMA, parts.counted("applicants decided", made, asked_for, progress))
        (out / SUMMARY).unlink(missing_ok=True)  # an earlier run's must not stand beside these decisions
        parts.join(SCHEMA, summary.count)
        with replacing(out / SUMMARY, within=parts.folder) as temporary:
            temporary.write_text(json.dumps(summary.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return summary


def _chosen(folder: Path, wanted: frozenset[str] | None, applicants: int) -> Iterator[tuple[Chunk, list[int]]]:
    """The chunks in which somebody is to be decided, and who."""
    seen: set[str] = set()
    for chunk in read_chunks(folder, applicants=applicants):
        positions = [position for position, key in enumerate(chunk.ids) if wanted is None or key in wanted]
        if wanted is not None:
            seen.update(chunk.ids)
        if positions:
            yield chunk, positions
    if missing := sorted((wanted or frozenset()) - seen):
        expected = f"an application of {folder}"
        told = [Fault("ids", repr(key)[:80], expected, nearest_hint(key, seen)) for key in missing[:MOST]]
        if more := len(missing) - len(told):
            told.append(Fault("ids", f"{more} more", expected, f"the first {MOST} are told"))
        raise TableFaults(told)


def _decided(release: Release | Portfolio, chunk: Chunk, positions: list[int]) -> pa.Table:
    tables = chunk_tables(chunk)
    suspected = suspects(chunk, tables[1])
    sections = {position: None if position in suspected else REQUEST for position in positions}
    requests = chunk_documents(chunk, sections)
    chosen = {position: _release_for(release, request) for position, request in requests.items()}
    columns = from_tables(*tables, not_applicable=_not_applicable(chosen, requests, len(chunk)))
    running = {one.id: one for one in chosen.values() if one is not None}
    matrices = {name: one.plan.run(columns) for name, one in running.items()}
    faults = ChunkFaults(chunk)
    rows = []
    for position, request in requests.items():
        as_of = cast("dt.datetime", request.application.as_of)  # chunk_tables refuses a request without
        decides = chosen[position]
        decision_id = _decision_id((decides or release).id, chunk.ids[position], as_of.isoformat())
        if decides is None:
            rows.append(_row(underwrite(request, release, as_of=as_of, decision_id=decision_id)))
            continue
        try:
            dossier = open_dossier(request, decides, columns, matrices[decides.id], position, as_of)
        except InputFaults as error:  # a moment that the policy does not cover
            faults.of_document(position, error.faults)
        else:
            rows.append(_row(decide(dossier, decides, decision_id)))
    faults.tell()
    return pa.Table.from_pylist(rows, SCHEMA)


def _release_for(release: Release | Portfolio, request: Application) -> Release | None:
    return release.release_for(case_of(request)) if isinstance(release, Portfolio) else release


def _not_applicable(
    chosen: Mapping[int, Release | None], requests: Mapping[int, Application], applicants: int
) -> dict[str, npt.NDArray[np.bool_]]:
    masks: dict[str, npt.NDArray[np.bool_]] = {}
    for position, release in chosen.items():
        for section in release.policy.not_applicable(case_of(requests[position])) if release else ():
            masks.setdefault(section, np.zeros(applicants, np.bool_))[position] = True
    return masks


def _decision_id(release_id: str, application_id: str, as_of: str) -> str:
    digest = hashlib.sha256(f"{release_id}\n{application_id}\n{as_of}".encode()).hexdigest()
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
