"""One mapping of a policy file, with its place: what is asked of it is checked, every fault collected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from risk_engine.errors import Fault, nearest_hint
from risk_engine.facts import Says
from risk_engine.yaml_reader import NodePath, YamlText

MOST_LISTED = 12
"""So many words are told of a longer list; the nearest one is hinted at."""


def _one_of(words: Collection[str]) -> str:
    listed = ", ".join([*words][:MOST_LISTED])
    return f"one of {listed}" if len(words) <= MOST_LISTED else f"one of {len(words)} words: {listed}, ..."


@dataclass(frozen=True, slots=True)
class Written:
    """A node of a file and the list its faults go to."""

    text: YamlText
    path: NodePath
    plain: Any
    faults: list[Fault]

    def place(self, *key: str | int | dt.date) -> str:
        """``file.yaml:12`` of this node or of one under it."""
        return self.text.place((*self.path, *key))

    def fault(self, key: str | int | dt.date | None, found: object, expected: str, hint: str = "") -> None:
        """Note a fault at a key, or at the node itself."""
        told = str(found)
        told = told if len(told) <= 80 else told[:77] + "..."
        path = self.path if key is None else (*self.path, key)
        self.faults.append(Fault(self.text.told(path), told, expected, hint))

    def under(self, key: str | int | dt.date) -> Written:
        """The node under a key."""
        return Written(self.text, (*self.path, key), self.plain[key], self.faults)

    def mapping(self, what: str, required: Collection[str], optional: Collection[str] = ()) -> bool:
        """Whether it is a mapping with these keys and no others; faults say what is wrong."""
        if not isinstance(self.plain, dict):
            self.fault(None, type(self.plain).__name__, f"{what}: a mapping with {', '.join(sorted(required))}")
            return False
        known = {*required, *optional}
        for key in self.plain:
            if key not in known:
                self.fault(key, f"the key {key}", f"a key of {what}", nearest_hint(str(key), known))
        missing = [key for key in required if key not in self.plain]
        for key in missing:
            self.fault(None, f"no {key}", f"{what} with {key}:")
        return not missing

    def entries(self, what: str) -> Iterator[Written]:
        """The items of a list."""
        if not isinstance(self.plain, list) or not self.plain:
            self.fault(None, self.plain or "nothing", f"a list of {what}")
            return
        for position in range(len(self.plain)):
            yield self.under(position)

    def words(self, key: str, *, known: Collection[str] = ()) -> tuple[str, ...]:
        """A list of words under a key, each of them known where ``known`` is given; none where there is no key."""
        held = self.plain.get(key)
        if held is None:
            return ()
        if not isinstance(held, list) or not held or not all(isinstance(word, str) for word in held):
            self.fault(key, held, "a list of words")
            return ()
        for word in held:
            if known and word not in known:
                self.fault(key, word, _one_of(known), nearest_hint(word, known))
        return tuple(held)

    def word(self, key: str, known: Collection[str], *, default: str = "") -> str:
        """One word of a closed list under a key."""
        held = self.plain.get(key, default)
        if held != default and held not in known:
            words = [str(word) for word in known]
            self.fault(key, held, _one_of(words), nearest_hint(str(held), words))
            return default
        return str(held)

    def name(self, key: str) -> str:
        """Text under a key."""
        held = self.plain.get(key)
        if not isinstance(held, str) or not held.strip():
            self.fault(key, held if held is not None else "nothing", "text")
            return ""
        return held

    def says(self, key: str) -> Says:
        """A sentence in English and Chinese under a key."""
        under = self.under(key)
        if not under.mapping(key, ("en", "zh")):
            return Says("", "")
        return Says(under.name("en"), under.name("zh"))

    def date(self, key: str) -> dt.date | None:
        """A date under a key, None where there is none."""
        held = self.plain.get(key)
        if held is not None and not isinstance(held, dt.date):
            self.fault(key, held, "a date, YYYY-MM-DD")
            return None
        return held
