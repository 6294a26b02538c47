"""Facts and small policies for the tests of rules."""

from __future__ import annotations

import textwrap

import pytest

from risk_engine.facts import Fact, Says, offer_facts, reason_codes, score_facts
from risk_engine.rules import Case, load_policy
from risk_engine.vocabulary import FactType

GRADES = tuple("ABCDEFG")
PURPOSES = ("working_capital", "equipment", "inventory", "renovation", "vehicle", "real_estate", "refinancing", "tax",
            "education", "medical", "travel", "consumption", "other")  # fmt: skip


def number(name, unit, low, high, decimals=4, **more):
    return Fact(name=name, says=Says(name, name), unit=unit, range=(low, high), decimals=decimals, **more)


def word(name, *words):
    return Fact(name=name, says=Says(name, name), unit="word", type=FactType.WORD, words=words, decimals=0)


EVIDENCE = (
    number("amount_requested", "currency", 0.01, 1e12, 2),
    number("term_months", "months", 1, 600, 0),
    Fact(name="applicant_is_company", says=Says("c", "c"), unit="boolean", type=FactType.BOOLEAN, range=(0, 1)),
    Fact(name="last_sale_on", says=Says("d", "d"), unit="date", type=FactType.DATE),
    word("applicant_kind", "company", "sole_trader", "person"),
    word("customer_kind", "new", "existing", "renewal", "top_up"),
    word("purpose", *PURPOSES),
    word("registry_status", "active", "suspended", "liquidation", "revoked", "cancelled"),
    number("company_age_months", "months", 0, 12_000, 0),
    number("sales_invoiced_12m", "currency", -1e15, 1e15, 2),
    number("invoice_gap_max_365d", "days", 0, 365, 0),
    number("invoice_recency", "days", 0, 40_000, 0, clip=(0, 730), none_reads_as=730),
    number("invoice_history_months", "months", 0, 1200, 0, clip=(0, 120), none_reads_as=0),
    number("invoice_void_share_12m", "ratio", 0, 1e9, clip=(0, 1)),
    number("buyer_top1_share_12m", "ratio", 0, 1),
    number("sales_invoiced_change_12m", "ratio", -1e9, 1e9, clip=(-1, 0.5)),
    number("purchases_to_sales_12m", "ratio", -1e9, 1e9, clip=(0, 5)),
    number("request_to_sales_12m", "ratio", 0, 1e9, clip=(0, 10)),
    number("sales_month_count_12m", "months", 0, 12, 0),
)
FACTS = (*EVIDENCE, *score_facts(GRADES), *offer_facts())
BY_NAME = {fact.name: fact for fact in FACTS}

CASE = Case("demo", "company", "new", "CN", "CNY", 100_000.0)

FILES = {
    "policy.yaml": """\
        id: demo
        version: "1"
        product: demo
        currency: CNY
        effective_from: 2024-01-01
        owner: credit committee
        reasons: {unknown: insufficient_evidence, outside: outside_product}
        includes: [rules/all.yaml, tables/limit.yaml]
        """,
    "parameters.yaml": """\
        max_gap:
          says: Longest silence
          unit: days
          values:
            2024-01-01: {value: 60, why: committee}
            2025-07-01: {value: 45, why: committee}
        max_share:
          says: Largest share
          unit: ratio
          values:
            2024-01-01: {value: 0.5, why: committee}
        ceiling:
          says: Largest loan
          unit: currency
          values:
            2024-01-01: {value: 300000, why: committee}
        bad_statuses:
          says: Statuses that end the case
          unit: words
          values:
            2024-01-01: {value: [revoked, cancelled], why: committee}
        """,
    "evidence.yaml": """\
        matrix:
          - scope: {applicant_kind: [company, sole_trader]}
            sections:
              application: required
              invoices: {need: required, max_age_days: 90, requests: [invoices_24m]}
              incomes: not_applicable
          - scope: {applicant_kind: [person]}
            sections: {application: required, incomes: {need: required, refer_kind: judgement}}
        """,
    "rules/all.yaml": """\
        - id: gap
          says: {en: Decline long silence, zh: 中断过长则拒绝}
          kind: knock_out
          when: invoice_gap_max_365d > max_gap
          if_unknown: refer
          reason: interrupted_trading
          requests: [invoices]
          examples:
            - {as_of: 2025-07-01, given: {invoice_gap_max_365d: 46}, expect: decline}
            - {as_of: 2025-06-30, given: {invoice_gap_max_365d: 46}, expect: pass}
            - {given: {invoice_gap_max_365d: not_obtained}, expect: refer}
        """,
    "tables/limit.yaml": """\
        table: limit
        hit: first
        columns: [grade, buyer_top1_share_12m, outcome, max_loan, reason]
        rows:
          - ["A..B", "<= 0.40", approve, ceiling, null]
          - ["C",    "<= 0.35", approve, 150000, null]
          - ["A..B", "> 0.40",  decline, null, customer_concentration]
          - ["C",    "> 0.35",  refer,   null, customer_concentration]
          - ["D..G", "any",     decline, null, score_below_cutoff]
        if_unknown: refer
        """,
}


class Folder:
    """A small sound policy; a test breaks one thing in it."""

    def __init__(self, path):
        self.path = path
        self.files = {name: textwrap.dedent(text) for name, text in FILES.items()}

    def swap(self, name, old, new):
        assert old in self.files[name], f"{old!r} is not in {name}"
        self.files[name] = self.files[name].replace(old, new, 1)
        return self

    def rule(self, text):
        """Put one rule in place of the first."""
        self.files["rules/all.yaml"] = textwrap.dedent(text)
        return self

    def load(self, **more):
        for name, text in self.files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_policy(self.path, FACTS, reason_codes(), **more)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
