"""The examples of the feature language, as a catalogue module."""

from __future__ import annotations

import numpy as np

from risk_engine.features.language import (
    RISING,
    ArgMax,
    Count,
    Feature,
    Mean,
    Quantile,
    Std,
    Sum,
    ago,
    bills,
    by,
    daily,
    date_of,
    days,
    days_left_in_month,
    ever,
    filings,
    fill,
    gaps,
    invoices,
    ledger,
    legal_events,
    maximum,
    minimum,
    monthly,
    months,
    payables,
    pending,
    row_kernel,
    when,
)

OPERATING = ("sales", "other")

TOLD = {
    "says": ("An example", "示例"), "unit": "ratio", "decimals": 4, "range": (-1e12, 1e12), "risk": RISING,
    "reason": "unstable_income", "why": "an example", "source": "LANGUAGE.md", "group": "example",
}  # fmt: skip


def returned_to_payer(offsets, booked_on, amount, counterparty):
    """The part of each credit that goes back to its payer within seven days."""
    found = np.zeros(len(amount))
    for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        for i in range(start, end):
            for j in range(i + 1, end):
                if booked_on[j] - booked_on[i] > 7:
                    break
                if (
                    amount[i] > 0
                    and counterparty[j] == counterparty[i]
                    and abs(amount[j] + amount[i]) < 0.05 * amount[i]
                ):
                    found[i] = amount[i]
    return found


inflow = when((ledger.amount > 0) & ledger.category.is_in(OPERATING), ledger.amount)
outflow = when(ledger.amount < 0, -ledger.amount)
net_sales = when((invoices.direction == "out") & pending(invoices.issued_on, invoices.voided_on), invoices.net_amount)
vat_sales = when(filings.tax == "vat", filings.declared_sales)
enforced_open = when(
    (legal_events.kind == "enforcement") & pending(legal_events.opened_on, legal_events.closed_on), legal_events.amount
)
balance = daily(ledger.balance, per=ledger.account)
month_end = days_left_in_month(date_of(balance)) < 3
kwh = monthly(when(bills.kind == "electricity", bills.consumption), spread=(bills.period_start, bills.period_end))
bought = fill(maximum(by(invoices.counterparty, net_sales, months(6)), 0), 0)
before = ago(months(6), bought)
payable = Sum(when(pending(payables.incurred_on, payables.settled_on), payables.amount), ever)
days_payable = 365 * payable / Sum(payables.amount, months(12))
payday = gaps(when(ledger.counterparty == ArgMax(by(ledger.counterparty, inflow)), inflow))

kwh_change = Feature(Sum(kwh, months(6)) / ago(months(12), Sum(kwh, months(6))) - 1, **TOLD)
kwh_adjusted_cv = Feature(
    Std(kwh / ago(months(12), kwh), months(6)) / Mean(kwh / ago(months(12), kwh), months(6)), **TOLD
)
buyer_churn = Feature(1 - Sum(minimum(bought, before)) / Sum(maximum(bought, before)), **TOLD)
pay_regularity = Feature(1 - Std(payday) / Mean(payday), over=[days(180)], **TOLD)
balance_p05_in_months = Feature(Quantile(balance, 0.05, days(180)) / (Sum(outflow, days(180)) / 6), **TOLD)
month_end_spike = Feature(
    Mean(when(month_end, balance)) / Mean(when(~month_end, balance)), over=[days(180), days(90)], **TOLD
)
days_payable_change = Feature(days_payable - ago(months(12), days_payable), **TOLD)
missing_filing_count = Feature(
    Count(
        when((filings.tax == "vat") & pending(filings.due_on, filings.filed_on), filings.due_on),
        months(12),
        on=filings.due_on,
    ),
    **TOLD,
)
account_coverage = Feature(Sum(inflow) / Sum(vat_sales), over=[months(12)], **TOLD)
enforced_to_sales = Feature(Sum(enforced_open, ever) / Sum(vat_sales, months(12)), **TOLD)
circular_share = Feature(
    Sum(row_kernel(returned_to_payer)(ledger.booked_on, ledger.amount, ledger.counterparty)) / Sum(inflow),
    over=[days(180)],
    **TOLD,
)
circular_share_before = Feature(
    ago(
        months(6),
        Sum(row_kernel(returned_to_payer)(ledger.booked_on, ledger.amount, ledger.counterparty), days(180)),
    ),
    **TOLD,
)
operating_inflow_cv = Feature(
    Std(monthly(inflow)) / Mean(monthly(inflow)),
    over=[months(12)],
    says=("Volatility of monthly operating inflow", "月经营流入波动"),
    unit="ratio",
    decimals=4,
    range=(0, 20),
    risk=RISING,
    reason="unstable_income",
    why="Irregular income services debt badly",
    source="LANGUAGE.md",
    group="stability",
    if_none="no operating inflow",
)
