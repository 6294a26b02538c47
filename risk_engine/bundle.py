"""Three things with a content hash each: a model bundle, a policy, and the release that joins them.

A release is a directory::

    release.json      ids and file hashes of both parts, effective_from, approvals
    model/            features.json model.json scorecard.json boosting.txt calibration.json master_scale.json
                      boundary.json golden.jsonl model_card.md
    policy/           the policy folder, as its author wrote it

The id of a part is the sha256 of its canonical ``{path: sha256}``; the id of a release is the sha256 of
``release.json``, which names both. No clock, host or path is in any hashed file, so training twice gives the same ids.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.application import SECTIONS
from risk_engine.errors import Fault, PolicyFaults, ReleaseError
from risk_engine.facts import Fact, FactMatrix, assessment_facts, offer_facts, reason_codes, score_facts
from risk_engine.features import Feature, Plan
from risk_engine.models import DefaultProbabilityModel
from risk_engine.models.canonical import read_json, reading
from risk_engine.models.golden import check_golden, golden_vectors
from risk_engine.rules import Policy, load_policy

LIMIT_STEP, RATE_TABLE = "limit_step", "rate_by_grade"
"""What every decision needs of a policy beside its rules."""
ASSESSMENT_RATE, DEBT_SERVICE_CEILING = "assessment_rate", "max_debt_service_to_income"
"""Parameters of a policy that assesses what the applicant can afford."""
ASSESSED_FROM = ("household_net_income", "household_debt_service", "household_living_costs")
"""Features that affordability is assessed from."""

Ends = tuple[float, float]
"""Least and greatest value."""


class Target(msgspec.Struct, frozen=True):
    """What the model predicts: the horizon, and the sentence that defines bad."""

    horizon_months: int
    bad: str


class Scope(msgspec.Struct, frozen=True):
    """What the model was built for; outside it the answer is refer, never a silent score.

    Attributes:
        products: Product names it may score.
        applicant_kinds: Kinds of applicant it may score.
        currency: The one currency of its amounts.
        amounts: Least and greatest amount asked for, in that currency.
        ranges: Training range of each number the decider reads, by fact.
    """

    products: tuple[str, ...]
    applicant_kinds: tuple[str, ...]
    currency: str
    amounts: Ends
    ranges: dict[str, Ends]


class ModelTerms(msgspec.Struct, frozen=True, kw_only=True):
    """``model.json``: what a model bundle says of itself.

    Attributes:
        name: The study's name.
        target: What is predicted.
        scope: What it may score.
        synthetic: Trained on made-up applicants; every answer from it says so.
        warnings: Sentences shown wherever a figure of this model is.
        facts: Facts the model reads, in column order.
        provenance: sha256 of each section file it was trained on, and of the labels.
    """

    name: str
    target: Target
    scope: Scope
    synthetic: bool
    warnings: tuple[str, ...]
    facts: tuple[str, ...]
    provenance: dict[str, str]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    files: dict[str, str]


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: _Part
    policy: _Part
    effective_from: dt.date
    approvals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """A model bundle and a policy, verified and ready to decide."""

    id: str
    model_id: str
    policy_id: str
    terms: ModelTerms
    effective_from: dt.date
    model: DefaultProbabilityModel
    plan: Plan
    policy: Policy
    columns: npt.NDArray[np.intp]
    """Position in the plan of each fact the model reads."""
    ends: tuple[Ends, ...]
    """Least and greatest training value of each fact the model reads; infinite where it has no range."""
    reads: frozenset[str]
    """Sections that a feature of the plan reads."""

    @property
    def releases(self) -> tuple[Release, ...]:
        """Itself: what a portfolio has several of."""
        return (self,)

    def model_rows(self, matrix: FactMatrix) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Values and states of the facts the model reads, in its column order."""
        return matrix.values[:, self.columns], matrix.states[:, self.columns]

    def model_row(self, matrix: FactMatrix) -> tuple[list[float], list[int]]:
        """The same of the first row alone, plain."""
        return matrix.values[0].take(self.columns).tolist(), matrix.states[0].take(self.columns).tolist()

    def beyond(self, values: Sequence[float]) -> list[tuple[Fact, float]]:
        """The numbers, in the order of the model's facts, that lie outside their training range; NaN lies nowhere."""
        told = zip(self.model.facts, values, self.ends, strict=True)
        return [(fact, value) for fact, value, (least, most) in told if value < least or value > most]


def write_release(
    out: Path,
    *,
    terms: ModelTerms,
    model: DefaultProbabilityModel,
    features: Sequence[Feature],
    training: FactMatrix,
    card: str,
    policy: Path,
) -> Release:
    """Write a release and load it back, so that what is written is known to work.

    Args:
        out: Directory to write; an earlier release there is replaced, anything else is left alone.
        terms: What the bundle says of itself.
        model: The fitted model.
        features: Every feature the plan computes: the model's, then those only the policy names.
        training: The model's facts on the rows it was fitted on; a few become golden vectors.
        card: The model card, Markdown.
        policy: Folder of the policy.

    Raises:
        ReleaseError: ``out`` exists and is not a release, or cannot be written.
        PolicyFaults: The policy names facts this bundle does not compute, or is broken.
    """
    out = out.absolute()
    refuse_other_things(out)
    model_files = {
        "features.json": _json([feature.to_json() for feature in features]),
        "model.json": _json(terms),
        "golden.jsonl": golden_vectors(model, training),
        "model_card.md": card.encode(),
        **model.files(),
    }
    policy_files = _folder(policy)
    facts, grades = [feature.fact for feature in features], model.master_scale.grades
    effective = read_policy(policy, facts, grades).effective_from
    manifest = _Manifest(_part(model_files), _part(policy_files), effective, ())
    files = {
        "release.json": _json(manifest),
        **{f"model/{path}": data for path, data in model_files.items()},
        **{f"policy/{path}": data for path, data in policy_files.items()},
    }
    try:
        return _written(out, files)
    except OSError as error:
        raise ReleaseError(f"cannot write {out}: {error.strerror}", hint="name another directory with --out") from error


def release_id(folder: Path) -> str:
    """Id of the release in a folder, of which nothing is checked; empty where there is none."""
    manifest = folder / "release.json"
    return _sha(manifest.read_bytes()) if manifest.is_file() else ""


def load_release(path: Path) -> Release:
    """Load a release: every file's hash, every policy example and every golden vector is checked first.

    Nothing may stand in it that its manifest does not name, but what is hidden (``.DS_Store``).

    Raises:
        ReleaseError: The directory is missing, incomplete or was changed (the file is named), or the model does not
            score its golden vectors as it did when it was written.
        PolicyFaults: The policy cannot be loaded.
    """
    manifest_file = path / "release.json"
    if not manifest_file.is_file():
        write = "write one with: risk-engine train STUDY.yaml --out RELEASE"
        raise ReleaseError(
            f"no release at {path}", hint="name the directory of one release here" if path.is_file() else write
        )
    with reading(manifest_file):
        manifest = msgspec.json.decode(manifest_file.read_bytes(), type=_Manifest)
    _refuse_strays(path, (manifest_file.name, "model", "policy"), path.iterdir())
    model_files = _verified(path / "model", manifest.model)
    _verified(path / "policy", manifest.policy)
    with reading(path / "model"):
        terms = read_json(model_files, "model.json", lambda plain: msgspec.convert(plain, ModelTerms))
        plan = read_json(model_files, "features.json", _plan)
        position = {name: index for index, name in enumerate(plan.names)}
        columns = np.array([position[name] for name in terms.facts], np.intp)
        model = DefaultProbabilityModel.from_files(tuple(plan.facts[index] for index in columns), model_files)
        check_golden(model, model_files, path)
    policy = read_policy(path / "policy", plan.facts, model.master_scale.grades)
    if manifest.effective_from != policy.effective_from:
        found = f"{manifest_file} says effective_from {manifest.effective_from}"
        raise _untrusted(f"{found}, its policy says {policy.effective_from}")
    return Release(
        id=_sha(manifest_file.read_bytes()),
        model_id=manifest.model.id,
        policy_id=manifest.policy.id,
        terms=terms,
        effective_from=manifest.effective_from,
        model=model,
        plan=plan,
        policy=policy,
        columns=columns,
        ends=tuple(terms.scope.ranges.get(fact.name, (-math.inf, math.inf)) for fact in model.facts),
        reads=frozenset(plan.reads),
    )


def _plan(plain: object) -> Plan:
    features = []
    for number, entry in enumerate(msgspec.convert(plain, list[dict[str, Any]]), start=1):
        with reading(f"feature {number} of features.json"):
            features.append(Feature.from_json(entry))
    return Plan(features)


def refuse_other_things(out: Path) -> None:
    """Refuse to write a release where something else stands.

    Raises:
        ReleaseError: ``out`` is a file, or a folder that holds anything but a release.
    """
    if out.exists() and not (out / "release.json").exists() and (not out.is_dir() or any(out.iterdir())):
        raise ReleaseError(f"{out} exists and is not a release", hint="name another directory with --out")


def _written(out: Path, files: Mapping[str, bytes]) -> Release:
    """Write beside ``out``, load from there, and only then take the place of what stood at ``out``."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as beside:
        fresh = Path(beside) / "fresh"
        for name, data in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(data)
        release = load_release(fresh)
        earlier = Path(beside) / "earlier"
        if out.exists():
            out.rename(earlier)
        try:
            fresh.rename(out)
        except OSError:
            if earlier.exists():
                earlier.rename(out)
            raise
    return release


def read_policy(folder: Path, features: Iterable[Fact], grades: tuple[str, ...]) -> Policy:
    """Load a policy that names only facts a release would have, and holds what every decision needs of it.

    Args:
        folder: The policy's folder.
        features: What the release computes, or could.
        grades: Grades of its master scale, best first.

    Raises:
        PolicyFaults: Every fault of the policy.
    """
    features = tuple(features)
    facts = (*features, *assessment_facts(), *score_facts(grades), *offer_facts())
    policy = load_policy(folder, facts, reason_codes(), sections=SECTIONS)
    faults = [*_lacking(policy), *_unassessed(policy, {fact.name for fact in features})]
    if faults:
        raise PolicyFaults(faults)
    return policy


def _lacking(policy: Policy) -> Iterator[Fault]:
    if LIMIT_STEP not in policy.parameters:
        hint = "a limit is rounded down to it"
        yield Fault("parameters.yaml", "no " + LIMIT_STEP, "a parameter " + LIMIT_STEP, hint)
    if RATE_TABLE not in policy.tables:
        hint = "a limit is priced by it"
        yield Fault("tables", "no " + RATE_TABLE, f"a table {RATE_TABLE} that gives annual_rate", hint)


def _unassessed(policy: Policy, features: Collection[str]) -> Iterator[Fault]:
    """What is missing to establish the facts on affordability that a policy names."""
    told = {fact.name for fact in assessment_facts() if fact.group == "affordability"} & policy.named_facts
    needed = {ASSESSMENT_RATE: told, DEBT_SERVICE_CEILING: told & {"affordable_amount"}}
    for parameter, named in needed.items():
        known = parameter in policy.parameters
        if named and not (known and isinstance(policy.parameter(parameter, policy.effective_from), float)):
            hint = f"{', '.join(sorted(named))} cannot be told without it"
            yield Fault("parameters.yaml", f"no number {parameter}", f"a parameter {parameter}, unit: ratio", hint)
    naming = next((rule.written.place() for rule in policy.rules if told & rule.names), "tables")
    for name in ASSESSED_FROM if told else ():
        if name not in features:
            hint = f"{', '.join(sorted(told))} cannot be told without it"
            yield Fault(naming, f"no feature {name}", f"features that hold {name}", hint)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(plain: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=1) + b"\n"


def _folder(path: Path) -> dict[str, bytes]:
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    }


def _part(files: Mapping[str, bytes]) -> _Part:
    hashes = {name: _sha(files[name]) for name in sorted(files)}
    return _Part(_sha(msgspec.json.encode(hashes, order="deterministic")), hashes)


def _verified(folder: Path, part: _Part) -> dict[str, bytes]:
    _refuse_strays(
        folder, part.files, (entry for entry in folder.rglob("*") if entry.is_symlink() or not entry.is_dir())
    )
    files = _folder(folder)
    found = _part(files)
    if found == part:
        return files
    for name, was in sorted(part.files.items()):
        now = found.files.get(name)
        if was != now:
            told = "is missing" if now is None else "was changed"
            raise _untrusted(f"{folder.name}/{name} {told} after the release was written")
    raise _untrusted(f"the id of {folder.name} does not match its files")


def _refuse_strays(folder: Path, named: Collection[str], entries: Iterable[Path]) -> None:
    """Refuse what no hash is for; hidden files (``.DS_Store``) are no part of a release."""
    found = {entry.relative_to(folder).as_posix() for entry in entries if not entry.name.startswith(".")}
    for name in sorted(found - set(named)):
        raise _untrusted(f"{folder / name} was added after the release was written")


def _untrusted(told: str) -> ReleaseError:
    return ReleaseError(told, hint="restore the release or train it again")
