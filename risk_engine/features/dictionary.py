"""The dictionary of features: what every name means, for people (Markdown, HTML) and for scripts (JSON)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from risk_engine.features.language import Feature

Entry = dict[str, Any]

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b2430}"
    "h3{margin-bottom:.2rem}dl{display:grid;grid-template-columns:9rem 1fr;gap:.1rem 1rem;margin:.2rem 0 1.4rem}"
    "dt{color:#5b6775}dd{margin:0}code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}"
)


def dictionary(catalogue: Mapping[str, Feature]) -> list[Entry]:
    """Every feature's entry, in catalogue order: plain data that JSON can hold.

    >>> from risk_engine.features.catalogue import CATALOGUE
    >>> entry = dictionary(CATALOGUE)[0]
    >>> entry["name"], entry["says"]["zh"], entry["formula"]
    ('amount_requested', '申请金额', 'application.amount')
    """
    return [entry_of(feature) for feature in catalogue.values()]


def entry_of(feature: Feature) -> Entry:
    """One feature's entry; ``defined_at`` is where its code stands."""
    fact = feature.fact
    return {
        "name": fact.name,
        "says": {"en": fact.says.en, "zh": fact.says.zh},
        "type": str(fact.type),
        "words": list(fact.words),
        "unit": fact.unit,
        "decimals": fact.decimals,
        "range": None if fact.range is None else list(fact.range),
        "clip": None if fact.clip is None else list(fact.clip),
        "risk": str(fact.risk),
        "use": fact.use,
        "group": fact.group,
        "window": fact.window,
        "sections": list(fact.sections),
        "none_reads_as": fact.none_reads_as,
        "if_none": fact.if_none,
        "reason": fact.reason,
        "formula": str(feature.expression),
        "why": fact.why,
        "source": fact.source,
        "defined_at": feature.origin,
    }


def to_markdown(entries: Sequence[Entry]) -> str:
    """The dictionary as one Markdown page, grouped by economic domain."""
    told = ["# Feature dictionary", "", f"{len(entries)} features."]
    for group, members in grouped(entries).items():
        told += ["", f"## {group}"]
        for entry in members:
            told += ["", f"### {entry['name']}", "", f"{entry['says']['en']} / {entry['says']['zh']}", ""]
            told += [f"- {label}: {f'`{text}`' if label == 'formula' else text}" for label, text in lines_of(entry)]
    return "\n".join(told) + "\n"


def to_html(entries: Sequence[Entry]) -> str:
    """The dictionary as one self-contained HTML page."""
    escape = html.escape
    told = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Feature dictionary</title>',
        f"<style>{STYLE}</style></head><body><h1>Feature dictionary</h1><p>{len(entries)} features.</p>",
    ]
    for group, members in grouped(entries).items():
        told.append(f"<h2>{escape(group)}</h2>")
        for entry in members:
            name, says = escape(entry["name"]), entry["says"]
            told.append(
                f'<h3 id="{name}"><code>{name}</code></h3><p>{escape(says["en"])} / {escape(says["zh"])}</p><dl>'
            )
            for label, text in lines_of(entry):
                shown = f"<code>{escape(text)}</code>" if label == "formula" else escape(text)
                told.append(f"<dt>{escape(label)}</dt><dd>{shown}</dd>")
            told.append("</dl>")
    return "\n".join([*told, "</body></html>"]) + "\n"


def grouped(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries by group, both in the order met."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry["group"], []).append(entry)
    return groups


def lines_of(entry: Entry) -> list[tuple[str, str]]:
    """What a person reads of one entry; lines with nothing to say are left out."""
    none = entry["if_none"] or "nothing to measure"
    if entry["none_reads_as"] is not None:
        none = f"{none}; compared as {entry['none_reads_as']:g}"
    lines = [
        ("meaning", entry["why"]),
        ("formula", entry["formula"]),
        ("window", entry["window"]),
        ("unit", f"{entry['unit']}, {entry['decimals']} decimals" if entry["type"] == "number" else entry["type"]),
        ("words", ", ".join(entry["words"])),
        ("range", span(entry["range"])),
        ("clipped to", span(entry["clip"])),
        ("risk", f"{entry['risk']} with the value" if entry["risk"] != "none" else "no direction claimed"),
        ("none means", none),
        ("use", entry["use"]),
        ("reads", ", ".join(entry["sections"])),
        ("reason", entry["reason"]),
        ("source", entry["source"]),
        ("defined at", entry["defined_at"]),
    ]
    return [(label, text) for label, text in lines if text]


def span(bounds: Sequence[float] | None) -> str:
    """Bounds in words.

    >>> span([0, 12]), span(None)
    ('0 to 12', '')
    """
    return "" if bounds is None else f"{bounds[0]:g} to {bounds[1]:g}"
