"""Reading a policy's folder: every file, every fault, every example, and only then a policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk_engine.errors import DefinitionFaults, Fault, PolicyFaults
from risk_engine.facts import Fact, ReasonCode
from risk_engine.rules.evidence import EvidenceMatrix, read_evidence
from risk_engine.rules.examples import run_examples
from risk_engine.rules.meaning import Vocabulary
from risk_engine.rules.parameters import Dated, Parameter, Values, read_parameters
from risk_engine.rules.policy import Policy, Step
from risk_engine.rules.results import RuleAnswer, RuleKind, RuleResult
from risk_engine.rules.rule import Program, Rule, read_rule
from risk_engine.rules.scope import EVERYONE, Case
from risk_engine.rules.tables import Table, decide, read_table
from risk_engine.rules.written import Written
from risk_engine.vocabulary import Stage
from risk_engine.yaml_reader import in_order, read_yaml

_HEAD = ("id", "version", "product", "currency", "effective_from", "owner", "reasons", "includes")
_OTHER_FILES = ("policy.yaml", "parameters.yaml", "evidence.yaml")


@dataclass(frozen=True, slots=True)
class _Head:
    """What ``policy.yaml`` says."""

    id: str
    version: str
    product: str
    currency: str
    effective_from: dt.date
    effective_until: dt.date | None
    owner: str
    reason_if_unknown: str
    reason_outside: str
    includes: tuple[str, ...]


def load_policy(
    folder: Path,
    facts: Iterable[Fact],
    reasons: Mapping[str, ReasonCode],
    *,
    sections: Collection[str] = (),
) -> Policy:
    """Read a policy, check everything at once and run every example.

    Args:
        folder: The policy's folder.
        facts: Every fact a rule may name: features, then ``score_facts`` and ``offer_facts``.
        reasons: Reason codes.
        sections: Names of the data contract's sections, to check ``evidence.yaml`` against; unchecked if empty.

    Returns:
        The policy, compiled.

    Raises:
        PolicyFaults: Every fault of every file, each with file and line.
    """
    return _Loading(folder, {fact.name: fact for fact in facts}, reasons, sections).load()


class _Loading:
    """One reading of a folder, collecting the faults of all its files."""

    def __init__(
        self, folder: Path, facts: Mapping[str, Fact], reasons: Mapping[str, ReasonCode], sections: Collection[str]
    ) -> None:
        self.folder = folder
        self.facts = facts
        self.reasons = reasons
        self.sections = sections
        self.faults: list[Fault] = []
        self.contents: dict[str, bytes] = {}

    def load(self) -> Policy:
        head_file = self.read("policy.yaml")
        head = _head(head_file, self.reasons) if head_file else None
        if head is None or head_file is None:
            raise PolicyFaults(self.faults)
        parameter_file, evidence_file = self.read("parameters.yaml"), self.read("evidence.yaml")
        files = {name: self.read(name) for name in self.included(head_file, head.includes)}
        parameters = read_parameters(parameter_file, head.effective_from) if parameter_file else {}
        for name in sorted(set(parameters) & set(self.facts)):
            place = parameters[name].place
            self.faults.append(Fault(place, name, "a parameter not named as a fact is", "rename it"))
        vocabulary = Vocabulary(self.facts, parameters, head.effective_from, head.effective_until)
        editions = _editions(head, parameters)
        rules = self.rules(files, vocabulary, head)
        tables = self.tables(files, vocabulary, editions, head)
        matrix = EvidenceMatrix((), head.reason_if_unknown)
        if evidence_file:
            matrix = read_evidence(evidence_file, self.facts, head.reason_if_unknown, self.sections)
        programs = {rule.id: _dated(rule, vocabulary, editions) for rule in rules}
        case = Case(head.product, "company", "new", "CN", head.currency, 100_000.0)
        for rule in rules:
            run_examples(rule, programs[rule.id], vocabulary, case)
        if self.faults:
            raise PolicyFaults(in_order(self.faults))
        named = {name for rule in rules for name in rule.names}
        named |= {fact.name for table in tables.values() for fact in table.columns}
        return Policy(
            head.id, head.version, head.product, head.currency, head.effective_from, head.effective_until, head.owner,
            frozenset(named), tuple(rules), dict(sorted(self.contents.items())), head.reason_outside, tables,
            parameters, matrix, _steps(rules, programs, tables, editions),
        )  # fmt: skip

    def read(self, name: str) -> Written | None:
        path = self.folder / name
        try:
            text = read_yaml(path, name=name)
            self.contents[name] = path.read_bytes()
        except DefinitionFaults as error:
            self.faults.extend(error.faults)
            return None
        return Written(text, (), text.plain, self.faults)

    def included(self, head: Written, includes: tuple[str, ...]) -> list[str]:
        """The files of rules and tables: those included and those in the folder must be the same."""
        found = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.yaml")} - {*_OTHER_FILES}
        for name in sorted(set(includes) - found):
            head.fault("includes", name, "a file of the policy's folder")
        for name in sorted(found - set(includes)):
            head.fault("includes", f"no {name}", "every file of the folder included", "include it or take it away")
        for name in includes:
            if not name.startswith(("rules/", "tables/")):
                head.fault("includes", name, "a file under rules/ or tables/")
        return [name for name in includes if name in found]

    def rules(self, files: Mapping[str, Written | None], vocabulary: Vocabulary, head: _Head) -> list[Rule]:
        rules: dict[str, Rule] = {}
        first: dict[str, str] = {}
        for name, file in files.items():
            if file is None or not name.startswith("rules/"):
                continue
            for entry in file.entries("rules"):
                rule = read_rule(entry, vocabulary, self.reasons, head.reason_if_unknown)
                written = str(entry.plain.get("id") or "") if isinstance(entry.plain, dict) else ""
                if written in first:
                    entry.fault("id", f"the id {written} again", f"each id once; it stands at {first[written]}")
                elif written:
                    first[written] = entry.place()
                if rule:
                    rules.setdefault(rule.id, rule)
        return list(rules.values())

    def tables(
        self, files: Mapping[str, Written | None], vocabulary: Vocabulary, editions: Dated[Values], head: _Head
    ) -> dict[str, Table]:
        tables: dict[str, Table] = {}
        for name, file in files.items():
            if file is None or not name.startswith("tables/"):
                continue
            facts, parameters = vocabulary.facts, vocabulary.parameters
            table = read_table(file, facts, parameters, self.reasons, editions, head.reason_if_unknown)
            if table and table.id in tables:
                file.fault("table", f"the table {table.id} again", "each table once")
            elif table:
                tables[table.id] = table
        return tables


def _head(file: Written, reasons: Mapping[str, ReasonCode]) -> _Head | None:
    if not file.mapping("policy", _HEAD, ("effective_until",)):
        return None
    before = len(file.faults)
    start, end = file.date("effective_from"), file.date("effective_until")
    if start is None:
        file.fault("effective_from", file.plain["effective_from"], "a date, YYYY-MM-DD")
    elif end is not None and end < start:
        file.fault("effective_until", end, f"a day from {start} on")
    told = file.under("reasons")
    chosen: dict[str, str] = {}
    if told.mapping("reasons", ("unknown", "outside")):
        chosen = {name: told.word(name, tuple(reasons)) for name in ("unknown", "outside")}
    names: dict[str, Any] = {name: file.name(name) for name in ("id", "version", "product", "currency", "owner")}
    includes = file.words("includes")
    if len(file.faults) > before or start is None:
        return None
    return _Head(
        **names, effective_from=start, effective_until=end, includes=includes,
        reason_if_unknown=chosen["unknown"], reason_outside=chosen["outside"],
    )  # fmt: skip


def _editions(head: _Head, parameters: Mapping[str, Parameter]) -> Dated[Values]:
    """The parameters' values by each day on which one of them changes."""
    start, end = head.effective_from, head.effective_until
    days = {start}
    for parameter in parameters.values():
        days |= {max(day, start) for day, _ in parameter.during(start, end)}
    return Dated.of(
        {day: {name: parameter.values.on(day) for name, parameter in parameters.items()} for day in sorted(days)}
    )


def _dated(rule: Rule, vocabulary: Vocabulary, editions: Dated[Values]) -> Dated[Program]:
    programs = tuple(rule.program(vocabulary, values) for values in editions.held)
    return Dated(editions.starts, programs)


def _steps(
    rules: list[Rule], programs: Mapping[str, Dated[Program]], tables: Mapping[str, Table], editions: Dated[Values]
) -> Dated[Mapping[Stage, tuple[Step, ...]]]:
    """What runs at each stage, by the day from which it runs so."""
    by_day: dict[dt.date, Mapping[Stage, tuple[Step, ...]]] = {}
    for day in editions.starts:
        steps: dict[Stage, list[Step]] = {stage: [] for stage in Stage}
        for rule in rules:
            scope = None if rule.scope == EVERYONE else rule.scope
            steps[rule.stage].append((scope, programs[rule.id].on(day), rule.skipped))
        for table in tables.values():
            if table.decides:
                skipped = RuleResult(table.id, RuleKind.CUT_OFF, RuleAnswer.SKIPPED)
                steps[table.stage].append((None, decide(table, table.on.on(day)), skipped))
        by_day[day] = {stage: tuple(stepped) for stage, stepped in steps.items()}
    return Dated.of(by_day)
