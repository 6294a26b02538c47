"""What comes in and goes out of the bank accounts: scale, continuity, trend, rhythm, net flow (D2-D9, D20, D21).

The terms (operating inflow, what stands, what moved) are those of :mod:`.postings`.
"""

from risk_engine.features.catalogue.invoices import sold, valid
from risk_engine.features.catalogue.postings import D, inflow, net_flow
from risk_engine.features.language import *
from risk_engine.features.row_kernels import whole_below

half_year = days(180)
year_of_inflow = Sum(inflow, months(12))
inflow_by_month = monthly(inflow)

quarter = Sum(inflow, months(3))
quarter_before = Sum(inflow, months(6)) - quarter
quarter_last_year = Sum(inflow, months(15)) - year_of_inflow

# A *payday* is a day on which the payer of the most operating inflow pays, among payers seen on four days or more.
pay_day = when(inflow > 0, ledger.booked_on)
new_pay_day = when(fill(previous(pay_day, by=ledger.counterparty), pay_day - 1) < pay_day, pay_day)
paid_often = by(ledger.counterparty, when(new_pay_day < now, 1)) >= 4
main_payer = ArgMax(when(paid_often, by(ledger.counterparty, inflow)), half_year)
payday = when(ledger.counterparty == main_payer, new_pay_day)
between_paydays = gaps(payday)
usual_gap = Quantile(between_paydays, 0.5, half_year)
# A credit is expected every usual gap after a payday; missed are those that are more than 7 days late.
last_gap = when(payday > Min(payday, half_year), payday - previous(payday))
open_gap = when(payday == Max(payday, half_year), now - payday)
missed = row_kernel(whole_below)((last_gap - 7) / usual_gap)
still_missed = row_kernel(whole_below)((open_gap - 7) / usual_gap)

operating_inflow_log_12m = Feature(
    log10(1 + year_of_inflow),
    says=("Operating inflow, 12 months (log10)", "近12个月经营性流入（对数）"),
    unit="log10 currency",
    decimals=4,
    range=(0, 16),
    risk=FALLING,
    group="scale",
    reason="low_turnover",
    why="Money that really came in; larger firms fail less",
    source=D + "3",
)

operating_inflow_day_count_90d = Feature(
    Count(by(ledger.booked_on, inflow), days(90)),
    says=("Days with operating inflow, of 90", "近90天有经营性流入天数"),
    unit="days",
    decimals=0,
    range=(0, 90),
    risk=FALLING,
    group="stability",
    reason="few_transactions",
    why="Many small receipts beat few lumps",
    source=D + "6",
)

operating_inflow_month_count_12m = Feature(
    Count(inflow_by_month > 0, months(12)),
    says=("Months with operating inflow, of 12", "近12个月有经营性流入月数"),
    unit="months",
    decimals=0,
    range=(0, 12),
    risk=FALLING,
    group="stability",
    reason="interrupted_trading",
    why="Continuity of receipts",
    source="house definition beside " + D + "6, as B19",
)

operating_inflow_recency_90d = Feature(
    now - Last(pay_day, days(90)),
    says=("Days since the last operating inflow, at most 90", "距最近一笔经营性流入天数（最多90天）"),
    unit="days",
    decimals=0,
    range=(0, 90),
    risk=RISING,
    none_reads_as=90,
    if_none="no operating inflow in 90 days",
    group="stability",
    reason="interrupted_trading",
    why="Silence of the account",
    source=D + "7",
)

operating_inflow_cv_12m = Feature(
    Std(inflow_by_month, months(12)) / Mean(inflow_by_month, months(12)),
    says=("Volatility of monthly operating inflow, 12 months", "近12个月经营性流入波动系数"),
    unit="ratio",
    decimals=4,
    range=(0, 1e6),
    clip=(0, 4),
    risk=RISING,
    if_none="no operating inflow in the window",
    group="stability",
    reason="unstable_income",
    why="Uneven income misses instalments; 0.25 is steady, 0.5 unstable",
    source=D + "4",
)

operating_inflow_change_3m = Feature(
    quarter / when(quarter_before > 0, quarter_before) - 1,
    says=("Operating inflow of the last quarter against the quarter before", "近3个月经营性流入环比变化"),
    unit="ratio",
    decimals=4,
    range=(-1, 1e9),
    clip=(-1, 0.5),
    risk=FALLING,
    if_none="no operating inflow in the quarter before",
    group="trend",
    reason="falling_inflow",
    why="A recent fall; growth beyond +50% earns nothing",
    source=D + "5",
)

operating_inflow_change_on_year_3m = Feature(
    quarter / when(quarter_last_year > 0, quarter_last_year) - 1,
    says=("Operating inflow of the last quarter against the same quarter last year", "近3个月经营性流入同比变化"),
    unit="ratio",
    decimals=4,
    range=(-1, 1e9),
    clip=(-1, 0.5),
    risk=FALLING,
    if_none="no operating inflow in the same quarter last year",
    group="trend",
    reason="falling_inflow",
    why="The same with the moving New Year taken out",
    source=D + "5, correction",
)

inflow_to_invoiced_sales_12m = Feature(
    year_of_inflow / Sum(when(sold & valid, invoices.net_amount + invoices.tax), months(12)),
    says=("Operating inflow to sales invoiced with tax, 12 months", "近12个月经营性流入与含税开票额之比"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(0, 5),
    risk=UNDIRECTED,
    if_none="no net sales invoiced in the window",
    group="integrity",
    reason="implausible_turnover",
    why="Under 0.5 accounts are hidden, over 1.5 the money is not from sales; cash holds tax, so here invoices do",
    source=D + "2, on invoices, which tell the tax that must be added",
)

payday_regularity_180d = Feature(
    1 - Std(between_paydays, half_year) / Mean(between_paydays, half_year),
    says=("Regularity of the main recurring credit, 180 days", "近180天主要周期性入账规律性"),
    unit="ratio",
    decimals=4,
    range=(-1e6, 1),
    clip=(-1, 1),
    risk=FALLING,
    if_none="no payer seen on four days or more",
    group="stability",
    reason="unstable_income",
    why="Income with a rhythm meets instalments with one",
    source=D + "8",
)

payday_missed_count_180d = Feature(
    when(usual_gap > 0, Sum(missed, half_year) + Sum(still_missed, half_year)),
    says=("Expected recurring credits not seen within 7 days, 180 days", "近180天主要周期性入账逾期7天未到次数"),
    unit="count",
    decimals=0,
    range=(0, 180),
    risk=RISING,
    if_none="no payer seen on four days or more",
    group="stability",
    reason="unstable_income",
    why="A lost job or customer; a gap counts every credit that it swallowed, the gap still open too",
    source=D + "9; one is expected every median gap after the last that was seen",
)

net_cash_flow_share_180d = Feature(
    Sum(net_flow, half_year) / Sum(when(net_flow > 0, net_flow), half_year),
    says=("Net cash flow without loans to money in, 180 days", "近180天净现金流占流入比例（不含贷款）"),
    unit="ratio",
    decimals=4,
    range=(-1e12, 1),
    clip=(-2, 1),
    risk=FALLING,
    if_none="no money moved in the window",
    group="cash_flow",
    reason="negative_cash_flow",
    why="What is left of what comes in; own-account transfers and returned items are no flow",
    source=D + "20",
)

negative_cash_flow_month_count_12m = Feature(
    Count(monthly(net_flow) < 0, months(12)),
    says=("Months in which more went out than came in, of 12", "近12个月净流出月数（不含贷款）"),
    unit="months",
    decimals=0,
    range=(0, 12),
    risk=RISING,
    group="cash_flow",
    reason="negative_cash_flow",
    why="Burning cash month after month",
    source=D + "21",
)
