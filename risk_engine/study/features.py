"""From a study's choice to features: catalogue groups and names, and the lender's own attributes."""

from __future__ import annotations

from collections.abc import Mapping

from risk_engine.errors import Fault, StudyFaults, nearest_hint
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.declaration import Feature
from risk_engine.features.leaves import attribute
from risk_engine.study.attributes import Attribute
from risk_engine.study.definition import FeatureChoice
from risk_engine.vocabulary import FactType


def chosen_features(choice: FeatureChoice, catalogue: Mapping[str, Feature] = CATALOGUE) -> tuple[Feature, ...]:
    """The features a study's model may read, in the catalogue's order, the attributes last.

    A group stands for its features about the obligor; a feature about the request is taken only where it is named.

    Args:
        choice: What the study names.
        catalogue: Features by name.

    Raises:
        StudyFaults: Names, groups or exceptions that the catalogue does not have: each with its line.
    """
    groups = {feature.fact.group for feature in catalogue.values()}
    faults = [
        *_unknown("group of features", choice.groups, groups),
        *_unknown("feature", choice.names, catalogue),
        *_unknown("feature", choice.without, catalogue),
        *(Fault(one.place, f"the attribute {one.name}", "a name the catalogue does not have")
          for one in choice.attributes if one.name in catalogue),
    ]  # fmt: skip
    if faults:
        raise StudyFaults(faults)
    picked = [
        feature
        for name, feature in catalogue.items()
        if name not in choice.without
        and (name in choice.names or (feature.fact.group in choice.groups and feature.fact.use != "facility"))
    ]
    return (*picked, *(_attribute_feature(one) for one in choice.attributes))


def _attribute_feature(one: Attribute) -> Feature:
    expression = attribute(one.name, words=one.words) if one.type is FactType.WORD else attribute(one.name)
    feature = Feature(
        expression,
        says=one.says,
        unit=one.unit,
        decimals=one.decimals,
        range=one.range,
        risk=one.risk,
        reason=one.reason,
        why=one.why,
        source="the lender's own",
        group=one.group,
        if_none="the lender's table has no value",
    )
    return feature.named(one.name)[0]


def _unknown(what: str, named: Mapping[str, str], known: Mapping[str, object] | set[str]) -> list[Fault]:
    return [
        Fault(place, f"no {what} {name}", f"a {what} of the catalogue", nearest_hint(name, known))
        for name, place in named.items()
        if name not in known
    ]
