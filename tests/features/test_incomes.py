"""What counts as income where several sources tell of it, or somebody only says so: sums a person can check."""

from __future__ import annotations

import pytest

from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.catalogue.consumer import income
from risk_engine.features.language import Sum, ever
from tests.features.measure import value
from tests.features.test_household import C, case, salary


def tax(net, **more):
    return salary(net=net, verified="tax", **more)


def bank(net, **more):
    return salary(net=net, **more)


def document(net, **more):
    return salary(net=net, verified="document", **more)


def declared(net, **more):
    return salary(net=net, verified="none", **more)


NOBODY = {"employer": None}
EARNED = {
    "one source": ([bank(8000.0)], 8000.0),
    "another source without an employer doubles nothing": ([bank(8000.0), tax(8000.0, **NOBODY)], 8000.0),
    "nor under another name": ([bank(8000.0), tax(8000.0, employer="E Ltd")], 8000.0),
    "tax before bank": ([bank(8000.0), tax(6000.0)], 6000.0),
    "bank before document": ([bank(8000.0), document(9000.0, **NOBODY)], 8000.0),
    "two employers told by one source": ([bank(5000.0), bank(3000.0, employer="F")], 8000.0),
    "two employers, one of them told by a worse source": ([tax(5000.0), bank(3000.0, employer="F")], 5000.0),
    "two payments of one employer": ([bank(5000.0), bank(3000.0)], 8000.0),
    "declared lower without an employer": ([bank(8000.0), declared(5000.0, **NOBODY)], 5000.0),
    "declared lower": ([bank(8000.0), declared(5000.0)], 5000.0),
    "declared higher": ([bank(8000.0), declared(9000.0)], 8000.0),
    "declared in two parts": ([bank(8000.0), declared(5000.0), declared(2000.0, employer="F")], 7000.0),
    "declared only": ([declared(8000.0)], 0.0),
    "another kind is another income": ([bank(8000.0), tax(2000.0, kind="rent")], 10_000.0),
    "so is another month's": ([bank(8000.0), tax(2000.0, day="2019-12-31")], 10_000.0),
    "and another party's": ([bank(8000.0), tax(2000.0, party="C"), declared(1000.0, party="C")], 9000.0),
    "a joint income is one, though one names no employer": ([tax(8000.0), bank(8000.0, party="C", **NOBODY)], 8000.0),
    "nor does its second source add": (
        [tax(8000.0), bank(8000.0, **NOBODY), bank(8000.0, party="C", **NOBODY)], 8000.0,
    ),
    "of two parties with two employers the unnamed one is the first": (
        [bank(8000.0), bank(8000.0, party="C", employer="F"), bank(8000.0, party="C", **NOBODY)], 16_000.0,
    ),
    "of two parties' joint income the cap holds once": (
        [bank(8000.0), bank(8000.0, party="C"), declared(5000.0)], 5000.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", EARNED)
def test_income_counts_once(told):
    rows, expected = EARNED[told]
    assert value(Sum(income, ever), case(C, incomes=rows)) == expected
    assert value(Sum(income, ever), case(C, incomes=rows[::-1])) == expected


def test_telling_a_household_s_income_again_adds_nothing():
    months = ("2019-12-31", "2020-01-31", "2020-02-29")
    seen = [bank(8000.0, day=day) for day in months]
    again = [tax(8000.0, day=day, **NOBODY) for day in months]
    net = CATALOGUE["household_net_income"].expression
    assert value(net, case(C, incomes=seen)) == value(net, case(C, incomes=seen + again)) == 8000.0
