"""How the accounts are run: returned payments, cash, wagers, wages, private payees, taxes, unsorted postings.

*Returned payments* (D17): one for each own debit that came back for lack of funds, by the day it came back. The debit
itself says so (``returned_on``), so a reversing posting, fees and refunded fees never count. A return whose reason is
not told counts: what is withheld weighs as the worst. Few such returns exist in China.
"""

from risk_engine.features.catalogue.postings import D, credit, debit, earned, received, spent, takes_back, turned_over
from risk_engine.features.language import *

half_year = days(180)
year = months(12)
for_lack_of_funds = fill(ledger.return_reason, "insufficient_funds") == "insufficient_funds"
returned_payment = when(
    debit & for_lack_of_funds & ~ledger.category.is_in(("fee", "fee_refund")) & ~takes_back, ledger.returned_on
)
receipt = when(earned & ~takes_back, ledger.amount)
cash = (ledger.category == "cash") | (ledger.counterparty_kind == "cash")
wages = ledger.category.is_in(("payroll", "salary"))
cash_received = when(credit & cash, received)

returned_payment_count = Feature(
    Count(returned_payment, on=ledger.returned_on),
    over=[days(30), days(90), days(180)],
    says=("Own payments returned for lack of funds", "因余额不足退回的付款笔数"),
    unit="count",
    decimals=0,
    range=(0, 1e6),
    risk=RISING,
    group="conduct",
    reason="returned_payments",
    why="The strongest single signal of a ledger: 0, 1 to 3, 4 and more are its tiers",
    source=D + "17",
)

returned_payment_recency_365d = Feature(
    now - Last(returned_payment, days(365), on=ledger.returned_on),
    says=("Days since the last returned payment, at most 365", "距最近一次退回付款天数（最多365天）"),
    unit="days",
    decimals=0,
    range=(0, 365),
    risk=FALLING,
    none_reads_as=365,
    if_none="no returned payment in 365 days",
    group="conduct",
    reason="returned_payments",
    why="The signal fades with time",
    source=D + "18",
)

returned_receipt_share_180d = Feature(
    Count(when(ledger.returned_on < now, receipt), half_year) / Count(receipt, half_year),
    says=("Share of receipts that were returned, 180 days", "近180天收款被退回占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no receipts in the window",
    group="conduct",
    reason="returned_payments",
    why="Weak customers",
    source=D + "19",
)

cash_deposit_share_180d = Feature(
    Sum(cash_received, half_year) / Sum(received, half_year),
    says=("Cash deposits, share of money in, 180 days", "近180天现金存入占流入比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="nothing came in",
    group="conduct",
    reason="cash_dealings",
    why="Usual in retail, odd elsewhere: to be read by industry",
    source=D + "30",
)

cash_withdrawal_share_180d = Feature(
    Sum(when(cash, spent), half_year) / Sum(spent, half_year),
    says=("Cash withdrawals, share of money out, 180 days", "近180天现金支取占流出比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="nothing went out",
    group="conduct",
    reason="cash_dealings",
    why="Usual in retail, odd elsewhere: to be read by industry",
    source=D + "30",
)

gambling_share_180d = Feature(
    Sum(when(ledger.category.is_in(("crypto", "gambling")), spent), half_year) / Sum(spent, half_year),
    says=("Gambling, lottery and crypto, share of money out, 180 days", "近180天博彩及加密货币支出占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="nothing went out",
    group="conduct",
    reason="speculative_spending",
    why="Conduct of a consumer, or of the owner with the firm's money",
    source=D + "31",
)

payroll_month_count_6m = Feature(
    Count(monthly(when(wages, spent)) > 0, months(6)),
    says=("Months in which wages were paid, of 6", "近6个月有发薪月数"),
    unit="months",
    decimals=0,
    range=(0, 6),
    risk=FALLING,
    group="stability",
    reason="interrupted_trading",
    why="Real staff is paid every month; a batch is one debit, so heads are for the insured employees to tell",
    source="house definition beside " + D + "32",
)

private_outflow_share_180d = Feature(
    Sum(when((ledger.counterparty_kind == "person") & ~wages, spent), half_year) / Sum(spent, half_year),
    says=("Payments to private persons other than wages, share of money out", "近180天非工资对私转出占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="nothing went out",
    group="conduct",
    reason="payments_to_persons",
    why="Money leaking from a firm, or pay off the books",
    source=D + "34",
)

tax_paid_gap_12m = Feature(
    absolute(log(Sum(when(ledger.category == "tax", spent), year) / Sum(filings.tax_paid, year, on=filings.paid_on))),
    says=(
        "Tax paid per ledger against per authority, 12 months (log gap)",
        "近12个月流水缴税与税务记录差异（对数绝对值）",
    ),
    unit="log ratio",
    decimals=4,
    range=(0, 100),
    clip=(0, 5),
    risk=RISING,
    if_none="no tax paid on either side",
    group="integrity",
    reason="implausible_turnover",
    why="Two sources of one payment must agree",
    source=D + "33",
)

uncategorised_share_12m = Feature(
    Sum(when(ledger.category == "other", turned_over), year) / Sum(turned_over, year),
    says=("Share of flows without a category, 12 months", "近12个月未分类流水占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no money moved in the window",
    group="integrity",
    reason="insufficient_evidence",
    why="What the categories cannot tell; hiding wagers or loans among the unsorted must not pay",
    source="attribute list of the design, corrections: a fact of its own",
)
