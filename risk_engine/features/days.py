"""Calendar arithmetic on day numbers (days since 1970-01-01), for kernels.

After Howard Hinnant, *chrono-compatible low-level date algorithms*; proleptic Gregorian.
"""

from __future__ import annotations

from risk_engine.features.compiling import kernel


@kernel
def month_of(day: float) -> int:
    """The month a day lies in, as months since year 0.

    >>> month_of(0.0) == 1970 * 12
    True
    """
    z = int(day // 1.0) + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    return (yoe + era * 400) * 12 + mp + 2


@kernel
def month_start(month: int) -> float:
    """The first day of a month.

    >>> month_start(month_of(31.0))
    31.0
    """
    shifted = month - 2
    y = shifted // 12
    mp = shifted - y * 12
    era = y // 400
    yoe = y - era * 400
    doy = (153 * mp + 2) // 5
    doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
    return float(era * 146097 + doe - 719468)


@kernel
def months_before(day: float, count: int) -> float:
    """The same day of the month ``count`` months earlier, or that month's last day.

    >>> months_before(89.0, 1)  # 31 March 1970
    58.0
    """
    month = month_of(day)
    within = day - month_start(month)
    last = month_start(month - count + 1) - 1.0
    return min(month_start(month - count) + within, last)


@kernel
def complete_months(since: float, until: float) -> float:
    """Complete months between two days; one less where the later day of the month is the smaller.

    >>> complete_months(0.0, 31.0), complete_months(0.0, 30.0)
    (1.0, 0.0)
    """
    first, last = month_of(since), month_of(until)
    within = until - month_start(last) - (since - month_start(first))
    if last > first and within < 0.0:
        return float(last - first - 1)
    if last < first and within > 0.0:
        return float(last - first + 1)
    return float(last - first)


@kernel
def days_left(day: float) -> float:
    """Days to the end of the month; 0 on its last day."""
    return month_start(month_of(day) + 1) - 1.0 - float(day // 1.0)
