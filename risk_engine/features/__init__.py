"""Features: declared once, run at every speed by the same kernels."""

from __future__ import annotations

from risk_engine.features.columns import Columns, from_document, from_tables
from risk_engine.features.compiling import KERNELS
from risk_engine.features.coverage import NAMES, PLACE, Coverage
from risk_engine.features.declaration import Catalogue, Feature
from risk_engine.features.parsing import parse
from risk_engine.features.plan import Plan
from risk_engine.features.tables import ApplicantTable, SectionTable

__all__ = [
    "KERNELS",
    "NAMES",
    "PLACE",
    "ApplicantTable",
    "Catalogue",
    "Columns",
    "Coverage",
    "Feature",
    "Plan",
    "SectionTable",
    "from_document",
    "from_tables",
    "parse",
]
