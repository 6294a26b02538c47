"""What each package offers by its own name: a name more or less is a promise made or broken."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest

import risk_engine

PUBLIC = {
    "application": """
        APPLICANT LISTS SCHEMA_VERSION SECTIONS SINGLES Applicant Application ColumnContract Consent Fee Request
        SectionContract decode encode fill_as_of schema""",
    "backtest": "backtest",
    "batch": """
        Chunk Summary check_rows compute_features decide_batch document documents read_chunks read_columns replacing
        section_faults sha256_of write_columns write_features write_section""",
    "commands": "",
    "decision": "",
    "features": """
        KERNELS NAMES PLACE ApplicantTable Catalogue Columns Coverage Feature Plan SectionTable from_document
        from_tables parse""",
    "models": """
        Boosting Boundary DefaultProbabilityModel FitSettings MasterScale Prediction ScoreScale Scorecard""",
    "rules": """
        NOT_APPLICABLE Case Clause HeldSection LiftedBy Policy Requirement Row RuleAnswer RuleKind RuleResult Table
        Truth load_policy to_the_cent""",
    "service": "Clock create_app",
    "statistics": """
        AucInterval AucTest CharacteristicStability Homogeneity HosmerLemeshow Logistic Measure Murphy RateTest
        Stability auc auc_against_initial auc_difference auc_interval binomial brier clopper_pearson critical_bads csi
        gini homogeneity hosmer_lemeshow hosmer_lemeshow_of_grades jeffreys ks log_loss murphy pooled psi psi_limit
        rank_groups ridge_logistic rows_of_grades shift_to_mean""",
    "store": "Answered ApiKey Head Role Store open_store refuse_workers",
    "study": "Study evaluate train write_sections",
}


def test_every_package_is_listed():
    found = [name for _, name, package in pkgutil.iter_modules(risk_engine.__path__) if package]
    assert sorted(found) == sorted(PUBLIC)


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names(package):
    room = importlib.import_module(f"risk_engine.{package}")
    assert getattr(room, "__all__", []) == PUBLIC[package].split()


@pytest.mark.parametrize("package", PUBLIC)
def test_nothing_else_can_be_taken_from_a_package(package):
    room = importlib.import_module(f"risk_engine.{package}")
    held = {
        name
        for name, value in vars(room).items()
        if not name.startswith("_") and name != "annotations" and not isinstance(value, ModuleType)
    }
    assert held == set(PUBLIC[package].split())
