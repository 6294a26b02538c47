"""HTML for people: every text is escaped here, once, so that no view has to remember it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(told: object) -> Markup:
    """Anything as HTML; nothing for None, markup as it is.

    >>> escaped("a < b"), escaped(None), escaped(Markup("<b>a</b>"))
    ('a &lt; b', '', '<b>a</b>')
    """
    if isinstance(told, Markup):
        return told
    return Markup("" if told is None else html.escape(str(told)))


def element(tag: str, *told: object) -> Markup:
    """One element around its content.

    >>> element("p", "grade ", element("b", "<A>"))
    '<p>grade <b>&lt;A&gt;</b></p>'
    """
    return Markup(f"<{tag}>{''.join(map(escaped, told))}</{tag}>")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table with a line of headings.

    >>> table(("fact", "points"), [("age", 12)])
    '<table><thead><tr><th>fact</th><th>points</th></tr></thead><tbody><tr><td>age</td><td>12</td></tr></tbody></table>'
    """
    head = element("tr", *(element("th", heading) for heading in headings))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", element("thead", head), element("tbody", *body))


def folded(summary: str, *told: object) -> Markup:
    """Something a reader opens when wanted."""
    return element("details", element("summary", summary), *told)


def listed(items: Iterable[object], tag: str = "ul") -> Markup:
    """A list; nothing where there are no items."""
    entries = [element("li", item) for item in items]
    return element(tag, *entries) if entries else Markup("")
