"""Balances by day: the buffer, its worst days, its fall, days below zero, window dressing (D10-D16).

The balance of a day is that at its end, carried forward, over all accounts whose ledger was read. An account counts
from its first posting on. *Outflow* is every standing debit to others than own accounts.
"""

from risk_engine.features.catalogue.postings import D, operating_spent, spent
from risk_engine.features.language import *

quarter = days(90)
half_year = days(180)
balance = daily(ledger.balance, per=ledger.account)
below_zero = daily(minimum(ledger.balance, 0), per=ledger.account)
month_end = days_left_in_month(date_of(balance)) < 3

peak = Max(balance, half_year)
peak_day = Min(when(balance == peak, date_of(balance)), half_year)
trough = Min(when(date_of(balance) >= peak_day, balance), half_year)

balance_mean_log_180d = Feature(
    log10(1 + maximum(Mean(balance, half_year), 0)),
    says=("Mean day-end balance, 180 days (log10)", "近180天日均余额（对数）"),
    unit="log10 currency",
    decimals=4,
    range=(0, 16),
    risk=FALLING,
    if_none="no posting on any account",
    group="liquidity",
    reason="low_balances",
    why="The buffer that meets a bad month",
    source=D + "10",
)

balance_cover_days_90d = Feature(
    Mean(balance, quarter) / (Sum(operating_spent, quarter) / 90),
    says=("Days of operating outflow that the mean balance covers, 90 days", "近90天日均余额可覆盖经营支出天数"),
    unit="days",
    decimals=2,
    range=(-1e12, 1e12),
    clip=(0, 365),
    risk=FALLING,
    if_none="no balance and no operating outflow",
    group="liquidity",
    reason="low_balances",
    why="Days the firm lives without a receipt",
    source=D + "11",
)

balance_p05_to_outflow_180d = Feature(
    Quantile(balance, 0.05, half_year) / (Sum(spent, half_year) / 6),
    says=("5th percentile of the balance to monthly outflow, 180 days", "近180天余额5%分位数与月均支出之比"),
    unit="ratio",
    decimals=4,
    range=(-1e12, 1e12),
    clip=(-5, 12),
    risk=FALLING,
    if_none="no balance and no outflow",
    group="liquidity",
    reason="low_balances",
    why="The cushion on the worst days",
    source=D + "12",
)

overdrawn_day_count_90d = Feature(
    Count(below_zero < 0, quarter),
    says=("Days with an account below zero, of 90", "近90天有账户余额为负天数"),
    unit="days",
    decimals=0,
    range=(0, 90),
    risk=RISING,
    group="liquidity",
    reason="overdrawn_accounts",
    why="An overdraft in use, agreed or not, on any account: another account's money does not hide it",
    source=D + "13",
)

low_balance_day_share_90d = Feature(
    Mean(balance < 3 * (Sum(spent, quarter) / 90), quarter),
    says=("Share of days with less than 3 days of outflow, 90 days", "近90天余额低于3日支出的天数占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no posting on any account",
    group="liquidity",
    reason="low_balances",
    why="Living from hand to mouth",
    source=D + "14",
)

balance_cv_180d = Feature(
    Std(balance, half_year) / Mean(balance, half_year),
    says=("Volatility of the day-end balance, 180 days", "近180天日终余额波动系数"),
    unit="ratio",
    decimals=4,
    range=(0, 1e12),
    clip=(0, 5),
    risk=RISING,
    if_none="fewer than two days with a known balance",
    group="liquidity",
    reason="low_balances",
    why="A balance that swings is no buffer; a mean at or below zero reads as the worst",
    source=D + "15",
)

balance_drawdown_180d = Feature(
    (peak - trough) / peak,
    says=("Fall of the balance from its highest day, 180 days", "近180天余额自最高点回撤幅度"),
    unit="ratio",
    decimals=4,
    range=(0, 1e12),
    clip=(0, 2),
    risk=RISING,
    if_none="no posting on any account",
    group="liquidity",
    reason="low_balances",
    why="A buffer that was eaten up; above 1 the balance fell below zero",
    source="house definition: first day of the window's highest day-end balance, to the lowest from then on, over the "
    "highest",
)

month_end_spike_180d = Feature(
    Mean(when(month_end, balance), half_year) / Mean(when(~month_end, balance), half_year),
    says=("Balance on the last 3 days of months to other days, 180 days", "近180天月末3日余额与其他日余额之比"),
    unit="ratio",
    decimals=4,
    range=(-1e12, 1e12),
    clip=(0, 10),
    risk=RISING,
    if_none="no balance on both kinds of days",
    group="integrity",
    reason="implausible_turnover",
    why="Balances dressed up for statements",
    source=D + "16",
)
