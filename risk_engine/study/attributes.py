"""The lender's own attributes: declared in the study, carried by section ``attributes``, never a protected ground."""

from __future__ import annotations

from dataclasses import dataclass, field

from risk_engine.errors import UnknownName
from risk_engine.facts import reason_codes
from risk_engine.study.protected import protected_ground
from risk_engine.study.reading import Node
from risk_engine.vocabulary import FactType, RiskDirection

KEYS = (
    "type", "says", "unit", "decimals", "range", "risk", "words", "special", "reason", "why", "group",
)  # fmt: skip
TYPES = (FactType.NUMBER.value, FactType.WORD.value)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute as the study declares it.

    Attributes:
        name: Column of the study's ``attributes`` select.
        type: ``number`` or ``word``.
        says: Name for people, English and Chinese.
        unit: Of a number; ``word`` for a word.
        decimals: A number is rounded once to so many.
        range: Impossible beyond.
        risk: Direction of risk, as the number grows or along the list of words.
        words: The closed list, in order; a word outside it is a fault.
        special: Codes of a number that are no measurement; each gets a bin of its own.
        reason: Reason code; empty where it can give no reason.
        why: Why the lender uses it.
        group: Economic domain.
        place: Line of the study.
    """

    name: str
    type: FactType
    says: tuple[str, str]
    unit: str
    decimals: int
    range: tuple[float, float] | None
    risk: RiskDirection
    words: tuple[str, ...]
    special: tuple[float, ...]
    reason: str
    why: str
    group: str
    place: str = field(repr=False)


def read_attribute(name: str, node: Node) -> Attribute:
    """Read one attribute's declaration; what is wrong is noted in the node's faults."""
    ground = protected_ground(name)
    if ground:
        node.fault(f"the attribute {name}", f"no protected or identifying attribute: {ground}",
                   "keep it in a side table for fairness tests only")  # fmt: skip
    if not name.isidentifier():
        node.fault(f"the attribute {name}", "a name of letters, digits and underscores")
    given = node.keys(KEYS, ("says",))
    kind = FactType(given["type"].one_of(TYPES, TYPES[0]))
    words = _words(given["words"], kind)
    says = given["says"].keys(("en", "zh"), ("en", "zh"))
    return Attribute(
        name=name,
        type=kind,
        says=(says["en"].sentence(name), says["zh"].sentence(name)),
        unit=given["unit"].sentence("word" if kind is FactType.WORD else "number"),
        decimals=given["decimals"].whole(0, 12, 0 if kind is FactType.WORD else 4),
        range=given["range"].pair((0.0, len(words) - 1.0) if words else None),
        risk=RiskDirection(given["risk"].one_of([*RiskDirection], RiskDirection.NONE)),
        words=words,
        special=_special(given["special"], kind),
        reason=read_reason(given["reason"]),
        why=given["why"].sentence(),
        group=given["group"].sentence("attributes"),
        place=node.place,
    )


def attributes_select(sql: str, attributes: tuple[Attribute, ...], types: dict[str, str]) -> str:
    """The long form of a wide select: a row an applicant and attribute, numbers and words apart, nulls left out.

    Args:
        sql: Selects application_id and one column an attribute.
        attributes: What the study declares.
        types: DuckDB's type of each column of the select; words and numbers are told apart by the declaration.
    """
    rows = [
        f"select application_id, '{one.name}' as name, {_number(one)} as value, {_word(one)} as value_text "  # noqa: S608
        f'from wide where "{one.name}" is not null'
        for one in attributes
        if one.name in types
    ]
    return f"with wide as materialized (\n{sql}\n) " + " union all ".join(rows)


def _number(one: Attribute) -> str:
    return "null::double" if one.type is FactType.WORD else f'"{one.name}"::double'


def _word(one: Attribute) -> str:
    return f'"{one.name}"::varchar' if one.type is FactType.WORD else "null::varchar"


def _words(node: Node, kind: FactType) -> tuple[str, ...]:
    words = node.sentences()
    if kind is FactType.WORD and not words:
        node.fault("no words", "the closed list of words, in order of risk where a risk is declared")
    if kind is FactType.NUMBER and words:
        node.fault("words for a number", "no words, or type: word")
    if len(set(words)) < len(words):
        node.fault("a word twice", "each word once")
    return words


def _special(node: Node, kind: FactType) -> tuple[float, ...]:
    if node.given and kind is FactType.WORD:
        node.fault("special codes of a word", "a word of the list in their place")
    return tuple(item.number(-1e15, 1e15, 0.0) for item in node.listed())


def read_reason(node: Node) -> str:
    """A reason code; empty where none is given, for what can give no reason."""
    code = node.sentence()
    if code and code not in reason_codes():
        node.fault(repr(code), "a reason code", UnknownName.nearest("reason", code, reason_codes()).hint)
    return code
