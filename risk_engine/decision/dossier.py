"""A dossier: everything known of one application at the moment of decision, from a document or from tables alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import msgspec

from risk_engine.application import SECTIONS, Application, Fee, Request
from risk_engine.bundle import Release
from risk_engine.decision.assessment import assess
from risk_engine.errors import Fault, InputFaults
from risk_engine.facts import FactMatrix, Facts
from risk_engine.features import NAMES, PLACE, Columns, from_document
from risk_engine.rules import Case, HeldSection
from risk_engine.vocabulary import Cause, State

READ_HERE = frozenset({"application", "applicant", "fees", "parties", "relations", "sources", "consents"})
"""Sections that say who asks for what and where evidence is from: no feature need read them."""

STATES = tuple(State)
SINGLE = frozenset(name for name, section in SECTIONS.items() if section.single)
SNAPSHOT = frozenset(name for name, section in SECTIONS.items() if section.snapshot)
VALUE, REFUSED = State.VALUE, int(Cause.REFUSED)


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """One application, ready to be judged.

    Attributes:
        request: What is asked for.
        fees: Charges that count in the all-in cost.
        as_of: The moment of decision, in the application's own offset.
        case: What scopes and the evidence matrix look at.
        matrix: One row: every fact of the release's plan.
        facts: The same, by name, and what the decision itself establishes of them.
        judged: State, age and look-up of each section the policy judges.
        broken: Sections whose integrity checks failed.
        undecided: Sections that tell of somebody beside a person without saying that they are liable.
        notes: What the reader of the answer should know about the evidence.
    """

    request: Request
    fees: Sequence[Fee]
    as_of: dt.datetime
    case: Case
    matrix: FactMatrix
    facts: Facts
    judged: Mapping[str, HeldSection]
    broken: tuple[str, ...]
    undecided: tuple[str, ...]
    notes: tuple[str, ...]


def case_of(application: Application) -> Case:
    """What scopes look at."""
    request = application.application
    return Case(
        product=request.product,
        applicant_kind=application.applicant.kind,
        customer_kind=request.customer_kind,
        jurisdiction=request.jurisdiction,
        currency=request.currency,
        amount=request.amount,
    )


def gather(application: Application, release: Release, as_of: dt.datetime) -> tuple[Columns, Dossier]:
    """The evidence of one document at a moment, and its dossier.

    Raises:
        InputFaults: The release's policy does not cover the day.
    """
    exempt = release.policy.not_applicable(case_of(application))
    columns = from_document(application, as_of=as_of, not_applicable=exempt)
    return columns, open_dossier(application, release, columns, release.plan.run(columns), 0, as_of)


def open_dossier(
    application: Application, release: Release, columns: Columns, matrix: FactMatrix, row: int, as_of: dt.datetime
) -> Dossier:
    """Put together what the columns and the plan say of one applicant among many.

    Args:
        application: At least the request, the applicant, the fees, the parties and the consents.
        release: Whose policy asks for sections.
        columns: The evidence of n applicants.
        matrix: Their facts, of the release's plan.
        row: Which of them.
        as_of: The moment of decision.

    Raises:
        InputFaults: The release's policy does not cover the day.
    """
    day = as_of.date()
    if not release.policy.covers(day):
        raise InputFaults([_uncovered(day, release)])
    case = case_of(application)
    return Dossier(
        request=application.application,
        fees=application.rows("fees") or (),
        as_of=as_of,
        case=case,
        matrix=matrix.rows(slice(row, row + 1)),
        facts=assess(matrix.one(row), application, release.policy, as_of),
        judged={name: _held(columns, name, row) for name in release.policy.judged(case)},
        broken=columns.broken(row),
        undecided=columns.undecided(row),
        notes=(*columns.notes(row), *_notes(application, release, columns.coverage.states[:, row].tolist())),
    )


def _uncovered(day: dt.date, release: Release) -> Fault:
    policy = release.policy
    until = f"to {policy.effective_until}" if policy.effective_until else "on"
    expected = f"a day that policy {policy.id} {policy.version} covers: from {policy.effective_from} {until}"
    return Fault("$.application.as_of", day.isoformat(), expected, "decide with the release that was in force")


def _notes(application: Application, release: Release, states: Sequence[int]) -> Iterator[str]:
    if application.rows("fees") is None:
        yield "no fees were stated, so the all-in rate holds interest alone"
    for place, name in _unread(release.reads):
        if states[place] == VALUE:
            yield f"{name} was sent, but nothing in this release reads it"


@cache
def _unread(reads: frozenset[str]) -> list[tuple[int, str]]:
    """The sections, by place, that neither a release with these reads nor the decision itself looks at."""
    return [(place, name) for place, name in enumerate(NAMES) if name not in reads and name not in READ_HERE]


def _held(columns: Columns, name: str, row: int) -> HeldSection:
    """State, age and reach of a section.

    Its age: days since its look-up's period ended, else since its newest row; of a snapshot, since it was last seen.
    """
    coverage, at = columns.coverage, (PLACE[name], row)
    state = STATES[coverage.states[at]]
    if name in SINGLE:
        return HeldSection(state)
    told = bool(coverage.told[at])
    if state is not VALUE:
        return HeldSection(state, looked_up=told, refused=bool(coverage.causes[at] == REFUSED))
    start, end, counted = float(coverage.starts[at]), float(coverage.ends[at]), not coverage.uncounted[at]
    today = float(columns.moments.now[row])
    section = columns.section(name)
    rows = slice(0, 0) if section is None else slice(*section.offsets[row : row + 2].tolist())
    if name in SNAPSHOT and section is not None and rows.stop > rows.start:
        age = today - float(section.column("observed_on")[rows].max())
        return HeldSection(state, age, looked_up=told, counted=counted)
    covered = max(min(end, today) - start, 0.0)
    if not coverage.assumed[at]:
        return HeldSection(state, max(today - end + 1.0, 0.0), told, covered, counted=counted)
    if section is None or rows.stop == rows.start:
        return HeldSection(state, looked_up=False, covered_days=covered)
    age = today - float(section.dates[rows.stop - 1])
    return HeldSection(state, age, looked_up=False, covered_days=covered)
