"""A policy: a folder of YAML, read whole, checked whole, and only then allowed to decide.

::

    policy.yaml        id, version, product, currency, effective dates, owner, reasons, what it includes
    parameters.yaml    dated values, each with a why
    evidence.yaml      which sections are asked of whom
    rules/*.yaml       lists of rules
    tables/*.yaml      one table a file
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from risk_engine import markup
from risk_engine.errors import ReleaseError, UnknownName
from risk_engine.facts import Facts
from risk_engine.rules.conditions import FALSE, TRUE
from risk_engine.rules.evidence import EvidenceMatrix, HeldSection, Requirement
from risk_engine.rules.parameters import Dated, Parameter, ParameterValue
from risk_engine.rules.results import Clause, LiftedBy, RuleAnswer, RuleKind, RuleResult
from risk_engine.rules.rule import Program, Rule
from risk_engine.rules.scope import Case, Scope
from risk_engine.rules.tables import Table
from risk_engine.vocabulary import Outcome, ReferKind, Stage

Step = tuple[Scope | None, Program, RuleResult]
"""Whom it concerns (None: everyone), what it runs, and its answer where it is skipped."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A sound policy, ready to run.

    Attributes:
        id: Its name.
        version: Its version, as written.
        product: The product it decides on.
        currency: The currency its amounts are in.
        effective_from: First day it covers.
        effective_until: Last day it covers; None: until further notice.
        owner: Who answers for it.
        named_facts: Every fact a rule or a table names.
        rules: The rules in the order of the files.
        contents: The bytes of each file by its path in the folder, for hashing.
    """

    id: str
    version: str
    product: str
    currency: str
    effective_from: dt.date
    effective_until: dt.date | None
    owner: str
    named_facts: frozenset[str]
    rules: tuple[Rule, ...]
    contents: Mapping[str, bytes]
    _reason_outside: str
    _tables: Mapping[str, Table]
    _parameters: Mapping[str, Parameter]
    _matrix: EvidenceMatrix
    _steps: Dated[Mapping[Stage, tuple[Step, ...]]]

    def run(self, stage: Stage, facts: Facts, case: Case, as_of: dt.date) -> tuple[RuleResult, ...]:
        """Run every rule of a stage: none stops another.

        At the evidence stage the first result says whether the policy concerns the case at all: another product
        or currency refers.

        Raises:
            ReleaseError: The policy does not cover the day.
        """
        held = facts.held
        results = [
            program(held) if scope is None or scope.covers(case) else skipped
            for scope, program, skipped in self._steps.on(self._covered(as_of))[stage]
        ]
        if stage is Stage.EVIDENCE:
            results.insert(0, self._concerns(case))
        return tuple(results)

    def evidence(self, case: Case) -> Mapping[str, Requirement]:
        """What is asked of each section for this case; a section that is not listed is optional."""
        return self._matrix.asks(case).sections

    def not_applicable(self, case: Case) -> frozenset[str]:
        """Sections that do not concern this case; a document cannot claim it."""
        return self._matrix.asks(case).not_applicable

    def judged(self, case: Case) -> Collection[str]:
        """Sections that this case can fail."""
        return self._matrix.asks(case).judges.keys()

    def evidence_results(self, case: Case, held: Mapping[str, HeldSection]) -> tuple[RuleResult, ...]:
        """One result per section that is required or must be looked up: whether the case can be decided on it.

        Refer where a required section was not obtained; where one that was obtained is too old or shows no date,
        covers too few days or, if it must be looked up, has no look-up that counts its rows; and where an optional
        one that must be looked up was not obtained, if no look-up says why or the applicant refused it.
        """
        return self._matrix.judge(case, held)

    def parameter(self, name: str, as_of: dt.date) -> ParameterValue:
        """What a parameter is on a day; numbers are floats."""
        if name not in self._parameters:
            raise UnknownName.nearest("parameter", name, self._parameters)
        return self._parameters[name].values.on(self._covered(as_of))

    def table(self, name: str) -> Table:
        """A table by name."""
        if name not in self._tables:
            raise UnknownName.nearest("table", name, self._tables)
        return self._tables[name]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self._parameters)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(self._tables)

    @property
    def caps(self) -> tuple[str, ...]:
        """Ids of everything that may lower a limit: cap rules, and tables with ``max_loan``."""
        rules = [rule.id for rule in self.rules if rule.kind is RuleKind.CAP]
        return (*rules, *(table.id for table in self._tables.values() if "max_loan" in table.gives))

    def approving_grades(self, as_of: dt.date) -> frozenset[str]:
        """Grades that some case may have and be approved by every table about grades."""
        approving = None
        for table in self._tables.values():
            fact = next((fact for fact in table.columns if fact.name == "grade"), None)
            if fact is None or not table.decides:
                continue
            bound = table.on.on(self._covered(as_of))
            rows = {n for n, (_, row) in enumerate(bound.rows) if row.outcome is Outcome.APPROVE}
            words = frozenset(fact.words[int(value)] for value in bound.ground.values_where("grade", rows))
            approving = words if approving is None else approving & words
        return approving or frozenset()

    def _repr_html_(self) -> str:
        until = self.effective_until or "further notice"
        heading = f"{self.id} {self.version}: {self.product}, {self.currency}"
        rules = [
            (
                rule.id,
                rule.says.en,
                rule.says.zh,
                rule.kind,
                rule.written.plain.get("when"),
                rule.if_unknown,
                rule.reason,
            )
            for rule in self.rules
        ]
        parameters = [
            (name, parameter.says, parameter.unit, start, value, why)
            for name, parameter in self._parameters.items()
            for start, value, why in zip(
                parameter.values.starts, parameter.values.held, parameter.whys.held, strict=True
            )
        ]
        return markup.element(
            "div",
            markup.element("h3", heading),
            markup.element("p", f"in force from {self.effective_from} until {until}; owner: {self.owner}"),
            markup.table(("rule", "says", "规则", "kind", "when", "if unknown", "reason"), rules),
            markup.folded(
                "Parameters", markup.table(("parameter", "says", "unit", "from", "value", "why"), parameters)
            ),
            markup.element("p", f"tables: {', '.join(self.tables)}"),
        )

    def covers(self, day: dt.date) -> bool:
        """Whether the policy may decide as of a day."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

    def _covered(self, day: dt.date) -> dt.date:
        if not self.covers(day):
            until = self.effective_until or "further notice"
            covers = f"it covers {self.effective_from} until {until}"
            raise ReleaseError(f"policy {self.id} {self.version} does not cover {day}", hint=covers)
        return day

    def _concerns(self, case: Case) -> RuleResult:
        same = case.product == self.product and case.currency == self.currency
        clauses = (
            _equal("product", case.product, self.product),
            _equal("currency", case.currency, self.currency),
        )
        if same:
            return RuleResult("policy_scope", RuleKind.REFER, RuleAnswer.APPROVE, clauses)
        return RuleResult(
            "policy_scope",
            RuleKind.REFER,
            RuleAnswer.REFER,
            clauses,
            self._reason_outside,
            ReferKind.JUDGEMENT,
            (),
            None,
            LiftedBy.NEVER,
        )


def _equal(name: str, value: str, threshold: str) -> Clause:
    return Clause(name, "==", value, threshold, TRUE if value == threshold else FALSE)
