-- One row per applicant and feature of catalogue/consumer.py: the unrounded value, NULL where there is none, and why it
-- is not known; `scale` is the sum of absolute inputs.
WITH grid AS (
    SELECT application_id, last, unnest(range(1, 13)) AS ago FROM ends WHERE section = 'incomes' AND back = 0
),
by_month AS (
    SELECT g.application_id, ago, coalesce(sum(income), 0) AS income
    FROM grid AS g LEFT JOIN earned AS e ON e.application_id = g.application_id
        AND date_trunc('month', e.month) = g.last - to_months(CAST(ago AS INTEGER))
    GROUP BY ALL
),
spread AS (
    SELECT application_id,
        ratio(stddev_samp(income) FILTER (ago <= 6), avg(income) FILTER (ago <= 6), 4) AS cv6,
        ratio(stddev_samp(income), avg(income), 4) AS cv12
    FROM by_month GROUP BY ALL
),
windowed AS (
    SELECT r.*, e.back, e.last FROM earned AS r
    JOIN ends AS e ON e.application_id = r.application_id AND e.section = 'incomes'
    WHERE r.month < e.last AND r.month >= e.last - INTERVAL 3 MONTH
),
pay AS (
    SELECT p.application_id, coalesce(sum(income) FILTER (back = 0), 0) AS quarter,
        coalesce(sum(income) FILTER (back = 3), 0) AS quarter_before,
        coalesce(sum(income) FILTER (back = 0 AND kind = 'business'), 0) AS business,
        coalesce(sum(net) FILTER (back = 0 AND source < 3), 0) AS seen,
        coalesce(sum(net) FILTER (back = 0), 0) AS told,
        max(coalesce(employed_since, month)) FILTER (back = 0 AND kind = 'salary') AS employed_since,
        coalesce(sum(abs(net)), 0) AS everything
    FROM moment AS p LEFT JOIN windowed AS w USING (application_id) GROUP BY ALL
),
debts AS (
    SELECT p.application_id, coalesce(sum(asked) FILTER (borrowed AND kind <> 'mortgage'), 0) AS others,
        coalesce(sum(asked) FILTER (borrowed AND kind = 'mortgage'), 0) AS mortgages,
        coalesce(sum(greatest(balance, 0)) FILTER (borrowed), 0) AS owed
    FROM moment AS p LEFT JOIN lines AS l USING (application_id) GROUP BY ALL
),
costs AS (
    SELECT p.application_id, coalesce(sum(monthly) FILTER (kind = 'mortgage'), 0) AS mortgages,
        coalesce(sum(monthly) FILTER (kind <> 'mortgage'), 0) AS living,
        coalesce(sum(monthly) FILTER (kind = 'rent'), 0) AS rent
    FROM moment AS p LEFT JOIN spending AS s USING (application_id) GROUP BY ALL
),
facts AS (
    SELECT p.*, g.*, i.*, d.owed, c.rent, x.cv6, x.cv12, i.quarter / 3 AS income, c.living,
        d.others + greatest(d.mortgages, c.mortgages) AS service,
        i.quarter / 3 - service - c.living AS residual,
        i.everything + service + c.living AS sums,
        coalesce(g.lines, g.spending) AS no_service, coalesce(g.inc3, no_service) AS no_residual,
        CASE WHEN household_size IS NULL THEN 'not_requested' END AS no_size,
        CASE WHEN dependants IS NULL THEN 'not_requested' END AS no_dependants,
        CASE WHEN housing IS NULL THEN 'not_requested' END AS no_housing,
        CASE WHEN residence_since IS NULL THEN 'not_requested' END AS no_residence
    FROM person AS p JOIN gap AS g USING (application_id) JOIN pay AS i USING (application_id)
    JOIN debts AS d USING (application_id) JOIN costs AS c USING (application_id) JOIN spread AS x USING (application_id)
)
SELECT application_id, unnest([
    {name: 'household_net_income', cause: inc3, value: income, scale: everything},
    {name: 'household_debt_service', cause: no_service, value: service, scale: service},
    {name: 'household_living_costs', cause: spending, value: living, scale: living},
    {name: 'household_residual_income', cause: no_residual, value: residual, scale: sums},
    {name: 'residual_income_per_head', cause: coalesce(no_residual, no_size),
     value: ratio(residual, household_size, -1e12), scale: sums},
    {name: 'household_size', cause: no_size, value: household_size, scale: 0},
    {name: 'dependants', cause: no_dependants, value: dependants, scale: 0},
    {name: 'request_to_annual_income_3m', cause: inc3, value: clip(ratio(amount, 12 * income, 10), 0, 10), scale: 10},
    {name: 'debt_service_to_income_3m', cause: coalesce(no_service, inc3), value: clip(ratio(service, income, 5), 0, 5),
     scale: 5},
    {name: 'debt_to_annual_income_3m', cause: coalesce(lines, inc3), value: clip(ratio(owed, 12 * income, 20), 0, 20),
     scale: 20},
    {name: 'rent_to_income_3m', cause: coalesce(spending, inc3), value: clip(ratio(rent, income, 2), 0, 2), scale: 2},
    {name: 'verified_income_share_3m', cause: inc3, value: clip(ratio(seen, told, 0), 0, 1), scale: 1},
    {name: 'income_cv_6m', cause: inc6, value: clip(cv6, 0, 4), scale: 4},
    {name: 'income_cv_12m', cause: inc12, value: clip(cv12, 0, 4), scale: 4},
    {name: 'income_change_3m', cause: coalesce(inc3, inc3ago),
     value: clip(ratio(quarter, quarter_before, NULL) - 1, -1, 0.5), scale: 1},
    {name: 'business_income_share_3m', cause: inc3, value: clip(ratio(business, quarter, 1), 0, 1), scale: 1},
    {name: 'employer_tenure_months_3m', cause: inc3, value: clip(whole_months(employed_since, today), 0, 240), scale: 0},
    {name: 'residence_tenure_months', cause: no_residence,
     value: clip(whole_months(residence_since, today), 0, 240), scale: 0},
    {name: 'housing', cause: no_housing, value: word_at('housing', housing), scale: 0}
], recursive := true)
FROM facts
ORDER BY application_id
