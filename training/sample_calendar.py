"""Months and days of the sample: applications of 36 months, the history before them, the performance after them.

Months are whole numbers counted from January 1970, as numpy counts ``datetime64[M]``. A path of an applicant has one
value a month: the 26 before the month of application, that month, and 44 after it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.str_]

FIRST_MONTH = int(np.datetime64("2022-01", "M").astype(int))
MONTHS_OF_APPLICATION = 36
SEEN_UNTIL = np.datetime64("2025-09-30", "D")
HISTORY, FUTURE = 26, 44
PATH = HISTORY + 1 + FUTURE

NEW_YEARS = np.array(["2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29"], "M8[D]")
QUIET = 0.25
"""Business of a day around the Lunar New Year, from a week before it to a fortnight after."""


def first_days(months: Ints) -> Days:
    """The first day of each month.

    >>> first_days(np.array([0, 1]))
    array(['1970-01-01', '1970-02-01'], dtype='datetime64[D]')
    """
    return months.astype("M8[M]").astype("M8[D]")


def last_days(months: Ints) -> Days:
    """The last day of each month.

    >>> last_days(np.array([1]))
    array(['1970-02-28'], dtype='datetime64[D]')
    """
    return first_days(months + 1) - 1


def day_in(months: Ints, day: Ints | int) -> Days:
    """A day of each month, no later than the month's last.

    >>> day_in(np.array([1]), 31)
    array(['1970-02-28'], dtype='datetime64[D]')
    """
    return np.minimum(first_days(months) + (np.asarray(day) - 1), last_days(months))


def business(months: Ints) -> Reals:
    """How busy each day of each month is, (months, 31): 1, less around the New Year, 0 beyond the month's end."""
    days = first_days(months)[:, None] + np.arange(31)
    since = (days[:, :, None] - NEW_YEARS).astype(np.int64)
    quiet = ((since >= -7) & (since <= 14)).any(axis=2)
    return np.where(days > last_days(months)[:, None], 0.0, np.where(quiet, QUIET, 1.0))


def cycle(months: Ints) -> Reals:
    """The state of trade: good in 2021, worse each year until early 2025, then a little better.

    >>> cycle(np.array([612, 663])).round(2)
    array([ 0.99, -1.  ])
    """
    return np.cos(2 * np.pi * (months - 614.0) / 96.0)


def clock(moments: npt.NDArray[np.datetime64]) -> Texts:
    """RFC 3339 in the offset of the sample, +08:00.

    >>> str(clock(np.array(["2024-05-01T09:30"], "M8[m]"))[0])
    '2024-05-01T09:30:00+08:00'
    """
    return np.char.add(np.datetime_as_string(moments, unit="m"), ":00+08:00")


def split(amounts: Reals, pace: Reals, rng: np.random.Generator) -> tuple[Ints, Ints, Reals]:
    """Cut each month's amount, (n, m), into a random number of parts: their row, their month and the parts."""
    count = np.where(amounts > 0, np.maximum(rng.poisson(pace, amounts.shape), 1), 0)
    cell = np.repeat(np.arange(amounts.size), count.ravel())
    parts = rng.gamma(1.1, size=len(cell)) + 0.05
    total = np.bincount(cell, parts, minlength=amounts.size)
    row, month = np.divmod(cell, amounts.shape[1])
    return row, month, amounts.ravel()[cell] * parts / total[cell]


def few_digits(amounts: Reals, digits: int = 3) -> Reals:
    """So many digits are enough, and keep the files small; whole CNY.

    >>> few_digits(np.array([123456.789, -31.4159])).tolist()
    [123000.0, -31.0]
    """
    size = np.floor(np.log10(np.maximum(np.abs(amounts), 1.0)))
    unit = 10.0 ** np.maximum(size - digits + 1, 0)
    return np.asarray(np.rint(amounts / unit) * unit)


def busy_days(months: Ints, rng: np.random.Generator) -> Days:
    """A day of each month, seldom one around the New Year."""
    first = months.min() if len(months) else 0
    upto = np.cumsum(business(first + np.arange(np.ptp(months) + 1 if len(months) else 1)), axis=1)
    rows = upto[months - first]
    drawn = rng.random(len(months)) * rows[:, -1]
    return first_days(months) + (rows < drawn[:, None]).sum(axis=1)
