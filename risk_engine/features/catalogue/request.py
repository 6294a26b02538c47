"""What is asked for and who asks: facts of the request and the registry entry (A1 and request basics)."""

from risk_engine.features.language import *

REGISTRY = "data contract, applicant; attribute list of the design, A1"
REQUEST = "CONTRACT.md application"

amount_requested = Feature(
    application.amount,
    says=("Amount requested", "申请金额"),
    unit="currency",
    decimals=2,
    range=(0.01, 1e12),
    risk=UNDIRECTED,
    use="facility",
    group="request",
    reason="excessive_request",
    why="Limits and authority levels are set on it",
    source=REQUEST,
)

term_months = Feature(
    application.term_months,
    says=("Term requested", "申请期限"),
    unit="months",
    decimals=0,
    range=(1, 600),
    risk=UNDIRECTED,
    use="facility",
    group="request",
    reason="unsuitable_term",
    why="Products are offered for a band of terms",
    source=REQUEST,
)

principal_per_month = Feature(
    application.amount / application.term_months,
    says=("Principal to repay per month of the term", "每月应还本金"),
    unit="currency",
    decimals=2,
    range=(0, 1e12),
    risk=UNDIRECTED,
    use="facility",
    group="request",
    reason="excessive_request",
    why="The burden of a request is its amount over its term",
    source=REQUEST,
)

revolving_requested = Feature(
    application.revolving,
    says=("A revolving line is requested", "申请循环额度"),
    unit="boolean",
    decimals=0,
    range=(0, 1),
    risk=UNDIRECTED,
    use="facility",
    group="request",
    reason="outside_product",
    why="Revolving lines follow other limits and other law",
    source=REQUEST,
)

repayment_kind = Feature(
    application.repayment,
    says=("Way of repayment", "还款方式"),
    unit="word",
    decimals=0,
    range=None,
    risk=UNDIRECTED,
    use="facility",
    group="request",
    reason="outside_product",
    why="Principal left to the end is a risk of its own",
    source=REQUEST,
)

purpose = Feature(
    application.purpose,
    says=("Purpose of the loan", "贷款用途"),
    unit="word",
    decimals=0,
    range=None,
    risk=UNDIRECTED,
    use="facility",
    group="request",
    reason="purpose_of_loan",
    why="Some purposes are outside the product or forbidden",
    source=REQUEST,
)

customer_kind = Feature(
    application.customer_kind,
    says=("New or existing customer", "客户类型"),
    unit="word",
    decimals=0,
    range=None,
    risk=UNDIRECTED,
    group="request",
    reason="outside_product",
    why="Known customers bring evidence of their own and follow other rules",
    source=REQUEST,
)

applicant_kind = Feature(
    applicant.kind,
    says=("Kind of applicant", "申请人类型"),
    unit="word",
    decimals=0,
    range=None,
    risk=UNDIRECTED,
    group="identity",
    reason="ineligible_applicant",
    why="Who may borrow depends on the product",
    source="data contract, applicant",
)

applicant_is_company = Feature(
    applicant.kind == "company",
    says=("The applicant is a company", "申请人为企业"),
    unit="boolean",
    decimals=0,
    range=(0, 1),
    risk=UNDIRECTED,
    group="identity",
    reason="ineligible_applicant",
    why="Law and evidence differ between firms and persons",
    source="data contract, applicant",
)

registry_status = Feature(
    applicant.registry_status,
    says=("Registration status", "登记状态"),
    unit="word",
    decimals=0,
    range=None,
    risk=UNDIRECTED,
    group="identity",
    reason="inactive_registration",
    why="A firm that is not active cannot trade",
    source="data contract, applicant; rule list of the design, 4",
)

company_age_months = Feature(
    months_since(applicant.established_on),
    says=("Complete months since establishment", "成立月数"),
    unit="months",
    decimals=0,
    range=(0, 12_000),
    risk=FALLING,
    group="history",
    reason="short_trading_history",
    why="A two-year floor is near universal for loans on tax and invoice data",
    source=REGISTRY,
)

paid_in_to_registered_capital = Feature(
    applicant.paid_in_capital / applicant.registered_capital,
    says=("Paid-in to registered capital", "实缴资本占注册资本比例"),
    unit="ratio",
    decimals=4,
    range=(0, 1e6),
    clip=(0, 1),
    risk=FALLING,
    group="identity",
    reason="low_savings",
    why="Capital that was paid in is equity; capital that was promised is not",
    source="attribute list of the design, A9",
)
