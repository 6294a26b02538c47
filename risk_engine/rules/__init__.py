"""Rules: a lender's policy as a folder of YAML, checked whole when loaded, run with its trace.

:func:`load_policy` reads a folder; :meth:`Policy.run` answers with one :class:`RuleResult` per rule.
"""

from __future__ import annotations

from risk_engine.rules.evidence import NOT_APPLICABLE, HeldSection, Requirement
from risk_engine.rules.loading import load_policy
from risk_engine.rules.policy import Policy
from risk_engine.rules.results import Clause, LiftedBy, RuleAnswer, RuleKind, RuleResult, Truth, to_the_cent
from risk_engine.rules.scope import Case
from risk_engine.rules.tables import Row, Table

__all__ = [
    "NOT_APPLICABLE",
    "Case",
    "Clause",
    "HeldSection",
    "LiftedBy",
    "Policy",
    "Requirement",
    "Row",
    "RuleAnswer",
    "RuleKind",
    "RuleResult",
    "Table",
    "Truth",
    "load_policy",
    "to_the_cent",
]
