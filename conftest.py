"""What the examples in the package's docstrings find at hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.features.worked import measure


@pytest.fixture(autouse=True, scope="session")
def _at_hand(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace["measure"] = measure
