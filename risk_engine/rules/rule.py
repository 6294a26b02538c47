"""A rule: a sentence, an expression, what happens where a fact is missing, and examples that prove it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from risk_engine.errors import ExpressionError, nearest_hint
from risk_engine.facts import ReasonCode, Says
from risk_engine.rules.conditions import FALSE, TRUE, UNKNOWN, Compiled, Held, compile_condition, compile_value
from risk_engine.rules.language import Condition, Literal, Name, Value, names_in, parse_condition, parse_value
from risk_engine.rules.meaning import Vocabulary
from risk_engine.rules.parameters import Values
from risk_engine.rules.results import LIFTED_BY, Clause, LiftedBy, RuleAnswer, RuleKind, RuleResult, to_the_cent
from risk_engine.rules.scope import EVERYONE, Scope, read_scope
from risk_engine.rules.written import Written
from risk_engine.vocabulary import ReferKind, Stage

Program = Callable[[Held], RuleResult]

_REQUIRED = ("id", "says", "kind", "if_unknown", "reason", "examples")
_OPTIONAL = ("when", "limit", "scope", "overridable", "refer_kind", "requests")
_KINDS = (RuleKind.KNOCK_OUT, RuleKind.REFER, RuleKind.CAP, RuleKind.CONDITION)
_FIRES = {
    RuleKind.KNOCK_OUT: RuleAnswer.DECLINE,
    RuleKind.REFER: RuleAnswer.REFER,
    RuleKind.CAP: RuleAnswer.CAP,
    RuleKind.CONDITION: RuleAnswer.CONDITION,
}
_PASSED, _CAPPED = RuleAnswer.APPROVE, RuleAnswer.CAP
_UNKNOWN = {"decline": RuleAnswer.DECLINE, "refer": RuleAnswer.REFER, "pass": RuleAnswer.APPROVE}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written and checked.

    Attributes:
        id: Its name, unique in the policy.
        says: What it does, for people.
        kind: Who may lift it, and what firing means.
        when: The condition; None for a cap that always holds.
        limit: The amount of a cap.
        if_unknown: What happens where the condition, or the cap's amount, is unknown; None: ``unknown_limit`` holds.
        unknown_limit: The amount of a cap where its condition is unknown.
        reason: Reason code where it fires.
        reason_if_unknown: Reason code where a fact was missing.
        refer_kind: Who a referral goes to.
        requests: What to ask the applicant for.
        overridable: Who may lift the result.
        scope: Whom it concerns.
        names: The facts it names.
        stage: The latest stage among them.
        written: Where it stands, with its examples.
    """

    id: str
    says: Says
    kind: RuleKind
    when: Condition | None
    limit: Value | None
    if_unknown: RuleAnswer | None
    unknown_limit: Value | None
    reason: str
    reason_if_unknown: str
    refer_kind: ReferKind
    requests: tuple[str, ...]
    overridable: LiftedBy
    scope: Scope
    names: frozenset[str]
    stage: Stage
    written: Written

    @property
    def fires(self) -> RuleAnswer:
        """What it answers where its condition holds."""
        return _FIRES[self.kind]

    @property
    def skipped(self) -> RuleResult:
        """What it answers where its scope excludes the case."""
        return RuleResult(self.id, self.kind, RuleAnswer.SKIPPED, overridable=self.overridable)

    def program(self, vocabulary: Vocabulary, values: Values) -> Program:
        """Make it run with the parameters of a day."""
        if self.kind is RuleKind.CAP:
            return self._cap(vocabulary, values)
        condition = compile_condition(self.when, vocabulary.facts, values)  # type: ignore[arg-type]
        name, kind, lifts, fires, reason = self.id, self.kind, self.overridable, self.fires, self.reason
        requests = self.requests if fires is not RuleAnswer.DECLINE else ()
        goes_to = self.refer_kind if fires is RuleAnswer.REFER else None
        unknown = self._unknown()

        def run(held: Held) -> RuleResult:
            truth, clauses = condition(held)
            if truth is FALSE:
                return RuleResult(name, kind, _PASSED, clauses, "", None, (), None, lifts)
            if truth is TRUE:
                return RuleResult(name, kind, fires, clauses, reason, goes_to, requests, None, lifts)
            return unknown(clauses)

        return run

    def _unknown(self) -> Callable[[tuple[Clause, ...]], RuleResult]:
        """The answer where a fact was missing: a referral asks for it."""
        answer = self.if_unknown or RuleAnswer.CAP
        refers = answer is RuleAnswer.REFER
        reason = "" if answer is RuleAnswer.APPROVE else self.reason_if_unknown
        kind = ReferKind.INFORMATION if refers else None
        requests = self.requests if refers else ()
        return lambda clauses: RuleResult(
            self.id, self.kind, answer, clauses, reason, kind, requests, None, self.overridable
        )

    def _cap(self, vocabulary: Vocabulary, values: Values) -> Program:
        facts = vocabulary.facts
        condition: Compiled = compile_condition(self.when, facts, values) if self.when else lambda _: (TRUE, ())
        limit = self.limit, compile_value(self.limit, facts, values)  # type: ignore[arg-type]
        fallback = limit
        if self.unknown_limit is not None:
            fallback = self.unknown_limit, compile_value(self.unknown_limit, facts, values)
        unknown, texts = self._unknown(), (str(limit[0]), str(fallback[0]))

        def run(held: Held) -> RuleResult:
            truth, clauses = condition(held)
            if truth is FALSE:
                return RuleResult(self.id, self.kind, _PASSED, clauses, overridable=self.overridable)
            holds = truth is TRUE
            number, told = limit[1](held) if holds else fallback[1](held)
            known = number is not None and (holds or self.if_unknown is None)
            gives = Clause(texts[not holds], "gives", told, None, TRUE if known else UNKNOWN)  # type: ignore[arg-type]
            if not known:
                return unknown((*clauses, gives))
            cap, reason = to_the_cent(number), self.reason if holds else self.reason_if_unknown  # type: ignore[arg-type]
            return RuleResult(self.id, self.kind, _CAPPED, (*clauses, gives), reason, None, (), cap, self.overridable)

        return run


def read_rule(
    entry: Written, vocabulary: Vocabulary, reasons: Mapping[str, ReasonCode], reason_if_unknown: str
) -> Rule | None:
    """Read one rule; None, with every fault noted, where it is not sound."""
    before = len(entry.faults)
    name = entry.plain.get("id") if isinstance(entry.plain, dict) else None
    if not entry.mapping(f"rule {name}" if name else "a rule", _REQUIRED, _OPTIONAL):
        return None
    kind = RuleKind(entry.word("kind", _KINDS) or RuleKind.REFER)
    scope = read_scope(entry.under("scope"), vocabulary.facts) if "scope" in entry.plain else EVERYONE
    when = _when(entry, kind, vocabulary)
    limit = _amount(entry, "limit", vocabulary) if kind is RuleKind.CAP else None
    if kind is not RuleKind.CAP and "limit" in entry.plain:
        entry.fault("limit", "limit", f"no limit on a {kind.value}", "only a cap has one")
    if_unknown, unknown_limit = _if_unknown(entry, kind, limit, scope, vocabulary)
    reason = entry.word("reason", tuple(reasons))
    names = frozenset(
        word for node in (when, limit) if node is not None for word in names_in(node) if word in vocabulary.facts
    )
    stages = [vocabulary.facts[word].stage for word in names] or [Stage.EVIDENCE]
    rule = Rule(
        id=entry.name("id"),
        says=entry.says("says"),
        kind=kind,
        when=when,
        limit=limit,
        if_unknown=if_unknown,
        unknown_limit=unknown_limit,
        reason=reason,
        reason_if_unknown=reason_if_unknown,
        refer_kind=ReferKind(entry.word("refer_kind", tuple(ReferKind), default=ReferKind.JUDGEMENT)),
        requests=entry.words("requests"),
        overridable=LiftedBy(entry.word("overridable", (LiftedBy.NEVER,), default=LIFTED_BY[kind])),
        scope=scope,
        names=names,
        stage=max(stages, key=list(Stage).index),
        written=entry,
    )
    return rule if len(entry.faults) == before else None


def _when(entry: Written, kind: RuleKind, vocabulary: Vocabulary) -> Condition | None:
    if "when" not in entry.plain:
        if kind is not RuleKind.CAP:
            entry.fault(None, "no when", f"rule {entry.plain['id']} with when:")
        return None
    try:
        node = parse_condition(entry.name("when"))
    except ExpressionError as error:
        entry.fault("when", entry.plain["when"], "a condition", error.message)
        return None
    vocabulary.check_condition(node, lambda *told: entry.fault("when", *told))
    return node


def _amount(entry: Written, key: str, vocabulary: Vocabulary) -> Value | None:
    written = entry.plain.get(key)
    if isinstance(written, int | float) and not isinstance(written, bool):
        return Literal(float(written))
    if not isinstance(written, str):
        entry.fault(key if key in entry.plain else None, written or f"no {key}", f"a cap with an amount as {key}:")
        return None
    try:
        node = parse_value(written)
    except ExpressionError as error:
        entry.fault(key, written, "an amount", error.message)
        return None
    vocabulary.check_amount(node, lambda *told: entry.fault(key, *told))
    return node


def _if_unknown(
    entry: Written, kind: RuleKind, limit: Value | None, scope: Scope, vocabulary: Vocabulary
) -> tuple[RuleAnswer | None, Value | None]:
    written = entry.plain["if_unknown"]
    if written == "decline" and set(scope.applicant_kind) != {"company"}:
        hint = "a person's missing paper makes the application incomplete: refer, or scope: {applicant_kind: [company]}"
        entry.fault("if_unknown", "decline", "refer, as the rule also concerns persons", hint)
    if kind is RuleKind.CAP and written == "pass":
        entry.fault("if_unknown", "pass", "refer, decline or an amount", "an unknown cap is not the absence of a cap")
    if isinstance(written, str) and written in _UNKNOWN:
        return _UNKNOWN[written], None
    if kind is not RuleKind.CAP:
        hint = nearest_hint(str(written), _UNKNOWN)
        entry.fault("if_unknown", written, "decline, refer or pass", hint)
        return RuleAnswer.REFER, None
    amount = _amount(entry, "if_unknown", vocabulary)
    if amount is not None and limit is not None and not _never_more(amount, limit, vocabulary):
        hint = "leaving a fact out would raise the limit"
        entry.fault("if_unknown", amount, f"an amount never above {limit}, which names no fact", hint)
    return None, amount


def _never_more(amount: Value, limit: Value, vocabulary: Vocabulary) -> bool:
    """Whether both are fixed amounts and the first is nowhere above the second."""
    if not all(isinstance(node, Literal) or str(node) in vocabulary.parameters for node in (amount, limit)):
        return False
    if str(amount) == str(limit):
        return True
    return max(_fixed(amount, vocabulary), default=math.inf) <= min(_fixed(limit, vocabulary), default=-math.inf)


def _fixed(node: Value, vocabulary: Vocabulary) -> list[float]:
    if isinstance(node, Name):
        dated = vocabulary.parameters[node.name].during(vocabulary.start, vocabulary.end)
        return [value for _, value in dated if isinstance(value, float)]
    return [node.value] if isinstance(node, Literal) and isinstance(node.value, float) else []
