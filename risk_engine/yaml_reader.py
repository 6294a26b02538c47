"""Written files: YAML read strictly, with the line of every node.

A file an author writes must mean what it looks like. YAML 1.1 does not keep that promise: ``NO`` is a
truth value, ``012`` is ten, ``12:30`` is 750, a repeated key silently wins. Each of these is a fault here,
told with its line and what to write instead; all faults of a file come at once.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from risk_engine.errors import DefinitionFaults, Fault

NodePath = tuple[str | int | dt.date, ...]

DEEPEST = 32
_TAG = "tag:yaml.org,2002:"
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUTHS = {"true": True, "false": False}
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+$")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\.[0-9_]*)?$")
_BARE_EXPONENT = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$")
_OTHER_BASE = re.compile(r"[-+]?0[xb]")
_PLACE = re.compile(r"(.+?):(\d+)(?:: |$)")
_QUOTE = 'quote it if text is meant: "{0}"'


@dataclass(frozen=True, slots=True)
class YamlText:
    """What a file says, and where it says it.

    Attributes:
        plain: dict, list, str, int, float, bool, None or date, nested.
        name: The file as faults name it.
        lines: Line number of each node, by its path.
    """

    plain: Any
    name: str
    lines: Mapping[NodePath, int] = field(repr=False)

    def line(self, path: NodePath) -> int:
        """Line number of a node (of its key, inside a mapping); of the nearest node above where there is none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def place(self, path: NodePath = ()) -> str:
        """``file.yaml:12``, as a :class:`~risk_engine.errors.Fault` names it."""
        return f"{self.name}:{self.line(path)}"

    def told(self, path: NodePath) -> str:
        """The same with the keys that lead there: ``file.yaml:12: [3].examples[0].expect``."""
        keys = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        return f"{self.place(path)}: {keys.removeprefix('.')}" if path else self.place()


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Faults by file and line.

    >>> [fault.path for fault in in_order([Fault("a:12: x.y", "1", "2"), Fault("a:3", "1", "2"), Fault("a", "1", "2")])]
    ['a', 'a:3', 'a:12: x.y']
    """

    def place(fault: Fault) -> tuple[str, int]:
        found = _PLACE.match(fault.path)
        return (found[1], int(found[2])) if found else (fault.path, 0)

    return sorted(faults, key=place)


def read_yaml(path: Path, *, name: str = "") -> YamlText:
    r"""Read one YAML document, strictly.

    Only plain data: mappings with text, whole-number or date keys, lists, text, numbers, ``true``/``false``,
    ``null`` and dates. A point in time must be quoted. An empty file reads as None.

    Args:
        path: The file.
        name: How faults name the file; its own name if empty.

    Returns:
        The plain data with the line of every node.

    Raises:
        DefinitionFaults: Unreadable, not UTF-8, not YAML, or YAML that does not mean what it looks like; every
            fault of the last kind at once.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "study.yaml"
    >>> _ = file.write_text("seed: 42\n")
    >>> read_yaml(file).plain
    {'seed': 42}
    >>> _ = file.write_text("seed: 42\ncountry: NO\n")
    >>> read_yaml(file)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    risk_engine.errors.DefinitionFaults: definition: study.yaml:2: found NO, expected true or false ...
    """
    name = name or path.name
    text = _text(path, name)
    tabs = [
        Fault(f"{name}:{number}", "a tab", "spaces", "YAML indents with spaces only")
        for number, line in enumerate(text.split("\n"), start=1)
        if "\t" in line
    ]
    if tabs:
        raise DefinitionFaults(tabs)
    node = _compose(text, name)
    reading = _Reading(name)
    plain = None if node is None else reading.read(node, ())
    if reading.faults:
        raise DefinitionFaults(reading.faults)
    return YamlText(plain, name, reading.lines)


def _text(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except OSError as error:
        raise DefinitionFaults([Fault(str(path), str(error.strerror).lower(), "a readable YAML file")]) from error
    except UnicodeDecodeError as error:
        raise DefinitionFaults([Fault(name, f"byte {error.start} is not UTF-8", "UTF-8 text")]) from error


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        _refuse_depth(text, name)
        node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DefinitionFaults([_no_yaml(f"{name}:{line}", error.problem or error.context)]) from error
    except yaml.YAMLError as error:
        raise DefinitionFaults([_no_yaml(name, str(error))]) from error
    return node


def _no_yaml(place: str, told: str | None) -> Fault:
    why = (told or "a syntax error").split("\n", maxsplit=1)[0]
    return Fault(place, f"text that is not YAML ({why})"[:80], "one YAML document")


def _refuse_depth(text: str, name: str) -> None:
    """Refuse deep nesting before composing: the composer recurses, in C without a guard."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            place = f"{name}:{line}"
            raise DefinitionFaults([Fault(place, "deep nesting", f"at most {DEEPEST} levels")])


class _Reading:
    """One walk over the nodes of a file, collecting plain data, lines and faults."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.lines: dict[NodePath, int] = {}
        self._seen: set[int] = set()

    def fault(self, node: yaml.Node, found: str, expected: str, hint: str = "") -> object:
        """Note a fault; what is read in its place is nothing."""
        found = found if len(found) <= 80 else found[:77] + "..."
        self.faults.append(Fault(f"{self.name}:{node.start_mark.line + 1}", found, expected, hint))
        return None

    def read(self, node: yaml.Node, path: NodePath) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            return self.fault(node, "an anchor used again", "the text written out", "aliases hide what a file says")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.read(item, (*path, position)) for position, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        return self.fault(node, f"the tag {node.tag}", "plain YAML without tags")

    def _mapping(self, node: yaml.MappingNode, path: NodePath) -> dict[object, object]:
        read: dict[object, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in read:
                first = self.lines[(*path, key)]
                self.fault(key_node, f"the key {key} again", f"each key once; it stands on line {first} already")
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            read[key] = self.read(value_node, (*path, key))
        return read

    def _key(self, node: yaml.Node) -> str | int | dt.date | None:
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, "a list or mapping as key", "a name")
            return None
        before = len(self.faults)
        key = self._scalar(node)
        if len(self.faults) > before:
            return None
        if isinstance(key, bool) or not isinstance(key, str | int | dt.date):
            self.fault(node, f"{node.value or 'nothing'} as key", "a name", _QUOTE.format(node.value))
            return None
        return key

    def _scalar(self, node: yaml.ScalarNode) -> object:
        text: str = node.value
        if node.style in ("'", '"', "|", ">"):
            if node.tag != _TAG + "str":
                self.fault(node, f"the tag {node.tag}", "plain YAML without tags")
            return text
        match node.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return self._truth(node, text)
            case "int" | "float":
                return self._number(node, text)
            case "timestamp":
                return self._date(node, text)
            case "str":
                return self._plain_text(node, text)
            case "merge":
                return self.fault(node, "a merge key <<", "the text written out", "aliases hide what a file says")
            case _:
                return self.fault(node, f"the tag {node.tag}", "plain YAML without tags")

    def _truth(self, node: yaml.Node, text: str) -> bool | None:
        if text not in _TRUTHS:
            hint = "YAML reads it as a truth value; " + _QUOTE.format(text)
            self.fault(node, text, "true or false", hint)
        return _TRUTHS.get(text)

    def _number(self, node: yaml.Node, text: str) -> float | int | None:
        hint = _number_trap(text)
        if hint:
            self.fault(node, text, "a decimal number", f"{hint}; {_QUOTE.format(text)}")
            return None
        digits = text.replace("_", "")
        unsigned = digits.lstrip("+-")
        if unsigned.lower() == ".inf":
            return float(digits.replace(".", ""))
        try:
            number = float(digits)
        except ValueError:
            self.fault(node, text, "a number")
            return None
        if math.isinf(number):
            self.fault(node, text, "a number no further from 0 than 1.79e+308, or .inf")
            return None
        return int(digits) if unsigned.isdigit() else number

    def _date(self, node: yaml.Node, text: str) -> dt.date | None:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self.fault(node, text, "a date that exists, YYYY-MM-DD", "quote a point in time")
            return None

    def _plain_text(self, node: yaml.Node, text: str) -> str:
        hint = _number_trap(text)
        if hint:
            self.fault(node, text, "a number YAML reads as one, or quoted text", hint)
        return text


def _number_trap(text: str) -> str:
    """Why a reader and YAML would not see the same number; empty where they agree."""
    if _LEADING_ZERO.match(text):
        return "a leading zero makes YAML read octal"
    if _SEXAGESIMAL.match(text):
        return "YAML counts it in sixties"
    if _OTHER_BASE.match(text):
        return "not decimal"
    if _BARE_EXPONENT.match(text) and not re.search(r"\.[0-9]*[eE][-+]", text):
        return "YAML reads an exponent only with a point and a sign, as in 1.0e+5"
    return ""
