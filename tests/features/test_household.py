"""Whose rows count: a household's once, nobody else's, and a stranger's never in silence."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.application import LISTS, SINGLES
from risk_engine.errors import DataError
from risk_engine.features import ApplicantTable, SectionTable, from_document, from_tables
from risk_engine.features.language import (
    Count,
    Max,
    Sum,
    credit_enquiries,
    credit_history,
    credit_lines,
    ever,
    incomes,
    invoices,
    ledger,
    months,
    outgoings,
)
from risk_engine.features.lineage import lineage
from risk_engine.features.plan import Plan
from tests.application.documents import COMPANY_IDENTIFIER, person_document
from tests.features.evidence import application, invoice, section_table, single_table, source, table_columns
from tests.features.measure import feature, value

HOUSEHOLD = ("incomes", "outgoings", "credit_lines", "credit_history", "credit_enquiries")


def party(name: str, role: str = "co_borrower", **more: Any) -> dict[str, Any]:
    return {"party": name, "role": role, "kind": "person", "name": name, "identifier": f"pseudonym:{name}", **more}


def line(name: str, balance: float = 1000.0, **more: Any) -> dict[str, Any]:
    return {
        "line": name, "lender": "L", "own": False, "kind": "consumer", "secured": False, "opened_on": "2019-01-10",
        "balance": balance, "monthly_payment": 100.0, "repayment": "equal_instalment", "current_dpd": 0,
        "observed_on": "2020-02-20", **more,
    }  # fmt: skip


def month(name: str, day: str, dpd: int, **more: Any) -> dict[str, Any]:
    return {"line": name, "month": day, "dpd": dpd, "balance": 1.0, **more}


def salary(day: str = "2020-01-31", net: float = 5000.0, **more: Any) -> dict[str, Any]:
    return {"kind": "salary", "month": day, "net": net, "verified": "bank", "employer": "E", **more}


def cost(kind: str, monthly: float, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "monthly": monthly, "verified": "document", **more}


def enquiry(lender: str, on: str, **more: Any) -> dict[str, Any]:
    return {"lender": lender, "own": False, "on": on, "reason": "application", **more}


def case(*parties: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A person with these parties, each section looked up of every co-borrower."""
    plain = person_document() | sections | {"parties": [*parties]}
    who = [{}, *({"party": one["party"]} for one in parties if one["role"] == "co_borrower")]
    plain["sources"] = [source(name, **of) for name in sections for of in who]
    return plain


C, G = party("C"), party("G", "guarantor")
OWED, EARNED, SPENT = Sum(credit_lines.balance, ever), Sum(incomes.net, ever), Sum(outgoings.monthly, ever)
LATE = Count(credit_history.dpd > 0, ever)

COUNTED = [
    # A co-borrower's rows count, a guarantor's do not, a joint line counts once.
    (OWED, "credit_lines", [line("a", 10.0), line("b", 30.0, party="C"), line("c", 70.0, party="G")], 40.0),
    (OWED, "credit_lines", [line("a", 10.0), line("a", 10.0, party="C")], 10.0),
    (OWED, "credit_lines", [line("a", 10.0), line("b", 10.0, party="C")], 20.0),
    # Of two tellings the newer counts, then the one with more days past due, then the one that owes more.
    (OWED, "credit_lines", [line("a", 9.0, observed_on="2020-02-21"), line("a", 10.0, party="C")], 9.0),
    (OWED, "credit_lines", [line("a", 9.0, current_dpd=3), line("a", 10.0, party="C")], 9.0),
    (OWED, "credit_lines", [line("a", 9.0), line("a", 10.0, party="C")], 10.0),
    # A newer look that was not known yet does not push an older one out.
    (OWED, "credit_lines",
     [line("a", 9.0), line("a", 1.0, party="C", observed_on="2020-02-25", known_at="2020-03-02T00:00:00+08:00")], 9.0),
    (Max(credit_history.dpd, ever), "credit_history",
     [month("a", "2020-01-31", 3), month("a", "2020-01-31", 30, party="C")], 30.0),
    (LATE, "credit_history", [month("a", "2020-01-31", 3), month("a", "2020-01-31", 30, party="C")], 1.0),
    (LATE, "credit_history", [month("a", "2020-01-31", 3), month("a", "2019-12-31", 30, party="C")], 2.0),
    (EARNED, "incomes", [salary(), salary(party="C", employer="F")], 10_000.0),
    (EARNED, "incomes", [salary(), salary(party="C")], 5000.0),
    (EARNED, "incomes", [salary(employer="E"), salary(party="C", net=5000.01)], 10_000.01),
    (Sum(incomes.net, months(1)), "incomes", [salary("2020-02-29"), salary("2020-02-29", party="C", employer="F"),
                                              salary("2020-01-31")], 10_000.0),
    (Count(incomes.verified == "tax", ever), "incomes", [salary(), salary(party="C", verified="tax")], 1.0),
    (Count(incomes.verified == "tax", ever), "incomes",
     [salary(gross=6000.0), salary(party="C", verified="tax", gross=7000.0)], 1.0),
    (SPENT, "outgoings", [cost("rent", 9.0), cost("rent", 9.0, party="C")], 9.0),
    (SPENT, "outgoings", [cost("living", 9.0), cost("living", 9.0, party="C")], 18.0),
    (SPENT, "outgoings", [cost("rent", 9.0), cost("rent", 4.0, party="C")], 13.0),
    # What one party tells twice stays twice: one of them is the joint one.
    (SPENT, "outgoings", [cost("rent", 9.0), cost("rent", 9.0), cost("rent", 9.0, party="C")], 18.0),
    (Count(credit_enquiries.own, ever), "credit_enquiries",
     [enquiry("x", "2020-01-05"), enquiry("x", "2020-01-05", party="C"), enquiry("y", "2020-01-05", party="G")], 0.0),
    (Count(credit_enquiries.on, ever), "credit_enquiries",
     [enquiry("x", "2020-01-05"), enquiry("x", "2020-01-05", party="C"), enquiry("y", "2020-01-05", party="G")], 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "section", "rows", "expected"), COUNTED)
def test_a_household_counts_once(expression, section, rows, expected):
    plain = case(C, G, **{section: rows})
    assert value(expression, plain) == expected
    assert value(expression, plain | {section: rows[::-1]}) == expected
    matrix = Plan([feature(expression)]).run(table_columns([application(plain), application(case(C))]))
    assert matrix.values[0, 0] == expected


def test_a_debt_opened_on_the_day_of_decision_counts():
    """A window ends before that day; a look at what is owed does not."""
    assert value(OWED, case(credit_lines=[line("a", 10.0, opened_on="2020-03-01", observed_on="2020-03-01")])) == 10.0


def test_other_sections_stay_the_applicants_own():
    plain = case(C, invoices=[invoice(1, "2020-02-01", 5.0), invoice(2, "2020-02-02", 70.0, party="C")])
    assert value(Sum(invoices.net_amount, ever), plain) == 5.0
    assert "1 rows of invoices are about parties who are not liable, and do not count" in notes(plain)


def test_a_firm_and_its_co_borrower_stay_apart():
    plain = case(C, credit_lines=[line("a", 10.0), line("b", 30.0, party="C")])
    plain["applicant"] |= {
        "kind": "company", "identifier": COMPANY_IDENTIFIER, "industry": "F51", "industry_scheme": "gbt4754",
    }  # fmt: skip
    del plain["applicant"]["birth_date"]
    assert value(OWED, plain) == 10.0
    assert notes(plain)[-1] == "1 rows of credit_lines are about parties who are not liable, and do not count"
    assert from_document(application(plain)).undecided(0) == ()


def test_debts_of_somebody_beside_a_person_leave_open_who_is_liable():
    plain = case(C, G, credit_lines=[line("a", 10.0), line("b", 30.0, party="G")])
    one = application(plain)
    assert (
        from_document(one).undecided(0) == table_columns([application(case(C)), one]).undecided(1) == ("credit_lines",)
    )
    liable = application(case(C, G, credit_lines=[line("a", 10.0), line("b", 30.0, party="C")]))
    assert from_document(liable).undecided(0) == ()


def notes(plain: dict[str, Any]) -> tuple[str, ...]:
    return from_document(application(plain)).notes(0)


def test_a_co_borrower_who_was_not_known_yet_is_none():
    plain = case(party("C", known_at="2020-03-01T10:00:00+08:00"), credit_lines=[line("a", 10.0)])
    assert value(OWED, plain) == 10.0


# What is known of the household, by what was told of each.
LOOKED = [
    # rows, look-ups, what is known of the debts
    ([line("a"), line("b", party="C")], ["", "C"], 2000.0),
    ([line("a"), line("b", party="C")], [], 2000.0),
    ([line("a")], ["", "C"], 1000.0),
    ([line("b", party="C")], ["", "C"], 1000.0),
    ([line("a"), line("a", party="C")], [], 1000.0),
    ([], ["", "C"], 0.0),
    ([line("a")], [""], "NOT_OBTAINED NOT_REQUESTED"),
    ([line("a")], [], "NOT_OBTAINED NOT_REQUESTED"),
    ([], [], "NOT_OBTAINED NOT_REQUESTED"),
    ([], [""], "NOT_OBTAINED NOT_REQUESTED"),
    ([line("b", party="C")], [], "NOT_OBTAINED NOT_REQUESTED"),
    ([line("b", party="C")], ["C"], "NOT_OBTAINED NOT_REQUESTED"),
    ([line("a")], ["", "C refused"], "NOT_OBTAINED REFUSED"),
    ([line("a")], ["", "C no_record"], "NOT_OBTAINED NO_RECORD"),
    ([line("b", party="C")], [" unavailable", "C"], "NOT_OBTAINED UNAVAILABLE"),
    ([line("b", party="C")], [" unavailable", "C refused"], "NOT_OBTAINED REFUSED"),
    ([line("a")], ["", "G"], "NOT_OBTAINED NOT_REQUESTED"),
]


def looked(told: list[str], section: str) -> list[dict[str, Any]]:
    made = []
    for one in told:
        who, _, status = one.partition(" ")
        made.append(source(section, **({"party": who} if who else {}), **({"status": status} if status else {})))
    return made


@pytest.mark.parametrize(("rows", "told", "expected"), LOOKED)
def test_debts_are_known_as_far_as_of_every_borrower(rows, told, expected):
    plain = case(C, G, credit_lines=rows) | {"sources": looked(told, "credit_lines")}
    assert value(OWED, plain) == expected
    columns, alone = table_columns([application(plain)] * 2), from_document(application(plain))
    if rows or isinstance(expected, float):
        for row in (0, 1):
            assert [int(part[row]) for part in columns.section_state("credit_lines")] == [
                int(part[0]) for part in alone.section_state("credit_lines")
            ]


def test_a_section_that_nobody_sent():
    plain = case(C) | {"sources": looked(["", "C"], "credit_lines")}
    assert value(OWED, plain) == "NOT_OBTAINED INVALID"  # said to be obtained
    assert value(OWED, case(C)) == "NOT_OBTAINED NOT_REQUESTED"


def test_a_co_borrowers_row_that_was_known_late_is_missing_from_what_was_returned():
    each = [source("credit_lines", row_count=1), source("credit_lines", party="C", row_count=1)]
    plain = case(C, credit_lines=[line("a"), line("b", party="C")]) | {"sources": each}
    assert value(OWED, plain) == 2000.0
    plain["credit_lines"][1]["known_at"] = "2020-03-02T00:00:00+08:00"
    assert value(OWED, plain) == "NOT_OBTAINED INVALID"


def test_a_window_is_covered_as_far_as_of_every_borrower():
    rows = [enquiry("x", "2020-01-05"), enquiry("y", "2019-12-05", party="C")]
    asked = Count(credit_enquiries.on, months(3))

    def seen(**of_c: Any) -> Any:
        told = [source("credit_enquiries"), source("credit_enquiries", party="C", **of_c)]
        return value(asked, case(C, credit_enquiries=rows) | {"sources": told})

    assert seen() == 2.0
    assert seen(covers_from="2020-01-01") == "NOT_OBTAINED NOT_COVERED"
    assert seen(covers_until="2020-01-01") == "NOT_OBTAINED NOT_COVERED"
    assert seen(complete=False) == "NOT_OBTAINED NOT_COVERED"


def test_assumed_coverage_begins_with_the_later_of_the_first_rows():
    rows = [enquiry("x", "2019-01-05"), enquiry("y", "2019-12-05", party="C")]
    plain = case(C, credit_enquiries=rows) | {"sources": []}
    columns = from_document(application(plain))
    assert columns.covers("credit_enquiries")[0][0] == 18235.0  # 2019-12-05
    assert columns.notes(0) == ("coverage of credit_enquiries assumed from first row",)


def test_a_month_is_covered_from_its_first_day():
    rows = [salary("2019-12-31"), salary("2020-01-31"), salary("2020-02-29")]
    plain = case(incomes=rows) | {"sources": []}
    assert value(Sum(incomes.net, months(3)), plain) == 15_000.0
    assert value(Sum(incomes.net, months(4)), plain) == "NOT_OBTAINED NOT_COVERED"


@pytest.mark.parametrize("section", HOUSEHOLD)
def test_leaving_a_co_borrower_out_of_a_section_never_leaves_less_debt(section):
    rows = {"incomes": salary(), "outgoings": cost("rent", 1.0), "credit_lines": line("a"),
            "credit_history": month("a", "2020-01-31", 0), "credit_enquiries": enquiry("x", "2020-01-05")}  # fmt: skip
    plain = case(C, **{section: [rows[section], rows[section] | {"party": "C"}]})
    told = [one for one in plain["sources"] if "party" not in one]
    without = plain | {section: [rows[section]], "sources": told}
    assert from_document(application(plain)).section_state(section)[0][0] == 0
    assert from_document(application(without)).section_state(section)[0][0] == 2


def test_rows_of_a_stranger_make_a_table_contradict_itself():
    """A document is refused for it; a table is not checked across sections before it is read."""
    listed = application(case(C, credit_lines=[line("a", 10.0), line("b", 30.0, party="C")]))
    columns = table_columns([listed, listed])
    # The same rows without the section that lists the parties.
    left = {name: table for name, table in tables_of([listed, listed]).items() if name != "parties"}
    strangers = from_tables(moments(2), left)
    assert columns.broken(0) == ()
    assert strangers.broken(1) == ("sources", "credit_lines")
    assert strangers.notes(1)[:2] == (
        "1 rows of sources are about parties that the case does not list",
        "1 rows of credit_lines are about parties that the case does not list",
    )
    matrix = Plan([feature(OWED)]).run(strangers)
    assert (matrix.states[1, 0], matrix.causes[1, 0]) == (2, 6)


def test_a_stranger_of_the_future_is_not_met():
    held = application(case(C, ledger=[], credit_lines=[line("a"), line("b", party="C", observed_on="2020-03-05")]))
    left = {name: table for name, table in tables_of([held]).items() if name not in ("parties", "sources")}
    assert from_tables(moments(1), left).broken(0) == ()


def test_parties_of_other_applications_are_strangers():
    first = application(case(C, credit_lines=[line("a", 10.0, party="C")]))
    second = application(case(G, credit_lines=[line("a", 10.0, party="G")]))
    tables = tables_of([first, second])
    parties = tables["parties"]
    swapped = {name: held[::-1].copy() for name, held in parties.columns.items()}
    tables["parties"] = SectionTable(parties.offsets, swapped, parties.texts)
    columns = from_tables(moments(2), tables)
    assert "credit_lines" in columns.broken(0)
    assert "credit_lines" in columns.broken(1)


def test_a_party_column_needs_its_code_book():
    table = SectionTable(np.array([0, 1]), {"net": np.ones(1), "party": np.zeros(1)})
    with pytest.raises(DataError, match="table incomes has no code book for its column party"):
        from_tables(moments(1), {"incomes": table})


@pytest.mark.parametrize("code", [-1.0, 1.0, 1e9, np.inf, np.nan])
@pytest.mark.parametrize("name", ["parties", "credit_lines"])
def test_a_party_has_a_code_that_a_name_belongs_to(name, code):
    tables = dict(tables_of([application(case(C, credit_lines=[line("a", 10.0, party="C")]))]))
    assert from_tables(moments(1), tables).broken(0) == ()
    held = tables[name]
    tables[name] = SectionTable(held.offsets, {**held.columns, "party": np.full(held.offsets[-1], code)}, held.texts)
    if name == "credit_lines" and np.isnan(code):  # whoever is not named is the applicant
        assert from_tables(moments(1), tables).undecided(0) == ()
        return
    with pytest.raises(DataError, match=f"table {name} has no party, or a code that no name belongs to"):
        from_tables(moments(1), tables)


def test_parties_need_their_code_book():
    tables = dict(tables_of([application(case(C))]))
    tables["parties"] = SectionTable(tables["parties"].offsets, tables["parties"].columns)
    with pytest.raises(DataError, match="table parties has no code book for its column party"):
        from_tables(moments(1), tables)


def moments(n: int) -> ApplicantTable:
    return ApplicantTable(np.full(n, 1583024400.0), np.full(n, 480.0))


def tables_of(held: list[Any]) -> dict[str, SectionTable]:
    tables = {name: section_table(name, [one.rows(name) or [] for one in held]) for name in LISTS}
    tables |= {name: single_table(name, [getattr(one, name) for one in held]) for name in SINGLES}
    return {name: table for name, table in tables.items() if table.offsets[-1]}


def test_lineage_names_the_rows_that_counted():
    rows = [line("c", 70.0, party="G"), line("a", 9.0), line("a", 10.0, party="C"), line("b", 30.0, party="C")]
    found = lineage(feature(OWED), from_document(application(case(C, G, credit_lines=rows))))
    assert sorted((one.place, one.value) for one in found) == [(2, 10.0), (3, 30.0)]


FACTS = Plan([
    feature(expression).named(name)[0]
    for name, expression in {
        "owed": OWED, "earned": EARNED, "spent": SPENT, "late": LATE, "asked": Count(credit_enquiries.on, ever),
        "ledger": Count(ledger.amount, ever),
    }.items()
])  # fmt: skip


ENDS = "2019-10-31", "2019-11-30", "2019-12-31"


def random_case(seed: int) -> dict[str, Any]:
    """Up to three parties who tell much of the same."""
    draw = random.Random(seed)
    parties = [
        party(name, draw.choice(["co_borrower", "co_borrower", "guarantor"])) for name in "CDE"[: draw.randrange(4)]
    ]

    def whose() -> dict[str, Any]:
        who = draw.choice(["", *(one["party"] for one in parties)])
        return {"party": who} if who else {}

    def some(make: Any) -> list[dict[str, Any]]:
        return [make() | whose() for _ in range(draw.randrange(12))]

    plain = case(
        *parties,
        credit_lines=some(lambda: line(draw.choice("abc"), float(draw.randrange(3)), current_dpd=draw.randrange(2))),
        credit_history=some(lambda: month(draw.choice("ab"), draw.choice(ENDS), draw.randrange(3))),
        incomes=some(lambda: salary(net=float(draw.randrange(3)), verified=draw.choice(["tax", "none"]))),
        outgoings=some(lambda: cost(draw.choice(["rent", "living"]), float(draw.randrange(2)))),
        credit_enquiries=some(lambda: enquiry("x", f"2020-02-0{draw.randrange(1, 9)}")),
    )
    # Of one party each line, and each month of it, once, and of one source each income.
    once = {"credit_lines": ("line",), "credit_history": ("line", "month"), "incomes": ("net", "verified")}
    for section, keys in once.items():
        unique = {(row.get("party"), *(row[key] for key in keys)): row for row in plain[section]}
        plain[section] = list(unique.values())
    plain["sources"] = [one for one in plain["sources"] if draw.random() < 0.9]
    looked_up = {one["section"] for one in plain["sources"] if "party" not in one}
    # A table cannot tell an empty list from an absent one where no look-up does.
    return {name: held for name, held in plain.items() if held or name in looked_up}


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_any_order_and_any_chunk_tell_the_same(seed, order: random.Random):
    plain = random_case(seed)
    shuffled = {name: order.sample(rows, len(rows)) if isinstance(rows, list) else rows for name, rows in plain.items()}
    one = FACTS.run(from_document(application(plain)))
    other = FACTS.run(from_document(application(shuffled)))
    held = [application(random_case(seed + 1)), application(plain), application(random_case(seed + 2))]
    chunk = FACTS.run(table_columns(held))
    for part in ("values", "states", "causes"):
        assert getattr(one, part).tobytes() == getattr(other, part).tobytes()
        assert getattr(one, part)[0].tobytes() == getattr(chunk, part)[1].tobytes()
