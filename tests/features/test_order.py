"""One canonical order, whatever order rows were sent in and whatever is null."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.features import ApplicantTable, SectionTable, from_tables
from risk_engine.features.section_kernels import rank_ties
from tests.features.evidence import application, document, invoice, table_columns

COLUMNS = st.sampled_from(["few", "days", "amounts", "nothing"])


def drawn(kind: str, rows: int, rng: np.random.Generator) -> np.ndarray:
    values = {
        "few": rng.integers(0, 3, rows).astype(float),
        "days": rng.choice([-np.inf, *range(18_000, 18_040)], rows),
        "amounts": rng.choice([-0.0, 0.0, 1e14, *rng.lognormal(9, 2, 5)], rows),
        "nothing": np.full(rows, np.nan),
    }[kind]
    return np.where(rng.random(rows) < 0.1, np.nan, values)


@settings(max_examples=200)
@given(
    seed=st.integers(0, 10_000), kinds=st.lists(COLUMNS, min_size=1, max_size=4),
    counts=st.lists(st.sampled_from([0, 1, 2, 5, 40, 150]), min_size=1, max_size=6),
)  # fmt: skip
def test_ranking_by_one_column_after_the_other_is_a_stable_sort_by_all(seed, kinds, counts):
    rng, offsets = np.random.default_rng(seed), np.cumsum([0, *counts])
    columns = [drawn(kind, sum(counts), rng) for kind in kinds]
    owner = np.repeat(np.arange(len(counts)), counts)
    ranked, tied = np.arange(len(owner)), np.ones(len(owner) + 1, np.bool_)
    tied[offsets] = False
    for column in columns:
        column.flags.writeable = False
        any_tie = rank_ties(column, ranked, tied)
    keys = [owner, *(np.nan_to_num(column, nan=np.inf, neginf=-np.inf) for column in columns)]
    assert ranked.tolist() == np.lexsort(keys[::-1]).tolist()
    agree = np.logical_and.reduce([key[ranked[1:]] == key[ranked[:-1]] for key in keys])
    assert tied[1:-1].tolist() == agree.tolist()
    assert any_tie == agree.any()


def test_rows_stand_by_day_then_amount_then_text():
    rows = [invoice(3, "2020-01-05", 5.0), invoice(2, "2020-01-05", 5.0), invoice(1, "2020-01-05", 4.0),
            invoice(9, "2020-01-02", 9.0)]  # fmt: skip
    columns = table_columns([application(document(invoices=rows)), application(document(invoices=rows[::-1]))])
    section = columns.section("invoices")
    assert section.index_in_applicant(0).tolist() == [3, 2, 1, 0]
    assert section.index_in_applicant(1).tolist() == [0, 1, 2, 3]
    assert section.column("net_amount").tolist() == [9.0, 4.0, 5.0, 5.0] * 2


def known(event: float, public: float, known_at: float) -> int:
    """Legal events that count at noon of day 100, UTC."""
    told = {"opened_on": event, "published_on": public, "known_at": known_at}
    table = SectionTable(np.array([0, 1]), {name: np.array([value]) for name, value in told.items()})
    columns = from_tables(ApplicantTable(np.array([100.5 * 86_400]), np.zeros(1)), {"legal_events": table})
    assert columns.ignored_rows[0] + len(columns.section("legal_events").dates) == 1
    return len(columns.section("legal_events").dates)


def test_a_row_is_known_from_known_at_else_from_its_public_date_else_from_its_event():
    nothing, noon = np.nan, 100.5 * 86_400
    assert known(99.0, nothing, nothing) == 1
    assert known(101.0, nothing, nothing) == 0
    assert known(90.0, 100.0, nothing) == 1
    assert known(90.0, 101.0, nothing) == 0
    assert known(90.0, 101.0, noon - 1.0) == 1
    assert known(90.0, 99.0, noon) == 0
    assert known(101.0, 99.0, noon - 1.0) == 0  # what has not begun is not known, whoever told
    assert known(100.0, 99.0, noon - 1.0) == 0  # windows end before the day of decision
    assert known(nothing, nothing, nothing) == 1
