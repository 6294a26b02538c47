-- One row per applicant and feature of catalogue/conduct.py: the unrounded value, NULL where there is none.
WITH returned AS ( -- known to have come back, whatever the day it was booked
    SELECT application_id, today - returned_on AS days_ago, returned_on FROM post
    WHERE amount < 0 AND returned_on < today AND reverses IS NULL AND category NOT IN ('fee', 'fee_refund')
        AND coalesce(return_reason = 'insufficient_funds', true)
),
returns AS (
    SELECT application_id, count(*) FILTER (days_ago <= 30) AS in_30, count(*) FILTER (days_ago <= 90) AS in_90,
        count(*) FILTER (days_ago <= 180) AS in_180, min(days_ago) FILTER (days_ago <= 365) AS recency
    FROM returned GROUP BY ALL
),
wage_months AS (
    SELECT application_id, count(DISTINCT months_ago) AS months
    FROM post WHERE wages AND spent > 0 AND months_ago BETWEEN 1 AND 6 GROUP BY ALL
),
taxes AS (
    SELECT application_id, sum(tax_paid) AS paid
    FROM filed WHERE datediff('month', paid_on, today) BETWEEN 1 AND 12 GROUP BY ALL
),
sums AS (
    SELECT f.application_id,
        count(*) FILTER (earned AND reverses IS NULL AND days_ago <= 180) AS receipts,
        count(*) FILTER (earned AND reverses IS NULL AND days_ago <= 180 AND returned_on < p.today) AS returned_receipts,
        coalesce(sum(received) FILTER (days_ago <= 180), 0) AS came_in,
        coalesce(sum(received) FILTER (in_cash AND days_ago <= 180), 0) AS cash_in,
        coalesce(sum(spent) FILTER (days_ago <= 180), 0) AS went_out,
        coalesce(sum(spent) FILTER (in_cash AND days_ago <= 180), 0) AS cash_out,
        coalesce(sum(spent) FILTER (category IN ('crypto', 'gambling') AND days_ago <= 180), 0) AS wagered,
        coalesce(sum(spent) FILTER (counterparty_kind = 'person' AND NOT wages AND days_ago <= 180), 0) AS to_persons,
        coalesce(sum(spent) FILTER (category = 'tax' AND months_ago BETWEEN 1 AND 12), 0) AS tax_spent,
        coalesce(sum(turned_over) FILTER (months_ago BETWEEN 1 AND 12), 0) AS moved_12,
        coalesce(sum(turned_over) FILTER (category = 'other' AND months_ago BETWEEN 1 AND 12), 0) AS unsorted_12
    FROM firm AS f LEFT JOIN post AS p USING (application_id) GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'returned_payment_count_30d', known: c.d30, value: coalesce(in_30, 0), scale: 0, cause: c.cause},
    {name: 'returned_payment_count_90d', known: c.d90, value: coalesce(in_90, 0), scale: 0, cause: c.cause},
    {name: 'returned_payment_count_180d', known: c.d180, value: coalesce(in_180, 0), scale: 0, cause: c.cause},
    {name: 'returned_payment_recency_365d', known: c.d365, value: recency, scale: 0, cause: c.cause},
    {name: 'returned_receipt_share_180d', known: c.d180, value: ratio(returned_receipts, receipts, NULL), scale: 1,
     cause: c.cause},
    {name: 'cash_deposit_share_180d', known: c.d180, value: ratio(cash_in, came_in, NULL), scale: 1, cause: c.cause},
    {name: 'cash_withdrawal_share_180d', known: c.d180, value: ratio(cash_out, went_out, NULL), scale: 1, cause: c.cause},
    {name: 'gambling_share_180d', known: c.d180, value: ratio(wagered, went_out, NULL), scale: 1, cause: c.cause},
    {name: 'payroll_month_count_6m', known: c.m6, value: coalesce(w.months, 0), scale: 0, cause: c.cause},
    {name: 'private_outflow_share_180d', known: c.d180, value: ratio(to_persons, went_out, NULL), scale: 1,
     cause: c.cause},
    {name: 'tax_paid_gap_12m', known: c.m12 AND t.m12,
     value: clip(CASE WHEN tax_spent = 0 AND coalesce(paid, 0) = 0 THEN NULL
        WHEN tax_spent > 0 AND paid > 0 THEN abs(ln(tax_spent / paid)) ELSE 5 END, 0, 5), scale: 5,
     cause: CASE WHEN c.m12 THEN t.cause ELSE c.cause END},
    {name: 'uncategorised_share_12m', known: c.m12, value: ratio(unsorted_12, moved_12, NULL), scale: 1, cause: c.cause}
], recursive := true)
FROM firm AS f
JOIN ledger_cover AS c USING (application_id)
JOIN filings_cover AS t USING (application_id)
JOIN sums USING (application_id)
LEFT JOIN returns USING (application_id)
LEFT JOIN wage_months AS w USING (application_id)
LEFT JOIN taxes USING (application_id)
ORDER BY f.application_id
