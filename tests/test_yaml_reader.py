"""Strict YAML: what is read, and one tiny bad file for each way of being wrong."""

from __future__ import annotations

import datetime as dt

import pytest

from risk_engine.errors import DefinitionFaults
from risk_engine.facts import reason_codes
from risk_engine.yaml_reader import read_yaml


def written(folder, text, name="file.yaml"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


GOOD = """\
id: demo
rates: {a: 0.5, b: 1, c: -3, d: 300_000, e: 1.5e-3, f: .inf}
rules:
  - when: x > 1
    says: >
      long
      text
  - when: "NO"
    since: 2024-01-01
    on_top: true
    nothing:
values:
  2024-01-01: {value: 0.45}
"""


def test_plain_data_and_lines(tmp_path):
    text = read_yaml(written(tmp_path, GOOD))
    assert text.plain["rates"] == {"a": 0.5, "b": 1, "c": -3, "d": 300000, "e": 0.0015, "f": float("inf")}
    second = text.plain["rules"][1]
    assert second == {"when": "NO", "since": dt.date(2024, 1, 1), "on_top": True, "nothing": None}
    assert text.plain["values"] == {dt.date(2024, 1, 1): {"value": 0.45}}
    assert text.line(()) == 1
    assert text.line(("rules", 0, "says")) == 5
    assert text.line(("rules", 1, "since")) == 9
    assert text.line(("values", dt.date(2024, 1, 1), "value")) == 13
    assert text.line(("rules", 1, "no_such")) == text.line(("rules", 1)) == 8
    assert text.place(("rules", 1, "since")) == "file.yaml:9"


def test_empty_file_reads_as_nothing(tmp_path):
    assert read_yaml(written(tmp_path, "# nothing\n")).plain is None


def test_reason_codes_read():
    assert reason_codes()["falling_sales"].says.en == "Sales are falling"


BAD = [
    ("repeated key", "a: 1\nb: 2\na: 3\n", 3, ["key a again", "line 1 already"]),
    ("repeated date key", "2024-01-01: 1\n2024-01-01: 2\n", 2, ["2024-01-01 again"]),
    ("tab", "a:\n\tb: 1\n", 2, ["a tab", "spaces"]),
    ("alias", "a: &x [1]\nb: *x\n", 1, ["anchor", "written out"]),
    ("alias to itself", "a: &x\n  b: *x\n", 1, ["anchor"]),
    ("merge key", "a:\n  <<: {b: 1}\n", 2, ["merge key"]),
    ("on as key", "on: 1\n", 1, ["found on", "quote it", '"on"']),
    ("NO as value", "country: NO\n", 1, ["found NO", '"NO"']),
    ("yes as value", "a: yes\n", 1, ["found yes", "true or false"]),
    ("octal", "a: 012\n", 1, ["found 012", "octal"]),
    ("leading zero text", "a: 089\n", 1, ["found 089", "octal"]),
    ("sexagesimal", "a: 12:30\n", 1, ["found 12:30", "sixties", "quote it"]),
    ("sexagesimal float", "a: 1:30.5\n", 1, ["sixties"]),
    ("hexadecimal", "a: 0x1F\n", 1, ["not decimal"]),
    ("bare exponent", "a: 1e5\n", 1, ["found 1e5", "1.0e+5"]),
    ("not a number", "a: .nan\n", 1, [".nan", "a number"]),
    ("too large a whole number", f"a: 1\nb: {'9' * 321}\n", 2, ["found 999", "1.79e+308, or .inf"]),
    ("too large a negative one", f"a: -{'9' * 321}\n", 1, ["found -999", "1.79e+308, or .inf"]),
    ("too large a number", "a: 1.0e+400\n", 1, ["found 1.0e+400", "1.79e+308, or .inf"]),
    ("impossible date", "a: 2024-02-30\n", 1, ["2024-02-30", "a date that exists"]),
    ("point in time", "a: 2024-02-03T10:00:00Z\n", 1, ["quote a point in time"]),
    ("null key", "~: 1\n", 1, ["as key", "a name"]),
    ("list as key", "? [a]\n: 1\n", 1, ["as key"]),
    ("tag", "a: !!python/name:os.system x\n", 1, ["tag"]),
    ("quoted tag", "a: !!int '1'\n", 1, ["tag"]),
    ("syntax", "a: [1\nb: 2\n", 2, ["one YAML document"]),
    ("two documents", "a: 1\n---\nb: 2\n", 2, ["one YAML document"]),
    ("deep", "[" * 40 + "]" * 40, 1, ["deep nesting"]),
]


@pytest.mark.parametrize(("text", "line", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_each_way_of_being_wrong(tmp_path, text, line, words):
    with pytest.raises(DefinitionFaults) as caught:
        read_yaml(written(tmp_path, text))
    told = str(caught.value)
    assert f"file.yaml:{line}:" in told
    for word in words:
        assert word in told


@pytest.mark.parametrize(
    ("text", "words"), [(b"a: \xff\n", "not UTF-8"), ("[" * 100_000, "file.yaml"), (b"a: \x01\n", "YAML document")]
)
def test_unreadable_bytes(tmp_path, text, words):
    with pytest.raises(DefinitionFaults, match=words):
        read_yaml(written(tmp_path, text))


def test_missing_file_is_named_with_its_folder(tmp_path):
    missing = tmp_path / "rules" / "one.yaml"
    with pytest.raises(DefinitionFaults, match=f"{missing}: found no such file"):
        read_yaml(missing, name="rules/one.yaml")


def test_all_faults_at_once(tmp_path):
    with pytest.raises(DefinitionFaults) as caught:
        read_yaml(written(tmp_path, "a: NO\nb: 012\nc: 12:30\nd: 1\nd: 2\n"))
    assert [fault.path for fault in caught.value.faults] == [f"file.yaml:{line}" for line in (1, 2, 3, 5)]
