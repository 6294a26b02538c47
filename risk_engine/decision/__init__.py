"""Deciding: the only room that knows features, models and rules together."""

from __future__ import annotations

from risk_engine.decision.decision import Decision
from risk_engine.decision.dossier import Dossier, case_of, not_applicable, open_dossier
from risk_engine.decision.underwrite import decide, underwrite

__all__ = ["Decision", "Dossier", "case_of", "decide", "not_applicable", "open_dossier", "underwrite"]
