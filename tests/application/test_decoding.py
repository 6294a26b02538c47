from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal

import pytest

from risk_engine.application import decode, encode, fill_as_of, schema
from risk_engine.errors import BrokenJson, InputFaults
from tests.application.documents import (
    COMPANY_IDENTIFIER,
    PERSON_IDENTIFIER,
    as_bytes,
    full_document,
    minimal_document,
    person_document,
    sme_document,
)


def faults_of(body, **more):
    with pytest.raises(InputFaults) as told:
        decode(body, **more)
    return told.value.faults


@pytest.mark.parametrize(
    "document",
    [minimal_document(), person_document(), sme_document(0), sme_document(40), full_document()],
    ids=["minimal", "person", "nothing sold", "sme", "full"],
)
def test_a_valid_document_is_read_and_written_back(document):
    application = decode(as_bytes(document))
    assert decode(encode(application)) == application
    assert encode(decode(encode(application))) == encode(application)


def test_spacing_key_order_and_nulls_do_not_change_the_canonical_bytes():
    document = sme_document(5)
    canonical = encode(decode(as_bytes(document)))
    for row in document["invoices"]:
        row["reverses"] = None
    turned = {name: document[name] for name in reversed(document)}
    assert encode(decode(json.dumps(turned, indent=2).encode())) == canonical
    assert encode(decode(json.dumps(turned, separators=(", ", " : ")).encode())) == canonical


def test_values_are_typed():
    application = decode(as_bytes(sme_document(1)))
    assert application.application.amount == Decimal("250000.00")
    assert str(application.application.amount) == "250000.00"
    assert application.application.as_of == dt.datetime.fromisoformat("2020-03-01T09:00:00+08:00")
    assert application.application.as_of.utcoffset() == dt.timedelta(hours=8)
    assert isinstance(application.invoices[0].issued_on, dt.date)
    assert isinstance(application.invoices[0].net_amount, float)


@pytest.mark.parametrize("amount", ["300000", "0.5", "49.99", f"580000.{0:018}", f"{10**13 - 1}.99", f"{10**14}.0"])
@pytest.mark.parametrize("currency", ["CNY", "JPY"])
def test_an_amount_is_to_the_cent_however_many_zeros_follow(amount, currency):
    document = minimal_document()
    document["application"] |= {"amount": amount, "currency": currency}
    assert decode(as_bytes(document)).application.amount == Decimal(amount)
    assert re.search(schema()["$defs"]["Request"]["properties"]["amount"]["pattern"], amount)


def test_absent_is_not_obtained_and_empty_is_none():
    document = minimal_document()
    document["invoices"] = []
    application = decode(as_bytes(document))
    assert application.rows("invoices") == []
    assert application.rows("ledger") is None
    assert b"ledger" not in encode(application)
    assert b'"invoices":[]' in encode(application)


def test_columns_are_the_rows_turned_over_and_no_part_of_the_document():
    document = sme_document(30)
    application, untouched = decode(as_bytes(document)), decode(as_bytes(document))
    columns = application.columns("invoices")
    assert [row.net_amount for row in application.invoices] == list(columns["net_amount"])
    assert "party" not in columns  # null throughout
    assert application.columns("ledger") == {}
    assert (application, encode(application)) == (untouched, encode(untouched))


def test_fill_as_of_keeps_a_given_moment():
    document = minimal_document()
    application = decode(as_bytes(document))
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert fill_as_of(application, now) is application
    del document["application"]["as_of"]
    open_ended = decode(as_bytes(document))
    assert open_ended.application.as_of is None
    assert fill_as_of(open_ended, now).application.as_of == now
    assert open_ended.application.as_of is None


def put(path, value):
    """A minimal or bigger document with one value put somewhere."""
    document = full_document(seed=1, rows=2)
    place = document
    *way, last = path
    for step in way:
        place = place[step]
    place[last] = value
    return document


FEE = {"payee": "lender", "kind": "arrangement", "when": "upfront", "mandatory": True}

ONE_FAULT = [
    # what is put where -> the path told, words of the message
    (("invoices", 1, "issued_on"), "2020-02-30", "$.invoices[1].issued_on", ["2020-02-30", "no calendar has that day"]),
    (("invoices", 1, "issued_on"), "2020-02-28T00:00:00", "$.invoices[1].issued_on", ["write the day only"]),
    (("invoices", 0, "issued_on"), 20200228, "$.invoices[0].issued_on", ["20200228", "a date such as"]),
    (("invoices", 0, "direction"), "inn", "$.invoices[0].direction", ["one of in, out", "did you mean 'in'"]),
    (("invoices", 0, "net_amount"), "12.50", "$.invoices[0].net_amount", ["without quotes"]),
    (("invoices", 0, "net_amount"), 1e16, "$.invoices[0].net_amount", ["between -1e15 and 1e15"]),
    (("invoices", 0, "net_amount"), True, "$.invoices[0].net_amount", ["found true"]),
    (("invoices", 0, "net_amont"), 1, "$.invoices[0].net_amont", ["did you mean 'net_amount'"]),
    (("invoices", 0), [1, 2], "$.invoices[0]", ["a list of 2", "an object"]),
    (("invoices",), None, "$.invoices", ["leave the key out where nobody looked"]),
    (("invoices",), {}, "$.invoices", ["an object", "a list of rows"]),
    (("invoces",), [], "$.invoces", ["did you mean 'invoices'"]),
    (("outcomes",), [], "$.outcomes", ["read by training only"]),
    (("odd key\n",), 1, '$["odd key\\n"]', ["does not know"]),
    (("applicant",), "me", "$.applicant", ['"me"', "an object"]),
    (("applicant", "scope_codes"), ["a", 1], "$.applicant.scope_codes[1]", ["found 1", "text"]),
    (("applicant", "scope_codes"), {}, "$.applicant.scope_codes", ["an object", "a list of texts"]),
    (("applicant", "employees"), 1.0, "$.applicant.employees", ["1.0", "a whole number from 0"]),
    (("applicant", "employees"), 2**53 + 1, "$.applicant.employees", ["a whole number from 0 to 9007199254740992"]),
    (("applicant", "employees"), 2**63, "$.applicant.employees", ["a whole number from 0 to 9007199254740992"]),
    (("applicant", "employees"), -1, "$.applicant.employees", ["-1"]),
    (("applicant", "household_size"), 0, "$.applicant.household_size", ["a whole number from 1 to 9007199254740992"]),
    (("applicant", "industry"), None, "$.applicant.industry", ["needed for a company"]),
    (("applicant", "established_on"), "2020-03-02", "$.applicant.established_on", ["nothing after 2020-03-01"]),
    (("applicant", "established_on"), "0000-01-01", "$.applicant.established_on", ["no calendar"]),
    (("application", "amount"), 250000, "$.application.amount", ["decimal text", "in quotes"]),
    (("application", "amount"), "2.5e5", "$.application.amount", ["decimal text"]),
    (("application", "amount"), "1234567890123456", "$.application.amount", ["at most 15 digits"]),
    (("application", "amount"), "12345678901234.56", "$.application.amount", ["at most 15 digits"]),
    (("application", "amount"), "49999.996", "$.application.amount", ["49999.996", "at most 2 decimals"]),
    (("fees", 0), FEE | {"amount": "0.001"}, "$.fees[0].amount", ["0.001", "at most 2 decimals"]),
    (("application", "amount"), "NaN", "$.application.amount", ["decimal text"]),
    (("application", "amount"), "0.00", "$.application.amount", ["an amount above 0"]),
    (("application", "amount"), "-5", "$.application.amount", ["an amount above 0"]),
    (("application", "term_months"), -3, "$.application.term_months", ["from 1 to 600"]),
    (("application", "term_months"), 601, "$.application.term_months", ["from 1 to 600"]),
    (("application", "currency"), "CNYY", "$.application.currency", ["ISO 4217", "did you mean 'CNY'"]),
    (("application", "currency"), "cny", "$.application.currency", ["did you mean 'CNY'"]),
    (("invoices", 1, "original_currency"), "EURO", "$.invoices[1].original_currency", ["ISO 4217", "'EUR'"]),
    (("application", "application_id"), "", "$.application.application_id", ["text of 1 to 200 characters"]),
    (("application", "revolving"), None, "$.application.revolving", ["leave the key out"]),
    (("application", "test"), "true", "$.application.test", ["without quotes"]),
    (("application", "submitted_at"), "2020-02-28T16:30:00", "$.application.submitted_at", ["add the offset"]),
    (("application", "submitted_at"), "2020-02-28", "$.application.submitted_at", ["write the time too"]),
    (("application", "submitted_at"), "2020-03-01T09:11:00+08:00", "$.application.submitted_at", ["as_of"]),
    (("application", "completed_at"), "2021-01-01T00:00:00Z", "$.application.completed_at", ["as_of"]),
    (("parties", 1, "role_since"), "2020-03-02", "$.parties[1].role_since", ["2020-03-02"]),
    (("parties", 1, "industry_since"), "2020-03-02", "$.parties[1].industry_since", ["2020-03-02"]),
    (("parties", 1, "birth_date"), "2020-03-02", "$.parties[1].birth_date", ["a later date"]),
    (("applicant", "residence_since"), "2020-03-02", "$.applicant.residence_since", ["2020-03-02"]),
    (("parties", 1, "party"), "P0", "$.parties[1].party", ["row 0 of this application has the same"]),
    (("parties", 1, "party"), "applicant", "$.parties[1].party", ["the applicant stands in $.applicant"]),
    (("parties", 1, "pd"), 18, "$.parties[1].pd", ["18% is written 0.18"]),
    (("invoices", 1, "row_id"), "invoices-0", "$.invoices[1].row_id", ["row 0 of this application has the same"]),
    (("invoices", 1, "party"), "P7", "$.invoices[1].party", ["a party of $.parties"]),
    (("relations", 0, "from"), "applicnt", "$.relations[0].from", ["did you mean 'applicant'"]),
    (("guarantees", 0, "provider"), "P3", "$.guarantees[0].provider", ["a party of $.parties"]),
    (("sources", 0, "section"), "invoice", "$.sources[0].section", ["did you mean 'invoices'"]),
    (("sources", 0, "section"), "outcomes", "$.sources[0].section", ["a section of evidence"]),
    (("sources", 0, "covers_until"), "2001-01-01", "$.sources[0].covers_until", ["(covers_from) or later"]),
    (("utility_bills", 0, "period_end"), "2001-01-01", "$.utility_bills[0].period_end", ["(period_start) or later"]),
    (("incomes", 1, "month"), "2020-02-28", "$.incomes[1].month",
     ["found 2020-02-28", "the last day of the month", "2020-02-29 for 2020-02"]),
    (("incomes", 0, "month"), "9999-12-30", "$.incomes[0].month", ["9999-12-31 for 9999-12"]),
    (("credit_history", 0, "month"), "2019-12-01", "$.credit_history[0].month", ["2019-12-31 for 2019-12"]),
    (("social_insurance", 0, "month"), "2019-02-27", "$.social_insurance[0].month", ["2019-02-28 for 2019-02"]),
    (("tax_filings", 0, "tax_due"), None, "$.tax_filings[0].tax_due", ["since the period was filed"]),
    (("fees", 0), FEE | {"rate": 1.5}, "$.fees[0].rate", ["a fraction between 0 and 1"]),
    (("fees", 0), FEE | {"amount": 10}, "$.fees[0].amount", ["in quotes"]),
    (("fees", 0), "none", "$.fees[0]", ['"none"', "an object"]),
    (("fees",), "none", "$.fees", ['"none"', "a list of rows"]),
    (("attributes", 0, "value"), None, "$.attributes[0].value", ["text, a number between", "true or false"]),
    (("attributes", 0, "value"), 1e16, "$.attributes[0].value", ["1e+16", "a number between -1e15 and 1e15"]),
    (("attributes", 0, "value"), -(10**16), "$.attributes[0].value", ["a number between -1e15 and 1e15"]),
    (("attributes", 0, "value"), [1], "$.attributes[0].value", ["a list of 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "told_path", "words"), ONE_FAULT, ids=lambda given: str(given)[:60])
def test_one_thing_wrong_is_one_fault_that_says_so(path, value, told_path, words):
    (fault,) = faults_of(as_bytes(put(path, value)))
    assert fault.path == told_path
    assert all(word in str(fault) for word in words), str(fault)
    assert len(fault.found) <= 80


def test_what_is_missing_is_told():
    document = minimal_document()
    del document["application"]["amount"], document["applicant"]["identifier"]
    told = {fault.path: fault.found for fault in faults_of(as_bytes(document))}
    assert told == {"$.application.amount": "nothing", "$.applicant.identifier": "nothing"}
    assert [fault.path for fault in faults_of(b"{}")] == ["$.application", "$.applicant"]


def test_all_faults_at_once_types_and_checks_together():
    document = sme_document(3)
    document["invoices"][0]["direction"] = "inn"
    document["invoices"][2]["issued_on"] = "soon"
    document["application"]["amount"] = "-1"
    document["application"]["channel"] = 4
    document["applicant"]["identifier"] = "1"
    assert {fault.path for fault in faults_of(as_bytes(document))} == {
        "$.invoices[0].direction",
        "$.invoices[2].issued_on",
        "$.application.amount",
        "$.application.channel",
        "$.applicant.identifier",
    }


def test_faults_stop_at_the_number_asked_for():
    document = sme_document(300)
    for invoice in document["invoices"]:
        invoice["direction"] = "sideways"
    assert len(faults_of(as_bytes(document))) == 100
    assert len(faults_of(as_bytes(document), max_faults=7)) == 7


def test_a_period_may_be_a_single_day():
    document = sme_document(1)
    document["sources"][0] |= {"covers_from": "2020-02-29", "covers_until": "2020-02-29"}
    assert decode(as_bytes(document)).sources[0].covers_until == dt.date(2020, 2, 29)


def test_what_a_kind_of_applicant_needs():
    document = person_document()
    del document["applicant"]["birth_date"]
    (fault,) = faults_of(as_bytes(document))
    assert str(fault) == "$.applicant.birth_date: found nothing, expected a date, needed for a person"
    document["applicant"]["identifier"] = "pseudonym:0001"
    assert decode(as_bytes(document)).applicant.birth_date is None
    firm = minimal_document()
    firm["applicant"]["identifier"] = "pseudonym:0001"
    del firm["applicant"]["industry"]  # nothing to remove it for
    assert [fault.path for fault in faults_of(as_bytes(firm))] == ["$.applicant.industry"]


@pytest.mark.parametrize("month", ["0001-01-31", "1900-02-28", "2000-02-29", "9999-12-31"])
def test_a_month_is_told_by_its_last_day(month):
    document = person_document() | {"incomes": [{"kind": "salary", "month": month, "net": 1, "verified": "tax"}]}
    assert decode(as_bytes(document)).incomes[0].month.isoformat() == month


@pytest.mark.parametrize("given", ["amount", "rate", "both"])
def test_a_fee_is_an_amount_or_a_rate(given):
    document = minimal_document()
    fee = FEE.copy()
    document["fees"] = [fee]
    (fault,) = faults_of(as_bytes(document))
    assert (fault.path, fault.found) == ("$.fees[0].amount", "nothing")
    fee |= {"amount": "10.00"} if given != "rate" else {}
    fee |= {"rate": 0.01} if given != "amount" else {}
    if given == "both":
        assert [fault.path for fault in faults_of(as_bytes(document))] == ["$.fees[0].rate"]
    else:
        assert decode(as_bytes(document)).fees


def test_a_fee_of_nothing_is_an_amount_or_a_rate_too():
    document = minimal_document()
    document["fees"] = [FEE | {"amount": "0.00"}, FEE | {"rate": 0.0}, FEE | {"amount": "0.00", "rate": 0.0}]
    assert [fault.path for fault in faults_of(as_bytes(document))] == ["$.fees[2].rate"]


@pytest.mark.parametrize("wrong", [COMPANY_IDENTIFIER[:-1] + "X", "Zhang Wei 13800138000", 440301199001011234])
def test_faults_never_tell_a_name_or_an_identifier(wrong):
    document = minimal_document()
    document["applicant"] |= {"identifier": wrong, "name": 13800138000}
    told = " ".join(map(str, faults_of(as_bytes(document))))
    assert str(wrong) not in told
    assert "13800138000" not in told


@pytest.mark.parametrize(
    ("kind", "jurisdiction", "identifier", "good"),
    [
        ("company", "CN", COMPANY_IDENTIFIER, True),
        ("company", "CN-GD", COMPANY_IDENTIFIER, True),
        ("company", "CN-GD", PERSON_IDENTIFIER, False),
        ("company", "CN", PERSON_IDENTIFIER, False),
        ("company", "CN", COMPANY_IDENTIFIER.lower(), False),
        ("company", "CN", "91110000600037341", False),
        ("sole_trader", "CN", COMPANY_IDENTIFIER, True),
        ("sole_trader", "CN", PERSON_IDENTIFIER, True),
        ("person", "CN", PERSON_IDENTIFIER, True),
        ("person", "CN", "360426199101010072", False),
        ("person", "CN", "36042619910101007１", False),
        ("person", "CN", "999999199101010013", False),
        ("person", "CN", "110001199101010017", True),  # stdnum knows the province but not the county, and trips
        ("company", "CN", "HK:1234567", True),
        ("company", "CN", "pseudonym:E123", True),
        ("company", "CN", "CN:123", False),
        ("company", "DE", "HRB 12345", True),
        ("company", "DE", "HRB\n12345", False),
        ("company", "DE", "x" * 65, False),
        ("company", "DE", "CN:" + COMPANY_IDENTIFIER, True),
    ],
)
def test_identifiers(kind, jurisdiction, identifier, good):
    document = person_document() if kind == "person" else minimal_document()
    document["applicant"] |= {"kind": kind, "identifier": identifier}
    document["application"]["jurisdiction"] = jurisdiction
    if good:
        assert decode(as_bytes(document)).applicant.identifier == identifier
    else:
        (fault,) = faults_of(as_bytes(document))
        assert fault.path == "$.applicant.identifier"
        assert "pseudonym:" in fault.hint


@pytest.mark.parametrize(
    ("body", "position", "words"),
    [
        (b"", "line 1 column 1 (byte 0)", "the end"),
        (b"  ", "line 1 column 3 (byte 2)", "the end"),
        (b'{"application": ', "line 1 column 17 (byte 16)", "the end"),
        (as_bytes(sme_document(3))[:900], "(byte ", "a closing quote"),
        (b'{"a":\n  }', "line 2 column 3 (byte 8)", "a value"),
        (b'{"a":1}{', "line 1 column 8 (byte 7)", "nothing after the document"),
        (b'{"a":NaN}', "line 1 column 6 (byte 5)", "NaN and Infinity are not JSON"),
        (b'{"NaN":"NaN","a":-Infinity}', "line 1 column 18 (byte 17)", "NaN and Infinity are not JSON"),
        (b"\xef\xbb\xbf{}", "line 1 column 1 (byte 0)", "byte order mark"),
        ('{"公": "x\udc00"}'.encode("utf-8", "surrogatepass"), "line 1 column 9 (byte 10)", "byte 0xed"),
        (b'{"a": "\\ud800"}', "line 1 column 8 (byte 7)", "surrogate"),
        (b'{"a": "\\ud83d\\ude00 \\\\ud800 \\ude00"}', "line 1 column 29 (byte 28)", "\\ude00"),
        (b'{"a": "\\ud800\\ud800"}', "line 1 column 8 (byte 7)", "surrogate"),
        (b'{"a": "\x01"}', "line 1 column 8 (byte 7)", "control"),
        (b'{"a": 01}', "line 1 column 8 (byte 7)", "','"),
        (b"\xff\xfe{\x00}\x00", "line 1 column 1 (byte 0)", "byte 0xff"),
    ],
)
def test_bytes_that_are_not_json_are_one_fault_with_its_position(body, position, words):
    with pytest.raises(BrokenJson) as told:
        decode(body)
    (fault,) = told.value.faults
    assert position in fault.path
    assert words in str(fault)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "9" * 5000, "1" + "0" * 400 + ".5"])
@pytest.mark.parametrize("column", ["net_amount", "party", "issued_on"])
def test_numbers_too_large_to_hold_are_faults_where_they_stand(number, column):
    document = sme_document(2)
    document["invoices"][1][column] = "here"
    (fault,) = faults_of(as_bytes(document).replace(b'"here"', number.encode()))
    assert fault.path == f"$.invoices[1].{column}"
    assert fault.found == "a number too large to hold"


@pytest.mark.parametrize("depth", [33, 500, 100_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_a_fault(depth, brackets):
    opened, closed = brackets
    faults = faults_of(opened * depth + b"1" + closed * depth)
    assert "nesting of at most 32" in " ".join(map(str, faults))


def test_nesting_inside_a_valid_document_is_a_fault():
    body = as_bytes(put(("attributes", 0, "value"), "here")).replace(b'"here"', b"[" * 40 + b"]" * 40)
    assert {fault.expected for fault in faults_of(body)} >= {"nesting of at most 32"}


def test_schema_names_every_section_and_closed_list():
    told = schema()
    assert set(told["$defs"]["Application"]["required"]) == {"application", "applicant"}
    invoice = told["$defs"]["Invoice"]
    assert invoice["additionalProperties"] is False
    assert "VAT invoice" in invoice["description"]
    amount = told["$defs"]["Request"]["properties"]["amount"]
    assert amount["type"] == "string"
    assert not re.search(amount["pattern"], "49999.996")
    assert told["$defs"]["Request"]["properties"]["term_months"]["maximum"] == 600
    assert "last day" in told["$defs"]["Income"]["properties"]["month"]["description"]
    assert json.dumps(told)


@pytest.mark.parametrize(("parties", "hint"), [(5, "did you mean 'owner 1'?"), (40, "leave it out")])
def test_a_stranger_is_compared_with_a_few_parties_only(parties, hint):
    document = full_document(seed=1, rows=2)
    document["parties"] = [{**document["parties"][0], "party": f"owner {number}"} for number in range(parties)]
    document["relations"] = []
    document["invoices"][0]["party"] = "ownr 1"
    with pytest.raises(InputFaults) as told:
        decode(as_bytes(document))
    assert hint in next(fault.hint for fault in told.value.faults if fault.path == "$.invoices[0].party")
