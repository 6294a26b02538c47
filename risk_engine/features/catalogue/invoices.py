"""What VAT invoices say of a firm: scale, continuity, trend, cancelled deals (B17-B20, B23, B25-B29).

*Valid* means not voided by then. *Net* means that red-letter invoices (negative amounts) are taken off. A *sale* or
*purchase* is one valid invoice with a positive amount.
"""

from risk_engine.features.language import *

B = "attribute list of the design, B"

valid = pending(invoices.issued_on, invoices.voided_on)
voided = invoices.voided_on < now
positive = invoices.net_amount > 0
sold = invoices.direction == "out"
bought = invoices.direction == "in"

sales = when(sold & valid, invoices.net_amount)
purchases = when(bought & valid, invoices.net_amount)
sale = when(sold & valid & positive, invoices.net_amount)
purchase = when(bought & valid & positive, invoices.net_amount)
sale_day = when(sold & valid & positive, invoices.issued_on)
purchase_day = when(bought & valid & positive, invoices.issued_on)

sales_by_month = monthly(sales)
sale_by_month = monthly(sale)
purchases_by_month = monthly(purchases)

year_of_sales = Sum(sales, months(12))
year_of_purchases = Sum(purchases, months(12))

# Scale

sales_invoiced_12m = Feature(
    year_of_sales,
    says=("Net sales invoiced, 12 months", "近12个月净开票销售额"),
    unit="currency",
    decimals=2,
    range=(-1e15, 1e15),
    risk=FALLING,
    group="scale",
    reason="low_turnover",
    why="Turnover as trading partners saw it; limits are set on it",
    source=B + "17",
)

sales_invoiced_log_12m = Feature(
    log10(1 + maximum(year_of_sales, 0)),
    says=("Net sales invoiced, 12 months (log10)", "近12个月净开票销售额（对数）"),
    unit="log10 currency",
    decimals=4,
    range=(0, 15),
    risk=FALLING,
    group="scale",
    reason="low_turnover",
    why="Turnover as trading partners saw it; larger firms fail less",
    source=B + "17",
)

purchases_invoiced_log_12m = Feature(
    log10(1 + maximum(year_of_purchases, 0)),
    says=("Net purchases invoiced, 12 months (log10)", "近12个月净开票采购额（对数）"),
    unit="log10 currency",
    decimals=4,
    range=(0, 15),
    risk=FALLING,
    group="scale",
    reason="low_purchases",
    why="Scale of supply; sellers who buy nothing are suspect",
    source=B + "26",
)

sale_invoice_count_log_12m = Feature(
    log10(1 + Count(sale, months(12))),
    says=("Sales invoices, 12 months (log10 count)", "近12个月有效销项发票张数（对数）"),
    unit="log10 count",
    decimals=4,
    range=(0, 9),
    risk=FALLING,
    group="scale",
    reason="few_transactions",
    why="Many small deals beat few large ones",
    source=B + "27",
)

purchase_invoice_count_log_12m = Feature(
    log10(1 + Count(purchase, months(12))),
    says=("Purchase invoices, 12 months (log10 count)", "近12个月有效进项发票张数（对数）"),
    unit="log10 count",
    decimals=4,
    range=(0, 9),
    risk=FALLING,
    group="scale",
    reason="few_transactions",
    why="Many small deals beat few large ones",
    source=B + "27",
)

request_to_sales_12m = Feature(
    application.amount / year_of_sales,
    says=("Amount requested to net sales, 12 months", "申请金额占近12个月净销售额比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 10),
    risk=RISING,
    use="facility",
    group="affordability",
    reason="excessive_request",
    why="An ask beyond means",
    source="attribute list of the design, G14, on invoices where tax filings are not obtained",
)

instalment_to_sales_12m = Feature(
    (application.amount / application.term_months) / (year_of_sales / 12),
    says=("Principal per month to monthly net sales", "每月应还本金占月均净销售额比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 10),
    risk=RISING,
    use="facility",
    group="affordability",
    reason="excessive_request",
    why="The burden of the request on the turnover that must carry it",
    source="attribute list of the design, G14, with the term",
)

# Continuity

invoice_gap_max_365d = Feature(
    Max(gaps(sale_day, ends=True), days(365)),
    says=("Longest time without a sales invoice, 365 days", "近365天最长无销项开票天数"),
    unit="days",
    decimals=0,
    range=(0, 365),
    risk=RISING,
    group="stability",
    reason="interrupted_trading",
    why="The business stopped; the gap still open counts",
    source=B + "18",
)

invoice_recency = Feature(
    now - Last(sale_day, ever),
    says=("Days since the last sales invoice", "距最近一张销项发票天数"),
    unit="days",
    decimals=0,
    range=(0, 40_000),
    clip=(0, 730),
    risk=RISING,
    none_reads_as=730,
    if_none="no sales invoice on record",
    group="stability",
    reason="interrupted_trading",
    why="Silence is the first sign of the end",
    source=B + "29",
)

sales_month_count_12m = Feature(
    Count(sale_by_month > 0, months(12)),
    says=("Months with a sales invoice, of 12", "近12个月有销项开票月数"),
    unit="months",
    decimals=0,
    range=(0, 12),
    risk=FALLING,
    group="stability",
    reason="interrupted_trading",
    why="Continuity of trade",
    source=B + "19",
)

invoice_history_months = Feature(
    months_since(Min(sale_day, ever)),
    says=("Complete months since the first sales invoice", "首张销项发票至今月数"),
    unit="months",
    decimals=0,
    range=(0, 1_200),
    clip=(0, 120),
    risk=FALLING,
    none_reads_as=0,
    if_none="no sales invoice on record",
    group="history",
    reason="short_trading_history",
    why="A trading history that a third party can see",
    source=B + "25",
)

sales_invoiced_cv_12m = Feature(
    Std(sales_by_month, months(12)) / Mean(sales_by_month, months(12)),
    says=("Volatility of monthly net sales, 12 months", "近12个月净销售额波动系数"),
    unit="ratio",
    decimals=4,
    range=(0, 1e6),
    clip=(0, 4),
    risk=RISING,
    if_none="no sales in the window",
    group="stability",
    reason="unstable_income",
    why="Uneven income misses instalments",
    source=B + "29",
)

purchases_invoiced_cv_12m = Feature(
    Std(purchases_by_month, months(12)) / Mean(purchases_by_month, months(12)),
    says=("Volatility of monthly net purchases, 12 months", "近12个月净采购额波动系数"),
    unit="ratio",
    decimals=4,
    range=(0, 1e6),
    clip=(0, 4),
    risk=RISING,
    if_none="no purchases in the window",
    group="stability",
    reason="unstable_income",
    why="Stop-go buying goes before stop-go selling",
    source=B + "29, for purchases",
)

sale_invoice_max_share_12m = Feature(
    Max(sale, months(12)) / Sum(sale, months(12)),
    says=("Largest sales invoice, share of gross sales", "单张最大销项发票占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no sales invoice in the window",
    group="stability",
    reason="unstable_income",
    why="A year that hangs on one invoice is not a trade",
    source="house definition beside " + B + "27",
)

# Trend

sales_invoiced_slope_12m = Feature(
    Slope(log(when(sales_by_month > 0, sales_by_month)), months(12)),
    says=("Trend of monthly net sales, 12 months (log slope)", "近12个月净销售额趋势（对数斜率）"),
    unit="log per month",
    decimals=4,
    range=(-100, 100),
    clip=(-1, 0.5),
    risk=FALLING,
    if_none="fewer than two months with net sales",
    group="trend",
    reason="falling_sales",
    why="The trend inside the year; months without sales have no logarithm and are not counted",
    source=B + "29, as B5",
)

sales_invoiced_change_12m = Feature(
    year_of_sales / ago(months(12), year_of_sales) - 1,
    says=("Net sales against the year before", "净销售额同比变化"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(-1, 0.5),
    risk=UNDIRECTED,
    if_none="no sales in the year before",
    group="trend",
    reason="falling_sales",
    why="Falls hurt; explosive growth is suspect and earns nothing beyond +50%",
    source=B + "29, as B4",
)

sales_invoiced_change_3m = Feature(
    Sum(sales, months(3)) / ago(months(12), Sum(sales, months(3))) - 1,
    says=("Net sales of the last quarter against the same quarter last year", "近3个月净销售额同比变化"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(-1, 0.5),
    risk=UNDIRECTED,
    if_none="no sales in the same quarter last year",
    group="trend",
    reason="falling_sales",
    why="A recent fall, with the moving New Year taken out by comparing the same quarter",
    source=B + "29, as D5 and its correction",
)

purchases_invoiced_change_12m = Feature(
    year_of_purchases / ago(months(12), year_of_purchases) - 1,
    says=("Net purchases against the year before", "净采购额同比变化"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(-1, 0.5),
    risk=UNDIRECTED,
    if_none="no purchases in the year before",
    group="trend",
    reason="low_purchases",
    why="Buying falls before selling does",
    source=B + "29, as B4, for purchases",
)

# Integrity

invoice_void_share_12m = Feature(
    (
        Sum(when(sold & voided & positive, invoices.net_amount), months(12))
        - Sum(when(sold & valid & (invoices.net_amount < 0), invoices.net_amount), months(12))
    )
    / Sum(when(sold & positive, invoices.net_amount), months(12)),
    says=("Voided and red-letter share of gross sales, 12 months", "近12个月作废及红字金额占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 1),
    risk=RISING,
    if_none="no sales invoice in the window",
    group="integrity",
    reason="cancelled_invoices",
    why="Made-up turnover is reversed later",
    source=B + "20",
)

sales_void_count_share_12m = Feature(
    (
        Count(when(sold & voided, invoices.net_amount), months(12))
        + Count(when(sold & valid & (invoices.net_amount < 0), invoices.net_amount), months(12))
    )
    / Count(when(sold, invoices.net_amount), months(12)),
    says=("Voided and red-letter share of sales invoices, 12 months", "近12个月作废及红字销项发票张数占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no sales invoice in the window",
    group="integrity",
    reason="cancelled_invoices",
    why="A habit of cancelling",
    source=B + "28",
)

purchases_void_count_share_12m = Feature(
    (
        Count(when(bought & voided, invoices.net_amount), months(12))
        + Count(when(bought & valid & (invoices.net_amount < 0), invoices.net_amount), months(12))
    )
    / Count(when(bought, invoices.net_amount), months(12)),
    says=("Voided and red-letter share of purchase invoices, 12 months", "近12个月作废及红字进项发票张数占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no purchase invoice in the window",
    group="integrity",
    reason="cancelled_invoices",
    why="A habit of cancelling",
    source=B + "28",
)

purchases_to_sales_12m = Feature(
    year_of_purchases / year_of_sales,
    says=("Purchases to sales, 12 months", "近12个月进销比"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(0, 5),
    risk=UNDIRECTED,
    if_none="no net sales in the window",
    group="integrity",
    reason="implausible_margin",
    why="Under 0.3 or over 1.2 is implausible in trade",
    source=B + "23",
)
