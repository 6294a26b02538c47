"""Any bytes give a document or faults; the fast path and the second walk agree."""

from __future__ import annotations

import copy
import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from risk_engine.application import SECTIONS, Application, decode, encode
from risk_engine.application.faults import list_faults
from risk_engine.application.kinds import read_custom
from risk_engine.errors import BrokenJson, InputFaults
from tests.application.documents import as_bytes, full_document, minimal_document

FULL = [full_document(seed, rows=1) for seed in range(8)] + [minimal_document()]

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-5, 700)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["2020-02-30", "2020-02-28", "2020-02-28T10:00:00Z", "2020-02-28T10:00:00", "1.50", "CNY", "in"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def answer(body):
    """The application, or the faults; anything else fails the test."""
    try:
        return decode(body), ()
    except InputFaults as told:
        refused = told
    assert 1 <= len(refused.faults) <= 100
    assert all(fault.expected != "a document both readers accept" for fault in refused.faults), str(refused)
    assert not isinstance(refused, BrokenJson) or len(refused.faults) == 1
    return None, refused.faults


def typed(body):
    """What the fast path alone makes of it."""
    try:
        return msgspec.json.decode(body, type=Application, dec_hook=read_custom)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def walked(body):
    """What the second walk alone makes of it."""
    try:
        return list_faults(body, max_faults=100, now=None)
    except BrokenJson as told:
        return list(told.faults)


def places(value, path=()):
    """Paths of all values of a document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


@st.composite
def mutated_documents(draw):
    document = copy.deepcopy(draw(st.sampled_from(FULL)))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(places(document))[1:]))
        place = document
        for step in path[:-1]:
            place = place[step]
        match draw(st.sampled_from(["replace", "drop", "add"])):
            case "replace":
                place[path[-1]] = draw(plain)
            case "drop":
                del place[path[-1]]
            case "add" if isinstance(place, dict):
                place[draw(st.text(max_size=8) | st.sampled_from(["amount", "party", "ledger", "from"]))] = draw(plain)
    return document


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"[" * 100_000)
@example(b'{"application":' * 100_000)
@example(b"1e999")
@example(b'"\\ud800"')
def test_any_bytes_give_a_document_or_faults(body):
    application, faults = answer(body)
    assert (application is None) == bool(faults)


@settings(max_examples=300)
@given(st.sampled_from(FULL), st.data())
def test_any_damage_to_valid_bytes_gives_a_document_or_faults(document, data):
    body = bytearray(as_bytes(document))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        until = min(len(body), at + data.draw(st.integers(0, 3)))
        body[at:until] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"\\", b"{", b"]", b",", b":", b"e9", b"-"])
        )
        if not body:
            return
    application, faults = answer(bytes(body))
    assert (application is None) == bool(faults)
    assert (typed(bytes(body)) is None) <= bool(walked(bytes(body)))


@settings(max_examples=500)
@given(mutated_documents())
def test_the_fast_path_and_the_second_walk_agree(document):
    body = as_bytes(document)
    application, faults = answer(body)
    assert list(faults) == walked(body)
    if application is not None:
        assert typed(body) == application
        assert decode(encode(application)) == application
    elif typed(body) is None:
        assert faults


@settings(max_examples=100)
@given(plain)
def test_any_json_gives_a_document_or_faults(value):
    application, faults = answer(json.dumps(value).encode())
    assert application is None
    assert faults


ODD = [
    *(b"null", b"true", b"0", b"-0", b"-0.0", b"1.0", b"1e2", b"-1", b"2", b"601", b"1e15", b"1000000000000001"),
    *(b"9007199254740993", b"1" * 25, b"1e-400", b"1e400", b'""', b'"1"', b'"1.505"', b'"-0.100"', b'"1e5"', b'" 1"'),
    *('"１"'.encode(), b'"NaN"', b'"none"', b'"other"', b'"2020-02-28"', b'"2020-02-30"', b'"2020-2-8"'),
    *(b'"2020-02-28T10:00:00Z"', b'"2020-02-28t10:00:00.1234567-0000"', b'"2020-02-28 10:00:00+0800"'),
    *(b'"2020-02-28T10:00:00"', b'"2020-02-28T24:00:00Z"', b'"9999-12-31T23:59:59.9999999Z"', b"[]", b"{}", b'["a"]'),
    *(b"[1]", b'[["a"]]', b'[{"a":1}]', b"[1e400]", b'"' + b"x" * 201 + b'"', b'"\\u0000"'),
]


@pytest.mark.parametrize(
    "section", [section for section in SECTIONS.values() if not section.training_only], ids=lambda section: section.name
)
def test_the_two_agree_on_every_column_and_every_odd_value(section):
    document = full_document(seed=5, rows=1)
    document = {name: document[name] for name in {"application", "applicant", "parties", section.name}}
    row = document[section.name] if section.single else document[section.name][0]
    for name in section.columns:
        body = as_bytes(document | {section.name: row | {name: "⌘"} if section.single else [row | {name: "⌘"}]})
        for odd in ODD:
            given = body.replace(json.dumps("⌘").encode(), odd)
            _, faults = answer(given)
            assert list(faults) == walked(given), (name, odd)
            assert typed(given) is not None or faults, (name, odd)
