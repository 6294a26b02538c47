"""Train writes a release that loads and says what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import risk_engine
from risk_engine.bundle import load_release
from risk_engine.study import Study, train


def test_a_study_without_policy_is_only_evaluated(written, data, tmp_path, faults_of):
    [fault] = faults_of(train, Study.load(written(), data), tmp_path / "release")
    assert fault.startswith("tiny.yaml: found no policy")


def test_a_release_says_what_it_was_trained_on(release):
    terms = release.terms
    assert (terms.name, terms.synthetic, terms.target.horizon_months) == ("sample_sme", True, 12)
    assert {"application", "applicant", "sources", "invoices", "ledger", "credit_lines", "labels"} <= set(
        terms.provenance
    )
    assert set(terms.scope.ranges) <= set(terms.facts)
    assert all(low <= high for low, high in terms.scope.ranges.values())
    assert release.policy.named_facts <= {*release.plan.names, "default_probability", "score", "grade", "limit",
                                          "annual_rate", "apr", "instalment"}  # fmt: skip


GRADES = ("{A: 0.1, B: 0.3, C: 1.0}", "{A: 0.05, B: 0.1, C: 0.2, D: 0.3, E: 0.4, F: 0.6, G: 1.0}")
DECLARED = """\
  declared:
    loss_share:
      expression: 1-attribute( 'turnover' )/1000
      says: {en: Turnover lost, zh: 营业额损失}
      decimals: 3
      range: [0, 1]
      risk: rising
      reason: low_turnover
  attributes:
    turnover:
"""


def test_a_release_keeps_a_declared_feature_as_it_prints(written, data, tmp_path):
    policy = Path(risk_engine.__file__).parent / "rules" / "library" / "sme_term_loan"
    changes = [("scope:", f"policy: {policy}\nscope:"), ("  attributes:\n    turnover:\n", DECLARED), GRADES]
    study = Study.load(written(*changes), data)
    train(study, tmp_path / "release")
    release = load_release(tmp_path / "release")
    [own] = [feature for feature in release.plan.features if feature.name == "loss_share"]
    assert str(own.expression) == '1 - attribute("turnover") / 1000'
    assert own.hash == study.features.declared[0].hash
    stored = json.loads((tmp_path / "release" / "model" / "features.json").read_text(encoding="utf-8"))
    assert [one["expression"] for one in stored if one["name"] == "loss_share"] == [str(own.expression)]


def test_the_card_tells_the_warnings(release_dir):
    card = (release_dir / "model" / "model_card.md").read_text()
    assert "- synthetic: fitted on made-up applicants" in card


@pytest.mark.parametrize("name", ["sample_sme"])
def test_no_feature_of_the_request_is_read_by_the_model(release, name):
    assert not [fact.name for fact in release.model.facts if fact.use == "facility"]
