"""Withholding evidence is never worth it: rules, score and integrity together, on 200 cases of the sample.

Removing, shortening, relabelling or post-dating any section, party or period never turns refer or decline into approve
and never raises a limit; neither does repeating its rows.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from risk_engine.batch import documents
from risk_engine.decision.underwrite import underwrite
from tests.conftest import SAMPLE
from tests.withheld import every_way

CASES = 100


def ask(application, release):
    return underwrite(application, release, as_of=application.application.as_of, decision_id="w")


def limit(decision):
    return None if decision.limit is None else Decimal(decision.limit.amount)


def gains(before, after):
    """What telling less, or again, was good for; nothing, where all is well."""
    if before.outcome != "approve" and after.outcome == "approve":
        return f"{before.outcome} became approve"
    if limit(before) is not None and limit(after) is not None and limit(after) > limit(before):
        return f"limit {limit(before)} became {limit(after)}"
    return None


@pytest.fixture(scope="module")
def applications():
    return list(documents(SAMPLE))


@pytest.mark.parametrize(
    ("product", "decided_by"), [("sme_term_loan", "release"), ("consumer_loan", "consumer_release")]
)
def test_telling_less_or_again_is_never_worth_it(product, decided_by, applications, request):
    release = request.getfixturevalue(decided_by)
    of_product = [one for one in applications if one.application.product == product]
    chosen = of_product[:: len(of_product) // CASES][:CASES]
    outcomes, found, ways = Counter(), [], 0
    for application in chosen:
        before = ask(application, release)
        outcomes[before.outcome.value] += 1
        for how, changed in every_way(application):
            ways += 1
            if gain := gains(before, ask(changed, release)):
                found.append(f"{application.application.application_id}: {how}: {gain}")
    assert min(outcomes[word] for word in ("approve", "refer", "decline")) >= CASES // 10, outcomes
    assert ways > 100 * CASES
    assert not found, f"{len(found)} of {ways}\n" + "\n".join(found[:40])
