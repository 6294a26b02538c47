"""Tables: grade cut-offs, limits and prices as rows, proved to have no gap, no overlap and no dead row.

A table with an ``outcome`` column runs as a rule of kind ``cut_off``. There is no ``otherwise`` row: every
row that refers or declines carries its own reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from risk_engine.errors import nearest_hint
from risk_engine.facts import Fact, Facts, Plain, ReasonCode
from risk_engine.rules.cells import Cell, Interval, read_cell
from risk_engine.rules.conditions import FALSE, TRUE, UNKNOWN, Held, read_fact
from risk_engine.rules.coverage import Ground, lay_out
from risk_engine.rules.parameters import Dated, Parameter, Values
from risk_engine.rules.results import LIFTED_BY, Clause, LiftedBy, RuleAnswer, RuleKind, RuleResult, to_the_cent
from risk_engine.rules.written import Written
from risk_engine.vocabulary import FactType, Outcome, ReferKind, Stage

GIVES = ("outcome", "max_loan", "annual_rate", "reason", "refer_kind")


class Row(msgspec.Struct, frozen=True):
    """What a table gives where a row is hit; None where the table has no such column or the cell is null.

    Attributes:
        number: The row, counted from 1.
        outcome: approve, refer or decline.
        max_loan: Most that may be lent, in the policy's currency.
        annual_rate: Nominal rate as a fraction.
        reason: Reason code.
        refer_kind: Who a referral goes to.
    """

    number: int
    outcome: Outcome | None = None
    max_loan: float | None = None
    annual_rate: float | None = None
    reason: str | None = None
    refer_kind: ReferKind | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A table on a day: tests with numbers in them."""

    rows: tuple[tuple[tuple[Callable[[Held], Clause], ...], Row], ...]
    ground: Ground

    def look_up(self, held: Held) -> tuple[Row | None, tuple[Clause, ...]]:
        """The first row hit; None, with the clauses that could not be judged, where a missing fact leaves it open."""
        for judges, row in self.rows:
            clauses, hit = [], True
            for judge in judges:
                clause = judge(held)
                if clause.truth is FALSE:
                    break
                hit = hit and clause.truth is TRUE
                clauses.append(clause)
            else:
                return (row if hit else None), tuple(clauses)
        return None, ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the policy.

    Attributes:
        id: Its name.
        columns: The facts that choose the row.
        gives: The columns it answers with.
        stage: The latest stage among its facts.
        on: The table by the day its parameters hold from.
    """

    id: str
    columns: tuple[Fact, ...]
    gives: tuple[str, ...]
    reason_if_unknown: str
    overridable: LiftedBy
    stage: Stage
    on: Dated[Bound]

    def look_up(self, facts: Facts, as_of: dt.date) -> Row | None:
        """The row these facts hit on a day; None where a missing fact leaves it open."""
        return self.on.on(as_of).look_up(facts.held)[0]

    @property
    def decides(self) -> bool:
        """Whether it runs as a rule."""
        return "outcome" in self.gives


def decide(table: Table, bound: Bound) -> Callable[[Held], RuleResult]:
    """A table with outcomes as a rule of kind ``cut_off``, which refers where a fact is missing."""
    unknown, asked = RuleAnswer.REFER, ReferKind.INFORMATION
    name, kind, lifts = table.id, RuleKind.CUT_OFF, table.overridable
    caps = {row.number: None if row.max_loan is None else to_the_cent(row.max_loan) for _, row in bound.rows}
    answers = {row.number: _answer(row) for _, row in bound.rows}

    def run(held: Held) -> RuleResult:
        row, clauses = bound.look_up(held)
        if row is None:
            return RuleResult(name, kind, unknown, clauses, table.reason_if_unknown, asked, (), None, lifts)
        number = row.number
        reason, goes_to, cap = row.reason or "", row.refer_kind, caps[number]
        return RuleResult(name, kind, answers[number], clauses, reason, goes_to, (), cap, lifts, number)

    return run


def _answer(row: Row) -> RuleAnswer:
    if row.outcome is Outcome.APPROVE and row.max_loan is not None:
        return RuleAnswer.CAP
    return RuleAnswer(str(row.outcome))


def read_table(
    file: Written,
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
    reasons: Mapping[str, ReasonCode],
    editions: Dated[Values],
    reason_if_unknown: str,
) -> Table | None:
    """Read one file of ``tables/``; None, with faults, where it is not sound."""
    before = len(file.faults)
    if not file.mapping("table", ("table", "hit", "columns", "rows", "if_unknown"), ("overridable",)):
        return None
    name, hit = file.name("table"), file.word("hit", ("first", "unique"))
    if file.plain["if_unknown"] != Outcome.REFER:
        hint = "a table concerns persons too: only a rule scoped to companies may decline for what is missing"
        file.fault("if_unknown", file.plain["if_unknown"], "refer", hint)
    lifted = file.word("overridable", (LiftedBy.NEVER,), default=LIFTED_BY[RuleKind.CUT_OFF])
    columns = _columns(file, facts)
    if len(file.faults) > before or columns is None:
        return None
    rows = [_row(row, columns, facts, parameters, reasons) for row in file.under("rows").entries("rows")]
    if len(file.faults) > before:
        return None
    inputs = tuple(facts[column] for column in columns if column in facts and column not in GIVES)
    sound = [row for row in rows if row is not None]
    bound = {}
    for day, values in zip(editions.starts, editions.held, strict=True):
        bound[day] = _bind(file, sound, inputs, values, unique=hit == "unique")
        if len(file.faults) > before:
            return None
    stage = max((fact.stage for fact in inputs), key=list(Stage).index)
    gives = tuple(column for column in columns if column in GIVES)
    return Table(name, inputs, gives, reason_if_unknown, LiftedBy(lifted), stage, Dated.of(bound))


def _columns(file: Written, facts: Mapping[str, Fact]) -> tuple[str, ...] | None:
    columns = file.words("columns")
    known = {*facts, *GIVES}
    for column in columns:
        if column not in known:
            file.fault("columns", column, f"a fact, or one of {', '.join(GIVES)}", nearest_hint(column, known))
    inputs = [column for column in columns if column not in GIVES]
    if len(set(columns)) < len(columns):
        file.fault("columns", "a column twice", "each column once")
    elif not inputs or len(inputs) == len(columns):
        file.fault("columns", ", ".join(columns), "at least one fact and one answer", f"answers: {', '.join(GIVES)}")
    elif any(facts[column].type is FactType.DATE for column in inputs if column in facts):
        file.fault("columns", "a date", "number, word or boolean facts", "compare dates in a rule")
    else:
        return columns
    return None


def _row(
    row: Written,
    columns: tuple[str, ...],
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
    reasons: Mapping[str, ReasonCode],
) -> tuple[dict[str, Cell], dict[str, Plain | None]] | None:
    if not isinstance(row.plain, list) or len(row.plain) != len(columns):
        row.fault(None, row.plain, f"a row of {len(columns)}: {', '.join(columns)}")
        return None
    cells: dict[str, Cell] = {}
    gives: dict[str, Plain | None] = {}
    for position, column in enumerate(columns):
        if column in GIVES:
            gives[column] = _given(row, position, column, parameters, reasons)
        elif cell := read_cell(row, position, facts[column], parameters):
            cells[column] = cell
    outcome = gives.get("outcome")
    if outcome in (Outcome.REFER, Outcome.DECLINE) and not gives.get("reason"):
        row.fault(None, row.plain, f"a reason on a row that gives {outcome}")
    if outcome == Outcome.REFER:
        gives["refer_kind"] = gives.get("refer_kind") or ReferKind.JUDGEMENT
    elif gives.get("refer_kind"):
        row.fault(None, row.plain, "refer_kind only on a row that refers")
    return cells, gives


def _given(
    row: Written,
    position: int,
    column: str,
    parameters: Mapping[str, Parameter],
    reasons: Mapping[str, ReasonCode],
) -> Plain | None:
    raw = row.plain[position]
    closed = {"outcome": tuple(Outcome), "refer_kind": tuple(ReferKind), "reason": tuple(reasons)}
    if column in closed:
        if raw in closed[column] or (raw is None and column != "outcome"):
            return raw  # type: ignore[no-any-return]
        row.fault(position, raw, f"a known {column}", nearest_hint(str(raw), [str(word) for word in closed[column]]))
        return None
    unit = "currency" if column == "max_loan" else "ratio"
    if isinstance(raw, str) and raw in parameters and parameters[raw].unit == unit:
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool) and raw >= 0:
        return float(raw)
    if raw is not None or column == "annual_rate":
        row.fault(position, raw, f"{column}: a number, or a parameter in {unit}", nearest_hint(str(raw), parameters))
    return None


def _bind(
    file: Written,
    rows: list[tuple[dict[str, Cell], dict[str, Plain | None]]],
    inputs: tuple[Fact, ...],
    values: Values,
    *,
    unique: bool,
) -> Bound:
    ground = lay_out(inputs, [cells for cells, _ in rows], values)
    for position, expected in ground.faults(unique=unique):
        file.under("rows").fault(position, *expected)
    bound = []
    for number, (cells, gives) in enumerate(rows, start=1):
        judges = tuple(_judge(fact, cells[fact.name], values) for fact in inputs if cells[fact.name].sign != "any")
        given = {
            name: values[held] if name in ("max_loan", "annual_rate") and isinstance(held, str) else held
            for name, held in gives.items()
        }
        bound.append((judges, msgspec.convert({"number": number, **given}, Row)))
    return Bound(tuple(bound), ground)


def _judge(fact: Fact, cell: Cell, values: Values) -> Callable[[Held], Clause]:
    read, threshold = read_fact(fact), cell.threshold(values)
    name, sign = fact.name, cell.sign
    held_by = _holds(fact, cell, cell.interval(values) if cell.sign != "in" else None)

    def judge(held: Held) -> Clause:
        plain, told = read(held)
        if plain is None:
            return Clause(name, sign, told, threshold, UNKNOWN)  # type: ignore[arg-type]
        return Clause(name, sign, told, threshold, TRUE if held_by(plain) else FALSE)  # type: ignore[arg-type]

    return judge


def _holds(fact: Fact, cell: Cell, interval: Interval | None) -> Callable[[Plain], bool]:
    if interval is not None:
        return interval.holds  # type: ignore[return-value]
    members = cell.members
    if fact.type is FactType.BOOLEAN:
        return lambda plain: int(plain) in members  # type: ignore[arg-type]
    words = frozenset(cell.shown)
    return lambda plain: plain in words
