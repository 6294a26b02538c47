"""With whom the accounts deal: concentration, money that returns or only passes through, related parties (D22-D26).

*Named* counterparties are companies and public bodies with a known identifier. Others are left out of concentration,
and their share is a fact of its own. What returns or passes through is told by calendar day, and each debit
answers one credit, first come first served: the ledger of one applicant shows the direct way back only, and D25 in
hours needs postings with a time of day.
"""

from risk_engine.features.catalogue.postings import D, inflow, operating_spent, spent, stands, turned_over
from risk_engine.features.language import *
from risk_engine.features.row_kernels import passed_on, sent_back

year = months(12)
half_year = days(180)
named = ledger.counterparty_kind.is_in(("company", "government"))
from_payers = by(ledger.counterparty, when(named, inflow))
to_payees = by(ledger.counterparty, when(named, operating_spent))
left_account = when(stands & (ledger.amount < 0), -ledger.amount)
related = when(ledger.counterparty_kind == "related", turned_over)

payer_top1_share_12m = Feature(
    Max(from_payers, year) / Sum(from_payers, year),
    says=("Share of the largest payer, 12 months", "近12个月第一大付款方流入占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no operating inflow from named payers in the window",
    group="concentration",
    reason="customer_concentration",
    why="One payer's failure is the applicant's",
    source=D + "22",
)

payer_hhi_12m = Feature(
    minimum(Sum(from_payers * from_payers, year) / (Sum(from_payers, year) * Sum(from_payers, year)), 1),
    says=("Herfindahl index of payers, 12 months", "近12个月付款方集中度（赫芬达尔指数）"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no operating inflow from named payers in the window",
    group="concentration",
    reason="customer_concentration",
    why="Concentration over all payers, not the largest alone",
    source=D + "22",
)

unnamed_payer_share_12m = Feature(
    maximum(1 - Sum(from_payers, year) / Sum(inflow, year), 0),
    says=("Share of operating inflow from unknown or private payers, 12 months", "近12个月未知或个人付款方流入占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="no operating inflow in the window",
    group="concentration",
    reason="customer_concentration",
    why="What concentration cannot see; usual in retail",
    source=D + "22, correction",
)

payee_hhi_12m = Feature(
    minimum(Sum(to_payees * to_payees, year) / (Sum(to_payees, year) * Sum(to_payees, year)), 1),
    says=("Herfindahl index of payees, 12 months", "近12个月收款方集中度（赫芬达尔指数）"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="no operating payments to named payees in the window",
    group="concentration",
    reason="supplier_concentration",
    why="Dependence on a supplier, or a conduit",
    source=D + "23",
)

unnamed_payee_share_12m = Feature(
    maximum(1 - Sum(to_payees, year) / Sum(operating_spent, year), 0),
    says=("Share of operating payments to unknown or private payees, 12 months", "近12个月未知或个人收款方支出占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="no operating payments in the window",
    group="concentration",
    reason="supplier_concentration",
    why="What concentration cannot see; usual for wages and retail purchases",
    source=D + "23, as the correction to D22",
)

circular_share_180d = Feature(
    Sum(row_kernel(sent_back)(ledger.booked_on, inflow, spent, ledger.counterparty), half_year)
    / Sum(inflow, half_year),
    says=("Share of operating inflow sent back to its payer within 7 days", "近180天7日内原路返回的流入占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no operating inflow in the window",
    group="integrity",
    reason="implausible_turnover",
    why="Made-up turnover goes round; the same amount to 5 %, directly: longer ways need other parties' ledgers",
    source=D + "24, what one document can show",
)

pass_through_share_180d = Feature(
    Sum(row_kernel(passed_on)(ledger.booked_on, inflow, left_account, ledger.account), half_year)
    / Sum(inflow, half_year),
    says=("Share of operating inflow that leaves its account by the next day", "近180天次日前转出的流入占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no operating inflow in the window",
    group="integrity",
    reason="implausible_turnover",
    why="An account that money only passes through",
    source="house definition beside "
    + D
    + "25 (which needs the time of day): 90 % of a credit, debits of its day and the "
    "next",
)

related_flow_share_12m = Feature(
    Sum(related, year) / Sum(turned_over, year),
    says=("Share of flows with related parties, 12 months", "近12个月关联方往来占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no money moved in the window",
    group="integrity",
    reason="implausible_turnover",
    why="Support or siphoning",
    source=D + "26",
)
