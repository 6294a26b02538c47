from __future__ import annotations

import pytest

from risk_engine.models import FitSettings
from risk_engine.models.fitting import fit
from tests.models.portfolios import made_up

BLEND = FitSettings(decider="blend", bad="ever 90 days past due", horizon_months=12)


@pytest.fixture(scope="session")
def portfolio():
    return made_up()


@pytest.fixture(scope="session")
def model(portfolio):
    return fit(*portfolio, BLEND)


@pytest.fixture(scope="session")
def complete_model():
    """Fitted on applicants of whom everything is known: no state but VALUE was ever seen."""
    return fit(*made_up(rows=250, missing=False), BLEND)
