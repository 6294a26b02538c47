"""Deciding again what was decided, and naming every field that comes out differently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from risk_engine.application import decode
from risk_engine.bundle import Release, release_id
from risk_engine.decision.record import Record
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import DefinitionFaults, InputFaults, PortfolioFaults, ReleaseError, UnknownName
from risk_engine.portfolio import Portfolio, Routes, load_release_or_portfolio, read_routes
from risk_engine.progress import Progress, unwatched
from risk_engine.store.repository import Store

ABSENT = "(absent)"
SOFTWARE = ("engine", "schema", "kernels")
ADDED_TO_RULES = ("overridable",)
"""Keys of a rule's outcome that earlier engines did not tell yet."""


class Difference(msgspec.Struct, frozen=True):
    """One field of an answer that came out differently.

    Attributes:
        path: JSON path in the answer, such as ``$.limit.amount``.
        recorded: What was answered.
        replayed: What comes out now.
    """

    path: str
    recorded: Any
    replayed: Any

    def __str__(self) -> str:
        return f"{self.path}: recorded {self.recorded!r}, replayed {self.replayed!r}"


class Replayed(msgspec.Struct, frozen=True):
    """One decision told again; without differences it came out the same, bit for bit."""

    sequence: int
    decision_id: str
    differences: tuple[Difference, ...]


class Report(msgspec.Struct, frozen=True):
    """What a replay came to: how many decisions, and those of them that drifted."""

    replayed: int
    drifted: tuple[Replayed, ...]

    def __str__(self) -> str:
        lines = [
            f"{one.decision_id} (record {one.sequence}) {told}" for one in self.drifted for told in one.differences
        ]
        return "\n".join([*lines, f"{self.replayed} decisions replayed, {len(self.drifted)} drifted"])


class ReleaseShelf:
    """Releases and portfolios, found by id, each loaded once.

    Args:
        place: A directory: it and its subfolders may be releases, the YAML files in it portfolios. Or one portfolio's
            file. What a portfolio routes to is found wherever it stands.

    Raises:
        ReleaseError: There is nothing at the place.
        PortfolioFaults: The one file is not a sound portfolio; beside releases other YAML files may stand.
    """

    def __init__(self, place: Path) -> None:
        if not place.exists():
            raise ReleaseError(f"no directory of releases at {place}", hint="name it with --releases")
        self._place = place
        self._found: dict[str, Path] = {}
        self._loaded: dict[str, Release | Portfolio] = {}
        if place.is_file():
            self._add(place, read_routes(place))
            return
        for file in sorted(place.glob("*.y*ml")):
            with suppress(DefinitionFaults):
                self._add(file, read_routes(file))
        manifests = sorted({*place.glob("release.json"), *place.glob("*/release.json")})
        self._found |= {release_id(manifest.parent): manifest.parent for manifest in manifests}

    def _add(self, file: Path, portfolio: Routes) -> None:
        self._found |= {
            route.release: folder for route, folder in zip(portfolio.routes, portfolio.folders, strict=True)
        }
        self._found[portfolio.id] = file

    def find(self, release_id: str) -> Release | Portfolio:
        """The release, or the portfolio, with this id.

        Raises:
            ReleaseError: It is not there, or cannot be trusted.
            PortfolioFaults: A release that the portfolio routes to cannot be trusted.
        """
        if release_id not in self._found:
            raise ReleaseError(f"no release {release_id[:12]} in {self._place}", hint="put a copy of it there")
        if release_id not in self._loaded:
            self._loaded[release_id] = load_release_or_portfolio(self._found[release_id])
        return self._loaded[release_id]


def replay_records(
    store: Store, releases: Path, decision_ids: Sequence[str] | None = None, *, progress: Progress = unwatched
) -> Report:
    """Replay decisions with the releases in a directory.

    Args:
        store: Where the decisions are.
        releases: Holds a folder for each release that decided, or is the portfolio's file; see :class:`ReleaseShelf`.
        decision_ids: Which decisions; every one in order where left out.
        progress: Is told after each how many are replayed.
    """
    count, drifted = 0, []
    of = len(decision_ids) if decision_ids else store.head().sequence
    for one in replay(store, ReleaseShelf(releases).find, decision_ids or ()):
        count += 1
        progress("decisions replayed", count, of)
        if one.differences:
            drifted.append(one)
    return Report(count, tuple(drifted))


def replay(
    store: Store, find_release: Callable[[str], Release | Portfolio], decision_ids: Sequence[str] = ()
) -> Iterator[Replayed]:
    """Decide stored applications again: same request, same release, same moment.

    Everything in the answer is compared but its ``decision_id`` and the versions of the software: an upgrade that
    decides as before is no drift. Numbers must be equal, not close. A release that is not there, or a request that is
    no longer valid, is a difference too, not the end of the replay. A record that was changed is its end: what it says
    was never answered.

    Args:
        store: Where the decisions are.
        find_release: Gives the release, or the portfolio, with an id, e.g. :meth:`ReleaseShelf.find`.
        decision_ids: Which decisions; every one in order where left out.

    Raises:
        UnknownName: A decision id is not in the store.
        ChainBroken: A stored record no longer gives its own hash.
    """
    for record in _chosen(store, decision_ids):
        yield Replayed(record.sequence, record.decision_id, tuple(_differences(record, find_release)))


def _chosen(store: Store, decision_ids: Sequence[str]) -> Iterator[Record]:
    if not decision_ids:
        yield from store.records()
    for decision_id in decision_ids:
        record = store.get(decision_id)
        if record is None:
            raise UnknownName(f"no decision {decision_id!r} in {store.path}")
        yield record


def _differences(record: Record, find_release: Callable[[str], Release | Portfolio]) -> Iterator[Difference]:
    recorded = msgspec.json.decode(record.answer)
    as_of = dt.datetime.fromisoformat(recorded["as_of"])
    try:
        release = find_release(recorded["versions"]["release"])
        application = decode(record.request, now=as_of)
    except (ReleaseError, PortfolioFaults) as error:
        yield Difference("$.versions.release", recorded["versions"]["release"], str(error))
        return
    except InputFaults as error:
        yield Difference("$", recorded["outcome"], str(error))
        return
    decision = underwrite(application, release, as_of=as_of, decision_id=record.decision_id)
    again = msgspec.json.decode(decision.to_json())
    again["versions"] |= {name: recorded["versions"][name] for name in SOFTWARE}
    for was, now in zip(recorded["rules"], again["rules"], strict=False):
        for key in set(ADDED_TO_RULES) - was.keys():
            now.pop(key)
    yield from compare(recorded, again, "$")


def compare(recorded: object, replayed: object, path: str) -> Iterator[Difference]:
    """Every leaf in which two JSON values differ.

    >>> for found in compare({"a": [1, 2.0], "b": 1}, {"a": [1, 2.5], "c": None}, "$"):
    ...     print(found)
    $.a[1]: recorded 2.0, replayed 2.5
    $.b: recorded 1, replayed '(absent)'
    $.c: recorded '(absent)', replayed None
    """
    if isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        for name in {**recorded, **replayed}:
            yield from compare(recorded.get(name, ABSENT), replayed.get(name, ABSENT), f"{path}.{name}")
    elif isinstance(recorded, list) and isinstance(replayed, list):
        for index in range(max(len(recorded), len(replayed))):
            left = recorded[index] if index < len(recorded) else ABSENT
            right = replayed[index] if index < len(replayed) else ABSENT
            yield from compare(left, right, f"{path}[{index}]")
    elif type(recorded) is not type(replayed) or recorded != replayed:
        yield Difference(path, recorded, replayed)
