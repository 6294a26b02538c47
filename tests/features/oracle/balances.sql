-- One row per applicant and feature of catalogue/balances.py: the unrounded value, NULL where there is none.
WITH outflow AS (
    SELECT f.application_id,
        coalesce(sum(spent) FILTER (days_ago <= 180), 0) / 6 AS monthly,
        coalesce(sum(spent) FILTER (days_ago <= 90), 0) / 90 AS daily,
        coalesce(sum(operating_spent) FILTER (days_ago <= 90), 0) / 90 AS operating_daily
    FROM firm AS f LEFT JOIN post AS p USING (application_id) GROUP BY ALL
),
figures AS (
    SELECT application_id,
        avg(balance) AS mean_180, avg(balance) FILTER (days_ago <= 90) AS mean_90,
        quantile_cont(balance, 0.05) AS p05, stddev_samp(balance) AS deviation,
        count(*) FILTER (below_zero < 0 AND days_ago <= 90) AS overdrawn_days,
        avg(balance) FILTER (last_day(day) - day < 3) AS month_end,
        avg(balance) FILTER (last_day(day) - day >= 3) AS other_days,
        count(*) FILTER (balance < 3 * daily AND days_ago <= 90) / nullif(count(*) FILTER (days_ago <= 90), 0) AS low_days,
        max(balance) AS peak, arg_max(day, (balance, -epoch(day))) AS peak_day
    FROM day_balances JOIN outflow USING (application_id) GROUP BY ALL
),
falls AS (
    SELECT application_id, min(balance) AS trough
    FROM day_balances JOIN figures USING (application_id) WHERE day >= peak_day GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'balance_mean_log_180d', known: c.d180,
     value: CASE WHEN mean_180 IS NOT NULL THEN log10(1 + greatest(mean_180, 0)) END, scale: 1},
    {name: 'balance_cover_days_90d', known: c.d90, value: clip(ratio(mean_90, operating_daily, 0), 0, 365), scale: 365},
    {name: 'balance_p05_to_outflow_180d', known: c.d180, value: clip(ratio(p05, monthly, -5), -5, 12), scale: 12},
    {name: 'overdrawn_day_count_90d', known: c.d90, value: coalesce(overdrawn_days, 0), scale: 0},
    {name: 'low_balance_day_share_90d', known: c.d90, value: low_days, scale: 1},
    {name: 'balance_cv_180d', known: c.d180, value: clip(ratio(deviation, mean_180, 5), 0, 5), scale: 5},
    {name: 'balance_drawdown_180d', known: c.d180, value: clip(ratio(peak - trough, peak, 2), 0, 2), scale: 2},
    {name: 'month_end_spike_180d', known: c.d180, value: clip(ratio(month_end, other_days, 10), 0, 10), scale: 10}
], recursive := true)
FROM firm AS f
JOIN ledger_cover AS c USING (application_id)
JOIN outflow USING (application_id)
LEFT JOIN figures USING (application_id)
LEFT JOIN falls USING (application_id)
ORDER BY f.application_id
