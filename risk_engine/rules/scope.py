"""Cases and scopes: whom a rule concerns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from risk_engine.facts import Fact
from risk_engine.rules.cells import Interval, read_interval
from risk_engine.rules.written import Written

_LISTS = ("product", "applicant_kind", "customer_kind", "jurisdiction")


class Case(msgspec.Struct, frozen=True):
    """What scopes and the evidence matrix look at: always known, stated by the application itself."""

    product: str
    applicant_kind: str
    customer_kind: str
    jurisdiction: str
    currency: str
    amount: float | Decimal


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases something concerns; an empty list concerns all.

    >>> Scope(applicant_kind=("company",)).covers(Case("sme_term_loan", "person", "new", "CN", "CNY", 1e5))
    False
    """

    product: tuple[str, ...] = ()
    applicant_kind: tuple[str, ...] = ()
    customer_kind: tuple[str, ...] = ()
    jurisdiction: tuple[str, ...] = ()
    amount: Interval | None = None

    def covers(self, case: Case) -> bool:
        """Whether the case is concerned."""
        return (
            (not self.applicant_kind or case.applicant_kind in self.applicant_kind)
            and (not self.customer_kind or case.customer_kind in self.customer_kind)
            and (not self.product or case.product in self.product)
            and (not self.jurisdiction or case.jurisdiction in self.jurisdiction)
            and (self.amount is None or self.amount.holds(float(case.amount)))
        )


EVERYONE = Scope()


def read_scope(entry: Written, facts: Mapping[str, Fact], *, amount: bool = True) -> Scope:
    """Read a ``scope:``; words are checked where the facts ``applicant_kind`` and ``customer_kind`` list them."""
    if not entry.mapping("scope", (), (*_LISTS, "amount") if amount else _LISTS):
        return EVERYONE
    lists = {name: entry.words(name, known=_words(facts, name)) for name in _LISTS}
    interval = None
    if "amount" in entry.plain:
        interval = read_interval(str(entry.plain["amount"]))
        if interval is None:
            entry.fault("amount", entry.plain["amount"], 'a range such as ">= 100000" or "0..500000"')
    return Scope(**lists, amount=interval)


def _words(facts: Mapping[str, Fact], name: str) -> Collection[str]:
    fact = facts.get(name)
    return fact.words if fact else ()
