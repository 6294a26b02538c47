"""What holds of every feature of every document."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.features import from_document
from tests.features.every import FEATURES, PLAN
from tests.features.evidence import application, random_document


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
