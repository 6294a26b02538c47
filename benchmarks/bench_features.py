"""The catalogue for one applicant with 500 invoices: the compiled plan against the same features in polars, eager.

Both run turn by turn in one process and are compared value by value first. The plan starts from prepared columns, as
polars from its frame; the second line adds to ours what preparing them from the decoded document costs: which rows were
known, what was revealed, their order, coverage, integrity. Polars' side does the part of it that its features need.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import statistics
import time
from collections.abc import Callable

import numpy as np
import polars as pl
from stdnum.cn import uscc

from risk_engine.application import Application, decode
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.columns import from_document
from risk_engine.features.plan import Plan

INVOICES = 500
TURNS = 300
GOAL = 10.0
TODAY = dt.date(2024, 6, 17)
NOT_LOOKED_AT = ("parties", "tax_filings", "utility_bills", "accounts", "ledger", "credit_lines", "credit_enquiries")


def document() -> dict[str, object]:
    """One firm with 500 invoices over 23 months and some 20 trading partners, as the sample study's firms have."""
    rng = random.Random(11)
    start = "91990000FAKE00001"
    look_up = {"provider": "made_up", "retrieved_at": "2024-06-17T09:50:00+08:00"}
    return {
        "application": {
            "application_id": "B1", "obligor_id": "O1", "submitted_at": "2024-06-17T09:00:00+08:00",
            "as_of": "2024-06-17T10:00:00+08:00", "jurisdiction": "CN", "lender_kind": "bank",
            "product": "sme_term_loan", "customer_kind": "new", "amount": "300000.00", "currency": "CNY",
            "term_months": 12, "repayment": "equal_instalment", "purpose": "working_capital", "channel": "online",
        },
        "applicant": {
            "kind": "company", "name": "Synthetic", "identifier": start + uscc.calc_check_digit(start),
            "registry_status": "active", "established_on": "2015-03-01", "region": "CN-990000", "industry": "F51",
            "industry_scheme": "gbt4754", "registered_capital": 1e6, "paid_in_capital": 5e5,
        },
        "sources": [
            {"section": "invoices", **look_up, "status": "obtained", "complete": True, "covers_from": "2022-04-01",
             "covers_until": "2024-06-17", "row_count": INVOICES},
            *({"section": name, **look_up, "status": "not_requested", "complete": False} for name in NOT_LOOKED_AT),
        ],
        "invoices": [invoice(place, rng) for place in range(INVOICES)],
    }  # fmt: skip


def invoice(place: int, rng: random.Random) -> dict[str, object]:
    issued_on = TODAY - dt.timedelta(days=rng.randrange(1, 720))
    net = round(rng.lognormvariate(9, 1), 2) * (-1 if rng.random() < 0.04 else 1)
    row: dict[str, object] = {
        "invoice_no": f"{place:08d}", "direction": rng.choice(["in", "out", "out"]), "issued_on": issued_on.isoformat(),
        "counterparty": f"C{int(rng.expovariate(0.25)):02d}",
        "counterparty_kind": rng.choice(["company"] * 9 + ["person"]), "net_amount": net, "tax": round(net * 0.13, 2),
    }  # fmt: skip
    if rng.random() < 0.05:
        row["voided_on"] = min(issued_on + dt.timedelta(days=20), TODAY).isoformat()
    return row


def frame(application: Application) -> pl.DataFrame:
    """The invoices as a user of polars would hold them."""
    rows = application.rows("invoices") or []
    names = ("direction", "issued_on", "voided_on", "counterparty", "counterparty_kind", "net_amount")
    return pl.DataFrame([{name: getattr(row, name) for name in names} for row in rows])


def ratio(above: float | None, below: float) -> float:
    return float("nan") if above is None or below <= 0 else above / below


def with_polars(invoices: pl.DataFrame, amount: float, term: int, established_on: dt.date) -> dict[str, float]:
    """The same features, eager: rows flagged once, then one pass of aggregates and the group-bys that are needed."""
    month = TODAY.year * 12 + TODAY.month
    known = invoices.filter(pl.col("issued_on") < TODAY).with_columns(
        (month - pl.col("issued_on").dt.year().cast(pl.Int32) * 12 - pl.col("issued_on").dt.month()).alias("ago"),
        (pl.col("voided_on").is_not_null() & (pl.col("voided_on") < TODAY)).alias("voided"),
        *[
            ((pl.col("issued_on") < then) & (pl.col("voided_on").is_null() | (pl.col("voided_on") >= then))).alias(name)
            for name, then in (("valid", TODAY), ("valid_6", dt.date(2023, 12, 17)), ("valid_12", dt.date(2023, 6, 17)))
        ],
        (pl.col("direction") == "out").alias("out"),
        (pl.col("counterparty_kind") == "company").alias("named"),
    )
    net, ago, out, valid = pl.col("net_amount"), pl.col("ago"), pl.col("out"), pl.col("valid")
    year, sale = pl.col("ago").is_between(1, 12), out & valid & (net > 0)
    purchase = ~out & valid & (net > 0)
    sums = known.select(
        net.filter(out & valid & year).sum().alias("sales"),
        net.filter(~out & valid & year).sum().alias("purchases"),
        net.filter(out & pl.col("valid_12") & ago.is_between(13, 24)).sum().alias("sales_before"),
        net.filter(~out & pl.col("valid_12") & ago.is_between(13, 24)).sum().alias("purchases_before"),
        net.filter(out & valid & ago.is_between(1, 3)).sum().alias("quarter"),
        net.filter(out & pl.col("valid_12") & ago.is_between(13, 15)).sum().alias("quarter_before"),
        net.filter(sale & year).sum().alias("gross"),
        net.filter(sale & year).max().alias("largest"),
        (sale & year).sum().alias("sale_count"),
        (purchase & year).sum().alias("purchase_count"),
        net.filter(out & year & pl.col("voided") & (net > 0)).sum().alias("voided_amount"),
        net.filter(out & valid & year & (net < 0)).sum().alias("red_amount"),
        net.filter(out & year & (net > 0)).sum().alias("issued"),
        (out & year & (pl.col("voided") | (net < 0))).sum().alias("cancelled_sales"),
        (out & year).sum().alias("all_sales"),
        (~out & year & (pl.col("voided") | (net < 0))).sum().alias("cancelled_purchases"),
        (~out & year).sum().alias("all_purchases"),
        pl.col("issued_on").filter(sale).min().alias("first"),
        pl.col("issued_on").filter(sale).max().alias("last"),
        net.filter(sale & year & pl.col("named")).sum().alias("named_sales"),
    ).row(0, named=True)
    grid = pl.DataFrame({"ago": pl.Series(range(12, 0, -1), dtype=pl.Int32)})
    months = (
        known.filter(year)
        .group_by("ago")
        .agg(
            net.filter(out & valid).sum().alias("sales"),
            net.filter(~out & valid).sum().alias("purchases"),
            net.filter(sale).sum().alias("gross"),
        )
    )
    by_month = (
        grid.join(months, on="ago", how="left")
        .fill_null(0.0)
        .with_columns(
            pl.when(pl.col("sales") > 0).then(pl.col("sales").log()).alias("log_sales"),
            (12.0 - pl.col("ago")).alias("at"),
        )
    )
    at = pl.col("at").filter(pl.col("log_sales").is_not_null())
    spread = by_month.select(
        pl.col("sales").std().alias("sales_sd"), pl.col("sales").mean().alias("sales_mean"),
        pl.col("purchases").std().alias("purchases_sd"), pl.col("purchases").mean().alias("purchases_mean"),
        (pl.col("gross") > 0).sum().alias("active"),
        (pl.cov(at, pl.col("log_sales").drop_nulls()) / at.var()).alias("slope"),
    ).row(0, named=True)  # fmt: skip
    partners = (
        known.filter(year & pl.col("named"))
        .group_by("out", "counterparty")
        .agg(
            net.filter(valid).sum().clip(0).alias("all"),
            net.filter(valid & (ago <= 6)).sum().clip(0).alias("after"),
            net.filter(pl.col("valid_6") & (ago > 6)).sum().clip(0).alias("before"),
        )
    )
    buyers, suppliers = partners.filter(pl.col("out")), partners.filter(~pl.col("out"))
    sold_to = buyers.select(
        pl.col("all").max().alias("top1"), pl.col("all").top_k(5).sum().alias("top5"), pl.col("all").sum().alias("sum"),
        (pl.col("all") * pl.col("all")).sum().alias("squares"), (pl.col("all") > 0).sum().alias("count"),
    ).row(0, named=True)  # fmt: skip
    lost = [
        side.select(1 - pl.min_horizontal("after", "before").sum() / pl.max_horizontal("after", "before").sum()).item()
        for side in (buyers, suppliers)
    ]
    days = known.filter(sale & (pl.col("issued_on") >= TODAY - dt.timedelta(days=365)))["issued_on"].unique().sort()
    ends = pl.Series([TODAY - dt.timedelta(days=365)]).append(days).append(pl.Series([TODAY]))
    sales, purchases = sums["sales"], sums["purchases"]
    return {
        "amount_requested": amount,
        "term_months": term,
        "principal_per_month": amount / term,
        "company_age_months": whole_months(established_on),
        "sales_invoiced_12m": sales,
        "sales_invoiced_log_12m": np.log10(1 + max(sales, 0)),
        "purchases_invoiced_log_12m": np.log10(1 + max(purchases, 0)),
        "sale_invoice_count_log_12m": np.log10(1 + sums["sale_count"]),
        "purchase_invoice_count_log_12m": np.log10(1 + sums["purchase_count"]),
        "request_to_sales_12m": ratio(amount, sales),
        "instalment_to_sales_12m": ratio(amount / term, sales / 12),
        "invoice_gap_max_365d": ends.diff().max().days,
        "invoice_recency": (TODAY - sums["last"]).days,
        "sales_month_count_12m": spread["active"],
        "invoice_history_months": whole_months(sums["first"]),
        "sales_invoiced_cv_12m": ratio(spread["sales_sd"], spread["sales_mean"]),
        "purchases_invoiced_cv_12m": ratio(spread["purchases_sd"], spread["purchases_mean"]),
        "sale_invoice_max_share_12m": ratio(sums["largest"], sums["gross"]),
        "sales_invoiced_slope_12m": spread["slope"],
        "sales_invoiced_change_12m": min(0.5, ratio(sales, sums["sales_before"]) - 1),
        "sales_invoiced_change_3m": min(0.5, ratio(sums["quarter"], sums["quarter_before"]) - 1),
        "purchases_invoiced_change_12m": min(0.5, ratio(purchases, sums["purchases_before"]) - 1),
        "invoice_void_share_12m": ratio(sums["voided_amount"] - sums["red_amount"], sums["issued"]),
        "sales_void_count_share_12m": ratio(sums["cancelled_sales"], sums["all_sales"]),
        "purchases_void_count_share_12m": ratio(sums["cancelled_purchases"], sums["all_purchases"]),
        "purchases_to_sales_12m": ratio(purchases, sales),
        "buyer_top1_share_12m": ratio(sold_to["top1"], sold_to["sum"]),
        "buyer_top5_share_12m": ratio(sold_to["top5"], sold_to["sum"]),
        "buyer_hhi_12m": ratio(sold_to["squares"], sold_to["sum"] ** 2),
        "buyer_count_log_12m": np.log10(1 + sold_to["count"]),
        "unknown_buyer_share_12m": 1 - ratio(sums["named_sales"], sums["gross"]),
        "supplier_top1_share_12m": suppliers.select(pl.col("all").max() / pl.col("all").sum()).item(),
        "buyer_churn_6m": lost[0],
        "supplier_churn_6m": lost[1],
    }


def whole_months(since: dt.date) -> int:
    return (TODAY.year - since.year) * 12 + TODAY.month - since.month - (TODAY.day < since.day)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure() -> tuple[float, float, float, int]:
    """Median seconds of the plan, of preparing columns and the plan, and of polars, and the number of features."""
    application = decode(json.dumps(document()).encode())
    columns, invoices = from_document(application), frame(application)
    asked, firm = application.application, application.applicant
    wanted = list(with_polars(invoices, float(asked.amount), asked.term_months, firm.established_on))
    plan = Plan([CATALOGUE[name] for name in wanted])

    def ours() -> object:
        return plan.run(columns)

    def prepared_too() -> object:
        return plan.run(from_document(application))

    def baseline() -> dict[str, float]:
        return with_polars(invoices, float(asked.amount), asked.term_months, firm.established_on)

    found, expected = plan.run(columns).values[0], list(baseline().values())
    for name, a, b in zip(wanted, found, expected, strict=True):
        if abs(a - b) > 0.51 * 10.0 ** -CATALOGUE[name].fact.decimals:
            raise SystemExit(f"{name}: the plan says {a}, polars {b}")
    turns = [[timed(work) for work in (ours, prepared_too, baseline)] for _ in range(TURNS)]
    plan_alone, whole, theirs = (statistics.median(times) for times in zip(*turns, strict=True))
    return plan_alone, whole, theirs, len(wanted)


def line() -> str:
    """Lines of the table: work, ours, baseline, ratio, goal."""
    plan_alone, whole, baseline, features = measure()
    return "\n".join(
        f"| {features} features, 1 applicant, {INVOICES} invoices, {told} | {ours * 1e3:.3f} ms "
        f"| polars eager {baseline * 1e3:.2f} ms | {baseline / ours:.1f} x | {goal} |"
        for told, ours, goal in (
            ("from prepared columns", plan_alone, f">= {GOAL:.0f} x"),
            ("from the decoded document", whole, "told"),
        )
    )


if __name__ == "__main__":
    print(line())
