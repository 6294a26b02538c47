"""Decisions over HTTP: read within bounds, decided once, recorded, then answered."""

from risk_engine.service.app import create_app
from risk_engine.service.moment import Clock

__all__ = ["Clock", "create_app"]
