"""A small study over small tables, whole unless a test breaks it."""

from __future__ import annotations

import duckdb
import pytest

from risk_engine.errors import FaultList

STUDY = """\
name: tiny
says: A study for tests
seed: 7
warnings:
  - Made up.
sections:
  application: |
    select id as application_id, id as obligor_id, '2020-02-28T09:00:00+08:00' as submitted_at,
      '2020-03-01T00:00:00+08:00' as as_of, 'CN' as jurisdiction, 'bank' as lender_kind, 'sme_term_loan' as product,
      'new' as customer_kind, '1000.00' as amount, 'CNY' as currency, 12 as term_months, 'bullet' as repayment,
      'working_capital' as purpose, 'study' as channel
    from '${DATA}/firms.parquet'
  applicant: |
    select id as application_id, 'company' as kind, 'Firm' as name, 'pseudonym:' || id as identifier,
      'C18' as industry, 'gbt4754' as industry_scheme, 'CN' as region
    from '${DATA}/firms.parquet'
  sources: |
    select id as application_id, 'attributes' as section, 'lender' as provider, 'obtained' as status,
      '2020-02-28T09:00:00+08:00' as retrieved_at, true as complete
    from '${DATA}/firms.parquet'
  attributes: |
    select id as application_id, turnover, conduct
    from '${DATA}/firms.parquet'
target:
  labels: |
    select id as application_id, bad as is_bad, date '2021-03-01' as observed_until
    from '${DATA}/firms.parquet' order by application_id
  horizon_months: 12
  bad: Written off within 12 months
split: {kind: random}
features:
  attributes:
    turnover:
      says: {en: Turnover, zh: 营业额}
      unit: currency
      decimals: 2
      range: [0, 1000]
      risk: falling
      reason: low_turnover
    conduct:
      type: word
      words: [poor, fair, good]
      risk: falling
      says: {en: Conduct of the account, zh: 账户表现}
      reason: credit_behaviour
boosting: {trees: 20}
blend: {folds: 2}
master_scale:
  grades: {A: 0.1, B: 0.3, C: 1.0}
scope: {products: [sme_term_loan], applicant_kinds: [company], currency: CNY, amounts: [100, 100000]}
"""

FIRMS = """
copy (
  select
    'F' || lpad(i::varchar, 3, '0') as id,
    ((i * 37) % 101)::double as turnover,
    ['poor', 'fair', 'good'][1 + (i * 7) % 3] as conduct,
    ((i * 37) % 101) + 30 * ((i * 7) % 3) + ((i * 53) % 47) < 60 as bad,
    'secret' as rating
  from range(160) as firms(i)
) to '{path}' (format parquet)
"""


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    duckdb.connect().execute(FIRMS.replace("{path}", str(folder / "firms.parquet")))
    return folder


@pytest.fixture
def written(tmp_path):
    """Write the study; pairs of texts replace parts of it."""

    def write(*changes):
        text = STUDY
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path / "tiny.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def faults_of():
    def call(function, *given):
        with pytest.raises(FaultList) as told:
            function(*given)
        return [str(fault) for fault in told.value.faults]

    return call
