"""Features from files: the same bits as from each applicant's document, in any chunks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import compute_features, document, documents, write_features
from risk_engine.errors import DataError
from risk_engine.features import Plan, from_document
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.language import FALLING, Feature, attribute
from tests.batch.conftest import FIRMS

PLAN_FEATURES = list(CATALOGUE.values())


def assert_same(one, many):
    np.testing.assert_array_equal(one.values.view(np.uint64), many.values.view(np.uint64))
    np.testing.assert_array_equal(one.states, many.states)
    np.testing.assert_array_equal(one.causes, many.causes)
    np.testing.assert_array_equal(one.clipped, many.clipped)


@pytest.fixture(scope="module")
def plan():
    return Plan(PLAN_FEATURES)


def test_a_document_and_its_rows_give_the_same_bits(sections, plan):
    folder = sections()
    ids, matrix = compute_features(folder, plan)
    assert ids == ("A1", "A2", "A3")
    for row, one in enumerate(documents(folder)):
        assert_same(plan.run(from_document(one)), matrix.rows(np.array([row])))


def test_sample_documents_and_rows_give_the_same_bits(firms, plan):
    ids, matrix = compute_features(firms, plan, threads=2)
    assert len(ids) == FIRMS
    chosen = ids[::19]
    for one in documents(firms, chosen):
        row = ids.index(one.application.application_id)
        assert_same(plan.run(from_document(one)), matrix.rows(np.array([row])))


def test_chunks_of_any_size_give_the_same_bits(sections, plan):
    folder = sections()
    _, whole = compute_features(folder, plan)
    for applicants in (1, 2):
        assert_same(compute_features(folder, plan, applicants=applicants)[1], whole)


def test_a_look_up_of_nothing_without_file_is_obtained_and_empty_either_way(sections, plan):
    def nothing(tables):
        del tables["invoices"]
        tables["sources"]["row_count"] = [0] * len(tables["sources"]["section"])

    folder = sections(nothing)
    _, matrix = compute_features(folder, plan)
    assert_same(plan.run(from_document(document(folder, "A1"))), matrix.rows(np.array([0])))


def test_no_applicants_is_an_empty_matrix(sections, plan):
    def none(tables):
        for name, columns in tables.items():
            tables[name] = pa.table(columns).slice(0, 0)

    ids, matrix = compute_features(sections(none), plan)
    assert (ids, matrix.values.shape) == ((), (0, len(plan.names)))


def test_a_request_without_moment_is_refused(sections, plan):
    def change(tables):
        tables["application"]["as_of"] = ["2020-03-01T00:00:00Z", None, "2020-03-01T00:00:00Z"]

    with pytest.raises(DataError, match="row 1, applicant A2: found nothing, expected the moment of decision"):
        compute_features(sections(change), plan)


def test_features_file_has_values_and_states(sections, plan, tmp_path):
    folder = sections()
    out = tmp_path / "made" / "features.parquet"
    assert write_features(folder, plan, out, applicants=2) == 3
    table = pq.read_table(out)
    ids, matrix = compute_features(folder, plan)
    assert table["application_id"].to_pylist() == list(ids)
    for column, name in enumerate(plan.names):
        values = table[name].to_numpy(zero_copy_only=False)
        np.testing.assert_array_equal(values, matrix.values[:, column])
        np.testing.assert_array_equal(table[f"{name}__state"].to_numpy(), matrix.states[:, column])


def test_attributes_are_read_as_numbers_and_words(sections):
    def own(tables):
        tables["sources"] = {key: value * 2 for key, value in tables["sources"].items()}
        tables["sources"]["application_id"] = ["A1", "A1", "A2", "A2", "A3", "A3"]
        tables["sources"]["section"] = ["invoices", "attributes"] * 3
        tables["attributes"] = {
            "application_id": ["A1", "A1", "A2"],
            "name": ["duration", "savings", "savings"],
            "value": [12.0, None, None],
            "value_text": [None, "low", "high"],
        }

    told = {"says": ("x", "x"), "unit": "x", "decimals": 0, "risk": FALLING, "reason": "", "why": "", "source": ""}
    duration = Feature(attribute("duration"), group="own", **told).named("duration")
    savings = Feature(attribute("savings", words=("low", "high")), group="own", **told).named("savings")
    plan = Plan([*duration, *savings])
    folder = sections(own)
    _, matrix = compute_features(folder, plan)
    np.testing.assert_array_equal(matrix.values, [[12.0, 0.0], [np.nan, 1.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(matrix.states, [[0, 0], [1, 0], [1, 1]])
    for row, one in enumerate(documents(folder)):
        assert_same(plan.run(from_document(one)), matrix.rows(np.array([row])))
