"""The evidence matrix: which sections a product asks of whom, and how old they may be.

Only the policy can say that a section does not concern an applicant; a document cannot claim it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from risk_engine.errors import nearest_hint
from risk_engine.facts import Fact
from risk_engine.rules.conditions import FALSE, STATE_WORD, TRUE
from risk_engine.rules.results import Clause, RuleAnswer, RuleKind, RuleResult
from risk_engine.rules.scope import EVERYONE, Case, Scope, read_scope
from risk_engine.rules.written import Written
from risk_engine.vocabulary import Cause, ReferKind, State

REQUIRED, OPTIONAL, NOT_APPLICABLE = "required", "optional", "not_applicable"
_ASKED = ("max_age_days", "look_up", "covers_days", "refer_kind", "requests")
_NEEDS = (REQUIRED, OPTIONAL, NOT_APPLICABLE)
# Read from their enumerations once: to ask one for a member costs more than a comparison.
_OBTAINED = (State.VALUE, State.NONE)
_REFER, _PASSED, _REFERRED = RuleKind.REFER, RuleAnswer.APPROVE, RuleAnswer.REFER


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


class HeldSection(msgspec.Struct, frozen=True, gc=False):
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


_MISSING = HeldSection(State.NOT_OBTAINED, looked_up=False)
_Judge = Callable[[HeldSection, str], RuleResult]


@dataclass(frozen=True)
class Asked:
    """What is asked of the cases within one scope: one row of the matrix."""

    scope: Scope
    sections: Mapping[str, Requirement]

    @cached_property
    def not_applicable(self) -> frozenset[str]:
        """Sections that do not concern these cases."""
        return frozenset(name for name, asked in self.sections.items() if asked.need == NOT_APPLICABLE)

    @cached_property
    def judges(self) -> dict[str, _Judge]:
        """Of each section that a case can fail, what says whether one does, given the reason to tell."""
        return {name: _judge(name, asked) for name, asked in self.sections.items() if asked.judged}


_NOTHING = Asked(EVERYONE, {})


@dataclass(frozen=True, slots=True)
class EvidenceMatrix:
    """Rows of scope and requirements; exactly one row covers each case."""

    rows: tuple[Asked, ...]
    reason: str

    def asks(self, case: Case) -> Asked:
        """What is asked of this case; a section that is not listed is optional."""
        for row in self.rows:
            if row.scope.covers(case):
                return row
        return _NOTHING

    def judge(self, case: Case, held: Mapping[str, HeldSection]) -> tuple[RuleResult, ...]:
        """One result per section judged: refer where not obtained, too old, too short, not looked up or refused."""
        judges = self.asks(case).judges
        return tuple([judge(held.get(section, _MISSING), self.reason) for section, judge in judges.items()])


def _judge(section: str, asked: Requirement) -> _Judge:
    name, clauses_of, requests = f"evidence_{section}", _clauses(section, asked), asked.requests or (section,)

    def judge(held: HeldSection, reason: str) -> RuleResult:
        clauses = clauses_of(held)
        if FALSE not in [clause.truth for clause in clauses]:
            return RuleResult(name, _REFER, _PASSED, clauses)
        return RuleResult(name, _REFER, _REFERRED, clauses, reason, asked.refer_kind, requests)

    return judge


def _clauses(section: str, asked: Requirement) -> Callable[[HeldSection], tuple[Clause, ...]]:
    """What is asked of a section, with what is held of it; clauses without a number are made once."""
    words = [(state, STATE_WORD[state]) for state in State]
    obtained = [_clause(section, "is not", word, "not_obtained", holds=state in _OBTAINED) for state, word in words]
    looked_up, counted = (_told_or_not(f"{told} of {section}") for told in ("look-up", "row count"))
    # refusal is information, an outage is not
    not_refused = [_clause(section, "is not", word, "refused", holds=True) for _, word in words]
    refused = _clause(section, "is not", Cause.REFUSED.name.lower(), "refused", holds=False)
    age, days = f"age of {section} in days", f"days covered by {section}"

    def clauses(held: HeldSection) -> tuple[Clause, ...]:
        told = [obtained[held.state]] if asked.need == REQUIRED else []
        if held.state not in _OBTAINED:
            if asked.look_up and asked.need == OPTIONAL:
                # what is held back altogether would go unseen
                told += looked_up[held.looked_up], refused if held.refused else not_refused[held.state]
            return tuple(told)
        if asked.max_age_days is not None:
            told.append(_young(age, held.age_days, float(asked.max_age_days)))
        if asked.look_up:
            # what is held back before the first row would go unseen; of rows that nobody counted, a part could be
            told += looked_up[held.looked_up], counted[held.counted]
        if asked.covers_days is not None:
            long = held.covered_days >= asked.covers_days
            told.append(_clause(days, ">=", held.covered_days, float(asked.covers_days), holds=long))
        return tuple(told)

    return clauses


def _told_or_not(fact: str) -> tuple[Clause, Clause]:
    no, yes = STATE_WORD[State.NOT_OBTAINED], STATE_WORD[State.VALUE]
    return _clause(fact, "is not", no, no, holds=False), _clause(fact, "is not", yes, no, holds=True)


def _young(fact: str, days: float | None, most: float) -> Clause:
    if days is None:  # a section without a dated row cannot show that it is fresh
        return _clause(fact, "<=", STATE_WORD[State.NONE], most, holds=False)
    return _clause(fact, "<=", float(days), most, holds=days <= most)


def _clause(fact: str, sign: str, value: float | str, threshold: float | str, *, holds: bool) -> Clause:
    return Clause(fact, sign, value, threshold, TRUE if holds else FALSE)


def read_evidence(file: Written, facts: Mapping[str, Fact], reason: str, known: Collection[str]) -> EvidenceMatrix:
    """Read ``evidence.yaml``: every applicant kind and customer kind must meet exactly one row."""
    if not file.mapping("evidence", ("matrix",)):
        return EvidenceMatrix((), reason)
    before = len(file.faults)
    rows = []
    for row in file.under("matrix").entries("rows with scope and sections"):
        if row.mapping("a row of the matrix", ("scope", "sections")):
            scope = read_scope(row.under("scope"), facts, amount=False)
            rows.append(Asked(scope, _requirements(row.under("sections"), known)))
    if len(file.faults) == before:
        _check_cover(file, [row.scope for row in rows], facts)
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
