"""Everything the engine says when something is wrong, in one tree.

RiskEngineError                 a message and a hint; the command line prints both on one line
├── InputFaults                 a document that is not a valid application: every fault at once
│   └── BrokenJson              bytes that are not JSON at all: one fault with its position
├── DefinitionFaults            files an author wrote: every fault at once, each with file and line
│   ├── PolicyFaults
│   ├── PortfolioFaults
│   └── StudyFaults
├── ExpressionError             a feature expression that cannot mean anything (also a TypeError)
├── UnknownName                 a name nobody defined, with the nearest known one
├── ReleaseError                a release, bundle or policy that is missing, broken or was changed after signing
├── DataError                   tables that break the contract: split or unsorted applicants, unreadable files
│   └── TableFaults             section files whose columns break the contract: every fault at once (a FaultList too)
├── StoreError                  the record cannot be kept or trusted
│   ├── StoreLocked             another process is writing
│   ├── ChainBroken             a stored record no longer matches its hash
│   └── KeyConflict             an Idempotency-Key came back with another body
└── UsageError                  a command or setting that cannot be carried out
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

LONGEST_COMPARED, MOST_COMPARED = 60, 10_000
"""No hint is looked for a longer name, nor among more: it takes up to 0.2 ms for two names that are nearly alike."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place.

    Attributes:
        path: Where: a JSON path such as ``$.invoices[3].issued_on``, or ``file.yaml:12`` for written files.
        found: What stands there, shortened; never more than 80 characters.
        expected: What should stand there.
        hint: What to do about it; may be empty.
    """

    path: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        told = f"{self.path}: found {self.found}, expected {self.expected}"
        return f"{told} ({self.hint})" if self.hint else told


class RiskEngineError(Exception):
    """The root: a one-line message and a hint that says what to do.

    >>> str(RiskEngineError("no such release: demo", hint="train one with risk-engine train"))
    'no such release: demo (train one with risk-engine train)'
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class FaultList(RiskEngineError):
    """Several faults, told at once."""

    what = "input"

    def __init__(self, faults: Sequence[Fault], *, hint: str = "") -> None:
        self.faults = tuple(faults)
        told = "; ".join(str(fault) for fault in self.faults[:3])
        more = f"; and {len(self.faults) - 3} more" if len(self.faults) > 3 else ""
        super().__init__(f"{self.what}: {told}{more}", hint=hint)


class InputFaults(FaultList):
    """A document that breaks the data contract (HTTP 422)."""

    what = "the application document has faults"


class BrokenJson(InputFaults):
    """Bytes that are not one JSON document (HTTP 400)."""

    what = "the body is not JSON"


class DefinitionFaults(FaultList):
    """A file an author wrote is wrong."""

    what = "definition"


class PolicyFaults(DefinitionFaults):
    """A policy folder that cannot be loaded."""

    what = "the policy has faults"


class PolicyCheckFailed(PolicyFaults):
    """The same, where to find it out was what was asked."""


class PortfolioFaults(DefinitionFaults):
    """A portfolio file, or a release it routes to, that cannot be used."""

    what = "the portfolio has faults"


class StudyFaults(DefinitionFaults):
    """A study file, or the tables it names, that cannot be used."""

    what = "the study has faults"


class ExpressionError(RiskEngineError, TypeError):
    """A feature expression that cannot mean anything, refused when it is built."""


class UnknownName(RiskEngineError):
    """A name that nobody defined.

    >>> str(UnknownName.nearest("feature", "debt_to_incone", ["debt_to_income", "age"]))
    "no feature named 'debt_to_incone' (did you mean 'debt_to_income'?)"
    """

    @classmethod
    def nearest(cls, kind: str, name: str, known: Collection[str]) -> UnknownName:
        """Name the nearest known one, if any is near."""
        return cls(f"no {kind} named {name!r}", hint=nearest_hint(name, known))


class ReleaseError(RiskEngineError):
    """A release, model bundle or policy that cannot be trusted."""


class DataError(RiskEngineError):
    """Tables that break the data contract."""


class TableFaults(FaultList, DataError):
    """Section files whose columns or types break the data contract."""

    what = "the section files have faults"


class StoreError(RiskEngineError):
    """The record of decisions cannot be kept or trusted."""


class StoreLocked(StoreError):
    """Another process holds the writer's lock."""


class ChainBroken(StoreError):
    """A stored record no longer matches the hash chain."""


class KeyConflict(StoreError):
    """An Idempotency-Key was used before with another body (HTTP 409)."""


class UsageError(RiskEngineError):
    """A command or a setting that cannot be carried out as given."""


def nearest_hint(name: str, known: Collection[str]) -> str:
    """Say which known name is nearest, or nothing: also where to compare would take longer than a hint is worth.

    >>> nearest_hint("amuont", ["amount", "term"])
    "did you mean 'amount'?"
    """
    if len(name) > LONGEST_COMPARED or len(known) > MOST_COMPARED:
        return ""
    near = difflib.get_close_matches(name, sorted(one for one in known if len(one) <= LONGEST_COMPARED), n=1)
    return f"did you mean {near[0]!r}?" if near else ""
