"""What a study's model predicts: labels the lender states, or performance months from which they are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from risk_engine.application import SECTIONS
from risk_engine.study.reading import Node, Query

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)

BAD_EVENTS = ("restructured", "written_off", "sold")
"""Events that are bad unless the study says otherwise: signs of unlikeliness to pay in CRR Art. 178(3)."""

FORMS = ("labels", "performance")
BOTH = ("horizon_months", "bad")
OF_PERFORMANCE = ("outcomes", "dpd", "materiality", "start", "indeterminate", "bad_events", "exclusions", "duplicates")


@dataclass(frozen=True, slots=True)
class Materiality:
    """What must be overdue at a month's end for its days past due to count: more than both thresholds.

    After Delegated Regulation (EU) 2018/171 (EUR 100 for retail, EUR 500 for others, and 1 %), where the days
    themselves are counted only while both are exceeded; here the lender's own count stands once they are.

    Attributes:
        overdue: Amount, in the applications' currency.
        share_of_balance: Fraction of the balance.
    """

    overdue: float
    share_of_balance: float


@dataclass(frozen=True, slots=True)
class Performance:
    """How labels are told from months of performance.

    Attributes:
        months: Selects performance rows: application_id, month, dpd, overdue, balance, event.
        outcomes: Selects outcomes: application_id, decision, decided_on, booked_on, observed_until and, where the
            lender has them, declined_by, exclusion and bad_on.
        dpd: Bad from so many days past due.
        materiality: When days past due count; None where they always do.
        indeterminate_from: Neither good nor bad from so many days past due; ``dpd`` where there is no such band.
        bad_events: Events that are bad whatever the days past due.
        exclusions: Words of ``outcomes.exclusion`` that leave the base.
        duplicates_within_days: Days within which an obligor's next application for the product is the same one.
    """

    months: Query
    outcomes: Query
    dpd: int
    materiality: Materiality | None
    indeterminate_from: int
    bad_events: tuple[str, ...]
    exclusions: tuple[str, ...]
    duplicates_within_days: int


@dataclass(frozen=True, slots=True)
class Target:
    """What the model predicts.

    Attributes:
        source: Where labels come from: a select of application_id, is_bad, observed_until in a stated order, or
            months of performance.
        horizon_months: Months over which the probability is told, from booking.
        bad: The sentence that defines bad.
    """

    source: Query | Performance
    horizon_months: int
    bad: str

    @property
    def queries(self) -> tuple[Query, ...]:
        """Every select of the target."""
        return (self.source,) if isinstance(self.source, Query) else (self.source.months, self.source.outcomes)


def read_target(node: Node) -> Target:
    """Read ``target:``; what is wrong is noted in the node's faults."""
    given = node.keys((*FORMS, *BOTH, *OF_PERFORMANCE), BOTH)
    if node.given and given["labels"].given == given["performance"].given:
        node.fault("both of them" if given["labels"].given else "neither of them", "labels or performance")
    source = _performance(given) if given["performance"].given else _labels(given)
    return Target(source, given["horizon_months"].whole(1, 600, 12), given["bad"].sentence())


def _labels(given: Mapping[str, Node]) -> Query:
    for key in OF_PERFORMANCE:
        if given[key].given and given["labels"].given:
            given[key].fault(f"{key} beside labels", "it with performance only")
    labels = given["labels"]
    query = labels.query()
    if labels.given and "order by" not in " ".join(_COMMENT.sub(" ", query.sql.lower()).split()):
        labels.fault("a select without ORDER BY", "ORDER BY application_id", "folds depend on the order")
    return query


def _performance(given: Mapping[str, Node]) -> Performance:
    for key in ("outcomes", "dpd"):
        if not given[key].given:
            given["performance"].fault(f"no {key}", f"target.{key}: to be given")
    given["start"].one_of(("booking",), "booking")
    dpd = given["dpd"].whole(1, 3650, 90)
    band = given["indeterminate"].keys(("from_dpd",), ("from_dpd",) if given["indeterminate"].given else ())
    within = given["duplicates"].keys(("within_days",), ("within_days",) if given["duplicates"].given else ())
    return Performance(
        months=given["performance"].query(),
        outcomes=given["outcomes"].query(),
        dpd=dpd,
        materiality=_materiality(given["materiality"]),
        indeterminate_from=band["from_dpd"].whole(1, max(dpd - 1, 1), dpd),
        bad_events=_events(given["bad_events"]),
        exclusions=given["exclusions"].sentences(),
        duplicates_within_days=within["within_days"].whole(1, 3650, 0),
    )


def _materiality(node: Node) -> Materiality | None:
    if not node.given:
        return None
    keys = ("overdue", "share_of_balance")
    given = node.keys(keys, keys)
    return Materiality(given["overdue"].number(0, 1e15, 0.0), given["share_of_balance"].number(0, 1, 0.0))


def _events(node: Node) -> tuple[str, ...]:
    if not node.given:
        return BAD_EVENTS
    words = [word for word in SECTIONS["performance"].columns["event"].words if word in BAD_EVENTS]
    return tuple(item.one_of(words, words[0]) for item in node.listed())
