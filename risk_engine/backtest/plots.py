"""Plots as SVG inside the page: the only matplotlib user. The same figures draw the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from risk_engine.backtest.cases import Cases
from risk_engine.backtest.figures import Told

GOOD_COLOR, BAD_COLOR, LINE, PALE = "#2f6f9f", "#b3403a", "#444444", "#c9d6e0"
FIXED = {
    "svg.fonttype": "path",  # no font of the reader's machine
    "svg.hashsalt": "risk-engine",  # ids come from it and the content alone
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
GROUP = re.compile(r'<g id="[A-Za-z0-9]+_\d+"')
"""Names of groups, which would stand twice on a page of several plots."""


def plots(told: Mapping[str, Any], cases: Cases) -> dict[str, str]:
    """An SVG by name; those that nothing can be drawn of are left out."""
    drawn = {
        "roc": _roc(cases),
        "scores": _scores(cases),
        "grades": _grades(told["grades"]),
        "vintages": _vintages(told["vintages"]),
        "stability": _stability(told["stability"]["quarters"]),
    }
    return {name: svg for name, svg in drawn.items() if svg}


def _roc(cases: Cases) -> str:
    is_bad, risk = cases.is_bad[cases.measured], cases.probability[cases.measured]
    if not is_bad.any() or is_bad.all():
        return ""
    cuts = np.unique(risk)[::-1]
    found = [np.searchsorted(np.sort(-risk[one]), -cuts, side="right") / one.sum() for one in (~is_bad, is_bad)]
    with mpl.rc_context(FIXED):
        figure, axes = _figure(4.2, 3.6)
        axes.plot([0, 1], [0, 1], color=PALE, linewidth=1)
        axes.plot(np.r_[0, found[0]], np.r_[0, found[1]], color=GOOD_COLOR)
        axes.set(xlabel="share of goods riskier than the cut", ylabel="share of bads", xlim=(0, 1), ylim=(0, 1.01))
        return _svg(figure)


def _scores(cases: Cases) -> str:
    rows = cases.measured
    if not rows.any():
        return ""
    score, is_bad = cases.score[rows], cases.is_bad[rows]
    with mpl.rc_context(FIXED):
        figure, axes = _figure(4.2, 3.6)
        edges = np.linspace(score.min() - 0.5, score.max() + 0.5, 25)
        axes.hist([score[~is_bad], score[is_bad]], bins=edges.tolist(), stacked=True, color=[GOOD_COLOR, BAD_COLOR],
                  label=["good", "bad"])  # fmt: skip
        axes.set(xlabel="score", ylabel="applications")
        axes.legend(frameon=False)
        return _svg(figure)


def _grades(grades: Sequence[Told]) -> str:
    rows = [told for told in grades if told["observed_rate"] is not None]
    if not rows:
        return ""
    with mpl.rc_context(FIXED):
        figure, axes = _figure(4.2, 3.6)
        place = np.arange(len(rows))
        rate = np.array([told["observed_rate"] for told in rows])
        reach = [rate - [told["low"] for told in rows], [told["high"] for told in rows] - rate]
        axes.errorbar(place, rate, yerr=reach, fmt="o", color=BAD_COLOR, capsize=3, label="observed, 95% interval")
        stated = [told["default_probability"] for told in rows]
        axes.plot(place, stated, "_", color=GOOD_COLOR, markersize=16, markeredgewidth=2, label="stated")
        axes.set_xticks(place, [told["grade"] for told in rows])
        axes.set(xlabel="grade", ylabel="probability of default", ylim=(0, None))
        axes.legend(frameon=False)
        return _svg(figure)


def _vintages(vintages: Sequence[Told]) -> str:
    return _over_time(
        [told["vintage"] for told in vintages],
        [told["rows"] for told in vintages],
        "rows with a known outcome",
        {
            "bad rate": (BAD_COLOR, [told["bad_rate"] for told in vintages]),
            "of the approved": (LINE, [told["approved_bad_rate"] for told in vintages]),
            "probability stated": (GOOD_COLOR, [told["default_probability"] for told in vintages]),
        },
    )


def _stability(quarters: Sequence[Told]) -> str:
    if not any(told["limit"] for told in quarters):
        return ""
    return _over_time(
        [told["quarter"] for told in quarters],
        [told["scored"] for told in quarters],
        "scored applications",
        {
            "PSI": (BAD_COLOR, [told["psi"] for told in quarters]),
            "limit by size": (LINE, [told["limit"] for told in quarters]),
            "approval rate": (GOOD_COLOR, [told["approval_rate"] for told in quarters]),
        },
    )


def _over_time(
    names: Sequence[str], rows: Sequence[int], says: str, lines: Mapping[str, tuple[str, Sequence[float | None]]]
) -> str:
    """Counts as bars, rates as lines on an axis of their own; a rate that is not known breaks its line."""
    with mpl.rc_context(FIXED):
        figure, bars = _figure(8.6, 3.2)
        place = np.arange(len(names))
        bars.bar(place, rows, color=PALE)
        bars.set_ylabel(says)
        bars.set_xticks(place, names, rotation=45, ha="right")
        axes = bars.twinx()
        axes.spines["right"].set_visible(True)
        for label, (color, values) in lines.items():
            known = np.array([np.nan if value is None else value for value in values])
            axes.plot(place, known, "o-", color=color, markersize=3, linewidth=1.2, label=label)
        axes.set_ylim(0, None)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.08, 1.0))
        return _svg(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """The drawing alone: no prologue, date or name of a program."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata=NO_METADATA)
    drawn = written.getvalue()
    return GROUP.sub("<g", drawn[drawn.index("<svg") :])
