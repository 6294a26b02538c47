"""From a study's choice to features: catalogue groups and names, declarations of its own, the lender's attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from risk_engine.errors import Fault, StudyFaults, nearest_hint
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.declaration import Feature
from risk_engine.features.leaves import attribute
from risk_engine.study.attributes import Attribute
from risk_engine.study.definition import FeatureChoice
from risk_engine.vocabulary import FactType


def chosen_features(
    choice: FeatureChoice, sections: Collection[str], catalogue: Mapping[str, Feature] = CATALOGUE
) -> tuple[Feature, ...]:
    """The features a study's model may read, in the catalogue's order, the study's own and the attributes last.

    A group stands for its features about the obligor that read only sections the study selects; one of a section
    nobody selects is taken only where it is named.

    Args:
        choice: What the study names.
        sections: The sections it selects.
        catalogue: Features by name.

    Raises:
        StudyFaults: Names, groups or exceptions that the catalogue does not have, names of features about the request,
            groups of which the study can measure nothing, own names that are taken: each with its line.
    """
    measurable = [feature for feature in catalogue.values() if set(feature.fact.sections) <= {*sections}]
    faults = [
        *_unknown("group of features", choice.groups, {feature.fact.group for feature in catalogue.values()}),
        *_unmeasured(choice.groups, catalogue, {feature.fact.group for feature in measurable}),
        *_unknown("feature", choice.names, catalogue),
        *_about_the_request(choice.names, catalogue),
        *_unknown("feature", choice.without, catalogue),
        *_taken(choice, catalogue),
    ]
    if faults:
        raise StudyFaults(faults)
    of_groups = {
        feature.name for feature in measurable if feature.fact.group in choice.groups and feature.fact.use != "facility"
    }
    wanted = (of_groups | choice.names.keys()) - choice.without.keys()
    picked = [feature for name, feature in catalogue.items() if name in wanted]
    return (*picked, *choice.declared, *(_attribute_feature(one) for one in choice.attributes))


def _unmeasured(groups: Mapping[str, str], catalogue: Mapping[str, Feature], measured: set[str]) -> list[Fault]:
    faults = []
    for group, place in groups.items():
        read = sorted({name for feature in catalogue.values() if feature.fact.group == group
                       for name in feature.fact.sections})  # fmt: skip
        if read and group not in measured:
            expected = f"a select for what its features read: {', '.join(read)}"
            faults.append(Fault(place, f"the group {group}, of which this study measures nothing", expected))
    return faults


def _about_the_request(names: Mapping[str, str], catalogue: Mapping[str, Feature]) -> list[Fault]:
    hint = "a policy may name it; for a model declare it anew, use: both, and say why"
    return [
        Fault(place, f"{name}, which is about the request", "features about the obligor", hint)
        for name, place in names.items()
        if name in catalogue and catalogue[name].fact.use == "facility"
    ]


def _taken(choice: FeatureChoice, catalogue: Mapping[str, Feature]) -> list[Fault]:
    own = {feature.name for feature in choice.declared}
    named = [(f"the feature {feature.name}", feature.name, feature.origin) for feature in choice.declared]
    named += [(f"the attribute {one.name}", one.name, one.place) for one in choice.attributes]
    faults = [Fault(place, told, "a name the catalogue does not have") for told, name, place in named
              if name in catalogue]  # fmt: skip
    return faults + [
        Fault(one.place, f"the attribute {one.name}", "a name that no declared feature has")
        for one in choice.attributes
        if one.name in own
    ]


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
