"""What the applicant can afford, how old a person is, what is consented: facts of the decision, for rules alone.

A policy that states an ``assessment_rate`` has the loan assessed at it, whatever rate is offered in the end: a limit
must not depend on a price that depends on the limit. Every debt counts, the new one included.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from risk_engine.application import APPLICANT, Application, Consent, Fee, Request
from risk_engine.bundle import ASSESSED_FROM, ASSESSMENT_RATE, DEBT_SERVICE_CEILING
from risk_engine.decision.pricing import payment_plan
from risk_engine.facts import Facts, FactValue, assessment_facts
from risk_engine.rules import Policy, to_the_cent
from risk_engine.vocabulary import Cause, State

FACTS = {fact.name: fact for fact in assessment_facts()}
AGE, CONSENT = "applicant_age_years", "bureau_consent"
ESTABLISHED_FROM = {
    "assessed_instalment": "the request, its fees and the policy's assessment_rate",
    "debt_service_to_income": "household_net_income, household_debt_service and assessed_instalment",
    "residual_income": "household_net_income, household_debt_service, household_living_costs and assessed_instalment",
    "affordable_amount": (
        "household_net_income, household_debt_service, the request, its fees and the policy's assessment_rate and"
        " max_debt_service_to_income"
    ),
    AGE: "birth_date in the section applicant and the day of decision",
    CONSENT: "the sections consents and parties",
}
"""What each fact is established from, in words: no row of evidence stands behind it alone."""
MEASURE = 1e9
"""An amount so large that rounding its instalment to cents does not show in the instalment per unit lent."""


def assess(facts: Facts, application: Application, policy: Policy, as_of: dt.datetime) -> Facts:
    """The features, and what only the decision can establish beside them.

    Args:
        facts: The features.
        application: Its request, applicant, fees, parties and consents are read.
        policy: Age and consent are told where a rule names them, affordability where ``assessment_rate`` is stated and
            the household's income, debt service and living costs are among the features.
        as_of: The moment of decision, on a day the policy covers.
    """
    day = as_of.date()
    more: dict[str, FactValue] = {}
    if AGE in policy.named_facts:
        more[AGE] = _age(application.applicant.birth_date, day)
    if CONSENT in policy.named_facts:
        more[CONSENT] = _bureau_consent(application, as_of)
    if ASSESSMENT_RATE in policy.parameters and facts.keys() >= set(ASSESSED_FROM):
        more |= _affordability(facts, application, policy, day)
    if not more:
        return facts
    burden = more.get("debt_service_to_income")
    worst = burden is not None and burden.plain == _ends("debt_service_to_income")[1]
    clipped = facts.clipped | {"debt_service_to_income"} if worst else facts.clipped
    return Facts({**facts.held, **more}, clipped)


def assessed_instalment(amount: float, annual_rate: float, request: Request, fees: Sequence[Fee] = ()) -> float:
    """What a borrower must find in a month for an amount, over the term and in the way asked for.

    Where principal stays until the end (``interest_only``, ``bullet``, ``on_demand``) and for a revolving line, the
    amount is assessed as drawn in full, its interest paid and an equal part of the principal put aside each month: the
    first payment of ``equal_principal``, which no annuity exceeds. What such loans really ask for in a month, little or
    nothing, would say that any amount can be borne.

    Args:
        amount: Cash lent.
        annual_rate: The policy's ``assessment_rate``, as a fraction.
        request: Term and way of repayment.
        fees: Mandatory ones are part of it, as in the payment plan.
    """
    even = request.repayment == "equal_instalment" and not request.revolving
    kind = "equal_instalment" if even else "equal_principal"
    return payment_plan(amount, annual_rate, request.term_months, kind, fees).instalment


def affordable_amount(headroom: float, annual_rate: float, request: Request, fees: Sequence[Fee] = ()) -> float:
    """The largest amount, to the cent, whose assessed instalment lies within the headroom.

    Args:
        headroom: Most that may be paid in a month, to the cent.
        annual_rate: The policy's ``assessment_rate``, as a fraction.
        request: Term and way of repayment.
        fees: Mandatory ones are part of an instalment.
    """
    fixed = assessed_instalment(0.0, annual_rate, request, fees)  # fees that do not depend on the amount
    per_unit = (assessed_instalment(MEASURE, annual_rate, request, fees) - fixed) / MEASURE
    return float(to_the_cent((headroom - fixed) / per_unit))


def _affordability(facts: Facts, application: Application, policy: Policy, day: dt.date) -> dict[str, FactValue]:
    income, debts, living = (facts[name] for name in ASSESSED_FROM)
    request, fees = application.application, application.rows("fees") or ()
    rate: float = policy.parameter(ASSESSMENT_RATE, day)  # type: ignore[assignment]  # read_policy refuses others
    instalment = assessed_instalment(float(request.amount), rate, request, fees)
    told = {
        "assessed_instalment": FactValue(instalment, State.VALUE),
        "debt_service_to_income": _of(
            "debt_service_to_income",
            lambda net, owed: (owed + instalment) / net if net > 0 else math.inf,
            income,
            debts,
        ),
        "residual_income": _of(
            "residual_income", lambda net, owed, spent: net - owed - instalment - spent, income, debts, living
        ),
    }
    if DEBT_SERVICE_CEILING in policy.parameters:
        ceiling = Decimal(repr(policy.parameter(DEBT_SERVICE_CEILING, day)))

        def most(net: float, owed: float) -> float:
            headroom = ceiling * Decimal(repr(net)) - Decimal(repr(owed))
            return affordable_amount(float(to_the_cent(float(headroom))), rate, request, fees)

        told["affordable_amount"] = _of("affordable_amount", most, income, debts)
    return told


def _of(name: str, formula: Callable[..., float], *inputs: FactValue) -> FactValue:
    """A number from others; where one is not known, in the state of the least known, as in the feature language."""
    least_known = max(inputs, key=lambda value: value.state)
    if least_known.state is not State.VALUE:
        return FactValue(None, least_known.state, least_known.cause)
    least, most = _ends(name)
    number = min(max(formula(*(value.plain for value in inputs)), least), most)
    return FactValue(round(number, FACTS[name].decimals), State.VALUE)


def _ends(name: str) -> tuple[float, float]:
    return FACTS[name].clip or FACTS[name].range or (-math.inf, math.inf)


def _age(birth_date: dt.date | None, day: dt.date) -> FactValue:
    if birth_date is None:
        return FactValue(None, State.NOT_OBTAINED, Cause.NOT_REQUESTED)
    years = day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
    return FactValue(float(years), State.VALUE)


def _bureau_consent(application: Application, as_of: dt.datetime) -> FactValue:
    """Whether the applicant and every co-borrower allow it; not obtained where nobody was asked for any consent."""
    consents: Sequence[Consent] = application.rows("consents") or ()
    if not consents:
        return FactValue(None, State.NOT_OBTAINED, Cause.NOT_REQUESTED)
    liable = {APPLICANT, *(row.party for row in application.rows("parties") or () if row.role == "co_borrower")}
    allow = {row.party or APPLICANT for row in consents if row.scope == "bureau" and _holds(row, as_of)}
    return FactValue(liable <= allow, State.VALUE)


def _holds(consent: Consent, as_of: dt.datetime) -> bool:
    known = max(consent.granted_on, consent.known_at or consent.granted_on) < as_of
    withdrawn = consent.withdrawn_on is not None and consent.withdrawn_on < as_of
    return known and not withdrawn and (consent.expires_on is None or as_of.date() <= consent.expires_on)
