"""Golden vectors: rows with what a model said of them when it was written, to be scored again where it is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from risk_engine.errors import ReleaseError
from risk_engine.facts import FactMatrix
from risk_engine.models.canonical import read_file
from risk_engine.models.default_probability import DefaultProbabilityModel
from risk_engine.vocabulary import State

TOLERANCE = 1e-9
ROWS = 20


class _Vector(msgspec.Struct, frozen=True):
    """One line of ``golden.jsonl``."""

    values: list[float | None]
    states: list[State]
    default_probability: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    score: float


def golden_vectors(model: DefaultProbabilityModel, training: FactMatrix) -> bytes:
    """Training rows spread evenly over the default probability, with what the model says of them, one JSON a line.

    Args:
        model: What scores them.
        training: Its facts on the rows it was fitted on.
    """
    ranked = np.argsort(model.predict(training.values, training.states).default_probability, kind="stable")
    chosen = ranked[np.unique(np.linspace(0, len(ranked) - 1, ROWS).round().astype(int))]
    values, states = training.values[chosen], training.states[chosen]
    said = model.predict(values, states)
    lines = [
        _Vector(
            [None if math.isnan(value) else value for value in values[row].tolist()],
            states[row].tolist(),
            float(said.default_probability[row]),
            float(said.score[row]),
        )
        for row in range(len(chosen))
    ]
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _vectors(golden: bytes) -> list[_Vector]:
    lines = [msgspec.json.decode(line, type=_Vector) for line in golden.splitlines()]
    widths = {length for line in lines for length in (len(line.values), len(line.states))}
    if len(widths) > 1:
        raise ValueError(f"vectors of {' and '.join(map(str, sorted(widths)))} facts")
    return lines


def check_golden(model: DefaultProbabilityModel, files: Mapping[str, bytes], path: Path) -> None:
    """Score the vectors again, many at a time and each alone, as decisions are.

    Args:
        model: As it was loaded.
        files: The files of its bundle, among them what :func:`golden_vectors` wrote.
        path: The release, for what is said of it.

    Raises:
        ReleaseError: There are none, or the model says something else of one.
    """
    lines = read_file(files, "golden.jsonl", _vectors)
    if not lines:
        raise ReleaseError(f"no golden vectors in {path}, the release is broken", hint="train it again")
    values = np.array([[math.nan if value is None else value for value in line.values] for line in lines])
    said = model.predict(values, np.array([line.states for line in lines], dtype=np.uint8))
    for row, line in enumerate(lines):
        alone = model.decide(values[row].tolist(), line.states)
        for probability, score in ((said.default_probability[row], said.score[row]), alone[:2]):
            if abs(probability - line.default_probability) > TOLERANCE or score != line.score:
                raise ReleaseError(
                    f"the model at {path} scores golden vector {row + 1} as {probability:.9f} with {score:g} points, "
                    f"not {line.default_probability:.9f} with {line.score:g}",
                    hint="this machine's libraries compute otherwise than those it was trained with; train it again",
                )
