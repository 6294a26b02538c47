"""The data contract: one JSON document is one application with all its parties and evidence."""

from __future__ import annotations

from risk_engine.application.contract import APPLICANT, SECTIONS, ColumnContract, SectionContract
from risk_engine.application.decoding import decode, encode, schema
from risk_engine.application.document import Application, fill_as_of

__all__ = [
    "APPLICANT",
    "SECTIONS",
    "Application",
    "ColumnContract",
    "SectionContract",
    "decode",
    "encode",
    "fill_as_of",
    "schema",
]
