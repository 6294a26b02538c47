"""The evidence matrix: which sections a product asks of whom, and how old they may be.

Only the policy can say that a section does not concern an applicant; a document cannot claim it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from risk_engine.errors import nearest_hint
from risk_engine.facts import Fact
from risk_engine.rules.conditions import STATE_WORD
from risk_engine.rules.results import Clause, LiftedBy, RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.rules.scope import Case, Scope, read_scope
from risk_engine.rules.written import Written
from risk_engine.vocabulary import Cause, ReferKind, State

REQUIRED, OPTIONAL, NOT_APPLICABLE = "required", "optional", "not_applicable"
_ASKED = ("max_age_days", "look_up", "covers_days", "refer_kind", "requests")
_NEEDS = (REQUIRED, OPTIONAL, NOT_APPLICABLE)
# Read from their enumerations once: to ask one for a member costs more than a comparison.
_OBTAINED = (State.VALUE, State.NONE)
_LOOKED_UP = (STATE_WORD[State.NOT_OBTAINED], STATE_WORD[State.VALUE])
_REFER, _PASSED, _TRUE, _FALSE = RuleKind.REFER, RuleAnswer.APPROVE, Truth.TRUE, Truth.FALSE


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked of one section.

    Attributes:
        need: ``required``, ``optional`` or ``not_applicable``.
        max_age_days: Most days between the newest row and the decision; None where age does not matter.
        refer_kind: Who a case without it goes to.
        requests: What to ask the applicant for.
        look_up: Whether ``sources`` must say what became of the section: which days it covers and how many rows it had,
            or why it is not there (and then not because the applicant refused).
        covers_days: Fewest days it must cover; None where any will do.
    """

    need: str
    max_age_days: int | None = None
    refer_kind: ReferKind = ReferKind.INFORMATION
    requests: tuple[str, ...] = ()
    look_up: bool = False
    covers_days: int | None = None

    @property
    def judged(self) -> bool:
        """Whether a case can fail it; an optional section only where it must be accounted for."""
        return self.need == REQUIRED or self.look_up


class HeldSection(NamedTuple):
    """What a document holds of a section.

    Attributes:
        state: State of the section; one that failed its integrity checks is NOT_OBTAINED.
        age_days: Days since the last day it tells of; None where it has no dated row.
        looked_up: Whether a look-up says what became of it: what it covers (else that was assumed from its first row),
            or why it is not there.
        covered_days: Days it covers; 0 where its look-up was incomplete.
        refused: Whether the applicant refused the look-up.
        counted: Whether its look-ups say how many rows they returned.
    """

    state: State
    age_days: float | None = None
    looked_up: bool = True
    covered_days: float = math.inf
    refused: bool = False
    counted: bool = True


@dataclass(frozen=True, slots=True)
class EvidenceMatrix:
    """Rows of scope and requirements; exactly one row covers each case."""

    rows: tuple[tuple[Scope, Mapping[str, Requirement]], ...]
    reason: str

    def asks(self, case: Case) -> Mapping[str, Requirement]:
        """What is asked of this case; a section that is not listed is optional."""
        return next((asked for scope, asked in self.rows if scope.covers(case)), {})

    def judge(self, case: Case, held: Mapping[str, HeldSection]) -> tuple[RuleResult, ...]:
        """One result per section judged: refer where not obtained, too old, too short, not looked up or refused."""
        missing = HeldSection(State.NOT_OBTAINED, looked_up=False)
        return tuple(
            self._judge(section, asked, held.get(section, missing))
            for section, asked in self.asks(case).items()
            if asked.judged
        )

    def _judge(self, section: str, asked: Requirement, held: HeldSection) -> RuleResult:
        name, clauses = f"evidence_{section}", tuple(_clauses(section, asked, held))
        if all(clause.truth is _TRUE for clause in clauses):
            return RuleResult(name, _REFER, _PASSED, clauses)
        requests = asked.requests or (section,)
        return RuleResult(
            name, _REFER, RuleAnswer.REFER, clauses, self.reason, asked.refer_kind, requests, None, LiftedBy.REVIEWER
        )


def _clauses(section: str, asked: Requirement, held: HeldSection) -> Iterator[Clause]:
    """What is asked of a section, with what is held of it."""
    obtained = held.state in _OBTAINED
    if asked.need == REQUIRED:
        yield _clause(section, "is not", STATE_WORD[held.state], "not_obtained", holds=obtained)
    if asked.max_age_days is not None and obtained:
        # a section without a dated row cannot show that it is fresh
        young = held.age_days is not None and held.age_days <= asked.max_age_days
        age = STATE_WORD[State.NONE] if held.age_days is None else float(held.age_days)
        yield _clause(f"age of {section} in days", "<=", age, float(asked.max_age_days), holds=young)
    if asked.look_up and (obtained or asked.need == OPTIONAL):
        # what is held back before the first row, or altogether, would go unseen
        told = _LOOKED_UP[held.looked_up]
        yield _clause(f"look-up of {section}", "is not", told, "not_obtained", holds=held.looked_up)
    if asked.look_up and obtained:
        # of rows that nobody counted, a part could be held back
        told = _LOOKED_UP[held.counted]
        yield _clause(f"row count of {section}", "is not", told, "not_obtained", holds=held.counted)
    elif asked.look_up and asked.need == OPTIONAL:
        # refusal is information, an outage is not
        told = Cause.REFUSED.name.lower() if held.refused else STATE_WORD[held.state]
        yield _clause(section, "is not", told, "refused", holds=not held.refused)
    if asked.covers_days is not None and obtained:
        long = held.covered_days >= asked.covers_days
        yield _clause(f"days covered by {section}", ">=", held.covered_days, float(asked.covers_days), holds=long)


def _clause(fact: str, sign: str, value: float | str, threshold: float | str, *, holds: bool) -> Clause:
    return Clause(fact, sign, value, threshold, _TRUE if holds else _FALSE)


def read_evidence(file: Written, facts: Mapping[str, Fact], reason: str, known: Collection[str]) -> EvidenceMatrix:
    """Read ``evidence.yaml``: every applicant kind and customer kind must meet exactly one row."""
    if not file.mapping("evidence", ("matrix",)):
        return EvidenceMatrix((), reason)
    before = len(file.faults)
    rows = []
    for row in file.under("matrix").entries("rows with scope and sections"):
        if row.mapping("a row of the matrix", ("scope", "sections")):
            scope = read_scope(row.under("scope"), facts, amount=False)
            rows.append((scope, _requirements(row.under("sections"), known)))
    if len(file.faults) == before:
        _check_cover(file, [scope for scope, _ in rows], facts)
    return EvidenceMatrix(tuple(rows), reason)


def _requirements(sections: Written, known: Collection[str]) -> dict[str, Requirement]:
    if not isinstance(sections.plain, dict):
        sections.fault(None, sections.plain, "a mapping of sections")
        return {}
    read = {}
    for name in sections.plain:
        if known and name not in known:
            sections.fault(name, name, "a section of the data contract", nearest_hint(str(name), known))
        read[str(name)] = _requirement(sections, name)
    return read


def _requirement(sections: Written, name: str) -> Requirement:
    if isinstance(sections.plain[name], str):
        return Requirement(sections.word(name, _NEEDS, default=OPTIONAL))
    entry = sections.under(name)
    if not entry.mapping(f"section {name}", ("need",), _ASKED):
        return Requirement(OPTIONAL)
    need = entry.word("need", _NEEDS, default=OPTIONAL)
    look_up: Any = entry.plain.get("look_up", False)
    if not isinstance(look_up, bool) or (look_up and need == NOT_APPLICABLE):
        entry.fault("look_up", look_up, "true or false, and true on a required or optional section only")
    accounted = need == REQUIRED or (need == OPTIONAL and look_up is True)
    age, days = (_days(entry, key, accounted=accounted) for key in ("max_age_days", "covers_days"))
    kind = entry.word("refer_kind", tuple(ReferKind), default=ReferKind.INFORMATION)
    return Requirement(need, age, ReferKind(kind), entry.words("requests"), look_up is True, days)


def _days(entry: Written, key: str, *, accounted: bool) -> int | None:
    days: Any = entry.plain.get(key)
    if days is None:
        return None
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        entry.fault(key, days, "a whole number of days, 1 or more")
        return None
    if not accounted:
        # else leaving an old or short section out would be better than sending it
        expected = f"{key} on a section that is required, or looked up (look_up: true), only"
        entry.fault(key, f"{key} on a section that may be left out", expected)
    return days


def _check_cover(file: Written, scopes: list[Scope], facts: Mapping[str, Fact]) -> None:
    for applicant, customer, told in _kinds(scopes, facts):
        for product in {name for scope in scopes for name in scope.product} or {""}:
            case = Case(product, applicant, customer, "", "", 0.0)
            covering = [number for number, scope in enumerate(scopes, start=1) if scope.covers(case)]
            if not covering:
                file.fault("matrix", f"no row for {told}", "a row for every applicant and customer kind (a gap)")
            elif len(covering) > 1:
                found = f"rows {covering[0]} and {covering[1]} both hold for {told}"
                file.fault("matrix", found, "one row for each case (an overlap)")


def _kinds(scopes: list[Scope], facts: Mapping[str, Fact]) -> Iterator[tuple[str, str, str]]:
    """Every pair of applicant kind and customer kind that the facts, or else the rows, know of."""

    def words(name: str) -> list[str]:
        if name in facts and facts[name].words:
            return list(facts[name].words)
        return sorted({word for scope in scopes for word in getattr(scope, name)} | {"any other"})

    for applicant, customer in itertools.product(words("applicant_kind"), words("customer_kind")):
        yield applicant, customer, f"applicant_kind {applicant}, customer_kind {customer}"
