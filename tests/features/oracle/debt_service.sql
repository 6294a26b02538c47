-- One row per applicant and feature of catalogue/debt_service.py: the unrounded value, NULL where there is none.
WITH rolled AS ( -- from tests/features/answers.py
    SELECT application_id, sum(rolled_over) AS amount FROM answered WHERE days_ago <= 180 GROUP BY ALL
),
sums AS (
    SELECT f.application_id,
        count(DISTINCT counterparty) FILTER (loan_received IS NOT NULL AND days_ago <= 90)
            + least(count(*) FILTER (loan_received IS NOT NULL AND counterparty IS NULL AND days_ago <= 90), 1) AS lenders,
        coalesce(sum(debt_paid) FILTER (days_ago <= 90), 0) AS service,
        coalesce(sum(inflow) FILTER (days_ago <= 90), 0) AS inflow_90,
        coalesce(sum(loan_received) FILTER (days_ago <= 180), 0) AS proceeds
    FROM firm AS f LEFT JOIN post AS p USING (application_id) GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'loan_payer_count_90d', known: c.d90, value: lenders, scale: 0},
    {name: 'debt_service_to_inflow_90d', known: c.d90, value: clip(ratio(service, inflow_90, 3), 0, 3), scale: 3},
    {name: 'loan_churn_share_180d', known: c.d180,
     value: ratio(coalesce(r.amount, 0), proceeds, NULL), scale: 1}
], recursive := true)
FROM firm AS f
JOIN ledger_cover AS c USING (application_id)
JOIN sums USING (application_id)
LEFT JOIN rolled AS r USING (application_id)
ORDER BY f.application_id
