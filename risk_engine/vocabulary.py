"""The words every room uses: outcomes, states of knowledge, risk directions, stages, currencies."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """What the lender is told; worse is greater in :data:`SEVERITY`."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


SEVERITY = {Outcome.APPROVE: 0, Outcome.REFER: 1, Outcome.DECLINE: 2}


class State(IntEnum):
    """What is known of a fact. Arithmetic over facts takes the greatest state.

    >>> max(State.NONE, State.NOT_OBTAINED).name
    'NOT_OBTAINED'
    """

    VALUE = 0
    NONE = 1  # looked at, and there was nothing to measure
    NOT_OBTAINED = 2  # nobody looked, the look-up failed, or what came back cannot be trusted
    NOT_APPLICABLE = 3  # the policy's evidence matrix says it does not concern this applicant


class Cause(IntEnum):
    """Why a fact was not obtained; refusal is information, an outage is not."""

    NO_CAUSE = 0
    NOT_REQUESTED = 1
    REFUSED = 2
    UNAVAILABLE = 3
    NO_RECORD = 4
    NOT_COVERED = 5
    INVALID = 6


class RiskDirection(StrEnum):
    """How risk moves as the fact grows."""

    RISING = "rising"
    FALLING = "falling"
    NONE = "none"


RISING, FALLING, UNDIRECTED = RiskDirection.RISING, RiskDirection.FALLING, RiskDirection.NONE


class Stage(StrEnum):
    """When a fact is known: models read evidence only, so nothing is circular."""

    EVIDENCE = "evidence"
    SCORE = "score"
    OFFER = "offer"


class FactType(StrEnum):
    """How a fact's float64 value is read."""

    NUMBER = "number"
    WORD = "word"  # index into the fact's closed list of words
    BOOLEAN = "boolean"  # 0.0 or 1.0
    DATE = "date"  # days since 1970-01-01


class ReferKind(StrEnum):
    """Who a referred case goes to; later ones outrank earlier ones."""

    INFORMATION = "information"
    JUDGEMENT = "judgement"
    AUTHORITY = "authority"
    FRAUD = "fraud"
