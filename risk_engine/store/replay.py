"""Deciding again what was decided, and naming every field that comes out differently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from risk_engine.application import decode
from risk_engine.bundle import Release, load_release
from risk_engine.decision.record import Record, sha256
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import InputFaults, ReleaseError, UnknownName
from risk_engine.store.repository import Store

ABSENT = "(absent)"
SOFTWARE = ("engine", "schema", "kernels")


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
    """The releases in the subfolders of a directory (or the directory itself), found by id, each loaded once."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise ReleaseError(f"no directory of releases at {directory}", hint="name it with --releases")
        manifests = sorted({*directory.glob("release.json"), *directory.glob("*/release.json")})
        self._directory = directory
        self._folders = {sha256(manifest.read_bytes()): manifest.parent for manifest in manifests}
        self._loaded: dict[str, Release] = {}

    def find(self, release_id: str) -> Release:
        """The release with this id.

        Raises:
            ReleaseError: It is not there, or cannot be trusted.
        """
        if release_id not in self._folders:
            raise ReleaseError(f"no release {release_id[:12]} in {self._directory}", hint="put a copy of it there")
        if release_id not in self._loaded:
            self._loaded[release_id] = load_release(self._folders[release_id])
        return self._loaded[release_id]


def replay_records(store: Store, releases: Path, decision_ids: Sequence[str] | None = None) -> Report:
    """Replay decisions with the releases in a directory.

    Args:
        store: Where the decisions are.
        releases: Holds a folder for each release that decided.
        decision_ids: Which decisions; every one in order where left out.
    """
    count, drifted = 0, []
    for one in replay(store, ReleaseShelf(releases).find, decision_ids or ()):
        count += 1
        if one.differences:
            drifted.append(one)
    return Report(count, tuple(drifted))


def replay(
    store: Store, find_release: Callable[[str], Release], decision_ids: Sequence[str] = ()
) -> Iterator[Replayed]:
    """Decide stored applications again: same request, same release, same moment.

    Everything in the answer is compared but its ``decision_id`` and the versions of the software: an upgrade that
    decides as before is no drift. Numbers must be equal, not close. A release that is not there, or a request that is
    no longer valid, is a difference too, not the end of the replay.

    Args:
        store: Where the decisions are.
        find_release: Gives the release with an id, e.g. :meth:`ReleaseShelf.find`.
        decision_ids: Which decisions; every one in order where left out.

    Raises:
        UnknownName: A decision id is not in the store.
        ChainBroken: A stored record cannot be read.
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


def _differences(record: Record, find_release: Callable[[str], Release]) -> Iterator[Difference]:
    recorded = msgspec.json.decode(record.answer)
    as_of = dt.datetime.fromisoformat(recorded["as_of"])
    try:
        release = find_release(recorded["versions"]["release"])
        application = decode(record.request, now=as_of)
    except ReleaseError as error:
        yield Difference("$.versions.release", recorded["versions"]["release"], str(error))
        return
    except InputFaults as error:
        yield Difference("$", recorded["outcome"], str(error))
        return
    decision = underwrite(application, release, as_of=as_of, decision_id=record.decision_id)
    again = msgspec.json.decode(decision.to_json())
    again["versions"] |= {name: recorded["versions"][name] for name in SOFTWARE}
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
