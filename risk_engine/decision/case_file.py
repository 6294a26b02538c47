"""One case, opened: what an analyst asks of a decision beside its answer.

What stands behind a fact, what each bin gave, what would have come out with another request, another value or on
another day. Nothing here is recorded, and nothing is decided otherwise than by :func:`decide`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec
import numpy as np

from risk_engine.application import Application, decode, encode, fill_as_of
from risk_engine.bundle import Release
from risk_engine.decision.assessment import ESTABLISHED_FROM
from risk_engine.decision.decision import Decision
from risk_engine.decision.dossier import Dossier, case_of, gather, open_dossier
from risk_engine.decision.underwrite import decide
from risk_engine.errors import RiskEngineError, UnknownName, UsageError
from risk_engine.facts import Fact, FactMatrix, Plain
from risk_engine.features import Columns
from risk_engine.features.lineage import lineage
from risk_engine.portfolio import ROUTED_BY, Portfolio
from risk_engine.vocabulary import Cause, FactType, State

UNRECORDED = "unrecorded"


class RowBehind(NamedTuple):
    """One row of evidence behind a fact.

    Attributes:
        section: Where it stands.
        row: What was sent; what is null or default is left out.
        counted_as: The value it was counted with; of a word, its place among the feature's words, from 0; NaN where
            the feature cannot read what the row says.
        reduce: The part of the formula that counted it.
    """

    section: str
    row: dict[str, Any]
    counted_as: float
    reduce: str


class PointsOf(NamedTuple):
    """What one fact gave on the scorecard.

    Attributes:
        fact: Its name.
        says: Its English words.
        value: Its value; None where the state is another.
        state: value, none, not_obtained or not_applicable.
        bin: What falls in the bin it fell in.
        woe: Weight of evidence of that bin.
        points: Points of that bin; the card's points add up to its score.
    """

    fact: str
    says: str
    value: Plain | None
    state: str
    bin: str
    woe: float
    points: float


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One application with its evidence, its facts and its decision; made by :func:`open_case`.

    Attributes:
        application: The document.
        deciding: What decides: a release, or the portfolio that says which.
        release: The release that decided.
        as_of: The moment of decision.
        columns: The evidence, point in time.
        dossier: The facts.
        decision: The answer.
    """

    application: Application
    deciding: Release | Portfolio
    release: Release
    as_of: dt.datetime
    columns: Columns
    dossier: Dossier
    decision: Decision

    def rows_behind(self, name: str) -> list[RowBehind]:
        """The rows of evidence that a feature's value was computed from; of a lender's attribute, the row that told it.

        Raises:
            UnknownName: The release has no such feature.
            UsageError: The decision establishes it itself; what from is told.
        """
        features = {feature.name: feature for feature in self.release.plan.features}
        if name not in features:
            raise _no_feature(name, self.dossier)
        behind = []
        for line in lineage(features[name], self.columns):
            sent = (self.application.rows(line.section) or ())[line.place]
            plain = msgspec.json.decode(msgspec.json.encode(sent))
            behind.append(RowBehind(line.section, plain, line.value, line.reduce))
        return behind

    def points(self) -> list[PointsOf]:
        """Points of each fact on the scorecard; they add up to the card's unrounded score."""
        model = self.release.model
        values, states = self.release.model_rows(self.dossier.matrix)
        told = []
        for fact, place in zip(model.scorecard.facts, model.scorecard.bins(values, states)[0].tolist(), strict=True):
            meaning, found = model.facts[fact.column], fact.binned.bins[place]
            held = self.dossier.facts[meaning.name]
            told.append(
                PointsOf(
                    meaning.name, meaning.says.en, held.plain, held.state.name.lower(), found.span, found.woe,
                    fact.points[place],
                )
            )  # fmt: skip
        return told

    def what_if(
        self,
        *,
        as_of: dt.datetime | None = None,
        request: Mapping[str, Any] | None = None,
        facts: Mapping[str, Plain | None] | None = None,
    ) -> CaseFile:
        """The same case with something changed.

        Args:
            as_of: Another moment of decision: evidence from then on is ignored, the policy of that day decides.
                Where it lies before the request was made, the request counts as made then.
            request: Other columns of the section ``application``, such as ``{"amount": "200000.00"}``.
            facts: Other values of features; None: not obtained. The evidence behind them stays as it is.

        Raises:
            InputFaults: The changed request breaks the contract.
            UnknownName: The release has no such feature.
            UsageError: A value that the feature cannot have, or of what is no feature because the decision establishes
                it; a moment without offset; a request that no route of the portfolio holds for.
        """
        check_offset(as_of)
        plain = msgspec.json.decode(encode(self.application))
        asked, moment = plain["application"], as_of or self.as_of
        if self.application.application.submitted_at > moment:
            asked |= {"submitted_at": moment.isoformat(), "completed_at": None}
        asked |= {"as_of": moment.isoformat(), **(request or {})}
        case = open_case(msgspec.json.encode(plain), self.deciding)
        if not facts:
            return case
        for name in facts:
            if name not in case.dossier.matrix.names:
                raise _no_feature(name, case.dossier)
        matrix = _changed(case.dossier.matrix, facts)
        dossier = open_dossier(case.application, case.release, case.columns, matrix, 0, case.as_of)
        return replace(case, dossier=dossier, decision=decide(dossier, case.release, UNRECORDED))


def open_case(
    document: bytes | Application, deciding: Release | Portfolio, *, as_of: dt.datetime | None = None
) -> CaseFile:
    """Decide one application and keep everything behind the answer.

    Args:
        document: The application, as bytes or decoded.
        deciding: What decides: a release, or the portfolio that says which.
        as_of: The moment of decision; left out, the document's own.

    Raises:
        InputFaults: Everything wrong with the document.
        UsageError: The document names no moment, and none was given; the one given has no offset; no route of the
            portfolio holds for the case, so that nothing is computed of it.
    """
    check_offset(as_of)
    application = decode(document) if isinstance(document, bytes) else document
    application = at_moment(application, as_of) if as_of else application
    moment = as_of or application.application.as_of
    if moment is None:
        raise UsageError("the document names no moment of decision", hint="give as_of")
    release = _release_for(application, deciding)
    columns, dossier = gather(application, release, moment)
    return CaseFile(application, deciding, release, moment, columns, dossier, decide(dossier, release, UNRECORDED))


def _release_for(application: Application, deciding: Release | Portfolio) -> Release:
    if not isinstance(deciding, Portfolio):
        return deciding
    case = case_of(application)
    release = deciding.release_for(case)
    if release is None:
        told = ", ".join(getattr(case, name) for name in ROUTED_BY)
        raise UsageError(
            f"no route of portfolio {deciding.name} holds for {told}", hint="underwrite refers such a case"
        )
    return release


def check_offset(moment: dt.datetime | None) -> None:
    """Refuse a moment that does not say where on earth it is."""
    hint = "such as datetime.fromisoformat('2024-03-01T00:00:00+08:00')"
    if moment is not None and not isinstance(moment, dt.datetime):
        raise UsageError(f"{moment!r} is no datetime", hint=hint)
    if moment is not None and moment.tzinfo is None:
        raise UsageError(f"{moment!r} has no offset", hint=hint)


def at_moment(application: Application, moment: dt.datetime) -> Application:
    """The same application decided at another moment: what it says of itself must hold then too.

    Raises:
        InputFaults: A date of the request lies after the moment.
    """
    request = msgspec.structs.replace(application.application, as_of=None)
    return decode(encode(fill_as_of(msgspec.structs.replace(application, application=request), moment)))


def _no_feature(name: str, dossier: Dossier) -> RiskEngineError:
    if name in dossier.facts and name in ESTABLISHED_FROM:
        told = f"{name} is no feature: the decision establishes it itself, from {ESTABLISHED_FROM[name]}"
        return UsageError(told, hint="ask about those")
    return UnknownName.nearest("feature", name, dossier.matrix.names)


def _changed(matrix: FactMatrix, facts: Mapping[str, Plain | None]) -> FactMatrix:
    column = {name: place for place, name in enumerate(matrix.names)}
    values, states = matrix.values.copy(), matrix.states.copy()
    causes, clipped = matrix.causes.copy(), matrix.clipped.copy()
    for name, plain in facts.items():
        at = (0, column[name])
        values[at] = np.nan if plain is None else _written(matrix.facts[column[name]], plain)
        states[at] = State.NOT_OBTAINED if plain is None else State.VALUE
        causes[at] = Cause.NOT_REQUESTED if plain is None else Cause.NO_CAUSE
        clipped[at] = False
    return FactMatrix(matrix.facts, values, states, causes, clipped)


def _written(fact: Fact, plain: Plain) -> float:
    """A value as the matrix holds it, where it is one the fact can have."""
    low, high = fact.range or (-math.inf, math.inf)
    number = isinstance(plain, int | float) and not isinstance(plain, bool) and low <= plain <= high
    possible = {
        FactType.NUMBER: number and plain not in (math.inf, -math.inf),
        FactType.BOOLEAN: isinstance(plain, bool),
        FactType.DATE: isinstance(plain, dt.date),
        FactType.WORD: isinstance(plain, str) and plain in fact.words,
    }
    if not possible[fact.type]:
        span = f" from {low:g} to {high:g}" if fact.type is FactType.NUMBER and fact.range else ""
        words = f": {', '.join(fact.words)}" if fact.type is FactType.WORD else ""
        raise UsageError(f"{fact.name} cannot be {plain!r}", hint=f"a {fact.type.value}{span}{words}, or None")
    return fact.write(plain)
