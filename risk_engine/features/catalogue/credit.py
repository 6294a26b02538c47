"""What other lenders know: past dues, enquiries, lines and how far they are drawn (E8-E13, consumer floor).

Of a firm the firm's own, of a person the household's: a joint line counts once. A *line* is every tradeline on file; an
*open* one had begun and not been closed. A line that does not tell its worst days makes what needs them not obtained.
"""

from risk_engine.features.language import *
from risk_engine.features.row_kernels import asked_anew

E = "attribute list of the design, E"
FLOOR = "attribute list of the design, consumer floor"
UNTOLD = 1e6
"""Outside every range: what was left out is never read as good."""

is_open = pending(credit_lines.opened_on, credit_lines.closed_on)
borrowed = is_open & (credit_lines.kind != "guarantee")
owed = when(borrowed, maximum(credit_lines.balance, 0))
revolves = is_open & credit_lines.revolving
unsecured = borrowed & ~credit_lines.secured & (credit_lines.balance > 0)
short_term = (credit_lines.kind.is_in(("bnpl", "advance"))) | (credit_lines.matures_on - credit_lines.opened_on <= 366)

worst = maximum(fill(credit_lines.worst_dpd_24m, UNTOLD), credit_lines.current_dpd)
# The day of a past due that was told without its day is the day it was told on.
was_late = (worst > 0) | (credit_lines.months_past_due_24m > 0)
last_late = fill(
    when(credit_lines.current_dpd > 0, credit_lines.observed_on),
    fill(credit_lines.last_past_due_on, when(was_late, credit_lines.observed_on)),
)

asked = when(credit_enquiries.reason.is_in(("application", "guarantee")) & ~credit_enquiries.own, credit_enquiries.on)

first_line = months_since(Min(credit_lines.opened_on, ever))

# Conduct

current_dpd = Feature(
    Max(credit_lines.current_dpd, ever),
    says=("Days past due now, the worst line", "当前最大逾期天数"),
    unit="days",
    decimals=0,
    range=(0, 100_000),
    risk=RISING,
    none_reads_as=0,
    if_none="no credit line on file",
    group="conduct",
    reason="credit_behaviour",
    why="Who does not pay others today will not pay us",
    source=E + "8, now",
)

worst_dpd_24m = Feature(
    Max(worst, ever),
    says=("Worst days past due of 24 months, as lines sum it up", "近24个月最大逾期天数（账户汇总）"),
    unit="days",
    decimals=0,
    range=(0, 100_000),
    risk=RISING,
    none_reads_as=0,
    if_none="no credit line on file",
    group="conduct",
    reason="credit_behaviour",
    why="Behaviour predicts behaviour",
    source=E + "8, from the summary of each line",
)

past_due_line_months_24m = Feature(
    Sum(fill(credit_lines.months_past_due_24m, UNTOLD), ever),
    says=("Months past due of 24, added over lines", "近24个月各账户逾期月数合计"),
    unit="months",
    decimals=0,
    range=(0, 100_000),
    risk=RISING,
    group="conduct",
    reason="credit_behaviour",
    why="How often and on how many lines at once",
    source=E + "9, from the summary of each line",
)

past_due_recency_months = Feature(
    months_since(Max(last_late, ever)),
    says=("Complete months since the last day past due", "距最近一次逾期月数"),
    unit="months",
    decimals=0,
    range=(0, 1_200),
    clip=(0, 60),
    risk=FALLING,
    none_reads_as=60,
    if_none="no past due on file",
    group="conduct",
    reason="credit_behaviour",
    why="A past due fades with time",
    source=E + "10",
)

history_worst_dpd_24m = Feature(
    Max(credit_history.dpd, past_months(24)),
    says=("Worst days past due of 24 months, month by month", "近24个月最大逾期天数（逐月）"),
    unit="days",
    decimals=0,
    range=(0, 100_000),
    risk=RISING,
    none_reads_as=0,
    if_none="no month of credit on file",
    group="conduct",
    reason="credit_behaviour",
    why="Behaviour predicts behaviour",
    source=E + "8, by monthly history",
)

past_due_month_count_24m = Feature(
    Count(by(credit_history.month, when(credit_history.dpd > 0, 1)), past_months(24)),
    says=("Months with a day past due, of 24", "近24个月出现逾期的月数"),
    unit="months",
    decimals=0,
    range=(0, 24),
    risk=RISING,
    group="conduct",
    reason="credit_behaviour",
    why="A habit of paying late",
    source=E + "9, by monthly history",
)

dpd30_recency_months_24m = Feature(
    months_since(Max(when(credit_history.dpd >= 30, credit_history.month), past_months(24))),
    says=("Complete months since 30 days past due, 24 months", "距最近一次逾期30天以上月数"),
    unit="months",
    decimals=0,
    range=(0, 25),
    risk=FALLING,
    none_reads_as=25,
    if_none="never 30 days past due in the window",
    group="conduct",
    reason="credit_behaviour",
    why="One missed instalment is a slip, two are not",
    source=FLOOR,
)

dpd90_recency_months_24m = Feature(
    months_since(Max(when(credit_history.dpd >= 90, credit_history.month), past_months(24))),
    says=("Complete months since 90 days past due, 24 months", "距最近一次逾期90天以上月数"),
    unit="months",
    decimals=0,
    range=(0, 25),
    risk=FALLING,
    none_reads_as=25,
    if_none="never 90 days past due in the window",
    group="conduct",
    reason="credit_behaviour",
    why="Defaulted elsewhere, and how long ago",
    source=FLOOR,
)

minimum_payment_share_12m = Feature(
    Mean(
        when((credit_history.limit > 0) & (credit_history.due > 0), credit_history.paid <= 1.05 * credit_history.due),
        months(12),
    ),
    says=("Months of revolving credit in which no more than the minimum was paid, share", "循环额度仅还最低额月份占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=RISING,
    if_none="no revolving credit with a payment due in the window",
    group="conduct",
    reason="existing_obligations",
    why="Who pays the minimum lives on the line",
    source=FLOOR,
)

restructured_line_count_24m = Feature(
    Count(credit_lines.restructured_on, past_months(24), on=credit_lines.restructured_on),
    says=("Lines restructured, 24 months", "近24个月重组账户数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="conduct",
    reason="credit_behaviour",
    why="Another lender had to ease its terms",
    source=FLOOR,
)

classified_line_count = Feature(
    Count(when(is_open & credit_lines.class_.is_in(("substandard", "doubtful", "loss")), credit_lines.balance), ever),
    says=("Open lines classified substandard or worse", "次级及以下未结清账户数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="conduct",
    reason="credit_behaviour",
    why="Another lender expects a loss",
    source=FLOOR + ", public record",
)

# Credit hunger

enquiry_count = Feature(
    Count(row_kernel(asked_anew)(asked, credit_enquiries.lender) == 1),
    over=[past_months(1), past_months(3), past_months(6)],
    says=("Enquiries for credit, one lender's of 14 days counted once", "信贷审批查询次数（同机构14天内合并）"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="credit_hunger",
    reason="recent_enquiries",
    why="Who asks everywhere was refused or stacks loans; published caps are 6 in 3 and 12 in 6 months",
    source=E + "11",
)

enquiry_lender_count = Feature(
    Count(by(credit_enquiries.lender, when(asked <= now, 1))),
    over=[past_months(3), past_months(6)],
    says=("Lenders who enquired", "查询机构数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="credit_hunger",
    reason="recent_enquiries",
    why="Many lenders asked at once, however often each looked",
    source=E + "11, distinct lenders",
)

line_opened_count_6m = Feature(
    Count(when(credit_lines.kind != "guarantee", credit_lines.opened_on), past_months(6)),
    says=("Lines opened, 6 months", "近6个月新开账户数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="credit_hunger",
    reason="new_credit",
    why="New debt whose burden nobody has seen yet",
    source=FLOOR,
)

bnpl_line_count = Feature(
    Count(when(is_open & (credit_lines.kind == "bnpl"), credit_lines.balance), ever),
    says=("Open buy-now-pay-later lines", "未结清先买后付账户数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="credit_hunger",
    reason="new_credit",
    why="Small debts that add up unseen",
    source=FLOOR,
)

short_term_lender_count = Feature(
    Count(by(credit_lines.lender, when(unsecured & short_term, credit_lines.balance)), ever),
    says=("Lenders of open unsecured short-term debt", "短期信用借款机构数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="credit_hunger",
    reason="existing_obligations",
    why="Short loans of several lenders at once repay each other",
    source=FLOOR + ": advances, buy now pay later, and terms up to a year",
)

# Burden

unsecured_lender_count = Feature(
    Count(by(credit_lines.lender, when(unsecured, credit_lines.balance)), ever),
    says=("Lenders with an open unsecured balance", "有未结清信用贷款的机构数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=RISING,
    group="burden",
    reason="existing_obligations",
    why="Stacking: each lender sees its own loan only",
    source=E + "12",
)

open_line_count = Feature(
    Count(when(is_open, credit_lines.balance), ever),
    says=("Open lines", "未结清账户数"),
    unit="count",
    decimals=0,
    range=(0, 10_000),
    risk=UNDIRECTED,
    group="burden",
    reason="existing_obligations",
    why="None is untried, many is stretched",
    source=FLOOR + ", mix",
)

revolving_utilization = Feature(
    Sum(when(revolves, maximum(credit_lines.balance, 0)), ever)
    / Sum(when(revolves, fill(credit_lines.limit, 0)), ever),
    says=("Drawn share of open revolving lines", "循环额度使用率"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 2),
    risk=RISING,
    if_none="no revolving line is open",
    group="burden",
    reason="high_utilization",
    why="No headroom is left; a line without a told limit counts its balance all the same",
    source=E + "13; where no line is open the design says not applicable, but here it is none: the file was read",
)

debt_outstanding = Feature(
    Sum(owed, ever),
    says=("Debt outstanding on open lines", "未结清贷款余额"),
    unit="currency",
    decimals=2,
    range=(0, 1e15),
    risk=UNDIRECTED,
    use="both",
    group="burden",
    reason="existing_obligations",
    why="What is owed before anything new is lent; guarantees given are not debt yet",
    source="data contract, credit_lines",
)

unsecured_debt_share = Feature(
    Sum(when(unsecured, credit_lines.balance), ever) / Sum(owed, ever),
    says=("Unsecured share of debt outstanding", "信用类负债占比"),
    unit="ratio",
    decimals=4,
    range=(0, 1),
    risk=UNDIRECTED,
    if_none="nothing is owed",
    group="burden",
    reason="existing_obligations",
    why="A home loan and a pile of advances are not the same debt",
    source=FLOOR + ", mix",
)

# History

credit_file_age_months = Feature(
    first_line,
    says=("Complete months since the oldest line was opened", "信用历史长度（月）"),
    unit="months",
    decimals=0,
    range=(0, 1_200),
    clip=(0, 360),
    risk=FALLING,
    none_reads_as=0,
    if_none="no credit line on file",
    group="history",
    reason="credit_history_thin",
    why="A record that others can read",
    source=FLOOR,
)

newest_line_age_months = Feature(
    months_since(Max(credit_lines.opened_on, ever)),
    says=("Complete months since the newest line was opened", "距最近开户月数"),
    unit="months",
    decimals=0,
    range=(0, 1_200),
    clip=(0, 120),
    risk=FALLING,
    if_none="no credit line on file",
    group="history",
    reason="new_credit",
    why="Fresh debt has not been tested",
    source=FLOOR,
)

thin_file = Feature(
    (Count(credit_lines.balance, ever) < 2) | (fill(first_line, 0) < 6),
    says=("Thin credit file: fewer than two lines, or under six months", "信用白户或薄户"),
    unit="boolean",
    decimals=0,
    range=(0, 1),
    risk=RISING,
    group="history",
    reason="credit_history_thin",
    why="Too little to judge by",
    source=FLOOR,
)
