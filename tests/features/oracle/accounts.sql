-- One row per applicant and feature of catalogue/accounts.py: the unrounded value, NULL where there is none.
WITH open_accounts AS (
    SELECT a.*, f.today
    FROM raw_accounts AS a JOIN firm AS f USING (application_id)
    WHERE start_of(a.covers_from) < f.as_of AND a.covers_from < f.today
        AND coalesce(a.closed_on >= f.today OR start_of(a.closed_on) >= f.as_of, true)
),
held AS (
    SELECT f.application_id, count(o.account) AS accounts, coalesce(sum(overdraft_limit), 0) AS overdraft,
        greatest(whole_months(max(covers_from), f.today)
            - whole_months(least(min(covers_until) + 1, f.today), f.today), 0) AS months
    FROM firm AS f LEFT JOIN open_accounts AS o USING (application_id) GROUP BY f.application_id, f.today
),
used AS (
    SELECT application_id, count(*) FILTER (below_zero < -overdraft) AS beyond, -min(below_zero) AS most
    FROM day_balances JOIN held USING (application_id) WHERE days_ago <= 90 GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'account_history_months', known: a.ever,
     value: CASE WHEN accounts > 0 THEN clip(months, 0, 24) END, scale: 0, cause: a.cause},
    {name: 'account_count', known: a.ever, value: accounts, scale: 0, cause: a.cause},
    {name: 'over_limit_day_count_90d', known: c.d90 AND a.ever, value: coalesce(beyond, 0), scale: 0,
     cause: CASE WHEN c.d90 THEN a.cause ELSE c.cause END},
    {name: 'overdraft_use_max_90d', known: c.d90 AND a.ever, value: clip(ratio(most, overdraft, 2), 0, 2), scale: 2,
     cause: CASE WHEN c.d90 THEN a.cause ELSE c.cause END}
], recursive := true)
FROM firm AS f
JOIN ledger_cover AS c USING (application_id)
JOIN accounts_cover AS a USING (application_id)
JOIN held USING (application_id)
LEFT JOIN used USING (application_id)
ORDER BY f.application_id
