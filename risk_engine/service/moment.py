"""The moment of decision: the server's clock, unless a validator looks back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from risk_engine.application import Application
from risk_engine.application.document import decided_at
from risk_engine.errors import Fault, InputFaults

Clock = Callable[[], dt.datetime]
"""Gives the present as an aware time."""

TOLERANCE = dt.timedelta(minutes=10)


def utc_clock() -> dt.datetime:
    """The machine's clock."""
    return dt.datetime.now(dt.UTC)


def moment_of_decision(application: Application, now: dt.datetime, *, any_moment: bool) -> dt.datetime:
    """``as_of`` for an application that arrives now.

    A given one is taken as it is, offset included, because the calendar date of the decision is read in it.

    Args:
        application: The document.
        now: The server's clock.
        any_moment: Whether the caller may choose any moment.

    Raises:
        InputFaults: It lies more than ten minutes off the clock.
    """
    given = application.application.as_of
    if given is None or any_moment or abs(given - now) <= TOLERANCE:
        return decided_at(application.application, now)
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
