"""Payment plans and the all-in rate, against published examples."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_engine.application import Fee
from risk_engine.decision.pricing import Plan, annual_percentage_rate, payment_plan

EC = "EC DG FISMA, Examples for the calculation of the APRC (Soto, January 2015), example "
WAYS = ("equal_instalment", "equal_principal", "interest_only", "bullet", "on_demand")

# id, cash received, payments, percent, tolerance, source
PUBLISHED = [
    ("apr_eu.001", 196_000, [1432.86] * 240, 6.434412, 2e-6, EC + "1"),
    ("apr_eu.006", 196_000, [1599.53] * 240, 7.946625, 2e-6, EC + "4"),
    ("apr_eu.007", 196_000, [1490.18] * 240, 6.961575, 2e-6, EC + "5"),
    ("apr_eu.009", 196_000, [1199.10] * 179 + [1199.10 + 142_097.69], 6.409523, 2e-6, EC + "7"),
    (
        "apr_eu.011",
        196_000,
        [1166.67] * 6 + [1398.33] * 233 + [1398.33 + 200_000],
        8.86928,
        2e-6,
        EC + "8, illustrative",
    ),
    ("apr_eu.012", 196_000, [1500.0] * 220 + [407.70], 6.452756, 2e-6, EC + "11"),
    ("apr_eu.014", 196_000, [0.0] * 5 + [207_618.17], 12.206644, 2e-6, EC + "40"),
    ("apr_uk.002", 10_000, [222.44] * 60, 12.7, 0.05, "CFA personal-loan example"),
]


def fee(when: str, *, amount: str | None = None, rate: float | None = None, mandatory: bool = True) -> Fee:
    return Fee(
        payee="platform",
        kind="service",
        amount=None if amount is None else Decimal(amount),
        rate=rate,
        when=when,
        mandatory=mandatory,
    )


@pytest.mark.parametrize(("received", "payments", "percent", "tolerance"), [case[1:5] for case in PUBLISHED],
                         ids=[f"{case[0]}: {case[5]}" for case in PUBLISHED])  # fmt: skip
def test_published_rates(received, payments, percent, tolerance):
    assert 100 * annual_percentage_rate(Plan(received, tuple(payments))) == pytest.approx(percent, abs=tolerance)


def test_equal_principal_with_a_fee_is_the_published_rate():
    plan = payment_plan(200_000, 0.06, 240, "equal_principal", [fee("upfront", amount="4000.00")])
    assert 100 * annual_percentage_rate(plan) == pytest.approx(6.476009, abs=2e-6)


@given(
    st.floats(1_000, 1e7), st.floats(0.0, 0.5), st.integers(1, 120), st.sampled_from(WAYS[:3]),
)  # fmt: skip
def test_without_fees_the_rate_is_the_compounded_monthly_rate(amount, rate, months, repayment):
    found = annual_percentage_rate(payment_plan(amount, rate, months, repayment))
    # payments are rounded to cents, which a small loan feels
    assert found == pytest.approx((1 + rate / 12) ** 12 - 1, abs=24 / amount + 1e-9)


@pytest.mark.parametrize("repayment", WAYS)
@pytest.mark.parametrize("when", ["upfront", "financed", "periodic"])
def test_a_mandatory_fee_raises_the_rate_and_a_free_choice_does_not(repayment, when):
    plain = annual_percentage_rate(payment_plan(100_000, 0.08, 12, repayment))
    forced = payment_plan(100_000, 0.08, 12, repayment, [fee(when, rate=0.01)])
    chosen = payment_plan(100_000, 0.08, 12, repayment, [fee(when, rate=0.01, mandatory=False)])
    assert annual_percentage_rate(forced) > plain + 0.005
    assert annual_percentage_rate(chosen) == plain


def test_edges():
    assert payment_plan(1200, 0.0, 12, "equal_instalment").payments == (100.0,) * 12
    assert annual_percentage_rate(payment_plan(1200, 0.0, 12, "equal_instalment")) == pytest.approx(0.0, abs=1e-12)
    assert annual_percentage_rate(Plan(1000, (900.0,))) < 0
    assert math.isinf(annual_percentage_rate(payment_plan(1000, 0.1, 12, "bullet", [fee("upfront", amount="1000.00")])))
    assert payment_plan(1000, 0.12, 1, "interest_only").instalment == 1010.0
    assert payment_plan(1000, 0.12, 12, "interest_only").instalment == 10.0


@pytest.mark.parametrize("repayment", ["bullet", "on_demand"])
def test_what_is_paid_at_the_end_bears_simple_interest(repayment):
    assert payment_plan(1000, 0.12, 12, repayment).payments == (*(0.0,) * 11, 1120.0)
