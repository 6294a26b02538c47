"""The data contract: one JSON document is one application with all its parties and evidence."""

from __future__ import annotations

from risk_engine.application.contract import APPLICANT, SECTIONS, ColumnContract, SectionContract
from risk_engine.application.decoding import decode, encode, schema
from risk_engine.application.document import LISTS, SINGLES, Application, fill_as_of
from risk_engine.application.request import Applicant, Consent, Fee, Request

SCHEMA_VERSION = "1"
"""Raised when a document that was valid stops being so, or comes to mean something else."""

__all__ = [
    "APPLICANT",
    "LISTS",
    "SCHEMA_VERSION",
    "SECTIONS",
    "SINGLES",
    "Applicant",
    "Application",
    "ColumnContract",
    "Consent",
    "Fee",
    "Request",
    "SectionContract",
    "decode",
    "encode",
    "fill_as_of",
    "schema",
]
