"""One applicant's walk down the trees gives LightGBM's own bits."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from risk_engine.models.trees import FlatTrees


def grown(values, *, depth):
    is_bad = (values[:, 0] + np.nan_to_num(values[:, 1]) > 0.5).astype(float)
    asked = {"objective": "binary", "max_depth": depth, "num_leaves": 31, "num_threads": 1, "verbosity": -1}
    return lightgbm.train(asked, lightgbm.Dataset(values, label=is_bad), num_boost_round=40)


@pytest.mark.parametrize("depth", [1, 4, -1])
def test_every_row_gets_the_bits_of_lightgbm(depth):
    values = np.random.default_rng(7).normal(size=(1000, 4))
    booster = grown(values, depth=depth)
    flat = FlatTrees.read(booster.model_to_string())
    expected = booster.predict(values, raw_score=True)
    assert [flat.log_odds(row) for row in values] == expected.tolist()


def test_a_tree_that_never_split_is_its_one_leaf():
    values = np.random.default_rng(7).normal(size=(10, 2))
    booster = grown(values, depth=2)
    assert "num_leaves=1\n" in booster.model_to_string()
    flat = FlatTrees.read(booster.model_to_string())
    assert [flat.log_odds(row) for row in values] == booster.predict(values, raw_score=True).tolist()


def test_trees_that_send_missing_numbers_somewhere_are_left_to_lightgbm():
    values = np.random.default_rng(7).normal(size=(1000, 4))
    values[::3, 1] = np.nan
    assert FlatTrees.read(grown(values, depth=3).model_to_string()) is None
