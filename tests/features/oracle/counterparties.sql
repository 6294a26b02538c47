-- One row per applicant and feature of catalogue/counterparties.py: the unrounded value, NULL where there is none.
WITH payers AS (
    SELECT application_id, counterparty, sum(inflow) AS amount
    FROM post WHERE named AND inflow IS NOT NULL AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
),
payees AS (
    SELECT application_id, counterparty, sum(operating_spent) AS amount
    FROM post WHERE named AND operating_spent IS NOT NULL AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
),
payer_shares AS (
    SELECT application_id, max(amount) / sum(amount) AS top1, sum(amount) AS total,
        least(sum(amount * amount) / (sum(amount) * sum(amount)), 1) AS hhi
    FROM payers GROUP BY ALL
),
payee_shares AS (
    SELECT application_id, sum(amount) AS total, least(sum(amount * amount) / (sum(amount) * sum(amount)), 1) AS hhi
    FROM payees GROUP BY ALL
),
answers AS ( -- from tests/features/answers.py
    SELECT application_id, sum(sent_back) AS sent_back, sum(passed_on) AS passed_on
    FROM answered WHERE days_ago <= 180 GROUP BY ALL
),
sums AS (
    SELECT f.application_id,
        coalesce(sum(inflow) FILTER (months_ago BETWEEN 1 AND 12), 0) AS inflow_12,
        coalesce(sum(operating_spent) FILTER (months_ago BETWEEN 1 AND 12), 0) AS spent_12,
        coalesce(sum(inflow) FILTER (days_ago <= 180), 0) AS inflow_180,
        coalesce(sum(turned_over) FILTER (months_ago BETWEEN 1 AND 12), 0) AS moved_12,
        coalesce(sum(turned_over) FILTER (counterparty_kind = 'related' AND months_ago BETWEEN 1 AND 12), 0) AS related_12
    FROM firm AS f LEFT JOIN post AS p USING (application_id) GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'payer_top1_share_12m', known: c.m12, value: i.top1, scale: 1},
    {name: 'payer_hhi_12m', known: c.m12, value: i.hhi, scale: 1},
    {name: 'unnamed_payer_share_12m', known: c.m12,
     value: clip(1 - ratio(coalesce(i.total, 0), inflow_12, NULL), 0, 1), scale: 1},
    {name: 'payee_hhi_12m', known: c.m12, value: o.hhi, scale: 1},
    {name: 'unnamed_payee_share_12m', known: c.m12,
     value: clip(1 - ratio(coalesce(o.total, 0), spent_12, NULL), 0, 1), scale: 1},
    {name: 'circular_share_180d', known: c.d180, value: ratio(coalesce(a.sent_back, 0), inflow_180, NULL), scale: 1},
    {name: 'pass_through_share_180d', known: c.d180, value: ratio(coalesce(a.passed_on, 0), inflow_180, NULL), scale: 1},
    {name: 'related_flow_share_12m', known: c.m12, value: ratio(related_12, moved_12, NULL), scale: 1}
], recursive := true)
FROM firm AS f
JOIN ledger_cover AS c USING (application_id)
JOIN sums USING (application_id)
LEFT JOIN payer_shares AS i USING (application_id)
LEFT JOIN payee_shares AS o USING (application_id)
LEFT JOIN answers AS a USING (application_id)
ORDER BY f.application_id
