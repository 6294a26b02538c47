"""Facts that rank the wrong way round are named."""

from __future__ import annotations

import numpy as np

from risk_engine.facts import Fact, FactMatrix, Says
from risk_engine.study.signs import against_sign
from risk_engine.vocabulary import RiskDirection


def matrix(columns, states=None):
    facts = tuple(Fact(name=name, says=Says(name, name), unit="count", risk=risk) for name, risk, _ in columns)
    values = np.column_stack([column for _, _, column in columns]).astype(float)
    states = np.zeros(values.shape, np.uint8) if states is None else states
    return FactMatrix(facts, values, states, np.zeros_like(states), np.zeros(values.shape, np.bool_))


IS_BAD = np.arange(200) % 4 == 0
RISKY = IS_BAD * 1.0 + np.arange(200) / 150


def test_only_what_the_rows_contradict_beyond_chance():
    told = against_sign(
        matrix([
            ("agrees", RiskDirection.RISING, RISKY),
            ("contradicts", RiskDirection.FALLING, RISKY),
            ("turned", RiskDirection.RISING, -RISKY),
            ("silent", RiskDirection.NONE, RISKY),
            ("noise", RiskDirection.FALLING, np.arange(200) % 7),
        ]),
        IS_BAD,
    )  # fmt: skip
    assert [one.fact for one in told] == ["contradicts", "turned"]
    assert all(one.auc < one.high < 0.5 for one in told)
    assert told[0].auc == told[1].auc
    assert (told[0].rows, told[0].bads) == (200, 50)
    assert "declares that risk is falling" in str(told[0])


def test_rows_without_a_value_do_not_speak():
    states = np.zeros((200, 1), np.uint8)
    states[19 * 4 :] = 2
    assert against_sign(matrix([("few", RiskDirection.FALLING, RISKY)], states), IS_BAD) == ()
