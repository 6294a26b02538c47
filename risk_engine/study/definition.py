"""A study: what a model is fitted on, told in one YAML file.

``Study.load`` reads the file strictly: every unknown key, wrong kind, missing path and protected name is one fault
with its line, all at once. Nothing is run here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from risk_engine.application import SECTIONS
from risk_engine.errors import Fault, StudyFaults
from risk_engine.features.declaration import Feature
from risk_engine.models.settings import FitSettings
from risk_engine.study.attributes import Attribute, read_attribute
from risk_engine.study.declared import read_declared
from risk_engine.study.reading import Node, Query
from risk_engine.study.target import Target, read_target
from risk_engine.yaml_reader import read_yaml

KEYS = (
    "name", "says", "synthetic", "seed", "warnings", "sections", "target", "population_rate", "long_run", "split",
    "features", "scorecard", "boosting", "blend", "decider", "master_scale", "scale", "policy", "scope",
)  # fmt: skip
FITTING = (
    "scorecard", "boosting", "blend", "decider", "master_scale", "scale", "population_rate", "long_run", "seed",
)  # fmt: skip
SYNTHETIC = "synthetic: fitted on made-up applicants, so nothing here says anything about real ones"
REQUIRED = ("name", "sections", "target", "features", "master_scale", "scope")


@dataclass(frozen=True, slots=True)
class FeatureChoice:
    """Which facts the model may read: catalogue groups and names, the study's own features, the lender's attributes."""

    groups: Mapping[str, str]
    names: Mapping[str, str]
    without: Mapping[str, str]
    declared: tuple[Feature, ...]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the model is meant for; outside it the answer is refer."""

    products: tuple[str, ...]
    applicant_kinds: tuple[str, ...]
    currency: str
    amounts: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Study:
    """One study, read and checked; :mod:`risk_engine.study` has what can be done with it.

    Attributes:
        path: The file.
        data: The folder that ``${DATA}`` stands for; None where no select needs one.
        sections: A select for each section of the data contract.
        settings: How the model is fitted; its level (population rate, long run) is stated here, never chosen.
        policy: The policy folder; empty for a study that is only evaluated.
        warnings: Told with every figure and in every answer; a synthetic study says first that it is.
    """

    name: str
    says: str
    path: Path
    data: Path | None
    synthetic: bool
    warnings: tuple[str, ...]
    sections: Mapping[str, Query]
    target: Target
    features: FeatureChoice
    settings: FitSettings
    policy: Path | None
    scope: Scope

    @classmethod
    def load(cls, path: Path, data: Path | None = None) -> Self:
        """Read a study file.

        Args:
            path: The YAML file; relative paths in it are from its folder.
            data: The folder that ``${DATA}`` stands for.

        Raises:
            StudyFaults: Everything wrong with the file, each with its line.
            DefinitionFaults: The file is not strict YAML.
        """
        path = path.absolute()
        text = read_yaml(path)
        faults: list[Fault] = []
        given = Node(text, (), text.plain, faults).keys(KEYS, REQUIRED)
        target, features = read_target(given["target"]), _features(given["features"])
        _split(given["split"])
        synthetic = given["synthetic"].truth(otherwise=False)
        study = cls(
            name=given["name"].sentence("study"),
            says=given["says"].sentence(),
            path=path,
            data=_data_folder(given["sections"], given["target"], data),
            synthetic=synthetic,
            warnings=(SYNTHETIC,) * synthetic + given["warnings"].sentences(),
            sections=_sections(given["sections"]),
            target=target,
            features=features,
            settings=_settings(given, target, features),
            policy=_policy(given["policy"], path.parent),
            scope=_scope(given["scope"]),
        )
        if faults:
            raise StudyFaults(faults)
        return study


def _data_folder(sections: Node, target: Node, data: Path | None) -> Path | None:
    needed = any("${DATA}" in str(node.plain) for node in (sections, target))
    if data is None and needed:
        sections.fault("${DATA}", "a data folder", "give it with --data")
    elif data is not None and not data.is_dir():
        sections.fault(str(data), "an existing data folder", "give it with --data")
    return None if data is None else data.absolute()


def _sections(node: Node) -> dict[str, Query]:
    required = [name for name, section in SECTIONS.items() if section.single]
    given = node.keys([name for name, section in SECTIONS.items() if not section.training_only], required)
    return {name: select.query() for name, select in given.items() if select.given}


def _settings(given: Mapping[str, Node], target: Target, features: FeatureChoice) -> FitSettings:
    """The settings of the fit; their faults get the lines of the study."""
    plain = {key: given[key].plain for key in FITTING if given[key].given}
    try:
        settings = FitSettings.from_mapping(plain)
    except StudyFaults as error:
        for fault in error.faults:
            node = given[fault.path.split(".", maxsplit=1)[0]]
            for step in fault.path.split(".")[1:]:
                node = node.under(step)
            node.fault(fault.found, fault.expected, fault.hint)
        return FitSettings()
    special = {one.name: one.special for one in features.attributes if one.special}
    return replace(settings, horizon_months=target.horizon_months, bad=target.bad, special_codes=special)


def _split(node: Node) -> None:
    node.keys(("kind",))["kind"].one_of(("random",), "random")


def _features(node: Node) -> FeatureChoice:
    given = node.keys(("groups", "names", "without", "declared", "attributes"))
    chosen = {
        key: {item.plain: item.place for item in given[key].listed() if item.sentence()}
        for key in ("groups", "names", "without")
    }
    read = [read_declared(name, item) for name, item in given["declared"].items().items()]
    declared = tuple(feature for feature in read if feature is not None)
    attributes = tuple(read_attribute(name, item) for name, item in given["attributes"].items().items())
    if node.given and not (chosen["groups"] or chosen["names"] or read or attributes):
        node.fault("no features", "groups, names, declared or attributes")
    return FeatureChoice(chosen["groups"], chosen["names"], chosen["without"], declared, attributes)


def _policy(node: Node, folder: Path) -> Path | None:
    if not node.given:
        return None
    policy = (folder / node.sentence(".")).resolve()
    if not policy.is_dir():
        node.fault(node.plain, "an existing policy folder", "relative paths are from the study's file")
    return policy


def _scope(node: Node) -> Scope:
    keys = ("products", "applicant_kinds", "currency", "amounts")
    given = node.keys(keys, keys)
    kinds = SECTIONS["applicant"].columns["kind"].words
    amounts = given["amounts"].pair((0.0, 0.0))
    return Scope(
        given["products"].sentences(),
        tuple(kind.one_of(kinds, kinds[0]) for kind in given["applicant_kinds"].listed()),
        given["currency"].sentence("XXX"),
        (0.0, 0.0) if amounts is None else amounts,
    )
