"""What may be said, how it prints, and what is refused with which words."""

from __future__ import annotations

import types

import pytest

from risk_engine.errors import ExpressionError, ReleaseError, UnknownName
from risk_engine.features import Catalogue, Feature, parse
from risk_engine.features.language import (
    ArgMax,
    Count,
    Last,
    LongestRun,
    Mean,
    Quantile,
    Slope,
    Sum,
    ago,
    applicant,
    application,
    attribute,
    by,
    daily,
    date_of,
    days,
    ever,
    expression_hash,
    fill,
    gaps,
    guarantees,
    identity_checks,
    invoices,
    ledger,
    linked_applications,
    log,
    maximum,
    monthly,
    months,
    now,
    parties,
    past_months,
    pending,
    previous,
    relations,
    sections,
    when,
)  # fmt: skip
from tests.features.measure import feature

out = invoices.direction == "out"

PRINTS = [
    (1 - (invoices.net_amount - 2) * 3, "1 - (invoices.net_amount - 2) * 3"),
    (invoices.net_amount - (invoices.tax - 1), "invoices.net_amount - (invoices.tax - 1)"),
    (-invoices.tax / 0.5, "-invoices.tax / 0.5"),
    (-(invoices.tax + 1), "-(invoices.tax + 1)"),
    (invoices.tax * -1, "invoices.tax * -1"),
    (~(out & (invoices.tax > 0)) | out,
     '~((invoices.direction == "out") & (invoices.tax > 0)) | (invoices.direction == "out")'),
    (Count(out, months(3), covered=0.8), 'Count(invoices.direction == "out", months(3), covered=0.8)'),
    (Quantile(daily(ledger.balance, per=ledger.account), 0.05, days(90)),
     "Quantile(daily(ledger.balance, per=ledger.account), 0.05, days(90))"),
    (ago(months(12), Sum(monthly(invoices.tax, empty=None), months(6))),
     "ago(months(12), Sum(monthly(invoices.tax, empty=None), months(6)))"),
    (ledger.category.is_in(("sales", "fee")), 'ledger.category.is_in(("fee", "sales"))'),
    (previous(ledger.amount, by=ledger.counterparty), "previous(ledger.amount, by=ledger.counterparty)"),
    (relations.from_ == relations.from_, "relations.from_ == relations.from_"),
    (attribute("job", words=("a", "b")) == "a", 'attribute("job", words=("a", "b")) == "a"'),
    (Sum(gaps(out, ends=True), days(9)), 'Sum(gaps(invoices.direction == "out", ends=True), days(9))'),
    (Count(invoices.tax, past_months(2), on=invoices.voided_on),
     "Count(invoices.tax, past_months(2), on=invoices.voided_on)"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), PRINTS, ids=[text for _, text in PRINTS])
def test_prints_canonically_and_parses_back(expression, text):
    assert str(expression) == text
    back = parse(text)
    assert str(back) == text
    assert expression_hash(back) == expression_hash(expression)


def test_a_kernel_that_means_something_else_gives_another_hash():
    """At version 1 the longest run of nothing counted was 0: a release that stored that hash must be refused."""
    held = expression_hash(LongestRun(invoices.net_amount > 0, ever))
    assert not held.startswith("03e7715b")
    assert expression_hash(parse("LongestRun(invoices.net_amount > 0, ever)")) == held


def test_a_number_prints_one_way():
    assert str(invoices.tax > 1) == str(invoices.tax > 1.0)


def test_the_order_of_words_in_a_set_does_not_matter():
    assert str(ledger.category.is_in(["fee", "sales"])) == str(ledger.category.is_in(("sales", "fee", "fee")))


def test_sections_come_from_the_leaves():
    assert sections(Sum(invoices.tax, ever) / application.amount) == ("invoices", "application")


REFUSED = [
    (lambda: invoices.net_amount + ledger.amount, "mixes rows of invoices and rows of ledger"),
    (lambda: monthly(invoices.tax) + monthly(ledger.amount), "mixes months of invoices and months of ledger"),
    (lambda: monthly(invoices.tax) + daily(invoices.tax), "mixes months of invoices and days of invoices"),
    (lambda: monthly(invoices.tax, months(6)) + monthly(invoices.tax, months(3)), "in months(6) and months of"),
    (lambda: monthly(invoices.tax) + ago(days(30), monthly(invoices.tax)), "days(30) ago"),
    (lambda: by(invoices.counterparty, invoices.tax) + by(invoices.direction, invoices.tax), "invoices.direction of"),
    (lambda: invoices.nett_amount, "no column 'nett_amount' (did you mean 'net_amount'?)"),
    (lambda: invoices.direction == "outt", "is never 'outt' (did you mean 'out'?)"),
    (lambda: invoices.direction == invoices.counterparty_kind, "compares a word with a word"),
    (lambda: invoices.counterparty == "b", "a text of invoices.counterparty and cannot be compared with 'b'"),
    (lambda: invoices.counterparty == ledger.counterparty, "mixes"),
    (lambda: ledger.account == ledger.counterparty, "text of ledger.account"),
    (lambda: invoices.direction + 1, "needs a number, but invoices.direction is a word"),
    (lambda: invoices.issued_on + invoices.issued_on, "needs a number"),
    (lambda: invoices.tax > invoices.issued_on, "compares a number with a date"),
    (lambda: invoices.tax > True, "True (bool) cannot stand in a feature"),
    (lambda: invoices.tax + float("nan"), "not finite"),
    (lambda: bool(out), "use & | ~ instead of and, or, not"),
    (lambda: when(invoices.tax, 1), "when() needs a boolean"),
    (lambda: pending(invoices.tax, invoices.voided_on), "pending() needs a date"),
    (lambda: applicant.birth_date, "applicant.birth_date cannot be read by a feature"),
    (lambda: applicant.name_, "no column 'name_'"),
    (lambda: applicant.identifier, "cannot be read by a feature"),
    (lambda: parties.name, "cannot be read by a feature"),
    (lambda: parties.identifier, "cannot be read by a feature"),
    (lambda: identity_checks.claimed, "cannot be read by a feature"),
    (lambda: identity_checks.found, "cannot be read by a feature"),
    (lambda: linked_applications.digest, "cannot be read by a feature"),
    (lambda: monthly(application.amount), "monthly() needs rows of a section"),
    (lambda: Sum(application.amount), "reduces one value"),
    (lambda: Sum(monthly(invoices.tax, months(3)), months(6)), "has a window of its own"),
    (lambda: Sum(monthly(invoices.tax), days(30)), "broken months in days(30)"),
    (lambda: monthly(invoices.tax, past_months(3)), "has broken months"),
    (lambda: Sum(gaps(out, ends=True), ever), "no first day"),
    (lambda: Sum(guarantees.prior_liens, days(3)), "rows of guarantees have no date"),
    (lambda: Slope(by(invoices.counterparty, invoices.tax), months(2)), "keys have none"),
    (lambda: date_of(by(invoices.counterparty, invoices.tax)), "has no dates"),
    (lambda: ArgMax(monthly(invoices.tax), months(2)), "has no keys"),
    (lambda: by(now - invoices.issued_on, invoices.tax), "depends on now"),
    (lambda: Quantile(invoices.tax, 2, ever), "q lies from 0 to 1"),
    (lambda: LongestRun(invoices.tax, ever), "needs a boolean"),
    (lambda: Last(invoices.counterparty, ever), "only ArgMax"),
    (lambda: Mean(invoices.direction, ever), "needs a number"),
    (lambda: Count(out, months(0)), "a window of 0 months"),
    (lambda: Count(out, ever, covered=0), "covered=0"),
    (lambda: Count(out, ever, on=ledger.booked_on), "no date column of invoices"),
    (lambda: ago(ever, Count(out, ever)), "moves nowhere"),
    (lambda: fill(invoices.tax, invoices.issued_on), "fills a number with a date"),
    (lambda: maximum(invoices.tax, invoices.issued_on), "compares a number with a date"),
    (lambda: log(invoices.issued_on), "needs a number"),
    (lambda: invoices.direction.is_in("out"), "give a tuple"),
    (lambda: attribute(""), "has no name"),
    (lambda: attribute("a", words=("x", "x")), "different words"),
    (lambda: feature(invoices.tax), "a feature is one value, but invoices.tax is rows of invoices"),
    (lambda: feature(Sum(invoices.tax)), "open window"),
    (lambda: feature(Sum(invoices.tax, ever), over=[months(3)]), "no open window for over="),
    (lambda: feature(Sum(monthly(invoices.tax)), over=[days(3)]), "broken months"),
    (lambda: feature(ArgMax(by(invoices.counterparty, invoices.tax), ever)), "a text cannot be a feature"),
    (lambda: feature(Sum(invoices.tax, ever), range=(1, 0)), "range=(1.0, 0.0) is empty"),
    (lambda: parse("__import__('os')"), "no function '__import__'"),
    (lambda: parse("invoices.tax.__class__"), "has no meaning"),
    (lambda: parse("summ(invoices.tax)"), "no function 'summ'"),
    (lambda: parse("Sum(invoices.tax, ever"), "is no expression"),
    (lambda: parse("Sum(invoices.tax, ever, nothing=1)"), "is no expression"),
    (lambda: parse("1 < now < 2"), "has no meaning"),
    (lambda: parse("row_kernel(unheard_of)(ledger.amount)"), "no row kernel 'unheard_of'"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_nonsense_is_refused_when_built(build, words):
    with pytest.raises(ExpressionError) as told:
        build()
    assert words in str(told.value)
    assert isinstance(told.value, TypeError)


def test_a_catalogue_names_features_by_their_variables():
    module = types.ModuleType("m")
    made = Sum(invoices.tax)
    module.tax = feature_of(made, over=[months(12), days(30)])
    module.also = module.tax
    module._hidden = feature_of(made, over=[days(3)])
    catalogue = Catalogue.of(module)
    assert list(catalogue) == ["tax_12m", "tax_30d"]
    assert str(catalogue["tax_30d"].expression) == "Sum(invoices.tax, days(30))"
    with pytest.raises(UnknownName, match="did you mean 'tax_12m'"):
        catalogue["tax_13m"]


def test_two_features_of_one_name_are_refused():
    one, two = types.ModuleType("one"), types.ModuleType("two")
    one.tax, two.tax = feature_of(Sum(invoices.tax, ever)), feature_of(Count(invoices.tax, ever))
    with pytest.raises(ExpressionError, match="two features are named tax: test_language"):
        Catalogue.of(one, two)


def test_a_stored_feature_that_means_something_else_is_refused():
    stored = feature(Sum(invoices.tax, ever)).to_json()
    with pytest.raises(ReleaseError, match="means something else"):
        Feature.from_json({**stored, "hash": "0" * 64})


def feature_of(expression, **told):
    given = {
        "says": ("x", "x"), "unit": "n", "decimals": 2, "range": None, "risk": "none", "reason": "", "why": "",
        "source": "", "group": "",
    }  # fmt: skip
    return Feature(expression, **given, **told)
