# ruff: noqa: E501 - the tables of cases read better on long lines
"""A study file is read strictly: each way of being wrong is one line with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk_engine.study import Study
from risk_engine.study.features import chosen_features
from risk_engine.study.protected import protected_ground

STUDIES = Path(__file__).parents[2] / "training" / "studies"


def test_a_whole_study_is_read(written, data):
    study = Study.load(written(), data)
    assert (study.name, study.settings.seed, study.warnings) == ("tiny", 7, ("Made up.",))
    assert study.settings.boosting.trees == 20
    assert study.settings.horizon_months == 12
    assert [one.name for one in study.features.attributes] == ["turnover", "conduct"]
    assert study.sections["attributes"].place.startswith("tiny.yaml:")


WRONG = {
    "unknown key": (("seed: 7", "sead: 7"), "tiny.yaml:3: sead: found an unknown key", "did you mean 'seed'?"),
    "unknown section": (("  attributes: |", "  atributes: |"), "sections.atributes", "did you mean 'attributes'?"),
    "no name": (("name: tiny\n", ""), "no name, expected name: to be given"),
    "no target": (("  bad: Written off within 12 months\n", ""), "found no bad"),
    "labels without order": ((" order by application_id", ""), "found a select without ORDER BY"),
    "order in a comment": ((" order by application_id", " -- order by application_id"), "found a select without ORDER BY"),
    "horizon": (("horizon_months: 12", "horizon_months: soon"), "target.horizon_months: found 'soon'"),
    "both forms": (("  horizon_months", "  performance: select 1\n  outcomes: select 1\n  dpd: 90\n  horizon_months"), "target: found both of them, expected labels or performance"),
    "dpd of labels": (("  horizon_months", "  dpd: 90\n  horizon_months"), "target.dpd: found dpd beside labels, expected it with performance only"),
    "split": (("kind: random", "kind: rndom"), "found 'rndom', expected one of random", "did you mean 'random'?"),
    "no features": (("features:\n", "features:\n  names: 3\n"), "features.names: found the number 3, expected a list"),
    "attribute type": (("type: word\n      words: [poor, fair, good]", "type: wrd"), "found 'wrd', expected one of number, word"),
    "attribute risk": (("      risk: falling\n      reason", "      risk: faling\n      reason"), "did you mean 'falling'?"),
    "attribute reason": (("reason: low_turnover", "reason: low_turnovr"), "did you mean 'low_turnover'?"),
    "word without words": (("      words: [poor, fair, good]\n", ""), "conduct.words: found no words"),
    "special word": (("      words:", "      special: [-9]\n      words:"), "found special codes of a word"),
    "range upside down": (("range: [0, 1000]", "range: [1000, 0]"), "two numbers, the lower first"),
    "unknown setting": (("boosting: {trees: 20}", "boosting: {tree: 20}"), "boosting.tree: found an unknown setting"),
    "wrong setting": (("boosting: {trees: 20}", "boosting: {trees: many}"), "boosting.trees: found 'many'"),
    "decider": (("master_scale:", "decider: coin\nmaster_scale:"), "decider: found 'coin'"),
    "grades that fall": (("B: 0.3", "B: 0.05"), "a master scale with bounds [0.1, 0.05, 1.0]"),
    "two levels": (("master_scale:", "population_rate: 0.1\nlong_run: 0.1\nmaster_scale:"), "population_rate or long_run"),
    "no policy folder": (("master_scale:", "policy: nowhere\nmaster_scale:"), "existing policy folder"),
    "applicant kind": (("applicant_kinds: [company]", "applicant_kinds: [compny]"), "did you mean 'company'?"),
    "trap": (("name: tiny", "name: NO"), "tiny.yaml:1: found NO"),
}  # fmt: skip


@pytest.mark.parametrize("way", WRONG)
def test_each_way_of_being_wrong_is_one_line(written, data, faults_of, way):
    change, *words = WRONG[way]
    faults = faults_of(Study.load, written(change), data)
    assert len(faults) == 1, faults
    for each in words:
        assert each in faults[0]


DECLARED = """\
  declared:
    loss_share:
      expression: 1 - attribute("turnover") / 1000
      says: {en: Turnover lost, zh: 营业额损失}
      decimals: 3
      range: [0, 1]
      risk: rising
      reason: low_turnover
      group: scale
  attributes:
    turnover:
"""
SWITCH = "  attributes:\n    turnover:\n"


def test_a_study_may_declare_features_of_its_own(written, data):
    study = Study.load(written((SWITCH, DECLARED)), data)
    [own] = study.features.declared
    assert (own.name, str(own.expression)) == ("loss_share", '1 - attribute("turnover") / 1000')
    assert (own.fact.decimals, own.fact.range, own.fact.risk, own.fact.group) == (3, (0.0, 1.0), "rising", "scale")
    assert own.origin.startswith("tiny.yaml:")
    names = [feature.name for feature in chosen_features(study.features, study.sections)]
    assert names == ["loss_share", "turnover", "conduct"]


WRONGLY_DECLARED = {
    "not parsed": ((' / 1000', " / )"), "tiny.yaml:34: features.declared.loss_share.expression", "is no expression"),
    "unknown word": (("attribute(", "atribute("), "has no function 'atribute'", "did you mean 'attribute'?"),
    "unknown column": (('attribute("turnover")', "Sum(ledger.amont, ever)"), "no column 'amont'", "did you mean 'amount'?"),
    "open window": (('attribute("turnover")', "Sum(ledger.amount)"), "has an open window"),
    "rows": (('attribute("turnover")', "ledger.amount"), "a feature is one value"),
    "no expression": (('      expression: 1 - attribute("turnover") / 1000\n', ""), "loss_share: found no expression"),
    "unknown key": (("      decimals: 3", "      decimal: 3"), "decimal: found an unknown key", "did you mean 'decimals'?"),
    "of a protected attribute": (('attribute("turnover")', 'attribute("gender")'), "the attribute gender", "attribute: gender"),
    "of somebody's name": (('attribute("turnover")', "Count(by(parties.name, parties.net_worth), ever)"),
                           "parties.name cannot be read by a feature"),
    "about the request, unsaid": (("      decimals: 3", "      decimals: 3\n      use: both"), "both and no why", "a sentence"),
    "protected": (("loss_share:", "marital_loss:"), "no protected or identifying name: marital"),
    "reason": (("reason: low_turnover\n      group", "reason: low_turnovr\n      group"), "did you mean 'low_turnover'?"),
}  # fmt: skip


@pytest.mark.parametrize("way", WRONGLY_DECLARED)
def test_each_way_of_declaring_wrongly_is_one_line(written, data, faults_of, way):
    (before, after), *words = WRONGLY_DECLARED[way]
    assert before in DECLARED
    faults = faults_of(Study.load, written((SWITCH, DECLARED.replace(before, after))), data)
    assert len(faults) == 1, faults
    for each in words:
        assert each in faults[0]


TAKEN = {
    "by the catalogue": (("    loss_share:", "    term_months:"), "the feature term_months, expected a name the catalogue"),
    "by an attribute": (("    loss_share:", "    turnover:"), "the attribute turnover, expected a name that no declared"),
    "about the request": (("  declared:", "  names: [request_to_sales_12m]\n  declared:"),
                          "request_to_sales_12m, which is about the request", "a policy may name it"),
    "group of nothing": (("  declared:", "  groups: [trend]\n  declared:"), "the group trend, of which this study measures",
                         "a select for what its features read: invoices"),
}  # fmt: skip


@pytest.mark.parametrize("way", TAKEN)
def test_a_choice_that_cannot_be_met_is_one_line(written, data, faults_of, way):
    (before, after), *words = TAKEN[way]
    study = Study.load(written((SWITCH, DECLARED.replace(before, after))), data)
    faults = faults_of(chosen_features, study.features, study.sections)
    assert len(faults) == 1, faults
    for each in words:
        assert each in faults[0]


def test_a_group_stands_for_what_the_study_can_measure(tmp_path):
    study = Study.load(STUDIES / "cumcm2020c.yaml", tmp_path)
    read = {name for feature in chosen_features(study.features, study.sections) for name in feature.fact.sections}
    assert read <= {*study.sections}


def test_every_fault_is_told_at_once(written, data, faults_of):
    faults = faults_of(
        Study.load, written(("seed: 7", "sead: 7"), ("kind: random", "kind: x"), ("B: 0.3", "B: 0")), data
    )
    assert len(faults) == 3


def test_the_data_folder_must_be_given_and_exist(written, tmp_path, faults_of):
    [fault] = faults_of(Study.load, written())
    assert "give it with --data" in fault
    [fault] = faults_of(Study.load, written(), tmp_path / "nowhere")
    assert "an existing data folder" in fault


@pytest.mark.parametrize(
    "name",
    ["sex", "Gender", "age", "age_in_years", "AgeInYears", "birth_date", "marital_status", "personal_status_sex", "race",
     "ethnicity", "religion", "nationality", "foreign_worker", "foreignWorker", "phone", "telephone", "home_address",
     "customer_name", "id_number", "性别", "applicant_年龄", "AGE"],
)  # fmt: skip
def test_protected_and_identifying_names_are_refused(written, data, faults_of, name):
    assert protected_ground(name)
    faults = faults_of(Study.load, written(("    turnover:\n", f"    {name}:\n")), data)
    assert any("no protected or identifying attribute" in fault for fault in faults)


@pytest.mark.parametrize(
    "name", ["mortgage", "usage_share", "account_age_months", "average_balance", "storage", "grace_days"]
)
def test_names_that_only_look_alike_are_taken(name):
    assert not protected_ground(name)


@pytest.mark.parametrize("name", ["berka", "cumcm2020c", "german", "sample_sme"])
def test_the_studies_that_come_with_the_engine_are_whole(name, tmp_path):
    study = Study.load(STUDIES / f"{name}.yaml", tmp_path)
    assert study.name == name
    assert study.warnings


def test_the_rating_of_the_bank_is_read_by_no_select_of_cumcm(tmp_path):
    study = Study.load(STUDIES / "cumcm2020c.yaml", tmp_path)
    for query in (*study.sections.values(), *study.target.queries):
        assert "rating" not in query.sql
        assert "select *" not in query.sql


def test_protected_columns_are_read_by_no_select_of_german(tmp_path):
    study = Study.load(STUDIES / "german.yaml", tmp_path)
    for query in (*study.sections.values(), *study.target.queries):
        for column in ("personal_status_sex", " age", "foreign_worker", "telephone"):
            assert column not in query.sql
