from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_engine.application import SECTIONS, decode
from risk_engine.application.repeats import may_repeat
from risk_engine.errors import InputFaults
from tests.application.documents import as_bytes, full_document, minimal_document, sme_document


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'"channel":"branch","channel":"web"', "$.application.channel"),
        (b'"channel":"branch","channel":"branch"', "$.application.channel"),
        (b'"channel":"branch","\\u0063hannel":"web"', "$.application.channel"),
        (b'"channel" :"branch","channel":"web"', "$.application.channel"),
        (b'"channel"  \n:"branch","channel":"web"', "$.application.channel"),
        (b'"channel":"branch","test":false,"test":false', "$.application.test"),
        (b'"channel":"a","intermediary":null,"intermediary":null', "$.application.intermediary"),
    ],
)
def test_a_key_that_stands_twice_is_a_fault_even_where_the_typed_decode_is_content(body, path):
    with pytest.raises(InputFaults) as told:
        decode(as_bytes(minimal_document()).replace(b'"channel":"branch"', body))
    (fault,) = told.value.faults
    assert (fault.path, fault.found) == (path, "the same key again")


def test_a_section_that_stands_twice_is_a_fault():
    body = as_bytes(sme_document(2))
    with pytest.raises(InputFaults) as told:
        decode(body[:-1] + b',"invoices":[]}')
    assert [fault.path for fault in told.value.faults] == ["$.invoices"]


@pytest.mark.parametrize("text", ['":', 'a":', '\\":', ':":', '" :', " : ", '"channel":"branch"', "\\", 'x"\t:'])
def test_text_that_looks_like_a_key_is_none(text):
    document = minimal_document()
    document["application"]["channel"] = text
    document["applicant"]["scope_codes"] = [text, text]
    assert decode(as_bytes(document)).application.channel == text


def test_ordinary_documents_need_no_second_walk():
    for document in (minimal_document(), sme_document(50)):
        body = as_bytes(document)
        application = decode(body)
        assert not may_repeat(body, application)
        assert not may_repeat(json.dumps(document, indent=4).encode(), application)
        assert not may_repeat(json.dumps(document, separators=(" , ", " : ")).encode(), application)
        document["application"] |= {"intermediary": None, "revolving": False}
        assert not may_repeat(as_bytes(document), application)
        document["applicant"]["name"] = "Firm : Sons!:"
        assert not may_repeat(as_bytes(document), decode(as_bytes(document)))


def test_every_key_of_the_contract_ends_as_the_count_expects():
    keys = {key for section in SECTIONS.values() for key in section.columns} | set(SECTIONS)
    assert all(key[-1] in "abcdefghijklmnopqrstuvwxyz0123456789_" for key in keys)


@settings(max_examples=150)
@given(st.data())
def test_a_repeat_anywhere_is_found(data):
    document = full_document(seed=data.draw(st.integers(0, 50)), rows=1)
    section = data.draw(st.sampled_from(list(document)))
    row = document[section] if isinstance(document[section], dict) else document[section][0]
    key = data.draw(st.sampled_from(list(row)))
    separators = data.draw(st.sampled_from([(",", ":"), (", ", ": "), (",", " : "), (",", "\n :")]))
    body = json.dumps(document, separators=separators, ensure_ascii=data.draw(st.booleans()))
    decode(body.encode())
    written = json.dumps(row, separators=separators, ensure_ascii=data.draw(st.booleans()))
    again = json.dumps({key: row[key]}, separators=separators)[1:-1]
    at = body.find(written)
    if at < 0:
        return
    with pytest.raises(InputFaults) as told:
        decode((body[: at + 1] + again + "," + body[at + 1 :]).encode())
    assert "the same key again" in {fault.found for fault in told.value.faults}
