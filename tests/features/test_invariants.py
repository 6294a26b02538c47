"""What holds of every feature of every document."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.features import from_document
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.plan import Plan
from risk_engine.vocabulary import RiskDirection, State
from tests.features.every import FEATURES, PLAN
from tests.features.evidence import application, random_document

KNOWN = Plan(CATALOGUE.values())


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), left_out=st.sets(st.sampled_from(["invoices", "ledger", "tax_filings", "sources"])))
def test_states_values_and_causes_agree(seed, left_out):
    plain = {name: held for name, held in random_document(seed, 50).items() if name not in left_out}
    matrix = PLAN.run(from_document(application(plain)))
    assert np.array_equal(np.isnan(matrix.values), matrix.states != 0)
    assert np.array_equal(matrix.causes != 0, matrix.states == 2)
    assert not np.any(matrix.clipped & (matrix.states != 0))
    for place, feature in enumerate(FEATURES):
        fact, number, state = feature.fact, matrix.values[0, place], matrix.states[0, place]
        if left_out & set(fact.sections) - {"sources"}:
            assert state == 2
        if state == 0 and fact.range is not None:
            assert fact.range[0] <= number <= fact.range[1]
        if state == 0 and fact.type == "number":
            assert number == round(number, fact.decimals)


@pytest.mark.parametrize("every", [1, 2, 3])
@settings(max_examples=12)
@given(seed=st.integers(0, 10_000))
def test_a_row_told_again_never_helps(every, seed):
    """A section whose rows are repeated contradicts itself, or no feature of the catalogue reads better."""
    plain = random_document(seed, 50)
    before = KNOWN.run(from_document(application(plain)))
    for name in plain.keys() - {"application", "applicant", "parties"}:  # a party told twice is refused
        again = [{key: held for key, held in row.items() if key != "row_id"} for row in plain[name][::every]]
        after = KNOWN.run(from_document(application(plain | {name: plain[name] + again})))
        for place, fact in enumerate(KNOWN.facts):
            if after.states[0, place] == int(State.NOT_OBTAINED):
                continue
            assert after.states[0, place] == before.states[0, place], (name, fact.name)
            rise = np.nan_to_num(after.values[0, place] - before.values[0, place])
            better = {RiskDirection.FALLING: rise > 0, RiskDirection.RISING: rise < 0}.get(fact.risk, rise != 0)
            assert not better, (name, fact.name)
