"""One applicant's walk down the trees gives LightGBM's own bits."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from risk_engine.errors import ReleaseError
from risk_engine.models.trees import FlatTrees, read_trees


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


SOUND = """\
tree
num_class=1
num_tree_per_iteration=1
max_feature_idx=1

Tree=0
num_leaves=3
num_cat=0
split_feature=1 0
threshold=0.5 1
decision_type=2 2
left_child=1 -1
right_child=-3 -2
leaf_value=-1 3 2
"""


@pytest.mark.parametrize(
    ("line", "changed", "words"),
    [
        ("left_child=1 -1", "left_child=0 -1", "tree 0 of boosting.txt leads astray"),
        ("left_child=1 -1", "left_child=1 1", "leads astray"),
        ("left_child=1 -1", "left_child=1 -4", "leads astray"),
        ("left_child=1 -1", "left_child=1", "leads astray"),
        ("split_feature=1 0", "split_feature=2 0", "leads astray"),
        ("split_feature=1 0", "split_feature=-1 0", "leads astray"),
        ("split_feature=1 0", "split_feature=1", "leads astray"),
        ("decision_type=2 2", "decision_type=2 1", "leads astray"),
        ("num_leaves=3", "num_leaves=4", "leads astray"),
        ("num_cat=0", "num_cat=1", "leads astray"),
        ("num_class=1", "num_class=2", "no line num_class=1"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=0", "no line num_tree_per_iteration=1"),
        ("max_feature_idx=1", "max_feature_idx=2", "no line max_feature_idx=1"),
    ],
)
def test_trees_on_which_lightgbm_would_end_the_process_are_refused(line, changed, words):
    assert read_trees(SOUND.encode(), 2) == SOUND
    with pytest.raises(ReleaseError, match=words):
        read_trees(SOUND.replace(line, changed).encode(), 2)


def test_one_leaf_and_missing_numbers_lead_somewhere():
    values = np.random.default_rng(7).normal(size=(1000, 4))
    values[::3, 1] = np.nan
    for text in (grown(values, depth=3).model_to_string(), grown(values[:10], depth=2).model_to_string()):
        assert read_trees(text.encode(), 4) == text
