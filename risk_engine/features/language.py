"""The feature language, whole: ``from risk_engine.features.language import *`` and declare.

>>> sales = Sum(when(invoices.direction == "out", invoices.net_amount), months(12))
>>> log10(1 + maximum(sales, 0))
<log10(1 + maximum(Sum(when(invoices.direction == "out", invoices.net_amount), months(12)), 0)): one value, number>
>>> invoices.net_amount + ledger.amount
Traceback (most recent call last):
risk_engine.errors.ExpressionError: invoices.net_amount + ledger.amount mixes rows of invoices and rows of ledger \
(reduce each to one value first, e.g. Sum(a) / Sum(b))

The words say what they take by shape: *Row*, one value per row of a section; *Cells*, one per month, day, key or gap;
*One*, one value per applicant. Their examples call ``measure(expression, column=[...])``, which builds one applicant of
these rows, decided on 1 March 2020, runs the expression as a feature of a :class:`~risk_engine.features.Plan` and gives
its value; the suite hands it to them (``conftest.py``).
"""

from __future__ import annotations

from risk_engine.features.cells import ago, by, daily, date_of, gaps, monthly
from risk_engine.features.declaration import Catalogue, Feature
from risk_engine.features.expressions import Expression, expression_hash, sections
from risk_engine.features.functions import (
    absolute,
    days_left_in_month,
    fill,
    log,
    log10,
    maximum,
    minimum,
    months_since,
    pending,
    previous,
    row_kernel,
    when,
)
from risk_engine.features.leaves import SECTIONS, attribute, now
from risk_engine.features.parsing import parse
from risk_engine.features.reduces import (
    ArgMax,
    Count,
    Last,
    LongestRun,
    Max,
    Mean,
    Min,
    Quantile,
    Slope,
    Std,
    Sum,
    Top,
)
from risk_engine.features.shapes import Window, days, ever, months, past_months
from risk_engine.vocabulary import FALLING, RISING, UNDIRECTED, FactType

application = SECTIONS["application"]
fees = SECTIONS["fees"]
applicant = SECTIONS["applicant"]
parties = SECTIONS["parties"]
relations = SECTIONS["relations"]
related_firms = SECTIONS["related_firms"]
linked_applications = SECTIONS["linked_applications"]
consents = SECTIONS["consents"]
sources = SECTIONS["sources"]
identity_checks = SECTIONS["identity_checks"]
registry_events = SECTIONS["registry_events"]
legal_events = SECTIONS["legal_events"]
tax_filings = SECTIONS["tax_filings"]
tax_grades = SECTIONS["tax_grades"]
tax_events = SECTIONS["tax_events"]
invoices = SECTIONS["invoices"]
utility_bills = SECTIONS["utility_bills"]
premises = SECTIONS["premises"]
accounts = SECTIONS["accounts"]
ledger = SECTIONS["ledger"]
payables = SECTIONS["payables"]
receivables = SECTIONS["receivables"]
credit_lines = SECTIONS["credit_lines"]
credit_history = SECTIONS["credit_history"]
credit_enquiries = SECTIONS["credit_enquiries"]
guarantees = SECTIONS["guarantees"]
guarantees_given = SECTIONS["guarantees_given"]
financials = SECTIONS["financials"]
social_insurance = SECTIONS["social_insurance"]
incomes = SECTIONS["incomes"]
outgoings = SECTIONS["outgoings"]
facilities = SECTIONS["facilities"]
site_visits = SECTIONS["site_visits"]
attributes = SECTIONS["attributes"]
filings = tax_filings
bills = utility_bills

__all__ = [
    "FALLING",
    "RISING",
    "UNDIRECTED",
    "ArgMax",
    "Catalogue",
    "Count",
    "Expression",
    "FactType",
    "Feature",
    "Last",
    "LongestRun",
    "Max",
    "Mean",
    "Min",
    "Quantile",
    "Slope",
    "Std",
    "Sum",
    "Top",
    "Window",
    "absolute",
    "accounts",
    "ago",
    "applicant",
    "application",
    "attribute",
    "attributes",
    "bills",
    "by",
    "consents",
    "credit_enquiries",
    "credit_history",
    "credit_lines",
    "daily",
    "date_of",
    "days",
    "days_left_in_month",
    "ever",
    "expression_hash",
    "facilities",
    "fees",
    "filings",
    "fill",
    "financials",
    "gaps",
    "guarantees",
    "guarantees_given",
    "identity_checks",
    "incomes",
    "invoices",
    "ledger",
    "legal_events",
    "linked_applications",
    "log",
    "log10",
    "maximum",
    "minimum",
    "monthly",
    "months",
    "months_since",
    "now",
    "outgoings",
    "parse",
    "parties",
    "past_months",
    "payables",
    "pending",
    "premises",
    "previous",
    "receivables",
    "registry_events",
    "related_firms",
    "relations",
    "row_kernel",
    "sections",
    "site_visits",
    "social_insurance",
    "sources",
    "tax_events",
    "tax_filings",
    "tax_grades",
    "utility_bills",
    "when",
]  # fmt: skip
