"""What a person's household earns, owes and spends a month, and how settled it is (G12-G14, consumer floor).

Applicant and co-borrowers together, each thing once. Nothing is counted twice, and nothing that was left out helps:

- *Income* is what a source saw: rows verified by tax, bank or document. All rows of one party, kind and month tell one
  income, under whatever employer's name: the best source counts (in this order), what it saw of several employers added
  up, and where income was declared too, the lower of declared and observed. A month without is 0.
- *Debt service* is what open lines ask a month; a balance without a payment asks 5 % of it a month (Fannie Mae Selling
  Guide B3-6-05). Guarantees given ask nothing. A mortgage may stand among lines, outgoings or both: the greater counts.
- *Living costs* are outgoings without mortgages: rent, living, maintenance, insurance, other, verified or not.

Household size and dependants stand near protected grounds: ``use="facility"``, so that affordability reads them and no
default-probability model does. Pensions and benefits count as income; no feature tells them apart.
"""

from risk_engine.features.catalogue.credit import borrowed, owed
from risk_engine.features.language import *
from risk_engine.features.row_kernels import observed_income

FLOOR = "attribute list of the design, consumer floor"
G = "attribute list of the design, G"

OBSERVED = ("tax", "bank", "document")
LIVING = ("rent", "living", "maintenance", "insurance", "other")

income = row_kernel(observed_income)(incomes.party, incomes.kind, incomes.month, incomes.verified, incomes.net)
quarter = Sum(income, months(3)) / 3
half_year = monthly(income)

asked_monthly = fill(
    when(credit_lines.monthly_payment > 0, credit_lines.monthly_payment), 0.05 * maximum(credit_lines.balance, 0)
)
line_service = Sum(when(borrowed & (credit_lines.kind != "mortgage"), asked_monthly), ever)
mortgage_service = maximum(
    Sum(when(borrowed & (credit_lines.kind == "mortgage"), asked_monthly), ever),
    Sum(when(outgoings.kind == "mortgage", outgoings.monthly), ever),
)
debt_service = line_service + mortgage_service
living_costs = Sum(when(outgoings.kind.is_in(LIVING), outgoings.monthly), ever)
residual = quarter - debt_service - living_costs

# What affordability adds up

household_net_income = Feature(
    quarter,
    says=("Verified net income of the household a month, mean of 3", "家庭月均核实净收入"),
    unit="currency",
    decimals=2,
    range=(-1e12, 1e12),
    risk=FALLING,
    use="both",
    group="affordability",
    reason="insufficient_income",
    why="What instalments are paid from",
    source=G + "12 and its correction: by source rank, lower of declared and observed",
)

household_debt_service = Feature(
    debt_service,
    says=("Debt service of the household a month, before the request", "家庭月偿债支出"),
    unit="currency",
    decimals=2,
    range=(0, 1e12),
    risk=RISING,
    use="both",
    group="affordability",
    reason="existing_obligations",
    why="Affordability counts every debt, not ours alone",
    source=G + "12; Fannie Mae Selling Guide B3-6-05 for payments not told",
)

household_living_costs = Feature(
    living_costs,
    says=("Living costs of the household a month, as stated", "家庭月生活支出"),
    unit="currency",
    decimals=2,
    range=(0, 1e12),
    risk=RISING,
    use="facility",
    group="affordability",
    reason="insufficient_income",
    why="Income that is eaten cannot be lent against",
    source=G + "13, but costs as stated: the engine holds no living-cost table",
)

household_residual_income = Feature(
    residual,
    says=("Income left a month after debt service and living costs", "家庭月剩余收入"),
    unit="currency",
    decimals=2,
    range=(-1e12, 1e12),
    risk=FALLING,
    use="facility",
    group="affordability",
    reason="insufficient_income",
    why="The room for a new instalment",
    source=G + "13, but costs as stated: the engine holds no living-cost table",
)

residual_income_per_head = Feature(
    residual / applicant.household_size,
    says=("Income left a month, per head of the household", "家庭人均月剩余收入"),
    unit="currency",
    decimals=2,
    range=(-1e12, 1e12),
    risk=FALLING,
    use="facility",
    group="affordability",
    reason="insufficient_income",
    why="The same remainder feeds one or five",
    source=G + "13, but costs as stated: the engine holds no living-cost table",
)

household_size = Feature(
    applicant.household_size,
    says=("Persons in the household", "家庭人口数"),
    unit="count",
    decimals=0,
    range=(0, 100),
    risk=UNDIRECTED,
    use="facility",
    group="affordability",
    reason="insufficient_income",
    why="Affordability only: what the household needs to live",
    source="data contract, applicant",
)

dependants = Feature(
    applicant.dependants,
    says=("Dependants", "受抚养人数"),
    unit="count",
    decimals=0,
    range=(0, 100),
    risk=UNDIRECTED,
    use="facility",
    group="affordability",
    reason="insufficient_income",
    why="Affordability only: what the household needs to live",
    source="data contract, applicant",
)

request_to_annual_income_3m = Feature(
    application.amount / (12 * quarter),
    says=("Amount requested to a year's income", "申请金额占年收入比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 10),
    risk=RISING,
    use="facility",
    group="affordability",
    reason="excessive_request",
    why="An ask beyond means",
    source=G + "14",
)

# Burden

debt_service_to_income_3m = Feature(
    debt_service / quarter,
    says=("Debt service to income, before the request", "偿债收入比（申请前）"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 5),
    risk=RISING,
    if_none="neither income nor debt service",
    use="both",
    group="burden",
    reason="existing_obligations",
    why="The instalment burden now; caps on it stand at 0.40 to 0.50",
    source=G + "12",
)

debt_to_annual_income_3m = Feature(
    Sum(owed, ever) / (12 * quarter),
    says=("Debt outstanding to a year's income", "负债余额占年收入比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 20),
    risk=RISING,
    if_none="neither income nor debt",
    group="burden",
    reason="existing_obligations",
    why="Years of income that are spent already",
    source=FLOOR,
)

rent_to_income_3m = Feature(
    Sum(when(outgoings.kind == "rent", outgoings.monthly), ever) / quarter,
    says=("Rent to income", "房租收入比"),
    unit="ratio",
    decimals=4,
    range=(0, 1e9),
    clip=(0, 2),
    risk=RISING,
    if_none="neither income nor rent",
    group="burden",
    reason="existing_obligations",
    why="Rent is paid before any lender",
    source=FLOOR,
)

# Income

verified_income_share_3m = Feature(
    Sum(when(incomes.verified.is_in(OBSERVED), incomes.net), months(3)) / Sum(incomes.net, months(3)),
    says=("Share of told income that a source saw, 3 months", "近3个月已核实收入占比"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(0, 1),
    risk=FALLING,
    if_none="no income told",
    group="income",
    reason="unverified_income",
    why="What nobody saw may not be there",
    source=FLOOR + ", income source",
)

income_cv = Feature(
    Std(half_year) / Mean(half_year),
    over=[months(6), months(12)],
    says=("Volatility of monthly income", "月收入波动系数"),
    unit="ratio",
    decimals=4,
    range=(0, 1e6),
    clip=(0, 4),
    risk=RISING,
    if_none="no income",
    group="income",
    reason="unstable_income",
    why="Instalments are even, income is not",
    source=FLOOR,
)

income_change_3m = Feature(
    Sum(income, months(3)) / ago(months(3), Sum(income, months(3))) - 1,
    says=("Income of 3 months against the 3 before", "近3个月收入环比变化"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(-1, 0.5),
    risk=UNDIRECTED,
    if_none="no income in the 3 months before",
    group="income",
    reason="unstable_income",
    why="A fall hurts; a leap before a request earns nothing beyond +50 %",
    source=FLOOR + ", clipped as growth is",
)

business_income_share_3m = Feature(
    Sum(when(incomes.kind == "business", income), months(3)) / Sum(income, months(3)),
    says=("Share of income from own business, 3 months", "近3个月经营收入占比"),
    unit="ratio",
    decimals=4,
    range=(-1e9, 1e9),
    clip=(0, 1),
    risk=RISING,
    if_none="no income",
    group="income",
    reason="unstable_income",
    why="Own business has no notice period and no sick pay",
    source=FLOOR + ", income source",
)

# Stability

employer_tenure_months_3m = Feature(
    months_since(Max(when(incomes.kind == "salary", fill(incomes.employed_since, incomes.month)), months(3))),
    says=("Complete months with the employer, of salaries of 3 months the shortest", "现单位工作月数"),
    unit="months",
    decimals=0,
    range=(0, 1_200),
    clip=(0, 240),
    risk=FALLING,
    if_none="no salary",
    group="stability",
    reason="employment",
    why="New jobs end soonest; a salary without a told beginning counts as begun with it",
    source=FLOOR,
)

residence_tenure_months = Feature(
    months_since(applicant.residence_since),
    says=("Complete months at the residence", "现住址居住月数"),
    unit="months",
    decimals=0,
    range=(0, 1_200),
    clip=(0, 240),
    risk=FALLING,
    group="stability",
    reason="housing",
    why="Who stays can be found",
    source=FLOOR,
)

housing = Feature(
    applicant.housing,
    says=("Kind of housing", "居住状况"),
    unit="word",
    decimals=0,
    range=None,
    risk=UNDIRECTED,
    group="stability",
    reason="housing",
    why="Owners are bound to the place, tenants pay rent first",
    source="data contract, applicant",
)
