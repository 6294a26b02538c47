"""The commands, a module for each kind of work; :mod:`risk_engine.cli` puts them together."""
