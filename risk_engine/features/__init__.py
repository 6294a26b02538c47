"""Features: declared once, run at every speed by the same kernels."""

from __future__ import annotations

from risk_engine.features.columns import Columns, from_document, from_tables
from risk_engine.features.declaration import Catalogue, Feature
from risk_engine.features.parsing import parse
from risk_engine.features.tables import ApplicantTable, SectionTable

__all__ = [
    "ApplicantTable",
    "Catalogue",
    "Columns",
    "Feature",
    "SectionTable",
    "from_document",
    "from_tables",
    "parse",
]
