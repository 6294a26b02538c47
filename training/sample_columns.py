"""The columns of every file of the sample, in the words of the data contract, and what one row is."""

from __future__ import annotations


def _columns(**kinds: str) -> dict[str, str]:
    """Columns by kind, each a line of names: ``text="a b"``."""
    return {name: kind for kind, names in kinds.items() for name in names.split()}


COLUMNS = {
    "application": _columns(
        text="obligor_id previous_application_id submitted_at as_of jurisdiction lender_kind product customer_kind "
        "amount currency repayment purpose channel",
        whole="term_months", truth="revolving test",
    ),
    "applicant": _columns(
        text="kind name identifier entity_kind registry_status industry industry_scheme region taxpayer_kind "
        "vat_frequency housing",
        day="established_on birth_date residence_since", money="registered_capital paid_in_capital",
        whole="employees household_size dependants",
    ),
    "parties": _columns(text="party role kind name identifier", day="birth_date role_since industry_since"),
    "consents": _columns(text="party scope granted_on evidence"),
    "sources": _columns(
        text="party section provider status retrieved_at", day="covers_from covers_until", truth="complete",
        whole="row_count",
    ),
    "tax_filings": _columns(
        text="tax", day="period_start period_end due_on filed_on paid_on",
        money="declared_sales uninvoiced_sales tax_due tax_paid late_fee",
    ),
    "invoices": _columns(
        text="invoice_no direction counterparty counterparty_kind reverses known_at", day="issued_on voided_on",
        money="net_amount tax",
    ),
    "utility_bills": _columns(
        text="kind meter unit", day="period_start period_end due_on paid_on notice_on cut_on",
        money="consumption amount", truth="estimated",
    ),
    "accounts": _columns(
        text="account institution kind", day="opened_on covers_from covers_until",
        money="opening_balance overdraft_limit", truth="primary",
    ),
    "ledger": _columns(
        text="account counterparty counterparty_kind category category_source version return_reason known_at",
        whole="seq reverses", day="booked_on returned_on", money="amount balance",
    ),
    "credit_lines": _columns(
        text="party line lender kind repayment class", truth="own revolving secured",
        day="opened_on matures_on closed_on restructured_on last_past_due_on observed_on",
        money="limit balance monthly_payment", whole="current_dpd worst_dpd_24m months_past_due_24m",
    ),
    "credit_enquiries": _columns(text="party lender reason", truth="own", day="on"),
    "incomes": _columns(
        text="party kind verified employer", day="month employed_since", money="gross net"
    ),
    "outgoings": _columns(text="party kind verified", money="monthly"),
    "attributes": _columns(text="name known_at", money="value"),
    "outcomes": _columns(
        text="decision declined_by label", day="decided_on booked_on bad_on observed_until", truth="probe",
        money="exposure_at_default recovered costs",
    ),
    "performance": _columns(
        text="obligor_id event", day="month", whole="dpd", money="overdue balance undrawn scheduled paid"
    ),
}  # fmt: skip
"""Kind of each column by section, in the order of the files."""

TRUTH_COLUMNS = {
    "latents": _columns(
        money="capacity leverage honesty management hidden chance_to_go_bad",
        truth="inflates_invoices inflates_tax inflates_bank inflates_income",
    ),
    "faults": _columns(text="fault"),
}

WHAT = {
    "application": "a request",
    "applicant": "who asks",
    "parties": "the legal representative of a firm, the co-borrower of a person",
    "consents": "a permission to look up or to decide",
    "sources": "a look-up: what it returned and the period it covers",
    "tax_filings": "a VAT period that was due, filed or not",
    "invoices": "a VAT invoice, sold (`out`) or bought (`in`)",
    "utility_bills": "an electricity bill",
    "accounts": "a bank account",
    "ledger": "a posting",
    "credit_lines": "a credit line elsewhere, as the bureau shows it",
    "credit_enquiries": "an enquiry at the bureau",
    "incomes": "a month's income of the person or the co-borrower",
    "outgoings": "a regular outgoing",
    "attributes": "an attribute of the lender's own",
    "outcomes": "what became of the application (training only)",
    "performance": "a booked loan at a month's end (training only)",
    "truth/latents": "who the applicant really is",
    "truth/faults": "a fault put into the evidence",
}
