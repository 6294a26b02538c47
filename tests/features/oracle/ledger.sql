-- One row per applicant and feature of catalogue/ledger.py: the unrounded value, NULL where there is none.
WITH grid AS (
    SELECT application_id, unnest(range(1, 13)) AS ago FROM firm
),
by_month AS (
    SELECT g.application_id, ago, coalesce(sum(p.inflow), 0) AS inflow, coalesce(sum(p.net_flow), 0) AS net
    FROM grid AS g LEFT JOIN post AS p ON p.application_id = g.application_id AND p.months_ago = g.ago
    GROUP BY ALL
),
over_months AS (
    SELECT application_id, count(*) FILTER (inflow > 0) AS inflow_months,
        ratio(stddev_samp(inflow), avg(inflow), 4) AS cv, count(*) FILTER (net < 0) AS negative_months
    FROM by_month GROUP BY ALL
),
payers AS (
    SELECT application_id, counterparty, count(DISTINCT booked_on) AS times, sum(inflow) AS total
    FROM post WHERE inflow > 0 AND counterparty IS NOT NULL AND days_ago <= 180 GROUP BY ALL
),
main_payer AS (
    SELECT application_id, arg_max(counterparty, total) AS counterparty FROM payers WHERE times >= 4 GROUP BY ALL
),
paydays AS (
    SELECT DISTINCT p.application_id, p.booked_on AS day, p.today
    FROM post AS p JOIN main_payer AS m USING (application_id, counterparty)
    WHERE p.inflow > 0 AND p.days_ago <= 180
),
pay_gaps AS (
    SELECT *, day - lag(day) OVER (PARTITION BY application_id ORDER BY day) AS gap FROM paydays
),
usual AS (
    SELECT application_id, today, quantile_cont(gap, 0.5) AS usual, max(day) AS last,
        1 - stddev_samp(gap) / avg(gap) AS regularity
    FROM pay_gaps GROUP BY ALL
),
silences AS (
    SELECT application_id, gap FROM pay_gaps WHERE gap IS NOT NULL
    UNION ALL SELECT application_id, today - last FROM usual
),
missed AS ( -- the k-th credit after a payday is missed where the silence outlasts its day by more than 7 days
    SELECT u.application_id, regularity, count(*) FILTER (s.gap > k * usual + 7) AS missed
    FROM usual AS u JOIN silences AS s USING (application_id), range(1, 181) AS expected(k) GROUP BY ALL
),
sums AS (
    SELECT f.application_id,
        coalesce(sum(inflow) FILTER (months_ago BETWEEN 1 AND 12), 0) AS inflow_12,
        coalesce(sum(inflow) FILTER (months_ago BETWEEN 1 AND 3), 0) AS inflow_3,
        coalesce(sum(inflow) FILTER (months_ago BETWEEN 4 AND 6), 0) AS inflow_4_6,
        coalesce(sum(inflow) FILTER (months_ago BETWEEN 13 AND 15), 0) AS inflow_13_15,
        count(DISTINCT booked_on) FILTER (inflow IS NOT NULL AND days_ago <= 90) AS inflow_days,
        max(booked_on) FILTER (inflow > 0 AND days_ago <= 90) AS last_inflow,
        coalesce(sum(net_flow) FILTER (days_ago <= 180), 0) AS net,
        coalesce(sum(net_flow) FILTER (net_flow > 0 AND days_ago <= 180), 0) AS came_in
    FROM firm AS f LEFT JOIN post AS p USING (application_id) GROUP BY ALL
),
invoiced AS (
    SELECT application_id, sum(net_amount + tax) AS gross
    FROM inv WHERE out_valid AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'operating_inflow_log_12m', known: c.m12, value: log10(1 + inflow_12), scale: 1, cause: c.cause},
    {name: 'operating_inflow_day_count_90d', known: c.d90, value: inflow_days, scale: 0, cause: c.cause},
    {name: 'operating_inflow_month_count_12m', known: c.m12, value: inflow_months, scale: 0, cause: c.cause},
    {name: 'operating_inflow_recency_90d', known: c.d90, value: f.today - last_inflow, scale: 0, cause: c.cause},
    {name: 'operating_inflow_cv_12m', known: c.m12, value: clip(cv, 0, 4), scale: 1, cause: c.cause},
    {name: 'operating_inflow_change_3m', known: c.m6,
     value: clip(CASE WHEN inflow_4_6 > 0 THEN inflow_3 / inflow_4_6 - 1 END, -1, 0.5), scale: 1, cause: c.cause},
    {name: 'operating_inflow_change_on_year_3m', known: c.m15,
     value: clip(CASE WHEN inflow_13_15 > 0 THEN inflow_3 / inflow_13_15 - 1 END, -1, 0.5), scale: 1, cause: c.cause},
    {name: 'inflow_to_invoiced_sales_12m', known: c.m12 AND v.m12,
     value: clip(ratio(inflow_12, coalesce(gross, 0), NULL), 0, 5), scale: 1,
     cause: CASE WHEN c.m12 THEN s.cause_if_unknown ELSE c.cause END},
    {name: 'payday_regularity_180d', known: c.d180, value: clip(regularity, -1, 1), scale: 1, cause: c.cause},
    {name: 'payday_missed_count_180d', known: c.d180, value: missed, scale: 0, cause: c.cause},
    {name: 'net_cash_flow_share_180d', known: c.d180, value: clip(ratio(net, came_in, -2), -2, 1), scale: 1,
     cause: c.cause},
    {name: 'negative_cash_flow_month_count_12m', known: c.m12, value: negative_months, scale: 0, cause: c.cause}
], recursive := true)
FROM firm AS f
JOIN ledger_cover AS c USING (application_id)
JOIN coverage AS v USING (application_id)
JOIN spans AS s USING (application_id)
JOIN over_months USING (application_id)
JOIN sums USING (application_id)
LEFT JOIN missed USING (application_id)
LEFT JOIN invoiced USING (application_id)
ORDER BY f.application_id
