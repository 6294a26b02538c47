"""Deciding: the only room that knows features, models and rules together.

Nothing is imported here: the store needs :mod:`risk_engine.decision.record` without loading kernels and trees.
"""
