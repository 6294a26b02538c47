"""Every entry of the catalogue is whole, its names stand, and its formula prints and parses back."""

from __future__ import annotations

import pytest

from risk_engine.facts import reason_codes
from risk_engine.features import from_document
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.language import expression_hash, parse
from risk_engine.features.plan import Plan
from risk_engine.vocabulary import FactType, RiskDirection, State
from tests.features.evidence import application, document, invoice

NAMES_RULES_READ = {
    "amount_requested", "term_months", "applicant_is_company", "applicant_kind", "customer_kind", "purpose",
    "registry_status", "company_age_months", "sales_invoiced_12m", "invoice_gap_max_365d", "invoice_recency",
    "invoice_history_months", "invoice_void_share_12m", "buyer_top1_share_12m", "sales_invoiced_change_12m",
    "purchases_to_sales_12m", "request_to_sales_12m", "sales_month_count_12m",
}  # fmt: skip

GROWTH = ("sales_invoiced_change_12m", "sales_invoiced_change_3m", "purchases_invoiced_change_12m")


def test_the_names_other_rooms_read_are_here() -> None:
    assert set(CATALOGUE) >= NAMES_RULES_READ
    assert len(CATALOGUE) >= 25


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_is_whole(name: str) -> None:
    fact = CATALOGUE[name].fact
    assert fact.says.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in fact.says.zh)
    assert fact.why
    assert fact.source
    assert fact.unit
    assert fact.group
    assert fact.sections
    assert fact.use in ("obligor", "facility", "both")
    assert fact.reason in reason_codes()
    assert isinstance(fact.risk, RiskDirection)
    if fact.type == FactType.WORD:
        assert fact.words
    else:
        assert fact.range is not None


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_formula_prints_and_parses_back(name: str) -> None:
    expression = CATALOGUE[name].expression
    again = parse(str(expression))
    assert str(again) == str(expression)
    assert expression_hash(again) == expression_hash(expression)


@pytest.mark.parametrize("name", CATALOGUE)
def test_clip_and_none_lie_within_the_range(name: str) -> None:
    fact = CATALOGUE[name].fact
    for number in (*(fact.clip or ()), *(() if fact.none_reads_as is None else (fact.none_reads_as,))):
        assert fact.range is not None
        assert fact.range[0] <= number <= fact.range[1]
    assert fact.none_reads_as is None or fact.if_none


@pytest.mark.parametrize("name", GROWTH)
def test_growth_earns_nothing_beyond_a_half(name: str) -> None:
    assert CATALOGUE[name].fact.clip == (-1.0, 0.5)


@pytest.mark.parametrize("name", GROWTH)
def test_a_young_firm_is_not_told_that_it_shrinks(name: str) -> None:
    sales = [invoice(month, f"2019-{month:02d}-15", 100.0 * month) for month in range(4, 13)]
    facts = Plan([CATALOGUE[name]]).run(from_document(application(document(invoices=sales)))).one(0)
    assert facts[name].state == State.NONE
    assert CATALOGUE[name].fact.risk == RiskDirection.NONE


def test_models_never_read_the_request() -> None:
    for name, feature in CATALOGUE.items():
        if {node for node in ("application.amount", "application.term_months") if node in str(feature.expression)}:
            assert feature.fact.use == "facility", name
