"""Made-up persons in a study of SQL alone, and a release trained on them with the library's consumer policy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import duckdb

import risk_engine.rules
from risk_engine.bundle import Release
from risk_engine.study import Study, train, write_sections

POLICY = Path(risk_engine.rules.__file__).parent / "library" / "consumer_loan"

STUDY = f"""\
name: persons
says: Default of made-up persons
synthetic: true
seed: 7
sections:
  application: |
    select id as application_id, 'O' || id as obligor_id, '2024-02-28T09:00:00+08:00' as submitted_at,
      '2024-03-01T10:00:00+08:00' as as_of, 'CN' as jurisdiction, 'bank' as lender_kind, 'consumer_loan' as product,
      'new' as customer_kind, printf('%d.00', 10000 + 1000 * (i % 30)) as amount, 'CNY' as currency,
      12 + 6 * (i % 3) as term_months, 'equal_instalment' as repayment, 'consumption' as purpose, 'online' as channel,
      false as revolving
    from '${{DATA}}/persons.parquet' order by id
  applicant: |
    select id as application_id, 'person' as kind, 'Person' as name, 'pseudonym:' || id as identifier, 'CN' as region,
      date '1988-03-02' as birth_date, 1 + i % 3 as household_size, 0 as dependants, 'rent' as housing,
      date '2019-01-01' as residence_since
    from '${{DATA}}/persons.parquet' order by id
  consents: |
    select id as application_id, 'bureau' as scope, '2024-02-28T09:00:00+08:00' as granted_on, 'form' as evidence
    from '${{DATA}}/persons.parquet' order by id
  sources: |
    select id as application_id, section, 'office' as provider, 'obtained' as status, true as complete,
      '2024-02-28T09:00:00+08:00' as retrieved_at, date '2023-02-01' as covers_from, date '2024-02-29' as covers_until,
      case section when 'incomes' then 12 when 'outgoings' then 1 when 'credit_lines' then 3 else i % 4 end as row_count
    from '${{DATA}}/persons.parquet'
    cross join (select unnest(['incomes', 'outgoings', 'credit_lines', 'credit_enquiries']) as section)
    union all
    select id, section, 'office', 'not_requested', false, '2024-02-28T09:00:00+08:00', null, null, null
    from '${{DATA}}/persons.parquet' cross join (select unnest(['parties', 'accounts', 'ledger']) as section)
    order by application_id, section
  incomes: |
    select id as application_id, 'salary' as kind, last_day(date '2024-02-01' - to_months(m::int)) as month,
      income * (1 + 0.02 * ((i + m) % 5)) as net, 'tax' as verified, 'E1' as employer,
      date '2020-01-01' as employed_since
    from '${{DATA}}/persons.parquet' cross join range(12) as months(m) order by id, month
  outgoings: |
    select id as application_id, 'living' as kind, 1500.0 as monthly, 'none' as verified
    from '${{DATA}}/persons.parquet' order by id
  credit_lines: |
    select id as application_id, 'C' || k as line, 'L' || k as lender, false as own,
      if(k = 0, 'card', 'consumer') as kind, k = 0 as revolving, false as secured,
      date '2019-05-01' + (i + 100 * k)::int as opened_on, date '2029-05-01' as matures_on, 20000.0 as limit,
      20000 * (0.2 + 0.6 * burden) as balance, income * burden / 6 as monthly_payment,
      'equal_instalment' as repayment, 0 as current_dpd, if(burden > 0.8, 20, 0) as worst_dpd_24m,
      if(burden > 0.7, 1, 0) as months_past_due_24m, date '2024-02-28' as observed_on
    from '${{DATA}}/persons.parquet' cross join range(3) as lines(k) order by id, line
  credit_enquiries: |
    select id as application_id, 'L' || k as lender, false as own, date '2024-02-20' - (20 * k)::int as "on",
      'application' as reason
    from '${{DATA}}/persons.parquet' cross join range(3) as asked(k) where k < i % 4 order by id, "on"
target:
  labels: |
    select id as application_id, is_bad, date '2025-06-01' as observed_until
    from '${{DATA}}/persons.parquet' order by id
  horizon_months: 12
  bad: 90 days past due within 12 months
split: {{kind: random}}
features:
  names: [debt_service_to_income_3m, debt_to_annual_income_3m, income_cv_6m, revolving_utilization, enquiry_count_3m,
          past_due_line_months_24m, worst_dpd_24m, credit_file_age_months]
decider: scorecard
boosting: {{trees: 20}}
blend: {{folds: 2}}
master_scale:
  grades: {{A: 0.05, B: 0.1, C: 0.2, D: 0.3, E: 0.4, F: 0.6, G: 1.0}}
policy: {POLICY}
scope: {{products: [consumer_loan], applicant_kinds: [person], currency: CNY, amounts: [1000, 300000]}}
"""

PERSONS = """
copy (
  select *, (burden + 0.3 * noise) > 0.85 as is_bad from (
    select printf('P%05d', i) as id, i::int as i, 4000 + 120 * (i * 37 % 101) as income, (i * 61 % 97) / 97.0 as burden,
      (i * 29 % 53) / 53.0 as noise
    from range(240) as numbers(i)
  ) order by id
) to '{file}'
"""


def write_persons(folder: Path) -> Study:
    """A study of 240 persons, whose burden makes them default."""
    duckdb.sql(PERSONS.format(file=folder / "persons.parquet"))
    (folder / "persons.yaml").write_text(STUDY, encoding="utf-8")
    return Study.load(folder / "persons.yaml", folder)


class Persons(NamedTuple):
    """What came of training: the release, where it stands, and the persons' section files."""

    release: Release
    folder: Path
    sections: Path


def train_persons(folder: Path) -> Persons:
    """A release trained on them, at ``folder/consumer``."""
    study = write_persons(folder)
    write_sections(study, folder / "sections")
    return Persons(train(study, folder / "consumer"), folder / "consumer", folder / "sections")


def write_portfolio(folder: Path, text: str, **releases: Path) -> Path:
    """A portfolio's file in a folder, with copies of the releases that it routes to."""
    for name, release in releases.items():
        shutil.copytree(release, folder / name)
    (folder / "portfolio.yaml").write_text(text, encoding="utf-8")
    return folder / "portfolio.yaml"
