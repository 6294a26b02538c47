"""Who a firm trades with, from its VAT invoices: concentration and customers lost (B21, B22).

*Named* partners are companies with a known identifier. Sales to unknown or private buyers are left out of
concentration, and their share is a fact of its own. A partner who returned more than it took counts as nothing.
"""

from risk_engine.features.catalogue.invoices import purchases, sale, sales
from risk_engine.features.language import *

B = "attribute list of the design, B"

named = invoices.counterparty_kind == "company"
named_sale = by(invoices.counterparty, when(named, sale))
to_buyers = maximum(by(invoices.counterparty, when(named, sales)), 0)
from_suppliers = maximum(by(invoices.counterparty, when(named, purchases)), 0)

this_half = fill(maximum(by(invoices.counterparty, when(named, sales), months(6)), 0), 0)
half_before = ago(months(6), this_half)
supplied_now = fill(maximum(by(invoices.counterparty, when(named, purchases), months(6)), 0), 0)
supplied_before = ago(months(6), supplied_now)

buyer_top1_share_12m = Feature(
    Max(to_buyers, months(12)) / Sum(to_buyers, months(12)),
    says=("Share of the largest buyer, 12 months", "近12个月第一大客户销售占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no sales to named buyers in the window",
    group="concentration",
    reason="customer_concentration",
    why="One customer's failure is the firm's",
    source=B + "21",
)

buyer_top5_share_12m = Feature(
    minimum(Top(to_buyers, 5, months(12)) / Sum(to_buyers, months(12)), 1),
    says=("Share of the five largest buyers, 12 months", "近12个月前五大客户销售占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no sales to named buyers in the window",
    group="concentration",
    reason="customer_concentration",
    why="Sales that few customers carry",
    source=B + "21",
)

buyer_hhi_12m = Feature(
    minimum(Sum(to_buyers * to_buyers, months(12)) / (Sum(to_buyers, months(12)) * Sum(to_buyers, months(12))), 1),
    says=("Herfindahl index of buyers, 12 months", "近12个月客户集中度（赫芬达尔指数）"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no sales to named buyers in the window",
    group="concentration",
    reason="customer_concentration",
    why="Concentration over all customers, not the largest alone",
    source="attribute list of the design, D22, on invoices",
)

buyer_count_log_12m = Feature(
    log10(1 + Count(to_buyers > 0, months(12))),
    says=("Named buyers, 12 months (log10 count)", "近12个月客户数（对数）"),
    unit="log10 count",
    decimals=4,
    range=(0, 9),
    risk=FALLING,
    group="concentration",
    reason="customer_concentration",
    why="More customers, less dependence",
    source="house definition beside " + B + "21",
)

unknown_buyer_share_12m = Feature(
    maximum(1 - Sum(named_sale, months(12)) / Sum(sale, months(12)), 0),
    says=("Share of gross sales to unknown or private buyers", "销售给未知或个人客户占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="no sales invoice in the window",
    group="concentration",
    reason="customer_concentration",
    why="What concentration cannot see; usual in retail",
    source="attribute list of the design, corrections to B21, B22",
)

supplier_top1_share_12m = Feature(
    Max(from_suppliers, months(12)) / Sum(from_suppliers, months(12)),
    says=("Share of the largest supplier, 12 months", "近12个月第一大供应商采购占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no purchases from named suppliers in the window",
    group="concentration",
    reason="supplier_concentration",
    why="One supplier can stop the business",
    source=B + "21, for purchases",
)

buyer_churn_6m = Feature(
    1 - Sum(minimum(this_half, half_before)) / Sum(maximum(this_half, half_before)),
    says=("Buyers lost or gained between half-years, by value", "客户流失率（半年对比，按金额）"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no sales to named buyers in both half-years",
    group="trend",
    reason="lost_customers",
    why="Customers who left take the turnover with them",
    source=B + "22",
)

supplier_churn_6m = Feature(
    1 - Sum(minimum(supplied_now, supplied_before)) / Sum(maximum(supplied_now, supplied_before)),
    says=("Suppliers lost or gained between half-years, by value", "供应商变动率（半年对比，按金额）"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no purchases from named suppliers in both half-years",
    group="trend",
    reason="supplier_concentration",
    why="Suppliers who no longer deliver, often unpaid",
    source=B + "22, for purchases",
)
