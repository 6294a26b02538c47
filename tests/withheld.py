"""Ways to withhold evidence: each section, party and period removed, shortened, relabelled or post-dated.

And to tell it again: each section's rows, or each party's of them, a second time.

What providers say (``sources``) is theirs: it may be left out, be refused by the applicant, or be a shorter look-up of
the same provider, but not be made to tell of an outage or of other rows than were returned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from risk_engine.application import SECTIONS, Application

replace = msgspec.structs.replace
Changed = tuple[str, Application]
STRANGER = "nobody-listed"
NOT_EVIDENCE = frozenset({"application", "applicant", "sources", "fees"})
"""What is asked for, by whom, and the lender's own charges; the look-ups are withheld with their sections."""


def every_way(application: Application) -> Iterator[Changed]:
    """Every way of telling less, and of telling again, one at a time."""
    for name, section in SECTIONS.items():
        if section.single or section.training_only or name in NOT_EVIDENCE:
            continue
        if application.rows(name):
            yield from _section(application, name)
            yield from _repeated(application, name)
    yield from _repeated(application, "sources")
    yield from _parties(application)
    yield from _accounts(application)
    looks = application.rows("sources")
    if looks:
        yield "no look-up at all", replace(application, sources=msgspec.UNSET)
        yield "look-ups emptied", replace(application, sources=[])
        yield "rows not counted", replace(application, sources=[*map(_uncounted, looks)])


def _section(application: Application, name: str) -> Iterator[Changed]:
    gone = _with(application, name, None)
    yield f"{name} gone", gone
    yield f"{name} emptied", _with(application, name, [])
    yield f"{name} and its look-ups gone", _looks(gone, name, lambda look: None)
    yield f"look-ups of {name} gone", _looks(application, name, lambda look: None)
    yield f"{name} emptied and not counted", _looks(_with(application, name, []), name, _uncounted)
    yield f"{name} refused", _looks(gone, name, _refused)
    yield from _shortened(application, name)
    yield from _relabelled(application, name)


def _repeated(application: Application, name: str) -> Iterator[Changed]:
    """Rows told again as they are, but for a key of their own; a party told twice is refused before it is decided."""
    rows = application.rows(name) or []
    if name == "parties" or not rows:
        return
    again = [replace(row, row_id=None) for row in rows]
    yield f"{name} repeated", _with(application, name, rows + again)
    yield f"half of {name} repeated", _with(application, name, rows + again[::2])
    told = dict.fromkeys(row.party for row in rows)
    for party in told if len(told) > 1 else ():
        own = [row for row in again if row.party == party]
        yield f"{name} of {party or 'the applicant'} repeated", _with(application, name, rows + own)


def _uncounted(look: Any) -> Any:
    return replace(look, row_count=None)


def _refused(look: Any) -> Any:
    return replace(look, status="refused", covers_from=None, covers_until=None, complete=False, row_count=None)


def _shortened(application: Application, name: str) -> Iterator[Changed]:
    """A period left out: the oldest rows, the newest, some in between; with look-ups that say so, or that do not."""
    event = SECTIONS[name].event
    rows = application.rows(name) or []
    if event is None or len(rows) < 3:
        return
    attribute = SECTIONS[name].columns[event].attribute
    dated = [(_day(getattr(row, attribute)), row) for row in rows]
    days = sorted(day for day, _ in dated)
    first, last = days[len(days) // 3], days[2 * len(days) // 3]
    for told, keep in (
        ("oldest", lambda day: day >= last),
        ("newest", lambda day: day < first),
        ("middle", lambda day: not first <= day < last),
    ):
        left = [row for day, row in dated if keep(day)]
        if len(left) == len(rows):
            continue
        shorter = _with(application, name, left)
        yield f"{told} of {name} left out", shorter
        yield f"{told} of {name} left out, look-ups too", _looks(shorter, name, lambda look: None)
        yield f"{told} of {name} left out, not counted", _looks(shorter, name, _uncounted)
        if told == "middle" or SECTIONS[name].snapshot:
            continue
        ends = {"covers_from": last} if told == "oldest" else {"covers_until": first - dt.timedelta(days=1)}
        count = {"row_count": len(left)}
        yield (
            f"{name} looked up without its {told}",
            _looks(
                shorter,
                name,
                lambda look, ends=ends, count=count: replace(look, **ends, **(count if look.row_count else {})),
            ),
        )
    incomplete = _looks(application, name, lambda look: replace(look, complete=False))
    yield f"look-ups of {name} incomplete", incomplete


def _relabelled(application: Application, name: str) -> Iterator[Changed]:
    rows = application.rows(name) or []
    if "party" in SECTIONS[name].columns and SECTIONS[name].columns["party"].optional:
        for party in (*dict.fromkeys(one.party for one in application.rows("parties") or ()), STRANGER):
            yield f"{name} told of {party}", _with(application, name, [replace(row, party=party) for row in rows])
            half = [replace(row, party=party) if place % 2 else row for place, row in enumerate(rows)]
            yield f"half of {name} told of {party}", _with(application, name, half)
    if "known_at" in SECTIONS[name].columns:
        late = application.application.as_of + dt.timedelta(days=30)
        yield f"{name} known later", _with(application, name, [replace(row, known_at=late) for row in rows])
        half = [replace(row, known_at=late) if place % 2 else row for place, row in enumerate(rows)]
        yield f"half of {name} known later", _with(application, name, half)


def _parties(application: Application) -> Iterator[Changed]:
    parties = application.rows("parties") or []
    for gone in parties:
        left = [one for one in parties if one is not gone]
        yield f"party {gone.role} gone", _with(application, "parties", left)
        for role in ("guarantor", "related_firm", "spouse"):
            if role != gone.role:
                named = [replace(one, role=role) if one is gone else one for one in parties]
                yield f"party {gone.role} told as {role}", _with(application, "parties", named)
        without = _with(application, "parties", left)
        for name, section in SECTIONS.items():
            rows = None if section.single or section.training_only or name == "parties" else application.rows(name)
            if rows and "party" in section.columns:
                without = _with(without, name, [row for row in rows if row.party != gone.party])
        yield f"party {gone.role} gone with all its rows", without


def _accounts(application: Application) -> Iterator[Changed]:
    accounts = application.rows("accounts") or []
    for gone in accounts:
        without = _with(application, "accounts", [one for one in accounts if one is not gone])
        postings = [row for row in application.rows("ledger") or () if row.account != gone.account]
        yield f"account {gone.kind} gone with its ledger", _with(without, "ledger", postings)
        yield f"account {gone.kind} gone", without


def _with(application: Application, name: str, rows: list[Any] | None) -> Application:
    return replace(application, **{name: msgspec.UNSET if rows is None else rows})


def _looks(application: Application, name: str, change: Any) -> Application:
    """The look-ups of a section changed, or left out where ``change`` gives None."""
    looks = application.rows("sources")
    if looks is None:
        return application
    changed = [change(look) if look.section == name else look for look in looks]
    return replace(application, sources=[look for look in changed if look is not None])


def _day(moment: dt.date | None) -> dt.date:
    if moment is None:
        return dt.date.min
    return moment.date() if isinstance(moment, dt.datetime) else moment
