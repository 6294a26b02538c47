"""Firms of the sample as documents, one of each outcome and a handful of each."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from risk_engine.batch import documents
from risk_engine.decision.underwrite import underwrite
from tests.conftest import SAMPLE


@pytest.fixture(scope="session")
def sample():
    """Every fifth of the sample's first firms."""
    return list(documents(SAMPLE, [f"F{number:05d}" for number in range(1, 601, 5)]))


@pytest.fixture(scope="session")
def ask(release):
    """Decide a document at its own moment, or at another."""

    def decide(application, *, as_of=None, release=release):
        return underwrite(application, release, as_of=as_of or application.application.as_of, decision_id="d-1")

    return decide


@pytest.fixture(scope="session")
def answers(sample, ask):
    return [ask(one) for one in sample]


@pytest.fixture(scope="session")
def approved(sample, answers):
    """A firm approved as requested."""
    return next(
        one
        for one, answer in zip(sample, answers, strict=True)
        if answer.outcome == "approve" and answer.limit.binding_cap == "requested"
    )


@pytest.fixture(scope="session")
def changed():
    """A document with another request; amounts may be texts."""

    def change(application, **fields):
        if "amount" in fields:
            fields["amount"] = Decimal(fields["amount"])
        request = msgspec.structs.replace(application.application, **fields)
        return msgspec.structs.replace(application, application=request)

    return change
