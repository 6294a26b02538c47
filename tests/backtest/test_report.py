"""The page: nothing from outside, nothing run, every text escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from risk_engine.backtest import backtest

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


class Reader(HTMLParser):
    """What a browser would fetch or run, and the words in order."""

    def __init__(self):
        super().__init__()
        self.fetched, self.tags, self.words, self._skipped = [], [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._skipped = tag in {"style", "defs"}
        self.fetched += [value for name, value in attrs if name in {"src", "href", "xlink:href"} and value[0] != "#"]

    def handle_data(self, data):
        if data.strip() and not self._skipped:
            self.words.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def page(found):
    text = (found[1] / "report.html").read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    return text, reader


def test_nothing_is_fetched_or_run(page):
    text, reader = page
    assert reader.fetched == []
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= NAMESPACES
    assert not {"script", "link", "img", "iframe", "object", "image"} & set(reader.tags)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", text)
    assert "@import" not in text


def test_it_opens_with_the_waterfall_then_what_must_be_known(page):
    _, reader = page
    told = reader.words
    places = [
        told.index(words) for words in ("From applications to outcomes", "Read this first", "Decisions", "Ranking")
    ]
    assert places == sorted(places)
    assert any("In-sample: the release was trained on these very applications" in words for words in told)


def test_every_plot_is_drawn_in_the_page_without_names_that_clash(page):
    text, reader = page
    assert reader.tags.count("svg") == 5
    assert "<metadata" not in text
    assert not re.findall(r'<g id="\w+_\d+"', text)


def test_what_cannot_be_told_stands_in_the_page(page):
    text, _ = page
    assert "one class only: 54 good, 0 bad" in text
    assert "no outcome is known: 6 policy declines, 54 immature" in text
    assert "nan" not in text.lower().split("<svg")[0]


def test_the_approval_rate_of_each_vintage_stands_in_the_page(page, found):
    _, reader = page
    words = reader.words
    start = words.index("Vintages: by quarter of booking, or of application where none is told")
    for row in found[0]["vintages"]:
        at = words.index(row["vintage"], start)
        assert words[at + 1 : at + 4] == [
            str(row["applications"]), str(row["approved"]), f"{100 * row['approval_rate']:.2f} %",
        ]  # fmt: skip


def test_texts_of_a_study_are_escaped(study_of, tiny_release, tmp_path):
    changes = ("name: loans\n", "name: loans\nwarnings: ['<script>alert(1)</script> & more']\n")
    backtest(study_of(changes), tiny_release, tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
