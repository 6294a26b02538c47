"""The features a lender may use, one module per domain; ``CATALOGUE`` holds them all by name."""

from risk_engine.features.catalogue import (
    accounts,
    balances,
    conduct,
    consumer,
    counterparties,
    credit,
    debt_service,
    invoices,
    ledger,
    partners,
    request,
)
from risk_engine.features.language import Catalogue

CATALOGUE = Catalogue.of(
    request, invoices, partners, ledger, balances, accounts, counterparties, debt_service, conduct, credit, consumer
)
