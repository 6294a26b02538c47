"""Whole decisions under the library's policy, edited as a lender might."""

from __future__ import annotations

import dataclasses
import re
import shutil

import msgspec
import pytest

from risk_engine.bundle import read_policy
from risk_engine.study import Study
from tests.conftest import STUDIES


@pytest.fixture
def folder(tmp_path):
    """A copy of the policy, to be edited."""
    return shutil.copytree(Study.load(STUDIES / "sample_sme.yaml").policy, tmp_path / "policy")


def under(release, folder):
    """The release with the edited policy."""
    policy = read_policy(folder, release.plan.facts, release.model.master_scale.grades)
    return dataclasses.replace(release, policy=policy)


def of_one_row(folder, row):
    """The same row for every grade."""
    table = folder / "tables" / "limit_by_grade.yaml"
    head, _, rest = re.split(r"(?<=rows:\n)|(?=if_unknown)", table.read_text())
    table.write_text(f"{head}  - {row}\n{rest}")


def test_a_policy_that_lends_to_every_grade_tells_why_it_lends_less(release, sample, ask, folder):
    """Its boundary is the worst probability that the model tells, not 1, at which no score stands."""
    of_one_row(folder, '["A..G", approve, 20000, null]')
    generous = under(release, folder)
    told = [reason.source for one in sample for reason in ask(one, release=generous).reasons]
    assert any(source.startswith("score: ") for source in told)


AFTER_THE_SCORE = """
- id: too_much_at_once
  says: {en: Decline what is too much, zh: 金额过高则拒绝}
  kind: knock_out
  when: limit > 1
  if_unknown: refer
  reason: low_turnover
  examples:
    - {given: {limit: 2}, expect: decline}
    - {given: {limit: 1}, expect: pass}
    - {given: {limit: not_obtained}, expect: refer}
"""


def test_an_unscored_case_that_a_rule_on_the_offer_declines_is_told_its_reason(release, approved, ask, folder):
    """What merely refers for want of a score stays untold, not what declines."""
    offer = folder / "rules" / "offer.yaml"
    offer.write_text(offer.read_text() + AFTER_THE_SCORE)
    whole = release.terms.scope
    narrow = msgspec.structs.replace(release.terms, scope=msgspec.structs.replace(whole, amounts=(1.0, 2.0)))
    told = ask(approved, release=dataclasses.replace(under(release, folder), terms=narrow))
    assert (told.outcome, told.score) == ("decline", None)
    assert [reason.code for reason in told.reasons] == ["low_turnover"]


def test_a_cap_that_leaves_nothing_declines_under_a_policy_without_a_least_amount_too(release, approved, ask, folder):
    """To approve without a limit would be no answer."""
    offer = folder / "rules" / "offer.yaml"
    offer.write_text(offer.read_text().split("- id: limit_above_minimum")[0])
    of_one_row(folder, '["A..G", approve, 1, low_turnover]')
    told = ask(approved, release=under(release, folder))
    assert (told.outcome, told.limit, told.price) == ("decline", None, None)
    assert [reason.code for reason in told.reasons] == ["low_turnover"]
    assert told.rules[-1].id == "limit_above_nothing"
