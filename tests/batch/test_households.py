"""Households from files: the same bits as from documents, and rows of nobody known are not dropped in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from risk_engine.application import encode
from risk_engine.batch import compute_features, documents
from risk_engine.batch.chunks import read_chunks
from risk_engine.batch.neutral import chunk_columns
from risk_engine.errors import TableFaults
from risk_engine.features import Plan, from_document
from risk_engine.features.catalogue import CATALOGUE
from tests.batch.conftest import write_documents
from tests.features.evidence import application, random_document
from tests.features.person_cases import SECTIONS as HOUSEHOLD

READ = {*HOUSEHOLD, "application", "applicant"}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan([held for held in CATALOGUE.values() if {*held.fact.sections} <= READ])


@pytest.fixture(scope="module")
def plains() -> list[dict[str, Any]]:
    """Persons and firms in turn."""
    made = [random_document(seed, 5) for seed in range(1, 9)]
    for number, plain in enumerate(made):
        plain["application"]["application_id"] = f"A{number}"
    return made


@pytest.fixture
def folder(plains: list[dict[str, Any]], tmp_path: Path) -> Path:
    write_documents(tmp_path, plains)
    return tmp_path


def test_files_and_documents_tell_the_same(folder: Path, plains: list[dict[str, Any]], plan: Plan) -> None:
    _, matrix = compute_features(folder, plan)
    rebuilt = list(documents(folder))
    for row, plain in enumerate(plains):
        for one in (application(plain), rebuilt[row]):
            alone = plan.run(from_document(one))
            for part in ("values", "states", "causes"):
                assert getattr(alone, part)[0].tobytes() == getattr(matrix, part)[row].tobytes()
    assert len({encode(one) for one in rebuilt}) == len(plains)


def test_without_the_parties_their_rows_contradict_the_case(folder: Path, plan: Plan) -> None:
    (folder / "parties.parquet").unlink()
    _, matrix = compute_features(folder, plan)
    columns = next(chunk_columns(chunk) for chunk in read_chunks(folder) if len(chunk))
    met = {name for row in range(len(columns)) for name in columns.broken(row)}
    assert set(HOUSEHOLD) <= met
    owed = matrix.names.index("debt_outstanding")
    of_strangers = np.array(["credit_lines" in columns.broken(row) for row in range(len(columns))])
    assert set(matrix.states[of_strangers, owed].tolist()) == {2}
    assert set(matrix.causes[of_strangers, owed].tolist()) == {6}
    with pytest.raises(TableFaults, match=r"a party of \$.parties, or applicant"):
        list(documents(folder))
