"""What a rule answers: its result, and each clause with its value, threshold and truth."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

import msgspec

from risk_engine.vocabulary import ReferKind

_NOTHING = Decimal("0.00")
_MOST = 1e15  # the end of the range of the fact `limit`; more is no cap at all, and decimals have 28 digits


class Truth(StrEnum):
    """Kleene's three truths: a missing fact makes a clause unknown, never true."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class RuleKind(StrEnum):
    """Who may lift a result; it does not rank results."""

    KNOCK_OUT = "knock_out"
    REFER = "refer"
    CAP = "cap"
    CONDITION = "condition"
    CUT_OFF = "cut_off"  # a row of an outcome table


class RuleAnswer(StrEnum):
    """What a rule does to the application; ``approve`` is a rule that was passed."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"
    CAP = "cap"
    CONDITION = "condition"
    SKIPPED = "skipped"


class LiftedBy(StrEnum):
    """Who may override a result."""

    REVIEWER = "reviewer"
    SECOND_ROLE = "second_role"
    NEVER = "never"


LIFTED_BY = {
    RuleKind.KNOCK_OUT: LiftedBy.SECOND_ROLE,
    RuleKind.REFER: LiftedBy.REVIEWER,
    RuleKind.CAP: LiftedBy.REVIEWER,
    RuleKind.CONDITION: LiftedBy.REVIEWER,
    RuleKind.CUT_OFF: LiftedBy.REVIEWER,
}


class Clause(msgspec.Struct, frozen=True, gc=False):
    """One comparison of one case.

    Attributes:
        fact: The fact, or the printed arithmetic over facts.
        operator: ``>``, ``in``, ``is`` ...; ``within`` for a table range, ``gives`` for the amount of a cap.
        value: The value compared (a date as ISO text), or the state word where there was none.
        threshold: The parameter's value on the day, the literal, or the other fact's value.
        truth: True, false or unknown.
    """

    fact: str
    operator: str
    value: float | bool | str
    threshold: float | bool | str | tuple[str, ...] | None
    truth: Truth


class RuleResult(msgspec.Struct, frozen=True, gc=False):
    """What one rule said of one case.

    Attributes:
        id: The rule, or the table.
        kind: Kind of the rule; ``cut_off`` for a table.
        result: ``approve`` where passed.
        clauses: Every clause, also those that did not decide.
        reason: Reason code; empty where passed or skipped.
        refer_kind: Who a referral goes to; None unless referred.
        requests: What to ask the applicant for; empty unless referred or a condition.
        cap: Most that may be lent, to the cent, rounded down; also beside another result of a table row.
        overridable: Who may lift the result.
        row: Row of the table, counted from 1; None for a rule.
    """

    id: str
    kind: RuleKind
    result: RuleAnswer
    clauses: tuple[Clause, ...] = ()
    reason: str = ""
    refer_kind: ReferKind | None = None
    requests: tuple[str, ...] = ()
    cap: Decimal | None = None
    overridable: LiftedBy = LiftedBy.REVIEWER
    row: int | None = None


def to_the_cent(number: float) -> Decimal:
    """An amount that may be lent: rounded down to the cent, never below nothing.

    >>> to_the_cent(99999.999), to_the_cent(-0.0), to_the_cent(-1e300)
    (Decimal('99999.99'), Decimal('0.00'), Decimal('0.00'))
    """
    return Decimal(repr(min(max(0.0, number), _MOST))).quantize(_NOTHING, rounding=ROUND_DOWN)
