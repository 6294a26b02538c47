"""Every feature there is: the catalogue's and the language's examples."""

from __future__ import annotations

from risk_engine.features import Catalogue
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.plan import Plan
from tests.features import examples

FEATURES = (*CATALOGUE.values(), *Catalogue.of(examples).values())
PLAN = Plan(FEATURES)
