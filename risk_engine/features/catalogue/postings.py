"""What counts as what in a bank ledger: the rows that the ledger's features share.

A posting *stands* where it was neither returned nor taken back by a later posting, and takes none back. Own accounts
only shift money, so nothing between them counts. A category is one of the contract's closed words; the sender or the
study maps them, and a credit in a category of payments (tax, supplier ...) is money given back, never turnover.

*Operating inflow*: standing credits of trade or work from others than related parties and lenders. That leaves out
own-account transfers, related parties, loan proceeds, refunds and reversals, tax rebates and equity, as the attribute
list demands, and by house definition the proceeds of wagers and of assets sold.
"""

from risk_engine.features.language import *
from risk_engine.features.row_kernels import undone

D = "attribute list of the design, D"

EARNINGS = ("cash", "other", "rent", "salary", "sales", "transfer")
NOT_OPERATING = ("crypto", "equity", "gambling", "loan_in", "loan_payment", "property", "securities")

credit = ledger.amount > 0
debit = ledger.amount < 0
lender = ledger.counterparty_kind == "lender"
takes_back = fill(absolute(ledger.reverses), -1) >= 0
stands = pending(ledger.booked_on, ledger.returned_on) & (
    row_kernel(undone)(ledger.account, ledger.seq, ledger.reverses) == 0
)
moved = stands & (ledger.counterparty_kind != "own")
earned = credit & ledger.category.is_in(EARNINGS) & ~ledger.counterparty_kind.is_in(("own", "related", "lender"))
borrowed = credit & ((ledger.category == "loan_in") | (lender & ledger.category.is_in(EARNINGS)))
repaid = debit & ((ledger.category == "loan_payment") | (lender & ledger.category.is_in(("other", "transfer"))))

inflow = when(stands & earned, ledger.amount)
received = when(moved & credit, ledger.amount)
spent = when(moved & debit, -ledger.amount)
operating_spent = when(
    ~ledger.category.is_in(NOT_OPERATING) & ~ledger.counterparty_kind.is_in(("related", "lender")), spent
)
net_flow = when(moved & ~borrowed & ~repaid, ledger.amount)
loan_received = when(moved & borrowed, ledger.amount)
debt_paid = when(moved & repaid, -ledger.amount)
turned_over = when(moved, absolute(ledger.amount))
