# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One case, opened
#
# What a loan committee analyst does with one application: read the evidence, see what each feature found and in which rows, follow the points, the
# rules and the decision, ask what would change it, and look at the same case on another day.
#
# Applicants are synthetic (`data/sample/README.md`), so nothing here says anything about real ones. `make demo` trains the release that decides; set
# `RISK_ENGINE_RELEASE` to use another.

# %%
import datetime as dt
import os
from pathlib import Path

import pandas as pd

import risk_engine
from risk_engine.batch import document
from risk_engine.bundle import load_release
from risk_engine.decision.case_file import open_case

root = Path(risk_engine.__file__).parents[1]
release = load_release(Path(os.environ.get("RISK_ENGINE_RELEASE", root / "build" / "demo" / "release")))
pd.set_option("display.max_colwidth", 90)

# %% [markdown]
# ## The document
# One application with all its evidence, rebuilt from the sample's tables. An origination system would send the same as JSON.

# %%
application = document(root / "data" / "sample", "F00018")
case = open_case(application, release)
{name: len(rows) for name in ("invoices", "ledger", "credit_lines", "sources") if (rows := application.rows(name)) is not None}

# %% [markdown]
# ## What the features found
# Every feature with its state: a value, none (looked, nothing there), not obtained (and why), or not applicable.

# %%
features = pd.DataFrame(
    [(name, held.value, held.state, held.cause) for name, held in case.decision.features.items()],
    columns=["feature", "value", "state", "cause"],
).set_index("feature")
features

# %% [markdown]
# ### The rows behind a value
# The sales invoices of twelve complete months. They add up to the feature, and none of them is later than the decision.

# %%
behind = pd.DataFrame([{**row.row, "counted_as": row.counted_as} for row in case.rows_behind("sales_invoiced_12m")])
print(f"{len(behind)} rows add up to {behind['counted_as'].sum():,.2f}; the feature says {features.loc['sales_invoiced_12m', 'value']:,.2f}")
behind.tail()

# %% [markdown]
# ## Score and points
# The scorecard is a table. What each fact gave, worst first; the points add up to the card's score. Where the blend decides, the trees speak too, so the
# score of the decision may differ from the card's.

# %%
points = pd.DataFrame(case.points()).set_index("fact").sort_values("points")
print(f"card {points['points'].sum():.1f}, decision {case.decision.score} (decided by the {release.model.decider})")
points[["value", "state", "bin", "woe", "points"]]

# %%
release.model.scorecard

# %% [markdown]
# ## Rules and their clauses
# Every rule ran; each clause with the value, the threshold and what came of it.

# %%
rules = pd.DataFrame(
    [
        (rule.id, rule.kind.value, rule.result.value, clause.fact, clause.value, clause.operator, clause.threshold, clause.truth.value)
        for rule in case.decision.rules
        for clause in rule.clauses
    ],
    columns=["rule", "kind", "result", "fact", "value", "operator", "threshold", "truth"],
)
rules

# %%
release.policy

# %% [markdown]
# ## The decision

# %%
case.decision

# %% [markdown]
# ## What if
# Another amount; a fact that is not known; a longer silence in the sales invoices. Nothing of this is recorded.

# %%
answers = {
    "as it is": case,
    "half the amount": case.what_if(request={"amount": str(application.application.amount / 2)}),
    "twelve months' sales not known": case.what_if(facts={"sales_invoiced_12m": None}),
    "100 days without a sales invoice": case.what_if(facts={"invoice_gap_max_365d": 100}),
}
answers["30 days earlier"] = case.what_if(as_of=case.as_of - dt.timedelta(days=30))
answers["a year later, with the same papers"] = case.what_if(as_of=case.as_of + dt.timedelta(days=365))
pd.DataFrame(
    {
        name: {
            "outcome": one.decision.outcome.value,
            "probability of default": one.decision.default_probability and one.decision.default_probability.value,
            "score": one.decision.score,
            "limit": one.decision.limit and one.decision.limit.amount,
            "reasons": ", ".join(reason.code for reason in one.decision.reasons),
        }
        for name, one in answers.items()
    }
).T

# %% [markdown]
# A year later the papers are old: the evidence matrix refers and asks for new ones. A month earlier the look-ups had not been made, so there was nothing to decide
# on: what was not known yet does not count, however true it turned out to be.

# %%
answers["a year later, with the same papers"].decision
