"""What accounts were read, for how long, and how far their overdraft limits are used (D1, D13).

An account closed before the day of decision is left out. Ledger and accounts meet only as sums over all accounts, so a
limit unused on one account stands for use beyond the limit on another; :mod:`.balances` counts days below zero by
account.
"""

from risk_engine.features.catalogue.balances import below_zero
from risk_engine.features.catalogue.postings import D
from risk_engine.features.language import *

open_now = fill(accounts.closed_on, now) >= now
read_from = Max(when(open_now, accounts.covers_from), ever)
read_until = Min(when(open_now, accounts.covers_until), ever)
limit = Sum(when(open_now, accounts.overdraft_limit), ever)

account_history_months = Feature(
    maximum(months_since(read_from) - months_since(minimum(read_until + 1, now)), 0),
    says=("Complete months that all accounts' ledgers cover", "全部账户流水共同覆盖月数"),
    unit="months",
    decimals=0,
    range=(0, 12_000),
    clip=(0, 24),
    risk=FALLING,
    none_reads_as=0,
    if_none="no open account",
    group="history",
    reason="short_account_history",
    why="Thin history; the account read for the shortest time sets it",
    source=D + "1",
)

account_count = Feature(
    Count(open_now, ever),
    says=("Accounts read", "已提供流水账户数"),
    unit="count",
    decimals=0,
    range=(0, 1e6),
    risk=UNDIRECTED,
    group="history",
    reason="short_account_history",
    why="How much of the money is seen",
    source="house definition beside " + D + "1",
)

over_limit_day_count_90d = Feature(
    Count(below_zero < -limit, days(90)),
    says=("Days overdrawn beyond the agreed limits, of 90", "近90天透支超过约定额度天数"),
    unit="days",
    decimals=0,
    range=(0, 90),
    risk=RISING,
    group="liquidity",
    reason="overdrawn_accounts",
    why="Five days and more are a yellow flag; an agreed overdraft is none",
    source=D + "13, with the overdraft limit",
)

overdraft_use_max_90d = Feature(
    -Min(below_zero, days(90)) / limit,
    says=("Greatest use of the agreed overdraft, 90 days", "近90天透支额度最高使用率"),
    unit="ratio",
    decimals=4,
    range=(0, 1e15),
    clip=(0, 2),
    risk=RISING,
    none_reads_as=0,
    if_none="no overdraft agreed and none used, or no posting",
    group="liquidity",
    reason="overdrawn_accounts",
    why="Headroom left; above 1, or any overdraft without a limit, was never agreed",
    source=D + "13, with the overdraft limit",
)
