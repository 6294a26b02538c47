"""Every example of the language builds, prints, parses back and runs, one by one and many at once."""

from __future__ import annotations

import pytest

from risk_engine.features import Catalogue, Feature, from_document, parse
from risk_engine.features.language import expression_hash
from risk_engine.features.plan import Plan
from tests.features import examples
from tests.features.evidence import application, random_document

CATALOGUE = Catalogue.of(examples)


@pytest.mark.parametrize("feature", CATALOGUE.values(), ids=CATALOGUE)
def test_prints_and_parses_back(feature):
    back = parse(str(feature.expression))
    assert str(back) == str(feature.expression)
    assert expression_hash(back) == feature.hash
    assert (back.shape, back.kind) == (feature.expression.shape, feature.expression.kind)


def test_all_run():
    plan = Plan(list(CATALOGUE.values()))
    seen = set()
    for seed in range(12):
        facts = plan.run(from_document(application(random_document(seed)))).one(0)
        seen |= {name for name, fact in facts.items() if fact.plain is not None}
    assert seen == set(CATALOGUE)


def test_a_bundle_runs_what_it_stored():
    stored = [Feature.from_json(feature.to_json()) for feature in CATALOGUE.values()]
    columns = from_document(application(random_document(3)))
    ours, theirs = Plan(list(CATALOGUE.values())).run(columns), Plan(stored).run(columns)
    assert ours.facts == theirs.facts
    assert ours.values.tobytes() == theirs.values.tobytes()


def test_over_makes_one_feature_per_window():
    assert {"month_end_spike_180d", "month_end_spike_90d", "operating_inflow_cv_12m"} <= set(CATALOGUE)
    assert CATALOGUE["operating_inflow_cv_12m"].fact.window == "12 complete months"
    assert CATALOGUE["circular_share_180d"].fact.sections == ("ledger",)
    assert CATALOGUE["kwh_change"].origin.startswith("examples.py:")
