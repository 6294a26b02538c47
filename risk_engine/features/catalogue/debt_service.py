"""Loans that the ledger shows: lenders that paid out, the burden of repayments, loans that repay loans (D27-D29)."""

from risk_engine.features.catalogue.postings import D, debt_paid, inflow, loan_received
from risk_engine.features.language import *
from risk_engine.features.row_kernels import rolled_over

quarter = days(90)
half_year = days(180)
from_lenders = when(ledger.counterparty == ledger.counterparty, loan_received)

loan_payer_count_90d = Feature(
    Count(by(ledger.counterparty, loan_received), quarter)
    + minimum(Count(loan_received, quarter) - Count(from_lenders, quarter), 1),
    says=("Lenders that paid out, 90 days", "近90天放款机构数"),
    unit="count",
    decimals=0,
    range=(0, 1e6),
    risk=RISING,
    group="affordability",
    reason="existing_obligations",
    why="Stacking of loans; unnamed lenders count as one",
    source=D + "27",
)

debt_service_to_inflow_90d = Feature(
    Sum(debt_paid, quarter) / Sum(inflow, quarter),
    says=("Debt service seen in the ledger to operating inflow, 90 days", "近90天还款支出占经营性流入比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1e15),
    clip=(0, 3),
    risk=RISING,
    if_none="no debt service and no operating inflow",
    group="affordability",
    reason="existing_obligations",
    why="The burden of repayments: 15 % is medium, 30 % high",
    source=D + "28, what is detected; declared debts are facts of their own sections",
)

loan_churn_share_180d = Feature(
    Sum(row_kernel(rolled_over)(ledger.booked_on, loan_received, debt_paid, ledger.counterparty), half_year)
    / Sum(loan_received, half_year),
    says=("Share of loan proceeds that repays another lender within 3 days", "近180天贷款3日内用于偿还其他机构占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    none_reads_as=0,
    if_none="no loan paid out in the window",
    group="affordability",
    reason="existing_obligations",
    why="Rolling debt over from lender to lender",
    source=D + "29",
)
