"""Which debits answer which credits, each once: the part of the SQL oracle that a set of rows cannot say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import groupby
from typing import Any

import duckdb

from tests.features.catalogue_cases import Row
from tests.features.sql import REAL, TEXT, keep

ANSWERED = {"application_id": TEXT, "days_ago": REAL, "sent_back": REAL, "passed_on": REAL, "rolled_over": REAL}


def keep_answers(database: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``answered`` of the table ``post``: one row per posting."""
    held = database.execute(
        "SELECT *, CASE WHEN stands AND amount < 0 THEN -amount END AS left_account FROM post "
        "ORDER BY application_id, booked_on, seq, amount, balance"
    )
    names = [told[0] for told in held.description or ()]
    posts = [dict(zip(names, row, strict=True)) for row in held.fetchall()]
    for _, group in groupby(posts, key=lambda row: row["application_id"]):
        answer(list(group))
    keep(database, "answered", ANSWERED, posts)


def answer(posts: list[Row]) -> None:
    """Write into the credits of one applicant how much of each was answered."""
    unused = {place: row["spent"] for place, row in enumerate(posts) if row["spent"] is not None}
    for row in posts:
        paid = None if row["inflow"] is None or row["counterparty"] is None else row["inflow"]
        near = [
            place
            for place, amount in unused.items()
            if paid is not None
            and posts[place]["counterparty"] == row["counterparty"]
            and abs(amount - paid) <= 0.05 * paid
            and on_time(row, posts[place], 7)
        ]
        row["sent_back"] = paid if near else 0.0
        for place in near[:1]:
            del unused[place]
    drain(posts, "passed_on", ("inflow", "left_account", 1, 0.9), lambda a, b: a["account"] == b["account"])
    drain(
        posts,
        "rolled_over",
        ("loan_received", "debt_paid", 3, 0.0),
        lambda a, b: None in (a["counterparty"], b["counterparty"]) or a["counterparty"] != b["counterparty"],
    )
    for row in posts:
        row["passed_on"] = row["inflow"] if row["passed_on"] else 0.0


def drain(posts: list[Row], told: str, how: tuple[str, str, int, float], fits: Callable[[Row, Row], Any]) -> None:
    """Write as ``told`` what debits give each credit, if it is the least share; ``how``: columns, days, least share."""
    credit, debit, days, least = how
    purses = [row | {"left": row[debit]} for row in posts if row[debit] is not None]
    for row in posts:
        row[told] = 0.0
        open_to = [
            purse for purse in purses if row[credit] is not None and on_time(row, purse, days) and fits(row, purse)
        ]
        if row[credit] is None or sum(purse["left"] for purse in open_to) < least * row[credit]:
            continue
        for purse in open_to:
            given = min(purse["left"], row[credit] - row[told])
            row[told] += given
            purse["left"] -= given


def on_time(credit: Row, debit: Row, days: int) -> bool:
    later: dt.timedelta = debit["booked_on"] - credit["booked_on"]
    return 0 <= later.days <= days
