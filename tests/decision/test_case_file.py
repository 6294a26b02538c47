"""A case opened: rows behind a value, points, what-if, another date."""

from __future__ import annotations

import datetime as dt

import pytest

from risk_engine.application import encode
from risk_engine.batch import documents
from risk_engine.decision.assessment import ESTABLISHED_FROM
from risk_engine.decision.case_file import open_case
from risk_engine.errors import InputFaults, UnknownName, UsageError
from risk_engine.facts import assessment_facts


@pytest.fixture(scope="module")
def case(approved, release):
    return open_case(approved, release)


def test_it_is_the_very_decision(case, approved, ask, release):
    answer = ask(approved)
    assert case.decision.reasons == answer.reasons
    assert case.decision.default_probability == answer.default_probability
    assert open_case(encode(approved), release).decision == case.decision


def test_points_add_up_to_the_card_s_score(case, release):
    points = case.points()
    values, states = release.model_rows(case.dossier.matrix)
    assert sum(line.points for line in points) == pytest.approx(
        release.model.scorecard.score(values, states)[0], abs=1e-9
    )
    assert {line.fact for line in points} == {fact.binned.name for fact in release.model.scorecard.facts}
    for line in points:
        assert line.value == case.decision.features[line.fact].value


def test_rows_behind_a_sum_add_up_to_it(case):
    rows = case.rows_behind("sales_invoiced_12m")
    assert rows
    assert sum(row.counted_as for row in rows) == pytest.approx(
        case.decision.features["sales_invoiced_12m"].value, abs=0.5
    )
    for row in rows:
        assert row.section == "invoices"
        assert row.row["direction"] == "out"
        assert row.row["net_amount"] == row.counted_as


def test_an_unknown_feature_is_refused_with_the_nearest(case):
    with pytest.raises(UnknownName, match="sales_invoiced_12m"):
        case.rows_behind("sale_invoiced_12m")
    with pytest.raises(UnknownName, match="sales_invoiced_12m"):
        case.what_if(facts={"sale_invoiced_12m": 1.0})


def test_behind_a_lender_s_attribute_is_the_row_that_told_it(case):
    (row,) = case.rows_behind("relationship_points")
    assert (row.section, row.row["name"]) == ("attributes", "relationship_points")
    assert row.counted_as == row.row["value"] == case.decision.features["relationship_points"].value


NAMED = {
    "assessed_instalment": "assessment_rate",
    "debt_service_to_income": "household_debt_service",
    "residual_income": "household_living_costs",
    "affordable_amount": "max_debt_service_to_income",
    "applicant_age_years": "birth_date",
    "bureau_consent": "consents",
}


def test_what_the_decision_establishes_itself_is_told_so(persons, case):
    person = open_case(next(iter(documents(persons.sections))), persons.release)
    established = person.decision.features.keys() - set(person.release.plan.names)
    assert established == ESTABLISHED_FROM.keys() == {fact.name for fact in assessment_facts()}
    for name in established:
        told = f"{name} is no feature: the decision establishes it itself, from .*{NAMED[name]}"
        with pytest.raises(UsageError, match=told):
            person.rows_behind(name)
        with pytest.raises(UsageError, match=told):
            person.what_if(facts={name: None})
    with pytest.raises(UnknownName, match="no feature named 'residual_income'"):
        case.rows_behind("residual_income")  # nothing in this release establishes it


def test_another_request_is_judged_anew(case):
    more = case.what_if(request={"amount": "4900000.00"})
    assert more.decision.limit is None or more.decision.limit.binding_cap != "requested"
    assert more.decision.default_probability == case.decision.default_probability
    with pytest.raises(InputFaults, match="term_months"):
        case.what_if(request={"term_months": -1})


def test_another_value_moves_the_points_of_its_fact_alone(case):
    known = next(line for line in case.points() if line.value is not None)
    without = case.what_if(facts={known.fact: None})
    before = {line.fact: line.points for line in case.points()}
    after = {line.fact: line.points for line in without.points()}
    assert {name for name in before if before[name] != after[name]} <= {known.fact}
    assert after[known.fact] <= before[known.fact]
    assert without.decision.features[known.fact].state == "not_obtained"
    assert without.decision.default_probability.value >= case.decision.default_probability.value


def test_nothing_changed_decides_the_same(case):
    assert case.what_if().decision == case.decision


def test_another_date_sees_no_later_row(case):
    earlier = case.what_if(as_of=case.as_of - dt.timedelta(days=45))
    assert earlier.as_of == case.as_of - dt.timedelta(days=45)
    dates = [row.row["issued_on"] for row in earlier.rows_behind("sales_invoiced_12m")]
    assert max(dates) < earlier.as_of.date().isoformat()
    later = case.what_if(as_of=case.as_of + dt.timedelta(days=400))
    assert later.decision.outcome == "refer"  # the evidence has grown old


def test_a_document_without_a_moment_needs_one(approved, release, changed):
    timeless = changed(approved, as_of=None)
    with pytest.raises(UsageError, match="give as_of"):
        open_case(timeless, release)
    assert open_case(timeless, release, as_of=approved.application.as_of).decision.outcome == "approve"


@pytest.mark.parametrize(
    "facts",
    [
        {"sales_invoiced_12m": float("nan")},
        {"sales_invoiced_12m": float("inf")},
        {"invoice_gap_max_365d": -5},
        {"invoice_gap_max_365d": True},
        {"sales_invoiced_12m": "much"},
        {"purpose": 3},
    ],
)
def test_a_value_the_feature_cannot_have_is_refused(case, facts):
    with pytest.raises(UsageError, match="cannot be"):
        case.what_if(facts=facts)


def test_a_moment_without_offset_is_refused(case, approved, release):
    naive = dt.datetime(2024, 3, 1)  # noqa: DTZ001
    for moment, told in (
        (naive, "has no offset"), (naive.date(), "is no datetime"), ("2024-03-01T00:00:00Z", "is no datetime"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=told):
            case.what_if(as_of=moment)
        with pytest.raises(UsageError, match=told):
            open_case(approved, release, as_of=moment)


def test_views_escape_what_a_document_says(case, release, approved, changed):
    view = open_case(changed(approved, application_id="<script>1</script>"), release).decision._repr_html_()
    assert "<script>" not in view
    assert "&lt;script&gt;" in view
    for part in (case.decision, release.policy, release.model.scorecard):
        assert part._repr_html_().startswith("<div>")
    card = release.model.scorecard._repr_html_()
    assert all(f"<td>{fact.binned.name}</td>" in card for fact in release.model.scorecard.facts)
    assert all(rule.id in release.policy._repr_html_() for rule in release.policy.rules)
