"""The reasons an applicant is told: at most four, the ones that really decided.

Only what failed gives a reason: a rule its own code, the score the facts that set the applicant apart from approved
applicants at the boundary. A result that only restates a comparison (*score below cut-off*, *limit below minimum*)
is told by what brought it about, because "did not reach the score" is insufficient as a reason (12 CFR 1002.9(b)(2);
its official comment 9(b)(2) also names four as the number beyond which reasons help little).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from risk_engine.decision.decision import Reason, Sentence
from risk_engine.facts import Fact, reason_codes
from risk_engine.rules import RuleAnswer, RuleKind, RuleResult
from risk_engine.vocabulary import State

MOST_REASONS = 4
MOST_FACTS = 4
"""Facts told for one reason of the score, worst first."""
BY_SCORE = "score_below_cutoff"
BY_LIMIT = "limit_below_minimum"
UNKNOWN = "insufficient_evidence"


class Share(NamedTuple):
    """What one fact of the model did: its log-odds of bad above the applicants at the boundary."""

    fact: Fact
    state: State
    share: float

    @property
    def reason(self) -> str:
        """The fact's own reason, unless nobody knows its value: then the lack of evidence is the reason."""
        return UNKNOWN if self.state is State.NOT_OBTAINED and self.fact.reason else self.fact.reason


def principal_reasons(
    failed: Sequence[RuleResult], binding_cap: RuleResult | None, shares: Callable[[], Iterable[Share]]
) -> tuple[Reason, ...]:
    """Reasons in the order of the failed results, knock-outs first, each code once.

    Args:
        failed: Results that gave the application its outcome.
        binding_cap: The cap that held the limit, if one did.
        shares: Gives each model fact's share; called only where the score gave the outcome or holds the limit.
    """
    if not failed:
        return ()
    told: dict[str, str] = {}
    by_score = False
    for result in sorted(failed, key=lambda result: not _knocks_out(result)):
        cause = binding_cap if binding_cap and result.reason == BY_LIMIT else result
        if cause.reason in (BY_SCORE, ""):  # a grade that approves may cap the limit without a reason of its own
            by_score = True
        else:
            told.setdefault(cause.reason, f"rule {cause.id}")
    if by_score:
        for code, names in _score_reasons(shares()):
            told.setdefault(code, "score: " + ", ".join(names))
    if len(told) > 1:  # without a cap it was the request that is too small, and another rule says so
        told.pop(BY_LIMIT, None)
    codes = reason_codes()
    return tuple(
        Reason(code, Sentence(codes[code].says.en, codes[code].says.zh), source)
        for code, source in list(told.items())[:MOST_REASONS]
    )


def _knocks_out(result: RuleResult) -> bool:
    return result.kind is RuleKind.KNOCK_OUT and result.result is RuleAnswer.DECLINE


def _score_reasons(shares: Iterable[Share]) -> list[tuple[str, list[str]]]:
    """Reason codes by falling total share, each with the facts that made it, worst first.

    Where nothing speaks against the applicant, whose grade is good but not the best, the weakest code is told.
    """
    made: dict[str, list[Share]] = defaultdict(list)
    for one in shares:
        if one.reason:
            made[one.reason].append(one)
    total = {code: sum(one.share for one in given) for code, given in made.items()}
    ranked = sorted(total, key=lambda code: (-total[code], code))
    against = [code for code in ranked if total[code] > 0] or ranked[:1]
    return [(code, _worst_first(made[code])) for code in against]


def _worst_first(given: list[Share]) -> list[str]:
    ranked = sorted(given, key=lambda one: (-one.share, one.fact.name))
    return [one.fact.name for one in ranked[:MOST_FACTS] if one.share > 0] or [ranked[0].fact.name]
