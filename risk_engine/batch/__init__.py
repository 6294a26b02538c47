"""Many applicants at once: section files in, features, documents and decisions out."""

from __future__ import annotations

from risk_engine.batch.chunks import Chunk, read_chunks
from risk_engine.batch.deciding import Summary, decide_batch
from risk_engine.batch.documents import document, documents
from risk_engine.batch.local import compute_features, write_features
from risk_engine.batch.plain_columns import read_columns, write_columns
from risk_engine.batch.section_writing import check_rows, section_faults, write_section
from risk_engine.batch.writing import replacing, sha256_of

__all__ = [
    "Chunk",
    "Summary",
    "check_rows",
    "compute_features",
    "decide_batch",
    "document",
    "documents",
    "read_chunks",
    "read_columns",
    "replacing",
    "section_faults",
    "sha256_of",
    "write_columns",
    "write_features",
    "write_section",
]
