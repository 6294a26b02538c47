"""Parameters: the numbers a committee sets, each with the day it holds from and why.

A parameter is dated, never edited: a decision of 2024 replays with the value of 2024.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from risk_engine.errors import ReleaseError
from risk_engine.rules.written import Written

ParameterValue = float | str | bool | dt.date | tuple[str, ...]
Values = Mapping[str, ParameterValue]

_Held = TypeVar("_Held")
_WRITTEN_AS: Mapping[str, type] = {"word": str, "words": list, "date": dt.date, "boolean": bool}


@dataclass(frozen=True, slots=True)
class Dated(Generic[_Held]):
    """Things that hold from a day until the next one begins.

    >>> Dated.of({dt.date(2024, 1, 1): "old", dt.date(2025, 7, 1): "new"}).on(dt.date(2025, 6, 30))
    'old'
    """

    starts: tuple[dt.date, ...]
    held: tuple[_Held, ...]

    @classmethod
    def of(cls, by_start: Mapping[dt.date, _Held]) -> Dated[_Held]:
        """Sort by the day each begins."""
        starts = tuple(sorted(by_start))
        return Dated(starts, tuple(by_start[start] for start in starts))

    def on(self, day: dt.date) -> _Held:
        """What holds on a day; ReleaseError before the first."""
        position = bisect.bisect_right(self.starts, day) - 1
        if position < 0:
            raise ReleaseError(f"nothing holds on {day}", hint=f"the first day covered is {self.starts[0]}")
        return self.held[position]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dated value.

    Attributes:
        name: How rules name it.
        says: What it limits, in words.
        unit: A fact's unit (``ratio``, ``days`` ...), or ``word``, ``words``, ``date``, ``boolean``.
        values: The value by the day it holds from; numbers as float, lists of words as tuples.
        whys: Why it was set so, by the same days.
        place: Where it is written.
    """

    name: str
    says: str
    unit: str
    values: Dated[ParameterValue]
    whys: Dated[str]
    place: str

    def during(self, start: dt.date, end: dt.date | None) -> Iterable[tuple[dt.date, ParameterValue]]:
        """The values that hold at some time in a period, with the day each begins."""
        for position, (begins, value) in enumerate(zip(self.values.starts, self.values.held, strict=True)):
            last = position + 1 == len(self.values.starts)
            ends = None if last else self.values.starts[position + 1]
            if (end is None or begins <= end) and (ends is None or ends > start):
                yield begins, value


def read_parameters(file: Written, start: dt.date) -> dict[str, Parameter]:
    """Read ``parameters.yaml``, whose every parameter must have a value on the policy's first day."""
    if not isinstance(file.plain, dict):
        file.fault(None, type(file.plain).__name__, "a mapping of parameters")
        return {}
    parameters = {}
    for name in file.plain:
        parameter = _parameter(file.under(name), str(name), start)
        if parameter:
            parameters[parameter.name] = parameter
    return parameters


def _parameter(entry: Written, name: str, start: dt.date) -> Parameter | None:
    before = len(entry.faults)
    if not entry.mapping(f"parameter {name}", ("says", "unit", "values")):
        return None
    says, unit = entry.name("says"), entry.name("unit")
    dated = entry.under("values")
    if not isinstance(dated.plain, dict) or not dated.plain:
        dated.fault(None, dated.plain or "nothing", "values by the date they hold from")
        return None
    values: dict[dt.date, ParameterValue] = {}
    whys: dict[dt.date, str] = {}
    for day in dated.plain:
        if not isinstance(day, dt.date):
            dated.fault(day, day, "the date the value holds from, YYYY-MM-DD")
        elif dated.under(day).mapping(f"a value of {name}", ("value", "why")):
            values[day] = _value(dated.under(day), unit)
            whys[day] = dated.under(day).name("why")
    if values and min(values) > start:
        hint = "add a value that holds from the first day"
        entry.fault("values", f"a first value of {name} on {min(values)}", f"one on {start}, which it covers", hint)
    if len(entry.faults) > before:
        return None
    return Parameter(name, says, unit, Dated.of(values), Dated.of(whys), entry.place())


def _value(entry: Written, unit: str) -> ParameterValue:
    value = entry.plain["value"]
    wanted = _WRITTEN_AS.get(unit)
    if wanted is list:
        return entry.words("value")
    if wanted is not None and isinstance(value, wanted):
        return cast("ParameterValue", value)
    if wanted is None and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    entry.fault("value", repr(value), f"a value in {unit}" if wanted is None else f"a {unit}")
    return 0.0
