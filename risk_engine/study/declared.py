"""Features of a study's own: an expression of the feature language and what a catalogue entry says, told in YAML."""

from __future__ import annotations

from risk_engine.errors import ExpressionError
from risk_engine.features.declaration import Feature
from risk_engine.features.expressions import walk
from risk_engine.features.parsing import parse
from risk_engine.study.attributes import read_reason
from risk_engine.study.protected import protected_ground
from risk_engine.study.reading import Node
from risk_engine.vocabulary import RiskDirection

KEYS = (
    "expression", "says", "unit", "decimals", "range", "clip", "risk", "reason", "why", "source", "group", "use",
    "none_reads_as", "if_none",
)  # fmt: skip
USES = ("obligor", "facility", "both")


def read_declared(name: str, node: Node) -> Feature | None:
    """Read one declaration; what is wrong is noted in the node's faults, and None stands for it.

    The expression is text of the feature language (:mod:`risk_engine.features.language`), e.g.
    ``Count(ledger.amount, ever)``. A release keeps its canonical print, as it does for features of the catalogue.
    The policy alone reads one whose ``use`` is ``facility``; the model too where it is ``both``: this asks for a why.
    """
    ground = protected_ground(name)
    if ground:
        node.fault(f"the feature {name}", f"no protected or identifying name: {ground}")
    if not name.isidentifier():
        node.fault(f"the feature {name}", "a name of letters, digits and underscores")
    given = node.keys(KEYS, ("expression", "says"))
    says = given["says"].keys(("en", "zh"), ("en", "zh"))
    text = given["expression"].sentence()
    none_reads_as = given["none_reads_as"].number(-1e300, 1e300, 0.0) if given["none_reads_as"].given else None
    try:
        feature = Feature(
            parse(text or "0"),  # a missing expression is a fault by now
            says=(says["en"].sentence(name), says["zh"].sentence(name)),
            unit=given["unit"].sentence("number"),
            decimals=given["decimals"].whole(0, 12, 4),
            range=given["range"].pair(None),
            clip=given["clip"].pair(None),
            risk=RiskDirection(given["risk"].one_of([*RiskDirection], RiskDirection.NONE)),
            reason=read_reason(given["reason"]),
            why=given["why"].sentence(),
            source=given["source"].sentence("the study's own"),
            group=given["group"].sentence("declared"),
            use=given["use"].one_of(USES, USES[0]),
            none_reads_as=none_reads_as,
            if_none=given["if_none"].sentence(),
        )
    except ExpressionError as error:
        given["expression"].fault(error.message, "an expression of the feature language", error.hint)
        return None
    for read in sorted({part.settings["name"] for part in walk(feature.expression) if part.op == "attribute"}):
        if word := protected_ground(read):
            given["expression"].fault(f"the attribute {read}", f"no protected or identifying attribute: {word}")
    if feature.fact.use == "both" and not feature.fact.why:
        hint = "a model reads facts of the request for a stated reason only"
        given["use"].fault("both and no why", "why: a sentence", hint)
    feature.origin = node.place
    return feature.named(name)[0]
