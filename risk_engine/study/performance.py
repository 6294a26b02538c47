"""Labels told from months of performance."""

from __future__ import annotations

from risk_engine.study.definition import Study
from risk_engine.study.labels import Labelled
from risk_engine.study.target import Performance
from risk_engine.study.warehouse import Warehouse


def labels_of_performance(study: Study, source: Performance, warehouse: Warehouse) -> Labelled:
    """Tell labels from months of performance."""
    raise NotImplementedError
