"""One definition, every speed: the same bits alone, in a chunk, in threads, in any order and without compilation."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.features import from_document
from risk_engine.features.compiling import HERE, KERNEL_FILES
from risk_engine.vocabulary import Cause, State
from tests.features.every import PLAN
from tests.features.evidence import application, random_document, table_columns, with_gaps

PARTS = ("values", "states", "causes", "clipped")
COUNT = 36
WITH_GAPS = range(30, COUNT)


def made(seed, rows=120):
    plain = random_document(seed, rows)
    return application(with_gaps(plain, seed) if seed in WITH_GAPS else plain)


@pytest.fixture(scope="module")
def applications():
    return [made(seed) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def alone(applications):
    runs = [PLAN.run(from_document(held)) for held in applications]
    return {part: np.concatenate([getattr(run, part) for run in runs]) for part in PARTS}


def same(matrix, expected):
    return all(getattr(matrix, part).tobytes() == expected[part].tobytes() for part in PARTS)


def test_a_chunk(applications, alone):
    assert same(PLAN.run(table_columns(applications)), alone)


def assert_compares(parts):
    """Else bits would be equal for want of any: every feature has a value, every cause is met."""
    for place, name in enumerate(PLAN.names):
        assert np.any(parts["states"][:, place] == State.VALUE), name
    assert set(np.unique(parts["states"])) == set(State) - {State.NOT_APPLICABLE}
    assert set(np.unique(parts["causes"])) == set(Cause)
    assert np.any(parts["clipped"])


def test_the_applications_have_a_value_of_every_feature_and_every_cause(alone):
    assert_compares(alone)


def test_smaller_chunks(applications, alone):
    for start, end in [(0, 1), (1, 8), (8, 33), (33, COUNT)]:
        expected = {part: alone[part][start:end] for part in PARTS}
        assert same(PLAN.run(table_columns(applications[start:end])), expected)


def test_threads(applications, alone):
    columns = table_columns(applications)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: PLAN.run(columns), range(8)))
    assert all(same(run, alone) for run in runs)


def test_a_chunk_tells_the_same_of_its_evidence(applications):
    columns = table_columns(applications)
    for row, held in enumerate(applications):
        one = from_document(held)
        assert columns.notes(row) == one.notes(0)
        assert columns.ignored_rows[row] == one.ignored_rows[0]
        assert columns.broken(row) == one.broken(0)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_rows_in_any_order(seed, order: random.Random):
    plain = random_document(seed, 60)
    shuffled = {name: order.sample(held, len(held)) if isinstance(held, list) else held for name, held in plain.items()}
    expected = PLAN.run(from_document(application(plain)))
    assert same(PLAN.run(from_document(application(shuffled))), {part: getattr(expected, part) for part in PARTS})


SHORT = ((67, 20), (4, 20), (30, 20), (0, 20))
"""Seed and number of rows of documents that are few and short, for without compilation each takes a second."""

PRINT_BITS = """
from risk_engine.features import from_document
from risk_engine.features.compiling import JIT_IS_OFF
from tests.features.every import PLAN
from tests.features.test_same_bits import PARTS, SHORT, made
print(JIT_IS_OFF)
for seed, rows in SHORT:
    matrix = PLAN.run(from_document(made(seed, rows)))
    print(*(getattr(matrix, part).tobytes().hex() for part in PARTS))
"""


def bits(disable: str) -> list[str]:
    root = Path(__file__).parents[2]
    environment = os.environ | {"NUMBA_DISABLE_JIT": disable, "PYTHONPATH": str(root)}
    told = subprocess.run(
        [sys.executable, "-c", PRINT_BITS], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    return told.stdout.splitlines()


def test_without_compilation():
    compiled, plain = bits("0"), bits("1")
    assert (compiled[0], plain[0]) == ("False", "True")
    assert compiled[1:] == plain[1:]
    assert len(plain[1:]) == len(SHORT)


def test_the_short_documents_have_a_value_of_every_feature_and_every_cause():
    runs = [PLAN.run(from_document(made(seed, rows))) for seed, rows in SHORT]
    assert_compares({part: np.concatenate([getattr(run, part) for run in runs]) for part in PARTS})


TYPES_ALONE = HERE / "tables.py"


def test_every_file_that_kernels_read_is_in_their_hash():
    """Else old machine code would run on under the same name."""
    known = {(HERE / name).resolve() for name in KERNEL_FILES}
    for file in known:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("risk_engine."):
                module = HERE.parents[1] / str(node.module).replace(".", "/")
                read = [module.with_suffix(".py")] if not module.is_dir() else [
                    module / f"{name.name}.py" for name in node.names
                ]  # fmt: skip
                assert {*read} <= known | {TYPES_ALONE}, file.name
