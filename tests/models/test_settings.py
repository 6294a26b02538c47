from __future__ import annotations

import pytest

from risk_engine.errors import StudyFaults
from risk_engine.models import FitSettings


def test_every_section_is_read():
    settings = FitSettings.from_mapping(
        {
            "scorecard": {"max_bins": 4, "ridge": 2},
            "boosting": {"trees": 50},
            "blend": {"folds": 3},
            "master_scale": {"grades": {"A": 0.05, "B": 1.0}, "floor": 0.001},
            "scale": {"base_score": 660, "base_odds": 72, "pdo": 40},
            "decider": "boosted",
            "population_rate": 0.03,
            "special_codes": {"age_of_file": [-9, -8]},
            "seed": 7,
        }
    )
    assert (settings.scorecard.max_bins, settings.scorecard.ridge, settings.boosting.trees) == (4, 2.0, 50)
    assert (settings.blend.folds, settings.decider, settings.seed) == (3, "boosted", 7)
    assert settings.grades().grades == ("A", "B")
    assert settings.score_scale().pdo == 40
    assert settings.special_codes == {"age_of_file": (-9.0, -8.0)}
    assert FitSettings.from_mapping({}) == FitSettings()


@pytest.mark.parametrize(
    ("plain", "path", "words"),
    [
        ({"scorcard": {}}, "scorcard", "did you mean 'scorecard'"),
        ({"boosting": {"tree": 5}}, "boosting.tree", "did you mean 'trees'"),
        ({"boosting": {"trees": 0}}, "boosting.trees", ">= 1"),
        ({"boosting": {"trees": "many"}}, "boosting.trees", "int"),
        ({"boosting": [1]}, "boosting", "a mapping of settings"),
        ({"decider": "coin"}, "decider", "coin"),
        ({"population_rate": 1.5}, "population_rate", "< 1"),
        ({"population_rate": 0.1, "long_run": 0.1}, "long_run", "not both"),
        ({"master_scale": {"grades": {"A": 0.5, "B": 0.2}}}, "master_scale", "bounds rise"),
        ({"seed": -1}, "seed", ">= 0"),
    ],
)
def test_a_wrong_setting_is_named(plain, path, words):
    with pytest.raises(StudyFaults) as caught:
        FitSettings.from_mapping(plain)
    (fault,) = caught.value.faults
    assert fault.path == path
    assert words in str(fault)


def test_all_faults_are_told_at_once():
    with pytest.raises(StudyFaults) as caught:
        FitSettings.from_mapping({"scorecard": {"ridg": 1, "max_bins": 1}, "blend": {"folds": 1}})
    assert [fault.path for fault in caught.value.faults] == ["scorecard.ridg", "scorecard.max_bins", "blend.folds"]
