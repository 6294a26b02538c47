"""The dictionary says the same of every feature to scripts and to people."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from html.parser import HTMLParser

from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.dictionary import dictionary, to_html, to_markdown

KEYS = {
    "name", "says", "unit", "decimals", "range", "risk", "use", "group", "window", "sections", "none_reads_as",
    "reason", "formula", "why", "source",
}  # fmt: skip


def test_every_feature_has_every_key_and_is_plain_data() -> None:
    entries = dictionary(CATALOGUE)
    assert [entry["name"] for entry in entries] == list(CATALOGUE)
    assert all(set(entry) >= KEYS and set(entry["says"]) == {"en", "zh"} for entry in entries)
    assert json.loads(json.dumps(entries)) == entries


def test_the_place_of_definition_can_be_found_in_the_repository() -> None:
    for entry in dictionary(CATALOGUE):
        path, line = entry["defined_at"].rsplit(":", 1)
        assert not path.startswith("/")
        assert path.startswith("risk_engine/features/catalogue/")
        assert int(line) > 0


def test_markdown_names_every_feature_once() -> None:
    page = to_markdown(dictionary(CATALOGUE))
    for name in CATALOGUE:
        assert page.count(f"### {name}\n") == 1


def test_html_is_whole_escaped_and_needs_nothing_else() -> None:
    odd = copy(CATALOGUE["sales_invoiced_12m"])
    odd.fact = replace(odd.fact, why='<script>alert("&")</script>')
    page = to_html(dictionary({**CATALOGUE, "odd": odd}))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "src=" not in page
    assert "http" not in page
    reader = Balance()
    reader.feed(page)
    assert reader.open == []


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
