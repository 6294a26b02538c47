"""Running a program over prepared columns: the memory is laid out for the chunk, then one kernel call does it all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from risk_engine.errors import DataError
from risk_engine.features import machine
from risk_engine.features.columns import Columns
from risk_engine.features.compiler import Compiler, KernelCall
from risk_engine.features.compiling import JIT_IS_OFF
from risk_engine.features.coverage import NAMES, PLACE
from risk_engine.features.functions import ROW_KERNELS
from risk_engine.features.prepared import PreparedSection
from risk_engine.features.program import ROW_DATES, Frozen, Leaf
from risk_engine.features.tables import Bytes, Floats, Ints

NO_FACTS: Floats = np.empty((0, 6))

# Plain Python warns where a sum overflows; the value is a pathology either way.
_run = np.errstate(all="ignore")(machine.run) if JIT_IS_OFF else machine.run


class Results(NamedTuple):
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
        sections = {name: held for name in frozen.sections if (held := columns.section(name)) and len(held.kept)}
        made = self._made(columns, sections, {} if shared is None else shared)
        offsets = np.zeros((len(NAMES), n + 1), np.int64)
        for name, held in sections.items():
            offsets[PLACE[name]] = held.offsets
        mem, at, scratch, emitted = self._memory(columns, sections, made)
        inputs, input_states, input_causes = _inputs(frozen, columns)
        states, causes, clipped = np.empty((3, n, len(facts)), np.uint8)
        results = Results(np.empty(states.shape), states, causes, clipped, emitted)
        coverage = columns.coverage
        length, state, cause = np.zeros((3, frozen.room), np.int64)
        _run(
            frozen.code, mem, at, length, state, cause,
            frozen.leaf_registers, frozen.leaf_places, at[frozen.leaf_registers], offsets,
            coverage.states, coverage.causes, coverage.starts, coverage.ends,
            frozen.clocks, frozen.windows, frozen.anchors, columns.moments.now,
            inputs, input_states, input_causes,
            facts, results.values, states, causes, clipped, scratch,
        )  # fmt: skip
        return results

    def _made(
        self, columns: Columns, sections: Mapping[str, PreparedSection], shared: dict[str, Floats]
    ) -> Mapping[str, Floats]:
        """The results of the row kernels, by column; one that several kernels read is made once."""
        made = {}
        for stage in self._stages:
            if stage.section in sections:
                found = shared.get(stage.column)
                made[stage.column] = stage.run(columns, sections[stage.section], shared) if found is None else found
                if stage.at_now:
                    shared[stage.column] = made[stage.column]
        return made

    def _memory(
        self, columns: Columns, sections: Mapping[str, PreparedSection], made: Mapping[str, Floats]
    ) -> tuple[Floats, Ints, int, dict[int, Floats]]:
        """The memory with its constants and columns, the place of every register and of scratch, emitted columns."""
        frozen = self._frozen
        lengths = dict(frozen.lengths)
        for name, held in sections.items():
            lengths["rows", name], lengths["column", name] = _most_rows(held.offsets) + 2, len(held.kept)
        for unit, least in (("days", 1), ("months", 28)):
            if (unit, "") in lengths:
                lengths[unit, ""] = _span(sections.values(), columns.moments.now) // least + 2
        ends = np.array([frozen.room, *(lengths[size] for size in frozen.lengths)])[frozen.stand].cumsum()
        at = np.arange(frozen.room)
        at[frozen.placed] = ends[frozen.slots]
        scratch = int(ends[-1])
        most = max((length for (kind, _), length in lengths.items() if kind != "column"), default=0)
        mem = np.empty(scratch + 6 * most + 4 * (len(frozen.windows) + len(frozen.clocks)) + 4096)
        mem[frozen.constants] = frozen.constant_values
        read = [_column(sections[leaf.section], leaf, made) for leaf, _ in frozen.leaves if leaf.section in sections]
        if read:
            start = int(at[frozen.leaf_registers[0]])
            np.concatenate(read, out=mem[start : start + sum(map(len, read))])
        emitted = {}
        for register, section in frozen.program.emitted.items():
            emitted[register] = mem[at[register] : at[register] + lengths["column", section]]
            emitted[register][:] = np.nan
        return mem, at, scratch, emitted


def _column(section: PreparedSection, leaf: Leaf, made: Mapping[str, Floats]) -> Floats:
    if leaf.column == ROW_DATES:
        return section.dates
    return made[leaf.column] if leaf.column in made else section.column(leaf.column)


def _most_rows(offsets: Ints) -> int:
    """Of any applicant; one alone has all rows."""
    return int(offsets[-1] if len(offsets) == 2 else (offsets[1:] - offsets[:-1]).max())


def _span(sections: Iterable[PreparedSection], now: Floats) -> int:
    """Days from the first row of anybody to the last ``now``."""
    first = min((float(held.dates[np.isfinite(held.dates)].min(initial=np.inf)) for held in sections), default=np.inf)
    span = float(now.max(initial=-np.inf)) - first
    return int(span) + 2 if span > 0 and np.isfinite(span) else 2


def _inputs(frozen: Frozen, columns: Columns) -> tuple[Floats, Bytes, Bytes]:
    """One values from sections that stand once and from the lender's attributes, (inputs, n) each."""
    states, causes = (
        held.take(frozen.input_places, axis=0) for held in (columns.coverage.states, columns.coverage.causes)
    )
    values = np.empty(states.shape)
    values.fill(np.nan)
    attributes = columns.section("attributes")
    for place, key in enumerate(frozen.inputs):
        if len(key) == 2:
            if (held := columns.single(*key)) is not None:
                values[place] = held
        elif attributes is not None and len(attributes.kept):
            values[place], states[place], causes[place] = columns.attribute(key[1], key[2])
    return values, states, causes


class _Stage:
    """One row kernel: arguments are computed, rows before its ``now`` handed over, the result is a column."""

    def __init__(self, call: KernelCall, parent: Compiler) -> None:
        self.column = call.column
        self.section = call.expression.shape.section
        self._function: Callable[..., Any] = ROW_KERNELS[call.expression.settings["name"]][0]
        self._name: str = call.expression.settings["name"]
        compiler = Compiler()
        compiler.program.clocks = dict(parent.program.clocks)
        self._arguments = [
            compiler.emit(compiler.compile(part, call.place), self.section) for part in call.expression.parts
        ]
        # Other clocks are numbered anew in every compiler: their columns' names mean something in one only.
        self.at_now = call.place.clock == 0
        self._before = (
            None if self.at_now else compiler.emit(compiler.before_now(self.section, call.place), self.section)
        )
        self.executable = Executable(compiler)

    def run(self, columns: Columns, section: PreparedSection, shared: dict[str, Floats]) -> Floats:
        """The kernel's value of every row, NaN for rows it must not see."""
        emitted = self.executable.run(columns, shared=shared).emitted
        given = [emitted[register] for register in self._arguments]
        if self._before is None:
            return self._told(section.offsets, given)
        seen = emitted[self._before] == 1.0
        before = np.zeros(len(seen) + 1, np.int64)
        np.cumsum(seen, out=before[1:])
        found = np.full(len(seen), np.nan)
        found[seen] = self._told(before[section.offsets], [values[seen] for values in given])
        return found

    def _told(self, offsets: Ints, given: list[Floats]) -> Floats:
        told = np.asarray(self._function(offsets, *given), np.float64)
        rows = int(offsets[-1])
        if told.shape != (rows,):
            raise DataError(
                f"row kernel {self._name} gave {told.shape} values for {rows} rows", hint="one value per row"
            )
        return told
