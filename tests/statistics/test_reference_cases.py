"""Every public reference case of discrimination, calibration and stability: values other libraries computed."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from risk_engine.statistics import (
    auc,
    auc_against_initial,
    auc_difference,
    auc_interval,
    binomial,
    brier,
    clopper_pearson,
    critical_bads,
    gini,
    homogeneity,
    hosmer_lemeshow,
    hosmer_lemeshow_of_grades,
    jeffreys,
    ks,
    murphy,
    pooled,
    psi,
    psi_limit,
    rows_of_grades,
)
from tests.conftest import DATA

REFERENCE = DATA.parent / "reference"
TOPICS = ("auc", "gini_somers", "ks", "jeffreys", "binomial_grade", "brier", "psi", "hosmer_lemeshow")


def cases():
    if not (REFERENCE / "cases.json").is_file():
        absent = pytest.mark.skip(reason=f"no reference cases at {REFERENCE}; set RISK_ENGINE_DATA to the data beside")
        return [pytest.param(None, id="absent", marks=absent)]
    found = json.loads((REFERENCE / "cases.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in found if case["topic"] in TOPICS]


def table(given):
    with (REFERENCE / given["dataset"]).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(given, *names):
    read = table(given)
    return [np.array(read[name], dtype=float) for name in names]


def rows_and_risk(given):
    if "y" not in given:
        return rows_of_grades(*numbers(given, "n", "defaults"))
    bad, risk = numbers(given, given["y"], given["risk"])
    return bad, -risk if given["risk"].startswith("score") else risk


def ranking(given):
    bad, risk = rows_and_risk(given)
    if "model_2" in given:
        told = auc_difference(*numbers(given, given["y"], given["model_1"], given["model_2"]))
        return {"z": told.statistic, "p": told.p, "cov": told.covariance}
    if "auc_initial" in given:
        told = auc_against_initial(bad, risk, given["auc_initial"])
        return {"S": told.statistic, "p": told.p}
    confidence = given.get("conf", 0.95)
    told = auc_interval(bad, risk, confidence=confidence)
    assert told.auc == pytest.approx(float(auc(bad, risk)), abs=1e-12)
    ends = [told.low, told.high]
    return {"auc": told.auc, "delong_var": told.variance, f"ci{round(100 * confidence)}": ends}


def concordance(given):
    bad, risk = rows_and_risk(given)
    told, area = gini(bad, risk), auc(bad, risk)
    goods = area.rows - area.bads
    pairs = {"U": float(area) * area.bads * goods, "n1": area.bads, "n0": goods}
    return dict.fromkeys(("gini", "somers_d", "ar"), float(told)) | pairs


def distance(given):
    return {"ks": float(ks(*rows_and_risk(given)))}


def bayes(given):
    if "dataset" not in given:
        return {"p": float(jeffreys(given["n"], given["defaults"], given["pd"]).p[0])}
    grades = numbers(given, "n", "defaults", "pd")
    if "portfolio" not in given["test"]:
        return {"p": jeffreys(*grades).p}
    whole = pooled(*grades)
    told = jeffreys(*whole)
    return {"pd": whole[2], "p": float(told.p[0]), "reject_5pct": bool(told.rejects(0.05)[0])}


def counted(given):
    rows, bads, stated = numbers(given, "n", "defaults", "pd")
    low, high = clopper_pearson(rows, bads)
    critical = {f"crit{round(100 * q)}": critical_bads(rows, stated, confidence=q) for q in given.get("q", ())}
    told = binomial(rows, bads, stated, correlation=given.get("rho", 0.0))
    return {"p": told.p, "ci": np.column_stack([low, high]), **critical}


def squared(given):
    bad, probability = numbers(given, given["y"], given["risk"])
    parts = murphy(bad, probability, groups=5)
    told = {"reliability": parts.reliability, "resolution": parts.resolution, "uncertainty": parts.uncertainty}
    return {"brier": float(brier(bad, probability)), "brier_binned": parts.brier, **told}


def moved(given):
    before, after = numbers(given, "expected", "actual") if "dataset" in given else (given["expected"], given["actual"])
    told, chance = psi(before, after), homogeneity(before, after)
    limit = psi_limit(len(told.parts), *(max(round(sum(sample)), 1) for sample in (before, after)))
    test = {"chi2": chance.chi2, "df": chance.degrees, "p": chance.p}
    return {"psi": told.value, "parts": told.parts, "critical": limit, "exceeds": told.value > limit, **test}


def grouped(given):
    if "model_groups" not in given:
        grades = numbers(given, "n", "defaults", "pd")
        here, elsewhere = (hosmer_lemeshow_of_grades(*grades, fitted_here=fitted) for fitted in (True, False))
        return {"chi2": here.chi2, f"p_df{here.degrees}": here.p, f"p_df{elsewhere.degrees}": elsewhere.p}
    model, groups = given["model_groups"].split(", ")
    rows = numbers(given, "y", model)
    here, elsewhere = (hosmer_lemeshow(*rows, int(groups), fitted_here=fitted) for fitted in (True, False))
    return {"chi2": here.chi2, "p_dev_sample_df_g_minus_2": here.p, "p_external_df_g": elsewhere.p}


COMPUTE = dict(zip(TOPICS, (ranking, concordance, distance, bayes, counted, squared, moved, grouped), strict=True))


@pytest.mark.parametrize("case", cases())
def test_agrees_with_the_source(case):
    print(f"{case['id']}: {case['source']}")  # noqa: T201 - shown by pytest -rP
    told = COMPUTE[case["topic"]](case["inputs"])
    for name, wanted in case["expected"].items():
        found = np.asarray(told[name], dtype=float)
        np.testing.assert_allclose(found, np.asarray(wanted, float), rtol=0, atol=case["tolerance"], err_msg=name)
