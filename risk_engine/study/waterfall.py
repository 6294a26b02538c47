"""The waterfall from applications to good and bad, by vintage: what a study's rows are and what was left out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

APPLICATIONS = "applications"
"""The first step: all of them, the sum of the others."""

GOOD, BAD = "good", "bad"


def vintage(day: dt.date) -> str:
    """The quarter a day lies in.

    >>> vintage(dt.date(2024, 3, 31)), vintage(dt.date(2024, 4, 1))
    ('2024Q1', '2024Q2')
    """
    return f"{day.year}Q{(day.month + 2) // 3}"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where every application of a study ended: each in exactly one step.

    Attributes:
        steps: Names in the order in which they are asked; the last two are ``good`` and ``bad``.
        counts: vintage -> step -> applications, in order of the vintages, zeros included.
    """

    steps: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, steps: tuple[str, ...], landed: Iterable[tuple[str, str]]) -> Self:
        """Count where applications landed.

        Args:
            steps: Every step, in order.
            landed: Vintage and step of each application.

        >>> waterfall = Waterfall.of(("declined", "good", "bad"), [("2024Q1", "good"), ("2024Q1", "declined")])
        >>> waterfall.to_json()["total"]
        {'applications': 2, 'declined': 1, 'good': 1, 'bad': 0}
        """
        found = Counter(landed)
        return cls(steps, {one: {step: found[one, step] for step in steps} for one in sorted({v for v, _ in found})})

    @property
    def vintages(self) -> tuple[str, ...]:
        """The quarters, the earliest first."""
        return tuple(self.counts)

    @property
    def total(self) -> dict[str, int]:
        """Applications of each step over all vintages."""
        return {step: sum(counts[step] for counts in self.counts.values()) for step in self.steps}

    def to_json(self) -> dict[str, Any]:
        """Plain data: ``steps`` led by ``applications``, ``vintages``, ``counts`` by vintage and step, ``total``."""
        return {
            "steps": [APPLICATIONS, *self.steps],
            "vintages": list(self.vintages),
            "counts": {one: _summed(counts) for one, counts in self.counts.items()},
            "total": _summed(self.total),
        }


def _summed(counts: Mapping[str, int]) -> dict[str, int]:
    return {APPLICATIONS: sum(counts.values()), **counts}


def waterfall_page(told: Mapping[str, Any]) -> str:
    """The table for people, a line a vintage, from :meth:`Waterfall.to_json`; steps where nobody ended are left out.

    >>> told = Waterfall.of(("declined", "good", "bad"), [("2024Q1", "good"), ("2024Q2", "bad")]).to_json()
    >>> print(waterfall_page(told))
    vintage  applications  good  bad  bad rate
    2024Q1              1     1    0      0.0%
    2024Q2              1     0    1    100.0%
    total               2     1    1     50.0%
    """
    steps = [step for step in told["steps"] if told["total"][step] or step in (APPLICATIONS, GOOD, BAD)]
    rows = [("vintage", *(step.replace("_", " ") for step in steps), "bad rate")]
    for name, counts in (*told["counts"].items(), ("total", told["total"])):
        rows.append((name, *(f"{counts[step]:,}" for step in steps), _bad_rate(counts)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        row[0].ljust(widths[0]) + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def _bad_rate(counts: Mapping[str, int]) -> str:
    labelled = counts[GOOD] + counts[BAD]
    return f"{counts[BAD] / labelled:.1%}" if labelled else "-"
