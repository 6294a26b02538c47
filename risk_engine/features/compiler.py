"""Expressions to programs: windows resolved, common parts once, no code generated."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from risk_engine.application import SECTIONS
from risk_engine.errors import ExpressionError
from risk_engine.features import opcodes as op
from risk_engine.features.coverage import PLACE
from risk_engine.features.expressions import Expression
from risk_engine.features.functions import CELLS, REDUCES
from risk_engine.features.program import ROW_DATES, InputKey, Program, Size
from risk_engine.features.shapes import Window

PAIRS = {
    "add": op.ADD, "sub": op.SUB, "mul": op.MUL, "div": op.DIV, "eq": op.EQ, "ne": op.NE, "lt": op.LT, "le": op.LE,
    "gt": op.GT, "ge": op.GE, "and": op.AND, "or": op.OR, "minimum": op.MINIMUM, "maximum": op.MAXIMUM,
    "fill": op.FILL, "when": op.WHEN,
}  # fmt: skip
SINGLES = {
    "not": op.NOT, "neg": op.NEG, "log": op.LOG, "log10": op.LOG10, "absolute": op.ABSOLUTE,
    "days_left_in_month": op.DAYS_LEFT,
}  # fmt: skip
KINDS = {
    "Count": op.COUNT, "Sum": op.SUM, "Mean": op.MEAN, "Std": op.STD, "Min": op.MIN, "Max": op.MAX, "Last": op.LAST,
    "Quantile": op.QUANTILE, "LongestRun": op.LONGEST_RUN, "Slope": op.SLOPE, "Top": op.TOP,
}  # fmt: skip
UNITS = {"days": op.DAYS, "months": op.MONTHS, "past_months": op.PAST_MONTHS, "ever": op.EVER}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a formula we are: how far back, in which open window, how much of it must be covered."""

    clock: int = 0
    window: Window | None = None
    covered: float = 1.0


@dataclass(frozen=True, slots=True)
class KernelCall:
    """A row kernel to run before the program: its result is the column ``column`` of its section."""

    expression: Expression
    place: Place
    column: str


@dataclass(slots=True)
class Compiler:
    """Writes one program."""

    program: Program = field(default_factory=Program)
    calls: dict[str, KernelCall] = field(default_factory=dict)

    def one(self, expression: Expression) -> int:
        """The register of a closed expression over one value."""
        return self.compile(expression, Place())

    def compile(self, e: Expression, at: Place) -> int:
        """The register of an expression at a place."""
        if e.op in PAIRS or e.op in SINGLES:
            return self._elementwise(e, at)
        if e.op in REDUCES:
            return self._reduce(e, at)
        if e.op in CELLS:
            return self._cells(e, at)
        special: dict[str, Callable[[Expression, Place], int]] = {
            "pending": self._pending, "is_in": self._is_in, "months_since": self._months_since, "ago": self._ago,
            "previous": self._previous, "date_of": self._date_of, "row_kernel": self._row_kernel,
        }  # fmt: skip
        return special[e.op](e, at) if e.op in special else self._leaf(e, at)

    def emit(self, register: int, section: str) -> int:
        """Keep the value of every row of a section, wherever it comes from."""
        if self.program.sizes[register] is None:
            dates = self.program.leaf(section, ROW_DATES)
            register = self._pair(op.WHEN, self._pair(op.EQ, dates, dates), register)
        return self.program.emit(register, section)

    def before_now(self, section: str, at: Place) -> int:
        """1 where a row is dated before ``now``, else 0."""
        dates = self.program.leaf(section, ROW_DATES)
        return self.program.step(op.BEFORE_NOW, ("rows", section), a=dates, extra=at.clock)

    def _leaf(self, e: Expression, at: Place) -> int:
        match e.op:
            case "constant" | "word":
                return self.program.constant(e.settings["value"])
            case "column":
                return self.program.leaf(e.settings["section"], e.settings["column"])
            case "now":
                return self.program.step(op.NOW, None, extra=at.clock)
            case "input":
                # What a request leaves out was not asked for: that is not the same as none.
                key: InputKey = (e.settings["section"], e.settings["column"])
                missing = op.NOT_OBTAINED
            case "attribute":
                key = ("attributes", e.settings["name"], e.settings.get("words"))
                missing = op.NONE
            case _:
                raise ExpressionError(f"{e} cannot be run")
        number = self.program.inputs.setdefault(key, len(self.program.inputs))
        return self.program.step(op.INPUT, None, a=number, extra=missing)

    def _pair(self, how: int, a: int, b: int) -> int:
        sizes = self.program.sizes
        size = sizes[a] or sizes[b]
        if size is None:
            return self.program.step(op.ONE_PAIR, None, a=a, b=b, how=how)
        moves = {"step_a": int(sizes[a] is not None), "step_b": int(sizes[b] is not None)}
        return self.program.step(op.PAIRS, size, a=a, b=b, how=how, **moves)

    def _elementwise(self, e: Expression, at: Place) -> int:
        parts = [self.compile(part, at) for part in e.parts]
        if e.op in SINGLES:
            size = self.program.sizes[parts[0]]
            return self.program.step(op.SINGLES if size else op.ONE_SINGLE, size, a=parts[0], how=SINGLES[e.op])
        how = PAIRS[e.op]
        if how == op.DIV and e.parts[1].op == "constant":
            how = op.DIV_BY_CONSTANT
        if how == op.DIV_BY_CONSTANT and self.program.sizes[parts[0]] is not None:
            how = op.DIV
        return self._pair(how, *parts)

    def _pending(self, e: Expression, at: Place) -> int:
        since, until = (self.compile(part, at) for part in e.parts)
        now = self.program.step(op.NOW, None, extra=at.clock)
        still = self._pair(op.FILL, self._pair(op.GE, until, now), self.program.constant(1.0))
        return self._pair(op.AND, self._pair(op.LT, since, now), still)

    def _is_in(self, e: Expression, at: Place) -> int:
        value = self.compile(e.parts[0], at)
        codes = sorted(float(e.parts[0].kind.words.index(word)) for word in e.settings["words"])
        found = [self._pair(op.EQ, value, self.program.constant(code)) for code in codes]
        every = found[0]
        for each in found[1:]:
            every = self._pair(op.OR, every, each)
        return every

    def _months_since(self, e: Expression, at: Place) -> int:
        now = self.program.step(op.NOW, None, extra=at.clock)
        return self._pair(op.MONTHS_SINCE, self.compile(e.parts[0], at), now)

    def _ago(self, e: Expression, at: Place) -> int:
        return self.compile(e.parts[0], self.shifted(e, at))

    def shifted(self, e: Expression, at: Place) -> Place:
        """The place inside ``ago``."""
        shift = e.settings["shift"]
        key = (at.clock, op.DAYS if shift.unit == "days" else op.MONTHS, shift.count)
        return replace(at, clock=self.program.clocks.setdefault(key, len(self.program.clocks)))

    def _previous(self, e: Expression, at: Place) -> int:
        value = self.compile(e.parts[0], at)
        groups = self._group(self.compile(e.parts[1], at)) if len(e.parts) > 1 else -1
        return self.program.step(op.PREVIOUS, self.program.sizes[value], a=value, b=groups)

    def _group(self, key: int) -> int:
        size = self.program.sizes[key]
        return self.program.step(op.GROUP, size, a=key)

    def window(self, window: Window, section: str, at: Place, *, own_dates: bool) -> int:
        """The number of a window for rows of a section."""
        unit = UNITS[window.unit]
        if unit == op.EVER and own_dates and at.clock == 0:
            unit = op.ALL
        anchor = -1
        if unit == op.MONTHS and own_dates and SECTIONS[section].periodic:
            columns = SECTIONS[section].columns
            due, start = (
                self.program.leaf(section, name) if name in columns else -1 for name in ("due_on", "period_start")
            )
            key = (self.program.leaf(section, ROW_DATES), due, start)
            anchor = self.program.anchors.setdefault(key, len(self.program.anchors))
        return self.program.windows.setdefault((at.clock, unit, window.count, anchor), len(self.program.windows))

    def _cover(self, section: str, window: int, share: float) -> int:
        extra = self.program.constant(share)
        return self.program.step(op.COVER, None, section=PLACE[section], window=window, extra=extra)

    def _inside(self, e: Expression, at: Place) -> tuple[Place, Window]:
        window = e.settings["window"] or at.window
        if window is None:
            raise ExpressionError(f"{e} has no window", hint="give it one")
        return replace(at, window=window, covered=e.settings.get("covered", at.covered)), window

    def _reduce(self, e: Expression, at: Place) -> int:
        value = e.parts[0]
        extra = self.program.constant(e.settings.get("q", 0.0))
        if value.shape.level == "cells":
            inside = replace(at, window=e.settings["window"] or at.window, covered=e.settings["covered"])
            cells = self.compile(value, inside)
            if e.op == "ArgMax":
                return self.program.step(op.ARGMAX, None, a=cells, b=self._keys_of(value, inside), extra=extra)
            return self.program.step(op.REDUCE, None, a=cells, how=_how(e), extra=extra)
        inside, window = self._inside(e, at)
        rows, dates, number = self.windowed_rows(e, inside, window)
        cover = self._cover(value.shape.section, number, e.settings["covered"])
        return self.program.step(
            op.REDUCE, None, a=rows, dates=dates, window=number, how=_how(e), extra=extra, covered=cover
        )

    def windowed_rows(self, e: Expression, at: Place, window: Window) -> tuple[int, int, int]:
        """Registers of a reduce's rows and of their rising dates, and the number of its window."""
        section = e.parts[0].shape.section
        rows = self.compile(e.parts[0], at)
        if "on" not in e.settings["labels"]:
            number = self.window(window, section, at, own_dates=True)
            return rows, self.program.leaf(section, ROW_DATES), number
        number = self.window(window, section, at, own_dates=False)
        on = self.compile(e.parts[1], at)
        size: Size = ("rows", section)
        order = self.program.step(op.ORDER, size, a=on)
        sorted_rows = self.program.step(op.GATHER, size, a=rows, b=order)
        return sorted_rows, self.program.step(op.GATHER, size, a=on, b=order), number

    def _cells(self, e: Expression, at: Place) -> int:
        inside, window = self._inside(e, at)
        section = e.shape.section
        number = self.window(window, section, inside, own_dates=True)
        cover = self._cover(section, number, inside.covered)
        dates = self.program.leaf(section, ROW_DATES)
        common = {"dates": dates, "window": number, "covered": cover, "section": PLACE[section]}
        parts = [self.compile(part, inside) for part in e.parts]
        match e.op:
            case "monthly":
                empty = e.settings["empty"]
                common["extra"] = self.program.constant(math.nan if empty is None else empty)
                spread = dict(zip("bc", parts[1:], strict=False))
                how = op.SPREAD if spread else op.MONTHLY
                return self.program.step(how, _months(window), a=parts[0], **spread, **common)
            case "daily":
                groups = self._group(parts[1]) if len(parts) > 1 else -1
                keys = self.program.second_of(groups) if groups >= 0 else -1
                return self.program.step(op.DAILY, _days(window), a=parts[0], b=groups, c=keys, **common)
            case "by":
                groups = self._group(parts[0])
                keys = self.program.second_of(groups)
                return self.program.step(op.BY, ("rows", section), a=parts[1], b=groups, c=keys, **common)
            case _:
                size: Size = ("rows", section)
                rows = self.counted(e.parts[0], parts[0])
                return self.program.step(op.GAPS, size, a=rows, extra=int(e.settings["ends"]), **common)

    def counted(self, value: Expression, rows: int) -> int:
        """Of a condition only the rows where it is true count."""
        return self._pair(op.WHEN, rows, rows) if value.kind.name == "boolean" else rows

    def _keys_of(self, value: Expression, at: Place) -> int:
        node, _ = self._maker(value, at)
        return self.program.second_of(self._group(self.compile(node.parts[0], at)))

    def _maker(self, value: Expression, at: Place) -> tuple[Expression, Place]:
        """What made the cells of an expression, and where."""
        if value.op in CELLS:
            return value, at
        if value.op == "ago":
            return self._maker(value.parts[0], self.shifted(value, at))
        return self._maker(next(part for part in value.parts if part.shape.level == "cells"), at)

    def _date_of(self, e: Expression, at: Place) -> int:
        node, place = self._maker(e.parts[0], at)
        made = self.compile(node, place)
        if node.op == "gaps":
            return self.program.second_of(made)
        inside, window = self._inside(node, place)
        section = node.shape.section
        number = self.window(window, section, inside, own_dates=True)
        how = op.MONTH_DATES if node.op == "monthly" else op.DAY_DATES
        dates = self.program.leaf(section, ROW_DATES)
        return self.program.step(how, self.program.sizes[made], dates=dates, window=number, section=PLACE[section])

    def _row_kernel(self, e: Expression, at: Place) -> int:
        place = Place(clock=at.clock)
        call = KernelCall(e, place, f"@{self._clock_told(at.clock)}{e.text}")
        self.calls.setdefault(call.column, call)
        return self.program.leaf(e.shape.section, call.column)

    def _clock_told(self, clock: int) -> str:
        return "/".join(map(str, next(key for key, held in self.program.clocks.items() if held == clock)))


def _how(e: Expression) -> int:
    return op.COUNT_TRUE if e.op == "Count" and e.parts[0].kind.name == "boolean" else KINDS[e.op]


def _months(window: Window) -> Size:
    return ("months", "") if window.unit == "ever" else ("cells", window.count)


def _days(window: Window) -> Size:
    if window.unit == "ever":
        return ("days", "")
    return ("cells", window.count if window.unit == "days" else 31 * window.count)
