"""From what the rules said to a limit and an outcome: the worst result wins, the lowest cap binds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal

from risk_engine.rules import RuleAnswer, RuleKind, RuleResult
from risk_engine.vocabulary import SEVERITY, Outcome, ReferKind

REFER_ORDER = tuple(ReferKind)
ANSWERS = {Outcome.DECLINE: RuleAnswer.DECLINE, Outcome.REFER: RuleAnswer.REFER, Outcome.APPROVE: RuleAnswer.APPROVE}
"""The answer that asks for each outcome; other answers ask for none."""
_WORST_FIRST = sorted(ANSWERS, key=SEVERITY.__getitem__, reverse=True)
_CAPPING, _REFER = (RuleKind.CAP, RuleKind.CUT_OFF), RuleAnswer.REFER

CENT = Decimal("0.01")


def limit(asked: Decimal, step: Decimal, results: Iterable[RuleResult]) -> tuple[Decimal, RuleResult | None]:
    """The most that may be lent: the amount asked for, to the cent, or the lowest cap, to the lender's step; never up.

    Returns:
        The limit, and the result that holds it there (None where the request does).

    >>> limit(Decimal("250000.00"), Decimal(1000), [])
    (Decimal('250000.00'), None)
    >>> limit(Decimal("999999.5"), Decimal(1000), [])
    (Decimal('999999.50'), None)
    """
    capping = [result for result in results if result.cap is not None and result.cap < asked]
    if not capping:
        return asked.quantize(CENT, ROUND_DOWN), None
    binding = min(capping, key=lambda result: result.cap or Decimal(0))
    cap = max(binding.cap or Decimal(0), Decimal(0))
    return (cap / step).to_integral_value(ROUND_DOWN) * step, binding


def caps_known(results: Iterable[RuleResult]) -> bool:
    """Whether everything that may lower a limit could be judged; else there is no limit to tell."""
    return not any(result.result is _REFER and result.kind in _CAPPING and result.row is None for result in results)


def worst_outcome(results: Iterable[RuleResult]) -> Outcome:
    """Decline beats refer beats approve; nothing else counts."""
    given = [result.result for result in results]
    return next((outcome for outcome in _WORST_FIRST if ANSWERS[outcome] in given), Outcome.APPROVE)


def giving(results: Sequence[RuleResult], outcome: Outcome) -> list[RuleResult]:
    """The results that gave the application this outcome."""
    answer = ANSWERS[outcome]
    return [result for result in results if result.result is answer]


def refer_kind(results: Sequence[RuleResult]) -> ReferKind | None:
    """Where a referred case goes: the latest word of :class:`ReferKind` among its referring results."""
    kinds = [result.refer_kind for result in giving(results, Outcome.REFER) if result.refer_kind is not None]
    return max(kinds, key=REFER_ORDER.index, default=None)
