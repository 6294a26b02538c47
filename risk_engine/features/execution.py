"""Running a program over prepared columns: the memory is laid out for the chunk, then one kernel call does it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from risk_engine.errors import DataError
from risk_engine.features import machine
from risk_engine.features.columns import Columns
from risk_engine.features.compiler import Compiler, KernelCall
from risk_engine.features.compiling import JIT_IS_OFF
from risk_engine.features.coverage import NAMES, PLACE
from risk_engine.features.functions import ROW_KERNELS
from risk_engine.features.prepared import PreparedSection
from risk_engine.features.program import ROW_DATES, Frozen, Leaf, Size
from risk_engine.features.tables import Bytes, Floats, Ints

NO_FACTS: Floats = np.empty((0, 6))


@dataclass(frozen=True, slots=True)
class Results:
    """What a program left: facts (n, f), and emitted columns by register."""

    values: Floats
    states: Bytes
    causes: Bytes
    clipped: Bytes
    emitted: Mapping[int, Floats]


class Executable:
    """A frozen program with the row kernels that go before it."""

    def __init__(self, compiler: Compiler) -> None:
        self._stages = tuple(_Stage(call, compiler) for call in compiler.calls.values())
        self._frozen = compiler.program.freeze()

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """Columns read, by section."""
        found: dict[str, set[str]] = {}
        for leaf, _ in self._frozen.leaves:
            found.setdefault(leaf.section, set())
            if not leaf.column.startswith("@"):
                found[leaf.section].add(leaf.column)
        for key in self._frozen.inputs:
            found.setdefault(key[0], set()).add(key[1])
        for stage in self._stages:
            for section, columns in stage.executable.reads.items():
                found.setdefault(section, set()).update(columns)
        return {section: frozenset(columns) for section, columns in found.items()}

    def run(self, columns: Columns, facts: Floats = NO_FACTS, shared: dict[str, Floats] | None = None) -> Results:
        """Run for every applicant of the columns.

        Args:
            columns: The applicants.
            facts: As :func:`machine.run` takes them.
            shared: What row kernels have made of these columns by now, at the clock of the decision; more is added.
        """
        frozen, n = self._frozen, len(columns)
        made = self._made(columns, {} if shared is None else shared)
        offsets = np.zeros((len(NAMES), n + 1), np.int64)
        for section in frozen.sections:
            held = columns.section(section)
            if held is not None:
                offsets[PLACE[section]] = held.offsets
        mem, at, scratch, emitted = self._memory(columns, offsets, made)
        inputs, input_states, input_causes = _inputs(frozen, columns)
        shape = (n, len(facts))
        results = Results(
            np.empty(shape), np.empty(shape, np.uint8), np.empty(shape, np.uint8), np.empty(shape, np.uint8), emitted
        )
        coverage = columns.coverage
        length, state, cause = np.zeros((3, frozen.room), np.int64)
        # Plain Python warns where a sum overflows; the value is a pathology either way.
        with np.errstate(all="ignore") if JIT_IS_OFF else nullcontext():
            machine.run(
                frozen.code, mem, at, length, state, cause,
                frozen.leaf_registers, frozen.leaf_places, at[frozen.leaf_registers], offsets,
                coverage.states, coverage.causes, coverage.starts, coverage.ends,
                frozen.clocks, frozen.windows, frozen.anchors, columns.moments.now,
                inputs, input_states, input_causes,
                facts, results.values, results.states, results.causes, results.clipped, scratch,
            )  # fmt: skip
        return results

    def _made(self, columns: Columns, shared: dict[str, Floats]) -> Mapping[str, Floats]:
        """The results of the row kernels, by column; one that several kernels read is made once."""
        made = {}
        for stage in self._stages:
            found = shared.get(stage.column)
            made[stage.column] = stage.run(columns, shared) if found is None else found
            if stage.at_now:
                shared[stage.column] = made[stage.column]
        return made

    def _memory(
        self, columns: Columns, offsets: Ints, made: Mapping[str, Floats]
    ) -> tuple[Floats, Ints, int, dict[int, Floats]]:
        """Single values, room for vectors, scratch, emitted columns, columns: in this order."""
        frozen = self._frozen
        totals, most_rows = offsets[:, -1].tolist(), (offsets[:, 1:] - offsets[:, :-1]).max(axis=1, initial=0).tolist()
        longest = {section: most_rows[PLACE[section]] for section in frozen.sections}
        sizes = [_most(size, longest, columns, frozen) for size in frozen.classes]
        slots = np.array(sizes, np.int64)[frozen.slot_class]
        ends = frozen.room + slots.cumsum()
        at = frozen.at.copy()
        if len(slots):
            at[frozen.vectors] = (ends - slots)[frozen.vector_slots]
        scratch = int(ends[-1]) if len(ends) else frozen.room
        most = max([*sizes, *most_rows])
        top = scratch + 6 * most + 4 * (len(frozen.windows) + len(frozen.clocks)) + 4096
        places = {}
        for register, section in frozen.program.emitted.items():
            at[register], top = top, top + totals[PLACE[section]]
            places[register] = (int(at[register]), top)
        rows = [totals[place] for place in frozen.leaf_places.tolist()]
        starts = [*accumulate(rows, initial=top)]
        at[frozen.leaf_registers] = starts[:-1]
        mem = np.empty(starts[-1])
        mem[frozen.constants] = frozen.constant_values
        for (leaf, _), (start, end) in zip(frozen.leaves, pairwise(starts), strict=True):
            held = columns.section(leaf.section) if end > start else None
            if held is not None:
                mem[start:end] = _column(held, leaf, made)
        for start, end in places.values():
            mem[start:end] = np.nan
        return mem, at, scratch, {register: mem[start:end] for register, (start, end) in places.items()}


def _column(section: PreparedSection, leaf: Leaf, made: Mapping[str, Floats]) -> Floats:
    if leaf.column == ROW_DATES:
        return section.dates
    return made[leaf.column] if leaf.column in made else section.column(leaf.column)


def _most(size: Size, longest: Mapping[str, int], columns: Columns, frozen: Frozen) -> int:
    match size:
        case ("rows", section):
            return longest[str(section)] + 2
        case ("cells", most):
            return int(most) + 2
        case (unit, _):
            days = _span(columns, frozen)
            return days if unit == "days" else days // 28 + 2


def _span(columns: Columns, frozen: Frozen) -> int:
    """Days from the first row of anybody to the last ``now``."""
    held = [columns.section(name) for name in frozen.sections]
    first = min(
        (float(rows.dates[np.isfinite(rows.dates)].min(initial=np.inf)) for rows in held if rows), default=np.inf
    )
    span = float(columns.moments.now.max(initial=-np.inf)) - first
    return int(span) + 2 if span > 0 and np.isfinite(span) else 2


def _inputs(frozen: Frozen, columns: Columns) -> tuple[Floats, Bytes, Bytes]:
    """One values from sections that stand once and from the lender's attributes, (inputs, n) each."""
    states, causes = (held[frozen.input_places] for held in (columns.coverage.states, columns.coverage.causes))
    values = np.full(states.shape, np.nan)
    for place, key in enumerate(frozen.inputs):
        if len(key) == 3:
            values[place], states[place], causes[place] = columns.attribute(key[1], key[2])
        elif (held := columns.single(*key)) is not None:
            values[place] = held
    return values, states, causes


class _Stage:
    """One row kernel: arguments are computed, rows before its ``now`` handed over, the result is a column."""

    def __init__(self, call: KernelCall, parent: Compiler) -> None:
        self.column = call.column
        self._section = call.expression.shape.section
        self._function: Callable[..., Any] = ROW_KERNELS[call.expression.settings["name"]][0]
        self._name: str = call.expression.settings["name"]
        compiler = Compiler()
        compiler.program.clocks = dict(parent.program.clocks)
        self._arguments = [
            compiler.emit(compiler.compile(part, call.place), self._section) for part in call.expression.parts
        ]
        self._before = compiler.emit(compiler.before_now(self._section, call.place), self._section)
        # Other clocks are numbered anew in every compiler: their columns' names mean something in one only.
        self.at_now = call.place.clock == 0
        self.executable = Executable(compiler)

    def run(self, columns: Columns, shared: dict[str, Floats]) -> Floats:
        """The kernel's value of every row, NaN for rows it must not see."""
        section = columns.section(self._section)
        if section is None or not len(section.order):
            return np.empty(0)
        emitted = self.executable.run(columns, shared=shared).emitted
        given = [np.ascontiguousarray(emitted[register]) for register in self._arguments]
        seen = np.ones(len(section.order), np.bool_) if self.at_now else emitted[self._before] == 1.0
        before = np.zeros(len(seen) + 1, np.int64)
        np.cumsum(seen, out=before[1:])
        told = np.asarray(self._function(before[section.offsets], *(values[seen] for values in given)), np.float64)
        if told.shape != (int(before[-1]),):
            raise DataError(
                f"row kernel {self._name} gave {told.shape} values for {int(before[-1])} rows", hint="one value per row"
            )
        found = np.full(len(seen), np.nan)
        found[seen] = told
        return found
