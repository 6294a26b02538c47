"""Compile the feature kernels: numba keeps what it compiled, and no later process waits for it.

Run ``python -m training.compile_kernels``; setting up ``.venv`` does. It takes half a minute once, then seconds.
"""

from __future__ import annotations

import datetime as dt

from risk_engine.application import decode
from risk_engine.features import Plan, from_document
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.service.warm_up import DOCUMENT


def main() -> None:
    """Measure every feature of the catalogue on a made-up application."""
    plan = Plan([*CATALOGUE.values()])
    plan.run(from_document(decode(DOCUMENT), as_of=dt.datetime(2020, 3, 1, tzinfo=dt.UTC)))


if __name__ == "__main__":
    main()
