"""A program: registers, instructions and the room they need. Equal instructions are written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from risk_engine.features import machine, opcodes
from risk_engine.features.coverage import PLACE
from risk_engine.features.tables import Floats, Ints

Size = tuple[str, str | int]
"""How long a vector may get: ("rows", section), ("cells", most), ("months", "") or ("days", "") since the first row.

("column", section) is as long as all applicants' rows together.
"""

InputKey = tuple[Any, ...]
"""(section, column) of a section that stands once, or ("attributes", name, words)."""

ROW_DATES = "@dates"
"""The column of canonical event days."""

TWO_RESULTS = (opcodes.GROUP, opcodes.GAPS)
"""Instructions with a second result, in field B: the keys, the days that gaps end."""

_OPERANDS = (machine.A, machine.B, machine.C, machine.DATES)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column that a program reads: of a section, or the result of a row kernel."""

    section: str
    column: str


@dataclass(slots=True)
class Program:
    """Written by :mod:`risk_engine.features.compiler`, frozen by :meth:`freeze`."""

    sizes: list[Size | None] = field(default_factory=list)
    """Of each register: how long it may get; None for a single value."""

    leaves: dict[Leaf, int] = field(default_factory=dict)
    constants: dict[float, int] = field(default_factory=dict)
    inputs: dict[InputKey, int] = field(default_factory=dict)
    clocks: dict[tuple[int, int, int], int] = field(default_factory=lambda: {(0, 0, 0): 0})
    windows: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    anchors: dict[tuple[int, int, int], int] = field(default_factory=dict)
    emitted: dict[int, str] = field(default_factory=dict)
    """Register -> section of each emitted column."""

    steps: list[list[int]] = field(default_factory=list)
    _known: dict[tuple[int, ...], int] = field(default_factory=dict)

    def register(self, size: Size | None) -> int:
        """A new register."""
        self.sizes.append(size)
        return len(self.sizes) - 1

    def constant(self, value: float) -> int:
        """The register of a constant."""
        if value not in self.constants:
            self.constants[value] = self.register(None)
        return self.constants[value]

    def leaf(self, section: str, column: str) -> int:
        """The register of a column."""
        leaf = Leaf(section, column)
        if leaf not in self.leaves:
            self.leaves[leaf] = self.register(("rows", section))
        return self.leaves[leaf]

    def step(self, op: int, size: Size | None, /, **fields: int) -> int:
        """The register of an instruction's result; an equal one is not written twice."""
        row = [-1] * machine.FIELDS
        row[machine.OP] = op
        for name, value in fields.items():
            row[getattr(machine, name.upper())] = value
        key = tuple(row)
        if key in self._known:
            return self._known[key]
        row[machine.TARGET] = self.register(size)
        if op in TWO_RESULTS:
            row[machine.B] = self.register(size)
        self.steps.append(row)
        self._known[key] = row[machine.TARGET]
        return row[machine.TARGET]

    def second_of(self, register: int) -> int:
        """The second result of the instruction that wrote a register."""
        return next(row[machine.B] for row in self.steps if row[machine.TARGET] == register)

    def emit(self, register: int, section: str) -> int:
        """Keep a vector of rows as a column of its section."""
        row = [-1] * machine.FIELDS
        target = self.register(None)
        self.emitted[target] = section
        row[machine.OP], row[machine.TARGET], row[machine.A] = opcodes.EMIT, target, register
        row[machine.SECTION] = PLACE[section]
        self.steps.append(row)
        return target

    def out(self, register: int, fact: int) -> None:
        """Leave a single value as a fact."""
        row = [-1] * machine.FIELDS
        row[machine.OP], row[machine.TARGET], row[machine.A] = opcodes.OUT, fact, register
        self.steps.append(row)

    def freeze(self) -> Frozen:
        """Lay out the memory."""
        return Frozen(self)


class Frozen:
    """A program as integer arrays, and the layout of its memory.

    Single values stand first, each at its own number; then come vectors, columns, emitted columns and scratch room.
    Vectors share room: a register's place is free again after its last reader.

    Attributes:
        room: How many registers there are, which is where the vectors begin.
        lengths: By size, the length where no section has rows.
        stand: What stands in the memory, in order: 0 for the single values, else its size by place in lengths, from 1.
        placed: The registers of vectors and columns.
        slots: What stands before each of them, as a place in stand.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.code: Ints = np.array(program.steps, np.int64).reshape(-1, machine.FIELDS)
        self.leaves = tuple(program.leaves.items())
        self.leaf_registers: Ints = np.array(list(program.leaves.values()), np.int64)
        self.leaf_places: Ints = np.array([PLACE[leaf.section] for leaf in program.leaves], np.int64)
        self.inputs = tuple(program.inputs)
        self.input_places: Ints = np.array([PLACE[key[0]] for key in program.inputs], np.int64)
        self.clocks: Ints = np.array(list(program.clocks), np.int64).reshape(-1, 3)
        self.windows: Ints = np.array(list(program.windows), np.int64).reshape(-1, 4)
        self.anchors: Ints = np.array(list(program.anchors), np.int64).reshape(-1, 3)
        self.sections = tuple(dict.fromkeys(leaf.section for leaf in program.leaves))
        self.constants: Ints = np.array(list(program.constants.values()), np.int64)
        self.constant_values: Floats = np.array(list(program.constants), np.float64)
        self.room = len(program.sizes)
        vectors = {register for row in program.steps for register in _targets(row) if program.sizes[register]}
        slots, stand = _slots(program, vectors)
        for register, section in [*((held, leaf.section) for leaf, held in self.leaves), *program.emitted.items()]:
            slots[register] = len(stand)
            stand.append(("column", section))
        self.lengths = {size: _least(size) for size in stand}
        number = {size: place for place, size in enumerate(self.lengths, start=1)}
        self.stand: Ints = np.array([0, *(number[size] for size in stand)], np.int64)
        self.placed: Ints = np.array([*slots], np.int64)
        self.slots: Ints = np.array([*slots.values()], np.int64)


def _least(size: Size) -> int:
    match size:
        case ("column", _):
            return 0
        case ("cells", most):
            return int(most) + 2
        case _:
            return 2


def _targets(row: Sequence[int]) -> list[int]:
    if row[machine.OP] in (opcodes.OUT, opcodes.EMIT):
        return []
    return [row[machine.TARGET], row[machine.B]] if row[machine.OP] in TWO_RESULTS else [row[machine.TARGET]]


def _slots(program: Program, vectors: set[int]) -> tuple[dict[int, int], list[Size]]:
    """The slot of each vector, and the size of each slot."""
    last = {}
    for place, row in enumerate(program.steps):
        for register in [row[operand] for operand in _OPERANDS] + _targets(row):
            last[register] = place
    slots: dict[int, int] = {}
    sizes: list[Size] = []
    free: dict[Size, list[int]] = {}
    for place, row in enumerate(program.steps):
        for register in _targets(row):
            size = program.sizes[register]
            if register not in vectors or size is None:
                continue
            waiting = free.setdefault(size, [])
            if not waiting:
                waiting.append(len(sizes))
                sizes.append(size)
            slots[register] = waiting.pop()
        for register in {row[operand] for operand in _OPERANDS} | set(_targets(row)):
            size = program.sizes[register] if register in slots else None
            if size is not None and last[register] == place:
                free[size].append(slots[register])
    return slots, sizes
