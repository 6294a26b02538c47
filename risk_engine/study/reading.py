"""A study's YAML read key by key, collecting every fault with its line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from risk_engine.errors import Fault, nearest_hint
from risk_engine.yaml_reader import NodePath, YamlText


@dataclass(frozen=True, slots=True)
class Query:
    """A select an author wrote, and where: faults begin with the place."""

    sql: str
    place: str


@dataclass(frozen=True, slots=True)
class Node:
    """One place in the file. Reading what is not there, or is of another kind, notes a fault and gives a stand-in."""

    text: YamlText
    path: NodePath
    plain: Any
    faults: list[Fault] = field(repr=False)

    @property
    def place(self) -> str:
        """``study.yaml:12``."""
        return self.text.place(self.path)

    @property
    def told(self) -> str:
        """What faults begin with: the line and the key path."""
        return self.text.told(self.path)

    @property
    def given(self) -> bool:
        """Whether anything stands here."""
        return self.plain is not None

    def fault(self, found: object, expected: str, hint: str = "") -> None:
        """Note what is wrong here."""
        shown = str(found)
        self.faults.append(Fault(self.told, shown if len(shown) <= 80 else shown[:77] + "...", expected, hint))

    def keys(self, known: Collection[str], required: Collection[str] = ()) -> dict[str, Node]:
        """The nodes under known keys, absent ones included; unknown and missing keys are faults."""
        mapping = self.plain if isinstance(self.plain, dict) else {}
        if self.given and not isinstance(self.plain, dict):
            self.fault(_kind(self.plain), f"a mapping with {', '.join(known)}")
        elif not self.given and required:
            self.fault("nothing", f"a mapping with {', '.join(required)}")
        for key in mapping:
            if key not in known:
                Node(self.text, (*self.path, key), None, self.faults).fault(
                    "an unknown key", f"one of {', '.join(sorted(known))}"[:160], nearest_hint(str(key), known)
                )
        if isinstance(self.plain, dict):
            for key in required:
                if mapping.get(key) is None:
                    self.fault(f"no {key}", f"{key}: to be given")
        return {key: self.under(key) for key in known}

    def items(self) -> dict[str, Node]:
        """The nodes of a mapping whose keys the author chooses."""
        if isinstance(self.plain, dict) and all(isinstance(key, str | int) for key in self.plain):
            return {str(key): self.under(key) for key in self.plain}
        if self.given:
            self.fault(_kind(self.plain), "a mapping of names")
        return {}

    def under(self, key: str | int) -> Node:
        """The node under a key of a mapping or at a position of a list."""
        found: Any = None
        if isinstance(self.plain, dict):
            found = self.plain.get(key)
        elif isinstance(self.plain, list) and isinstance(key, int) and key < len(self.plain):
            found = self.plain[key]
        return Node(self.text, (*self.path, key), found, self.faults)

    def listed(self) -> list[Node]:
        """The nodes of a list; nothing where nothing is given."""
        if isinstance(self.plain, list):
            return [self.under(position) for position in range(len(self.plain))]
        if self.given:
            self.fault(_kind(self.plain), "a list")
        return []

    def sentence(self, otherwise: str = "") -> str:
        """Text."""
        if isinstance(self.plain, str) and self.plain.strip():
            return self.plain.strip()
        if self.given:
            self.fault(_kind(self.plain), "text")
        return otherwise

    def query(self) -> Query:
        """A select."""
        return Query(self.sentence("select 1"), self.place)

    def one_of(self, words: Sequence[str], otherwise: str) -> str:
        """A word of a closed list."""
        word, words = self.sentence(otherwise), [str(each) for each in words]
        if word not in words:
            self.fault(repr(word), f"one of {', '.join(words)}", nearest_hint(word, words))
            return otherwise
        return word

    def sentences(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(text for node in self.listed() if (text := node.sentence()))

    def number(self, low: float, high: float, otherwise: float) -> float:
        """A number between ``low`` and ``high``, both allowed."""
        if not self.given:
            return otherwise
        if isinstance(self.plain, bool) or not isinstance(self.plain, int | float):
            self.fault(_kind(self.plain), f"a number from {low:g} to {high:g}")
            return otherwise
        if not low <= self.plain <= high:
            self.fault(self.plain, f"a number from {low:g} to {high:g}")
            return otherwise
        return self.plain

    def whole(self, low: int, high: int, otherwise: int) -> int:
        """A whole number between ``low`` and ``high``, both allowed."""
        if self.given and not isinstance(self.plain, int):
            self.fault(_kind(self.plain), f"a whole number from {low} to {high}")
            return otherwise
        return int(self.number(low, high, otherwise))

    def truth(self, *, otherwise: bool) -> bool:
        """True or false."""
        if not self.given:
            return otherwise
        if not isinstance(self.plain, bool):
            self.fault(_kind(self.plain), "true or false")
            return otherwise
        return self.plain

    def pair(self, otherwise: tuple[float, float] | None) -> tuple[float, float] | None:
        """Two numbers, the lower first."""
        if not self.given:
            return otherwise
        numbers = [node.number(-1e300, 1e300, 0.0) for node in self.listed()]
        if len(numbers) != 2 or numbers[0] > numbers[1]:
            self.fault(self.plain, "two numbers, the lower first")
            return otherwise
        return numbers[0], numbers[1]


def _kind(plain: object) -> str:
    match plain:
        case bool():
            return f"the truth value {str(plain).lower()}"
        case int() | float():
            return f"the number {plain}"
        case str():
            return repr(plain)
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "nothing"
        case _:
            return str(plain)
