"""The reasons an applicant is told: at most four, the ones that really decided.

Only what failed gives a reason: a rule its own code, the score the facts that set the applicant apart from approved
applicants at the boundary. A result that only restates a comparison (*score below cut-off*, *limit below minimum*)
is told by what brought it about, because "did not reach the score" is insufficient as a reason (12 CFR 1002.9(b)(2);
its official comment 9(b)(2) also names four as the number beyond which reasons help little).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from risk_engine.decision.decision import Reason, Sentence
from risk_engine.facts import Fact, reason_codes
from risk_engine.rules import RuleKind, RuleResult

MOST_REASONS = 4
BY_SCORE = "score_below_cutoff"
BY_LIMIT = "limit_below_minimum"

Shares = Callable[[], Sequence[float]]
"""Log-odds of bad per model fact above the boundary's applicants; called only when the score failed."""


def principal_reasons(
    failed: Sequence[RuleResult], binding_cap: RuleResult | None, facts: Sequence[Fact], shares: Shares
) -> tuple[Reason, ...]:
    """Reasons in the order of the failed results, knock-outs first, each code once.

    Args:
        failed: Results that gave the application its outcome.
        binding_cap: The cap that held the limit, if one did.
        facts: The model's facts, in column order.
        shares: Gives each fact's contribution against the boundary.
    """
    told: dict[str, str] = {}
    by_score = False
    for result in sorted(failed, key=lambda result: result.kind is not RuleKind.KNOCK_OUT):
        cause = binding_cap if binding_cap and result.reason == BY_LIMIT else result
        if cause.reason in (BY_SCORE, ""):  # a grade that approves may cap the limit without a reason of its own
            by_score = True
        else:
            told.setdefault(cause.reason, f"rule {cause.id}")
    if by_score:
        for code, names in _score_reasons(facts, shares()):
            told.setdefault(code, "score: " + ", ".join(names))
    codes = reason_codes()
    return tuple(
        Reason(code, Sentence(codes[code].says.en, codes[code].says.zh), source)
        for code, source in list(told.items())[:MOST_REASONS]
    )


def _score_reasons(facts: Sequence[Fact], shares: Iterable[float]) -> list[tuple[str, list[str]]]:
    """Reason codes by falling total share, each with the facts that made it, worst first."""
    total: dict[str, float] = defaultdict(float)
    names: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for fact, share in zip(facts, shares, strict=True):
        if fact.reason:
            total[fact.reason] += share
            names[fact.reason].append((-share, fact.name))
    ranked = sorted((code for code in total if total[code] > 0), key=lambda code: (-total[code], code))
    return [(code, [name for less, name in sorted(names[code]) if less < 0]) for code in ranked]
