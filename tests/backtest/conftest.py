"""Three hundred loans of five quarters, a release trained on them, and its backtest."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from risk_engine.backtest import backtest
from risk_engine.study import Study, train
from tests.study.loans import STUDY, Loan, Month, write_tables

ASKED = ("2022-02-10", "2022-05-10", "2022-08-10", "2022-11-10", "2023-02-10")
BOOKED = ("2022-02-15", "2022-05-15", "2022-08-15", "2022-11-15", "2023-02-15")
QUARTERS = ("2022Q1", "2022Q2", "2022Q3", "2022Q4", "2023Q1")
A_QUARTER = 60
GOOD_QUARTER, IMMATURE_QUARTER = "2022Q3", "2023Q1"

POLICY = {
    "policy.yaml": """\
        id: tiny
        version: "1"
        product: sme_term_loan
        currency: CNY
        effective_from: 2020-01-01
        owner: committee
        reasons: {unknown: insufficient_evidence, outside: outside_product}
        includes: [tables/limit.yaml, tables/rate_by_grade.yaml]
        """,
    "parameters.yaml": """\
        limit_step:
          says: A limit is rounded down to it
          unit: currency
          values:
            2020-01-01: {value: 100, why: committee}
        """,
    "evidence.yaml": """\
        matrix:
          - scope: {}
            sections: {application: required, applicant: required, attributes: required}
        """,
    "tables/limit.yaml": """\
        table: limit
        hit: unique
        columns: [grade, outcome, max_loan, reason]
        rows:
          - ["A", approve, 5000, null]
          - ["B", refer, 2000, score_below_cutoff]
          - ["C", decline, null, score_below_cutoff]
        if_unknown: refer
        """,
    "tables/rate_by_grade.yaml": """\
        table: rate_by_grade
        hit: unique
        columns: [grade, annual_rate]
        rows:
          - ["A", 0.05]
          - ["B", 0.08]
          - ["C", 0.12]
        if_unknown: refer
        """,
}


def loans():
    """Low turnover goes bad, nobody does in the third quarter, the last is too young, one in ten was declined."""
    for number in range(len(ASKED) * A_QUARTER):
        quarter, turnover = number // A_QUARTER, float((number * 37) % 101)
        is_bad = turnover + (number * 53) % 47 < 45 and QUARTERS[quarter] != GOOD_QUARTER
        one = Loan(
            f"L{number:03d}", BOOKED[quarter], {3: Month(dpd=95)} if is_bad else {},
            observed_until="2023-12-31", as_of=ASKED[quarter], turnover=turnover,
        )  # fmt: skip
        if number % 10 == 9:
            one = replace(one, booked_on=None, decision="declined", declined_by="policy")
        yield one


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of the study; its data, policy and release stand in it."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "data").mkdir()
    write_tables(folder / "data", tuple(loans()))
    for name, text in POLICY.items():
        file = folder / "policy" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def study_of(tiny):
    """Load the study; pairs of texts replace parts of it."""

    def load(*changes):
        text = STUDY + "policy: policy\n"
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        file = tiny / "loans.yaml"
        file.write_text(text, encoding="utf-8")
        return Study.load(file, tiny / "data")

    return load


@pytest.fixture(scope="session")
def tiny_release(tiny, study_of):
    return train(study_of(), tiny / "release")


@pytest.fixture(scope="session")
def found(tiny, study_of, tiny_release):
    """What the backtest of the study's own release told, and the folder it wrote."""
    out = tiny / "backtest"
    return backtest(study_of(), tiny_release, out), out


@pytest.fixture(scope="session")
def decided(found):
    """Rows of ``decisions.parquet``."""
    return pq.read_table(found[1] / "decisions.parquet").to_pylist()
