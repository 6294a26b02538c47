"""Train writes a release that loads and says what it is."""

from __future__ import annotations

import pytest

from risk_engine.study import Study, train


def test_a_study_without_policy_is_only_evaluated(written, data, tmp_path, faults_of):
    [fault] = faults_of(train, Study.load(written(), data), tmp_path / "release")
    assert fault.startswith("tiny.yaml: found no policy")


def test_a_release_says_what_it_was_trained_on(release):
    terms = release.terms
    assert (terms.name, terms.synthetic, terms.target.horizon_months) == ("sample_sme", True, 12)
    assert set(terms.provenance) == {"application", "applicant", "sources", "invoices"}
    assert set(terms.scope.ranges) <= set(terms.facts)
    assert all(low <= high for low, high in terms.scope.ranges.values())
    assert release.policy.named_facts <= {*release.plan.names, "default_probability", "score", "grade", "limit",
                                          "annual_rate", "apr", "instalment"}  # fmt: skip


def test_the_card_tells_the_warnings(release_dir):
    card = (release_dir / "model" / "model_card.md").read_text()
    assert "- synthetic: fitted on made-up applicants" in card


@pytest.mark.parametrize("name", ["sample_sme"])
def test_no_feature_of_the_request_is_read_by_the_model(release, name):
    assert not [fact.name for fact in release.model.facts if fact.use == "facility"]
