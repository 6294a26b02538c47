"""A backtest: a release's decisions on a study's applications, held against what became of them."""

from __future__ import annotations

from risk_engine.backtest.running import backtest

__all__ = ["backtest"]
