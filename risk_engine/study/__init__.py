"""A study: what a model is fitted on, and what can be done with it."""

from __future__ import annotations

from risk_engine.study.definition import Study
from risk_engine.study.evaluation import evaluate
from risk_engine.study.sections import write_sections
from risk_engine.study.training import train

__all__ = ["Study", "evaluate", "train", "write_sections"]
