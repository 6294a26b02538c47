"""What a loan costs: the payment plan and the all-in annual percentage rate.

Months are equal twelfths of a year; a payment plan in real dates would move the rate in the third decimal of a
percent (Directive 2008/48/EC annex I, remark (c); its equation was carried over into Directive (EU) 2023/2225, which
applies from 2026-11-20).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from risk_engine.application import Fee

TOLERANCE = 1e-13
MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What the borrower receives at the start and pays at the end of each month.

    Attributes:
        received: Cash in hand at the start, fees paid upfront already taken off, in the loan's currency.
        payments: One payment for each month, in order, periodic fees included.
    """

    received: float
    payments: tuple[float, ...]

    @property
    def instalment(self) -> float:
        """The largest payment but the last: what the borrower must find in a month."""
        return max(self.payments[:-1], default=self.payments[-1])


def payment_plan(amount: float, annual_rate: float, months: int, repayment: str, fees: Sequence[Fee] = ()) -> Plan:
    """The payments of a loan, rounded to cents, with its mandatory fees.

    Args:
        amount: Cash lent, greater than 0.
        annual_rate: Nominal rate a year as a fraction; a month bears a twelfth of it.
        months: Term, at least 1.
        repayment: A word of the contract. ``equal_instalment``: the annuity; ``equal_principal``: falling payments;
            ``interest_only``: interest each month, principal at the end; ``bullet`` and ``on_demand``: one payment of
            principal and simple interest at the end of the term.
        fees: Only mandatory ones count, whoever is paid. Upfront ones lessen the cash received, financed ones are
            lent as well, periodic ones fall due with each payment. A rate is a share of ``amount``.

    >>> payment_plan(200_000, 0.06, 240, "equal_instalment").payments[0]  # EC APRC examples (2015), example 1
    1432.86
    """
    charged = {"upfront": 0.0, "financed": 0.0, "periodic": 0.0}
    for fee in fees:
        if fee.mandatory:
            charged[fee.when] += float(fee.amount) if fee.amount is not None else (fee.rate or 0.0) * amount
    payments: list[float] = []
    for payment, times in _principal_and_interest(amount + charged["financed"], annual_rate / 12, months, repayment):
        payments += [round(payment + charged["periodic"], 2)] * times
    return Plan(amount - charged["upfront"], tuple(payments))


def _principal_and_interest(owed: float, monthly_rate: float, months: int, repayment: str) -> list[tuple[float, int]]:
    """Payments without fees, in order, each with how many months in a row ask for it."""
    if repayment == "equal_instalment":
        if monthly_rate == 0:
            return [(owed / months, months)]
        return [(owed * monthly_rate / -math.expm1(-months * math.log1p(monthly_rate)), months)]
    if repayment == "equal_principal":
        part = owed / months
        return [(part + (owed - part * month) * monthly_rate, 1) for month in range(months)]
    if repayment == "interest_only":
        return [(owed * monthly_rate, months - 1), (owed * (1 + monthly_rate), 1)]
    return [(0.0, months - 1), (owed * (1 + monthly_rate * months), 1)]


def annual_percentage_rate(plan: Plan) -> float:
    """The yearly effective rate X at which the payments are worth the cash received.

    Solves ``received = sum(payment_k / (1 + X) ** (k / 12))`` (Directive 2008/48/EC, annex I) by Newton's method on
    the monthly discount factor: the sum rises and is convex in it, so the steps cannot run away. A plan that pays back
    less than was received has a rate below 0; one with nothing received costs infinitely much.

    Returns:
        The rate as a fraction, or infinity.

    Example 1 of EC DG FISMA, Examples for the calculation of the APRC (2015):

    >>> plan = Plan(196_000, (1432.86,) * 240)
    >>> round(100 * annual_percentage_rate(plan), 6)
    6.434412
    """
    if plan.received <= 0:
        return float("inf")
    discount = 1.0
    for _ in range(MOST_STEPS):
        worth = slope = 0.0
        for payment in reversed(plan.payments):
            slope = slope * discount + worth
            worth = worth * discount + payment
        step = (worth * discount - plan.received) / (slope * discount + worth)
        discount -= step
        if abs(step) < TOLERANCE:
            break
    return float(discount**-12 - 1)
