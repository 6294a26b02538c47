"""What the policy is told of each section: how old it is, how far it reaches back, who looked it up."""

from __future__ import annotations

import datetime as dt

import pytest

from risk_engine.decision.dossier import gather
from risk_engine.rules import HeldSection
from risk_engine.vocabulary import State
from tests.features.evidence import application, document, invoice, source
from tests.features.test_household import line

AS_OF = dt.datetime.fromisoformat("2020-03-01T09:00:00+08:00")
INVOICES = [invoice(1, "2019-12-02", 5.0), invoice(2, "2020-02-20", 7.0)]


@pytest.fixture
def held(release):
    def judge(section, looks, **sections):
        plain = document(**sections) | {"sources": looks}
        return gather(application(plain), release, AS_OF)[1].judged[section]

    return judge


@pytest.mark.parametrize(
    ("until", "age", "covered"),
    [("2020-03-01", 0.0, 31.0), ("2020-02-29", 1.0, 31.0), ("2020-02-28", 2.0, 30.0), ("2020-02-10", 20.0, 12.0)],
)
def test_a_look_up_is_as_old_as_its_last_day_and_covers_days_before_that_of_decision(held, until, age, covered):
    look = source("invoices", covers_from="2020-01-30", covers_until=until, row_count=2)
    assert held("invoices", [look], invoices=INVOICES) == HeldSection(State.VALUE, age, covered_days=covered)


def test_a_look_up_that_counts_no_rows_is_told(held):
    look = source("invoices", covers_from="2020-01-30")
    assert held("invoices", [look], invoices=INVOICES).counted is False
    look = source("credit_lines")
    assert held("credit_lines", [look], credit_lines=[line("a")]).counted is False


def test_without_a_look_up_a_section_is_as_old_as_its_newest_row_and_reaches_to_its_first(held):
    told = held("invoices", [], invoices=INVOICES)
    assert told == HeldSection(State.VALUE, 10.0, looked_up=False, covered_days=90.0)


def test_a_look_up_that_does_not_say_since_when_is_as_none(held):
    look = source("invoices", covers_from=None, row_count=2)
    told = held("invoices", [look], invoices=INVOICES)
    assert (told.looked_up, told.covered_days) == (False, 90.0)


def test_a_look_up_that_was_incomplete_covers_nothing(held):
    look = source("invoices", complete=False, row_count=2)
    told = held("invoices", [look], invoices=INVOICES)
    assert (told.looked_up, told.covered_days) == (True, 0.0)


def test_a_snapshot_is_as_old_as_the_newest_look_at_anything_in_it(held):
    lines = [line("a", observed_on="2020-02-01"), line("b", observed_on="2020-02-25"), line("c")]
    told = held("credit_lines", [source("credit_lines", row_count=3)], credit_lines=lines)
    assert (told.age_days, told.looked_up, told.counted) == (5.0, True, True)


@pytest.mark.parametrize(("status", "refused"), [("refused", True), ("unavailable", False)])
def test_a_refusal_is_told_from_an_outage(held, status, refused):
    told = held("invoices", [source("invoices", status=status)])
    assert told == HeldSection(State.NOT_OBTAINED, looked_up=True, refused=refused)
    assert held("invoices", []) == HeldSection(State.NOT_OBTAINED, looked_up=False)
