"""From a study to a release: the model fitted on all labelled rows, beside the policy that uses it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from risk_engine.bundle import (
    ASSESSED_FROM,
    ASSESSMENT_RATE,
    ModelTerms,
    Release,
    Scope,
    Target,
    read_policy,
    refuse_other_things,
    write_release,
)
from risk_engine.errors import Fault, StudyFaults
from risk_engine.facts import FactMatrix
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.declaration import Feature
from risk_engine.models import DefaultProbabilityModel
from risk_engine.models.fitting import fit
from risk_engine.progress import Progress, unwatched
from risk_engine.study.card import model_card
from risk_engine.study.dataset import Dataset, load_dataset
from risk_engine.study.definition import Study
from risk_engine.vocabulary import FactType


def train(study: Study, out: Path, *, threads: int = 1, progress: Progress = unwatched) -> Release:
    """Fit a study's model on all its labelled rows and write it, with its policy, as a release.

    Args:
        study: What to train; it must name a policy.
        out: Directory of the release; an earlier release there is replaced.
        threads: Threads of the database.
        progress: Is told how many sections are selected, applicants checked and computed, and fits done.

    Raises:
        StudyFaults: The study names no policy, or its selects, tables, features or labels have faults.
        ReleaseError: ``out`` exists and is not a release.
        PolicyFaults: The policy is broken, or names facts that nobody computes.
    """
    if study.policy is None:
        hint = "a release joins a model and a policy; this study can only be evaluated"
        raise StudyFaults([Fault(study.path.name, "no policy", "policy: a folder of rules", hint)])
    refuse_other_things(out)  # before minutes of fitting, not after
    dataset = load_dataset(study, threads=threads, progress=progress)
    named = _named_by_policy(study.policy, dataset, study.settings.grades().grades)
    model = fit(dataset.matrix, dataset.is_bad, study.settings, dataset.groups, progress=progress)
    training = dataset.matrix.columns(fact.name for fact in model.facts)
    return write_release(
        out,
        terms=_terms(study, dataset, model, training),
        model=model,
        features=_computed(dataset, model, named),
        training=training,
        card=model_card(study, dataset, model),
        policy=study.policy,
    )


def _named_by_policy(policy: Path, dataset: Dataset, grades: tuple[str, ...]) -> Iterable[str]:
    own = {feature.name: feature for feature in dataset.features}
    facts = [feature.fact for feature in {**CATALOGUE, **own}.values()]
    read = read_policy(policy, facts, grades)
    return read.named_facts.union(ASSESSED_FROM if ASSESSMENT_RATE in read.parameters else ())


def _computed(dataset: Dataset, model: DefaultProbabilityModel, named: Iterable[str]) -> list[Feature]:
    """The model's features in its order, then those only the policy names, in the catalogue's order."""
    own = {feature.name: feature for feature in dataset.features}
    read = [own[fact.name] for fact in model.facts]
    wanted = set(named).difference(fact.name for fact in model.facts)
    return [*read, *(feature for name, feature in {**CATALOGUE, **own}.items() if name in wanted)]


def _terms(study: Study, dataset: Dataset, model: DefaultProbabilityModel, training: FactMatrix) -> ModelTerms:
    return ModelTerms(
        name=study.name,
        target=Target(study.target.horizon_months, study.target.bad),
        scope=Scope(
            study.scope.products,
            study.scope.applicant_kinds,
            study.scope.currency,
            study.scope.amounts,
            training_ranges(training.columns(model.read_by_decider)),
        ),
        synthetic=study.synthetic,
        warnings=study.warnings,
        facts=tuple(fact.name for fact in model.facts),
        provenance=dict(dataset.sha256),
    )


def training_ranges(training: FactMatrix) -> dict[str, tuple[float, float]]:
    """Least and greatest value of each number in these rows; a fact without any value has no range."""
    ranges = {}
    for column, fact in enumerate(training.facts):
        values = training.values[:, column]
        if fact.type is FactType.NUMBER and not np.isnan(values).all():
            ranges[fact.name] = (float(np.nanmin(values)), float(np.nanmax(values)))
    return ranges
