"""The answer to a case that no route of a portfolio holds for: refer, with the routes that were looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from risk_engine import __version__
from risk_engine.application import SCHEMA_VERSION, Application
from risk_engine.decision import decision as told
from risk_engine.decision.dossier import case_of
from risk_engine.decision.reasons import principal_reasons
from risk_engine.features import KERNELS
from risk_engine.portfolio import ROUTED_BY, Portfolio
from risk_engine.rules import Case, Clause, RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.vocabulary import Outcome, ReferKind

RULE = "portfolio_routes"
REASON = "outside_portfolio"


def outside_every_route(
    application: Application, portfolio: Portfolio, *, as_of: dt.datetime, decision_id: str
) -> told.Decision:
    """Refer an application that no release decides; nothing is computed of it.

    The portfolio stands where the release would, so that the answer can be recorded and replayed like any other.

    Args:
        application: The request and the applicant are read.
        portfolio: None of its routes holds for the case.
        as_of: The moment of decision.
        decision_id: Identifier of the answer.
    """
    case = case_of(application)
    clauses = tuple(_looked_at(case, portfolio))
    result = RuleResult(RULE, RuleKind.REFER, RuleAnswer.REFER, clauses, REASON, ReferKind.JUDGEMENT)
    return told.Decision(
        decision_id=decision_id,
        application_id=application.application.application_id,
        as_of=as_of.isoformat(),
        outcome=Outcome.REFER,
        refer_kind=result.refer_kind,
        default_probability=None,
        score=None,
        grade=None,
        limit=None,
        price=None,
        reasons=principal_reasons([result], None, tuple),
        rules=(told.RuleOutcome(result.id, result.kind, result.result, clauses, (), result.overridable),),
        features={},
        notes=(f"no route of the portfolio {portfolio.name} holds for this case, so nothing was scored",),
        versions=told.Versions(
            engine=__version__,
            release=portfolio.id,
            model="",
            policy="",
            schema=SCHEMA_VERSION,
            kernels=KERNELS,
        ),
    )


def _looked_at(case: Case, portfolio: Portfolio) -> Iterator[Clause]:
    for route in portfolio.routes:
        for name in ROUTED_BY:
            word, words = getattr(case, name), getattr(route, name)
            yield Clause(name, "in", word, words, Truth.TRUE if word in words else Truth.FALSE)
