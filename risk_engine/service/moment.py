"""The moment of decision: the server's clock, unless a validator looks back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from risk_engine.application import Application
from risk_engine.errors import Fault, InputFaults

Clock = Callable[[], dt.datetime]
"""Gives the present as an aware time."""

TOLERANCE = dt.timedelta(minutes=10)


def utc_clock() -> dt.datetime:
    """The machine's clock."""
    return dt.datetime.now(dt.UTC)


def moment_of_decision(application: Application, now: dt.datetime, *, any_moment: bool) -> dt.datetime:
    """``as_of`` for an application that arrives now.

    A given one is taken as it is, offset included, because the calendar date of the decision is read in it. Where none
    is given, the clock is read in the offset the application was submitted in, for the same reason: late in the evening
    in UTC it is the next day where the applicant lives.

    Args:
        application: The document.
        now: The server's clock.
        any_moment: Whether the caller may choose any moment.

    Raises:
        InputFaults: It lies more than ten minutes off the clock.
    """
    given = application.application.as_of
    if not isinstance(given, dt.datetime):
        return now.astimezone(application.application.submitted_at.tzinfo)
    if any_moment or abs(given - now) <= TOLERANCE:
        return given
    raise InputFaults(
        [
            Fault(
                "$.application.as_of",
                given.isoformat(),
                f"a time within 10 minutes of the server's clock, {now.isoformat(timespec='seconds')}",
                "leave it out; only a key with the role validate may choose another moment",
            )
        ]
    )
