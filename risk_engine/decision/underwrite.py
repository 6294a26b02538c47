"""The one sentence of the program: ``underwrite(document, release) -> Decision``.

Order: rules on evidence and score, limit, price, rules on the offer, outcome. Nothing is circular: a model reads
evidence only, and a rule runs once the latest fact it names is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from risk_engine import __version__
from risk_engine.application import SCHEMA_VERSION, Application
from risk_engine.bundle import LIMIT_STEP, RATE_TABLE, Release
from risk_engine.decision import decision as told
from risk_engine.decision.dossier import Dossier, case_of, gather
from risk_engine.decision.pricing import annual_percentage_rate, payment_plan
from risk_engine.decision.reasons import BY_LIMIT, Share, principal_reasons
from risk_engine.decision.scope import outside_scope
from risk_engine.decision.strategy import CENT, caps_known, giving, limit, refer_kind, worst_outcome
from risk_engine.decision.unrouted import outside_every_route
from risk_engine.facts import Facts, Plain
from risk_engine.features import KERNELS
from risk_engine.portfolio import Portfolio
from risk_engine.rules import Clause, LiftedBy, RuleAnswer, RuleKind, RuleResult, Truth
from risk_engine.vocabulary import Cause, Outcome, ReferKind, Stage, State

PROBABILITY_DECIMALS = 6
RATE_DECIMALS = 6
MOST_APR = 100.0
"""Where fees eat the loan the cost is without bounds; it is told as the end of the fact's range."""

NOTHING_LEFT = RuleResult(
    "limit_above_nothing",
    RuleKind.KNOCK_OUT,
    RuleAnswer.DECLINE,
    (Clause("limit", "<=", 0.0, 0.0, Truth.TRUE),),
    BY_LIMIT,
    overridable=LiftedBy.NEVER,
)
"""What a cap that leaves nothing to lend comes to, also under a policy without a least amount."""

HELD = State.VALUE.name.lower()
MISSING = [
    [told.FeatureValue(None, state.name.lower(), cause.name.lower() if cause else None) for cause in Cause]
    for state in State
]
"""What is told of a feature without a value, by state and cause."""


def underwrite(
    application: Application, release: Release | Portfolio, *, as_of: dt.datetime, decision_id: str
) -> told.Decision:
    """Decide one application.

    Args:
        application: The document; evidence from ``as_of`` on is ignored and counted in the notes.
        release: What decides, or the portfolio that says what decides; outside every route the answer is refer.
        as_of: The moment of decision, with an offset.
        decision_id: Identifier of the answer.

    Returns:
        The decision. The same application, release and moment give the same answer, bit for bit.

    Raises:
        InputFaults: The release's policy does not cover the day.
    """
    if isinstance(release, Portfolio):
        chosen = release.release_for(case_of(application))
        if chosen is None:
            return outside_every_route(application, release, as_of=as_of, decision_id=decision_id)
        release = chosen
    return decide(gather(application, release, as_of)[1], release, decision_id)


def decide(dossier: Dossier, release: Release, decision_id: str) -> told.Decision:
    """Decide a dossier: what :func:`underwrite` does once the features are known, for one document or a batch row."""
    day = dossier.as_of.date()
    evidence = _evidence_results(dossier, release)
    scored = _score(dossier, release, fit=not giving(evidence, Outcome.REFER))
    results = [*evidence, *scored.outside]
    results += release.policy.run(Stage.EVIDENCE, scored.facts, dossier.case, day)
    before_score = len(results)
    results += release.policy.run(Stage.SCORE, scored.facts, dossier.case, day)
    step = Decimal(str(release.policy.parameter(LIMIT_STEP, day)))
    amount, binding = limit(dossier.request.amount, step, results)
    price, facts = _offer(dossier, release, scored.facts, amount)
    results += release.policy.run(Stage.OFFER, facts, dossier.case, day)
    if amount <= 0 and caps_known(results):
        results.append(NOTHING_LEFT)
    outcome = worst_outcome(results)
    offered = outcome is not Outcome.DECLINE and amount > 0 and caps_known(results)
    # Where there is no score the later rules refer because of that: it is no reason of its own.
    telling = results[:before_score] if scored.score is None and outcome is Outcome.REFER else results
    failed = giving(telling, outcome) if outcome is not Outcome.APPROVE else [binding] if binding else []
    return told.Decision(
        decision_id=decision_id,
        application_id=dossier.request.application_id,
        as_of=dossier.as_of.isoformat(),
        outcome=outcome,
        refer_kind=refer_kind(results) if outcome is Outcome.REFER else None,
        default_probability=scored.default_probability,
        score=scored.score,
        grade=scored.grade,
        limit=told.Limit(f"{amount:.2f}", dossier.request.currency, binding.id if binding else "requested")
        if offered
        else None,
        price=price if offered else None,
        reasons=principal_reasons(failed, binding, lambda: _shares(dossier, release, day)),
        rules=_told(results),
        features=_features(dossier),
        notes=(*_notes(dossier, release), *scored.notes),
        versions=told.Versions(
            engine=__version__,
            release=release.id,
            model=release.model_id,
            policy=release.policy_id,
            schema=SCHEMA_VERSION,
            kernels=KERNELS,
        ),
    )


class _Scored(msgspec.Struct, frozen=True):
    facts: Facts
    outside: tuple[RuleResult, ...]
    notes: list[str]
    default_probability: told.DefaultProbability | None = None
    score: int | None = None
    grade: str | None = None


def _score(dossier: Dossier, release: Release, *, fit: bool) -> _Scored:
    """The model's word; none where it was not built for the application or the evidence is not fit for it.

    An outage is not information: a score over evidence nobody has would decline where the matrix refers.
    """
    values, states = release.model_row(dossier.matrix)
    outside, notes = outside_scope(release.terms.scope, dossier.case, release.beyond(values))
    if outside or not fit:
        unknown: dict[str, Plain | None] = {"default_probability": None, "score": None, "grade": None}
        return _Scored(dossier.facts.with_values(unknown), (outside,) if outside else (), notes)
    said = release.model.decide(values, states)
    probability, score, grade = round(said.default_probability, PROBABILITY_DECIMALS), said.score, said.grade
    target = release.terms.target
    return _Scored(
        outside=(),
        notes=notes,
        facts=dossier.facts.with_values({"default_probability": probability, "score": float(score), "grade": grade}),
        default_probability=told.DefaultProbability(probability, target.horizon_months, target.bad),
        score=score,
        grade=grade,
    )


def _evidence_results(dossier: Dossier, release: Release) -> list[RuleResult]:
    """The evidence matrix; a referral for every section that contradicts itself or leaves open who is liable.

    A co-borrower told as something else would take the debts along: a person decides who is liable. A fact of the
    model whose value cannot be refers as its section would: a true value beyond training refers too.
    """
    broken = [_referral(f"integrity_{section}", "unreliable_evidence", section) for section in dossier.broken]
    if Cause.INVALID in dossier.matrix.causes[0].tolist():  # numpy takes five times as long to find a member
        broken += [
            _referral(f"integrity_{fact.name}", "unreliable_evidence", *fact.sections)
            for fact in release.model.facts
            if dossier.facts[fact.name].cause is Cause.INVALID and not set(dossier.broken) & set(fact.sections)
        ]
    undecided = [_referral(f"liability_{section}", "insufficient_evidence", "parties") for section in dossier.undecided]
    return [*release.policy.evidence_results(dossier.case, dossier.judged), *broken, *undecided]


def _referral(name: str, reason: str, *asked: str) -> RuleResult:
    kind, refer = RuleKind.REFER, RuleAnswer.REFER
    return RuleResult(name, kind, refer, reason=reason, refer_kind=ReferKind.JUDGEMENT, requests=asked)


def _offer(dossier: Dossier, release: Release, facts: Facts, amount: Decimal) -> tuple[told.Price | None, Facts]:
    """Price the limit, and the facts of the offer stage; what cannot be computed was not obtained."""
    row = release.policy.table(RATE_TABLE).look_up(facts, dossier.as_of.date())
    rate = row.annual_rate if row else None
    offer: dict[str, Plain | None] = {"limit": float(amount), "annual_rate": rate, "apr": None, "instalment": None}
    if rate is None or amount <= 0:
        return None, facts.with_values(offer)
    request = dossier.request
    terms = (float(amount), rate, request.term_months, request.repayment)
    plan = payment_plan(*terms, dossier.fees)
    apr = round(min(annual_percentage_rate(plan), MOST_APR), RATE_DECIMALS)
    interest = round(annual_percentage_rate(payment_plan(*terms)), RATE_DECIMALS) if dossier.fees else apr
    price = told.Price(
        annual_rate=rate,
        apr=apr,
        instalment=f"{Decimal(str(plan.instalment)).quantize(CENT)}",
        parts={"interest": interest, "fees": round(apr - interest, RATE_DECIMALS)},
    )
    return price, facts.with_values({**offer, "apr": apr, "instalment": plan.instalment})


def _shares(dossier: Dossier, release: Release, day: dt.date) -> list[Share]:
    """Each model fact's log-odds of bad above the applicants who are just approved."""
    model = release.model
    approving = release.policy.approving_grades(day)
    worst = max(
        (bound for grade, bound in zip(model.master_scale.grades, model.master_scale.bounds, strict=True)
         if grade in approving),
        default=model.master_scale.bounds[0],
    )  # fmt: skip
    boundary = model.scale.score(min(worst, 1.0 - model.master_scale.floor))  # the most that the model tells
    above: list[float] = model.contributions(*release.model_rows(dossier.matrix), boundary)[0].tolist()
    return [
        Share(fact, dossier.facts.held[fact.name].state, share) for fact, share in zip(model.facts, above, strict=True)
    ]


def _told(results: Sequence[RuleResult]) -> tuple[told.RuleOutcome, ...]:
    return tuple(
        [told.RuleOutcome(one.id, one.kind, one.result, one.clauses, one.requests, one.overridable) for one in results]
    )


def _features(dossier: Dossier) -> dict[str, told.FeatureValue]:
    return {
        name: MISSING[known.state][known.cause] if known.state else told.FeatureValue(known.plain, HELD)
        for name, known in dossier.facts.held.items()
    }


def _notes(dossier: Dossier, release: Release) -> tuple[str, ...]:
    """What the reader must know: about the release first, then about this applicant's evidence."""
    notes = [*release.terms.warnings, *dossier.notes]
    notes += [f"{name} was held at the end of its range" for name in sorted(dossier.facts.clipped)]
    return tuple(notes)
