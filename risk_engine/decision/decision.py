"""The answer: what the endpoint returns, batch writes, the record keeps and replay compares."""

from __future__ import annotations

from typing import Any

import msgspec

from risk_engine.decision.view import decision_html
from risk_engine.rules import Clause, LiftedBy, RuleAnswer, RuleKind
from risk_engine.vocabulary import Outcome, ReferKind


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """The same sentence in English and Chinese."""

    en: str
    zh: str


class DefaultProbability(msgspec.Struct, frozen=True, gc=False):
    """A probability of default, always told with its horizon and its definition of bad."""

    value: float
    horizon_months: int
    bad: str


class Limit(msgspec.Struct, frozen=True, gc=False):
    """What the lender would lend; ``binding_cap`` names what held it there (``requested`` when nothing did)."""

    amount: str
    currency: str
    binding_cap: str


class Price(msgspec.Struct, frozen=True, gc=False):
    """Nominal rate a year, all-in yearly cost, and what they are made of; fractions, not percent."""

    annual_rate: float
    apr: float
    instalment: str
    parts: dict[str, float]


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One of at most four reasons; ``source`` names the rule or the facts that gave it."""

    code: str
    says: Sentence
    source: str


class RuleOutcome(msgspec.Struct, frozen=True, gc=False):
    """What one rule came to, with the clauses that brought it there, and who may lift it."""

    id: str
    kind: RuleKind
    result: RuleAnswer
    clauses: tuple[Clause, ...]
    requests: tuple[str, ...]
    overridable: LiftedBy


class FeatureValue(msgspec.Struct, frozen=True, gc=False):
    """One feature as it was binned, ruled on and explained; ``cause`` says why a value was not obtained."""

    value: Any
    state: str
    cause: str | None = None


class Versions(msgspec.Struct, frozen=True, gc=False):
    """What produced the answer: software by version, data by content hash.

    Outside every route of a portfolio, ``release`` is the portfolio's id, and ``model`` and ``policy`` are empty.
    """

    engine: str
    release: str
    model: str
    policy: str
    schema: str
    kernels: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Approve, refer or decline, with everything needed to tell it again.

    ``limit`` and ``price`` are what is offered; a referred application carries those its reviewer would start from,
    where they could be computed, a declined one none.
    """

    decision_id: str
    application_id: str
    as_of: str
    outcome: Outcome
    refer_kind: ReferKind | None
    default_probability: DefaultProbability | None
    score: int | None
    grade: str | None
    limit: Limit | None
    price: Price | None
    reasons: tuple[Reason, ...]
    rules: tuple[RuleOutcome, ...]
    features: dict[str, FeatureValue]
    notes: tuple[str, ...]
    versions: Versions

    def to_json(self) -> bytes:
        """Canonical bytes: the same decision is the same bytes everywhere."""
        return msgspec.json.encode(self, order="deterministic")

    def _repr_html_(self) -> str:
        return decision_html(self)


SHORT_VIEW = (
    "decision_id", "application_id", "as_of", "outcome", "refer_kind", "default_probability", "score", "grade",
    "limit", "price", "reasons", "notes",
)  # fmt: skip
"""Fields of ``?view=short``: from the outcome to the reasons, and the notes."""
