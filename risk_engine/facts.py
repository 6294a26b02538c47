"""Facts: where features, models and rules meet without knowing each other.

A :class:`Fact` says what a name means. :class:`Facts` holds one applicant's values and states,
:class:`FactMatrix` those of many. :class:`ReasonCode` is the one taxonomy of reasons for the
scorecard, the boosted trees and the rules.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self, TypedDict

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import UnknownName
from risk_engine.vocabulary import Cause, FactType, RiskDirection, Stage, State
from risk_engine.yaml_reader import read_yaml

EPOCH = dt.date(1970, 1, 1)

Plain = float | str | bool | dt.date
"""A value as a reader meets it: a number, a word, a truth or a date."""


class Says(NamedTuple):
    """A sentence in English and Chinese."""

    en: str
    zh: str


class _WrittenSays(TypedDict):
    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a name means: the one place for its unit, range, risk direction and reason.

    Attributes:
        name: Speaking name that ends in its window (``inflow_cv_12m``).
        type: How the float64 value is read.
        says: Name for people, English and Chinese.
        unit: ``ratio``, ``days``, ``months``, ``count``, ``currency``, ``log10 currency``, ``word`` ...
        decimals: The value is rounded once, half-even, to this many decimals.
        range: Impossible beyond: a value outside is *not obtained*, cause invalid.
        clip: Extreme but true beyond: clipped and noted.
        risk: Direction of risk as the value grows; bin trends and tree constraints come from it.
        stage: When it is known.
        reason: Adverse-action reason code; empty where it can give no reason.
        words: The closed list of a word fact, in order.
        sections: Sections of the data contract it reads.
        use: ``obligor``, ``facility`` or ``both``; default-probability models read obligor facts only.
        group: Economic domain, for quotas.
        window: The window in words (``12 complete months``), empty for a point fact.
        none_reads_as: The number NONE is compared as; None leaves it unknown to comparison.
        if_none: What NONE means, in words.
        why: Why lenders use it.
        source: Where the definition comes from.
    """

    name: str
    says: Says
    unit: str
    type: FactType = FactType.NUMBER
    decimals: int = 4
    range: tuple[float, float] | None = None
    clip: tuple[float, float] | None = None
    risk: RiskDirection = RiskDirection.NONE
    stage: Stage = Stage.EVIDENCE
    reason: str = ""
    words: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    use: str = "obligor"
    group: str = ""
    window: str = ""
    none_reads_as: float | None = None
    if_none: str = ""
    why: str = ""
    source: str = ""

    def read(self, number: float) -> Plain:
        """Read the stored float64 as a person would.

        >>> Fact(name="grade", says=Says("Grade", "等级"), unit="word", type=FactType.WORD, words=("A", "B")).read(1.0)
        'B'
        """
        match self.type:
            case FactType.NUMBER:
                return number
            case FactType.WORD:
                return self.words[int(number)]
            case FactType.BOOLEAN:
                return bool(number)
            case FactType.DATE:
                return EPOCH + dt.timedelta(days=int(number))

    def write(self, plain: Plain) -> float:
        """Store what a person reads as float64; the inverse of :meth:`read`.

        >>> Fact(name="since", says=Says("Since", "起始"), unit="date", type=FactType.DATE).write(dt.date(1970, 1, 3))
        2.0
        """
        if isinstance(plain, dt.date):
            return float((plain - EPOCH).days)
        if isinstance(plain, str):
            if plain not in self.words:
                raise UnknownName.nearest(f"word of {self.name}", plain, self.words)
            return float(self.words.index(plain))
        return float(plain)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for ``features.json`` and the dictionary."""
        plain = asdict(self)
        plain["says"] = {"en": self.says.en, "zh": self.says.zh}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read back what :meth:`to_json` wrote."""
        says = msgspec.convert(plain["says"], _WrittenSays)
        return msgspec.convert({**plain, "says": (says["en"], says["zh"])}, cls)


class FactValue(msgspec.Struct, frozen=True, gc=False):
    """One fact of one applicant. ``plain`` is None exactly when ``state`` is not VALUE."""

    plain: Plain | None
    state: State
    cause: Cause = Cause.NO_CAUSE


# Read from an enumeration once: to ask it for a member costs more than to read a fact.
_NUMBER, _VALUE = FactType.NUMBER, State.VALUE
_NOT_OBTAINED = State.NOT_OBTAINED
_MISSING = tuple(tuple(FactValue(None, state, cause) for cause in Cause) for state in State)


@dataclass(frozen=True, slots=True)
class FactMatrix:
    """Facts of many applicants: one row per applicant, one column per fact.

    Attributes:
        facts: Column meanings, in order.
        values: float64 (n, f); NaN exactly where the state is not VALUE.
        states: uint8 (n, f) of :class:`State`.
        causes: uint8 (n, f) of :class:`Cause`; 0 unless NOT_OBTAINED.
        clipped: bool (n, f); True where ``clip`` or the adverse end of ``range`` was taken.
    """

    facts: tuple[Fact, ...]
    values: npt.NDArray[np.float64]
    states: npt.NDArray[np.uint8]
    causes: npt.NDArray[np.uint8]
    clipped: npt.NDArray[np.bool_]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(fact.name for fact in self.facts)

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, keep: npt.NDArray[Any] | slice) -> FactMatrix:
        """The chosen rows (mask, positions, or a slice, which copies nothing)."""
        return FactMatrix(self.facts, self.values[keep], self.states[keep], self.causes[keep], self.clipped[keep])

    def columns(self, names: Iterable[str]) -> FactMatrix:
        """The named columns, in the order named."""
        index = {name: position for position, name in enumerate(self.names)}
        wanted = list(names)
        for name in wanted:
            if name not in index:
                raise UnknownName.nearest("fact", name, index)
        take = [index[name] for name in wanted]
        facts = tuple(self.facts[position] for position in take)
        return FactMatrix(
            facts, self.values[:, take], self.states[:, take], self.causes[:, take], self.clipped[:, take]
        )

    def one(self, row: int) -> Facts:
        """One applicant's facts."""
        told = zip(self.facts, *(held[row].tolist() for held in (self.values, self.states, self.causes)), strict=True)
        return Facts(
            {
                fact.name: _MISSING[state][cause]
                if state
                else FactValue(value if fact.type is _NUMBER else fact.read(value), _VALUE)
                for fact, value, state, cause in told
            },
            frozenset(self.facts[place].name for place in self.clipped[row].nonzero()[0].tolist()),
        )


@dataclass(frozen=True, slots=True)
class Facts(Mapping[str, FactValue]):
    """One applicant's facts by name; grows stage by stage, never changes what it holds.

    >>> facts = Facts({"score": FactValue(612.0, State.VALUE)})
    >>> facts.with_values({"grade": "B"})["grade"].plain
    'B'
    """

    held: Mapping[str, FactValue]
    clipped: frozenset[str] = field(default=frozenset())

    def __getitem__(self, name: str) -> FactValue:
        return self.held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def with_values(self, more: Mapping[str, Plain | None]) -> Facts:
        """These facts and more; a None or a NaN among the new ones was not obtained."""
        added = {
            name: FactValue(None, _NOT_OBTAINED)
            if plain is None or (isinstance(plain, float) and math.isnan(plain))
            else FactValue(plain, _VALUE)
            for name, plain in more.items()
        }
        return Facts({**self.held, **added}, self.clipped)


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One reason an applicant may be told: the same for scorecard, boosted trees and rules."""

    code: str
    group: str
    says: Says
    notice: str
    disclosable: bool


@cache
def reason_codes() -> Mapping[str, ReasonCode]:
    """The reason codes that come with the engine, by code."""
    raw = read_yaml(Path(__file__).with_name("reasons.yaml")).plain
    return {
        code: ReasonCode(code, entry["group"], Says(entry["en"], entry["zh"]), entry["notice"], entry["disclosable"])
        for code, entry in raw.items()
    }


def _outcome_fact(name: str, en: str, zh: str, unit: str, **more: Any) -> Fact:
    return Fact(name=name, says=Says(en, zh), unit=unit, **more)


def assessment_facts() -> tuple[Fact, ...]:
    """Facts of the evidence stage that the decision itself establishes: for rules alone, no model reads them.

    ``assessed_instalment`` is what the loan asked for would cost in a month at the policy's ``assessment_rate``; the
    next three hold it against the household's income, debts and living costs. Age is a protected ground: a rule may
    name it, a feature cannot. A consent of the day of decision counts, which no feature sees.
    """
    rising, falling = RiskDirection.RISING, RiskDirection.FALLING
    burden, group = "existing_obligations", "affordability"
    return (
        _outcome_fact("assessed_instalment", "Monthly instalment of the request at the assessment rate",
                      "按评估利率测算的月还款额", "currency", decimals=2, range=(0.0, 1e15), risk=rising,
                      reason="excessive_request", group=group),
        _outcome_fact("debt_service_to_income", "All debt service with the assessed instalment, to net income",
                      "全部债务月还款额（含本笔）占净收入比例", "ratio", range=(0.0, 1e9), clip=(0.0, 10.0),
                      risk=rising, reason=burden, group=group),
        _outcome_fact("residual_income", "Net income left after all debt service and living costs",
                      "偿债及生活支出后月结余", "currency", decimals=2, range=(-1e15, 1e15), risk=falling,
                      reason=burden, group=group),
        _outcome_fact("affordable_amount", "Largest amount whose assessed instalment the income bears",
                      "收入可负担的最高金额", "currency", decimals=2, range=(0.0, 1e15), risk=falling,
                      reason=burden, group=group),
        _outcome_fact("applicant_age_years", "Completed years of age", "申请人年龄（周岁）", "years", decimals=0,
                      range=(0.0, 150.0), reason="ineligible_applicant", group="identity"),
        _outcome_fact("bureau_consent", "Everyone liable allows the bureau to be asked", "全部责任人征信查询授权有效",
                      "boolean", type=FactType.BOOLEAN, decimals=0, range=(0.0, 1.0), reason="insufficient_evidence",
                      group="identity"),
    )  # fmt: skip


def score_facts(grades: tuple[str, ...]) -> tuple[Fact, ...]:
    """Facts of the score stage, for a master scale with these grades (best first)."""
    stage, rising, falling = Stage.SCORE, RiskDirection.RISING, RiskDirection.FALLING
    low = "score_below_cutoff"
    return (
        _outcome_fact("default_probability", "Probability of default", "违约概率", "ratio", decimals=6,
                      range=(0.0, 1.0), risk=rising, stage=stage, reason=low),
        _outcome_fact("score", "Score", "评分", "points", decimals=0, risk=falling, stage=stage, reason=low),
        _outcome_fact("grade", "Grade", "等级", "word", type=FactType.WORD, words=grades, risk=rising, stage=stage,
                      reason=low),
    )  # fmt: skip


def offer_facts() -> tuple[Fact, ...]:
    """Facts of the offer stage: what the lender would lend, and at what cost."""
    stage = Stage.OFFER
    return (
        _outcome_fact("limit", "Limit offered", "授信额度", "currency", decimals=2, range=(0.0, 1e15), stage=stage),
        _outcome_fact("annual_rate", "Annual rate", "年利率", "ratio", decimals=6, range=(0.0, 10.0), stage=stage),
        _outcome_fact("apr", "All-in annual percentage rate", "综合年化成本", "ratio", decimals=6, range=(0.0, 100.0),
                      stage=stage),
        _outcome_fact("instalment", "Instalment per month", "月还款额", "currency", decimals=2, range=(0.0, 1e15),
                      stage=stage),
    )  # fmt: skip
