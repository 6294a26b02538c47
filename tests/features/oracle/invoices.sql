-- One row per applicant and feature of catalogue/invoices.py: the unrounded value, NULL where there is none.
-- `known` says whether the section covers what the feature looks at; `scale` is the sum of absolute inputs.
WITH grid AS (
    SELECT application_id, unnest(range(1, 13)) AS ago FROM firm
),
by_month AS (
    SELECT g.application_id, ago,
        coalesce(sum(i.net_amount) FILTER (out_valid), 0) AS net_sales,
        coalesce(sum(i.net_amount) FILTER (in_valid), 0) AS net_purchases,
        coalesce(sum(i.net_amount) FILTER (sale), 0) AS gross_sales
    FROM grid AS g LEFT JOIN inv AS i ON i.application_id = g.application_id AND i.months_ago = g.ago
    GROUP BY ALL
),
over_months AS (
    SELECT application_id,
        count(*) FILTER (gross_sales > 0) AS months_with_sales,
        ratio(stddev_samp(net_sales), avg(net_sales), 4) AS sales_cv,
        ratio(stddev_samp(net_purchases), avg(net_purchases), 4) AS purchases_cv,
        CASE WHEN count(*) FILTER (net_sales > 0) > 1
            THEN regr_slope(ln(CASE WHEN net_sales > 0 THEN net_sales END), 12.0 - ago) END AS slope
    FROM by_month GROUP BY ALL
),
days_of_sale AS (
    SELECT DISTINCT application_id, issued_on AS day FROM inv WHERE sale AND issued_on BETWEEN today - 365 AND today - 1
    UNION SELECT application_id, today - 365 FROM firm
    UNION SELECT application_id, today FROM firm
),
gaps AS (
    SELECT application_id, max(step) AS longest
    FROM (SELECT application_id, day - lag(day) OVER (PARTITION BY application_id ORDER BY day) AS step FROM days_of_sale)
    GROUP BY ALL
),
sums AS (
    SELECT f.application_id,
        coalesce(sum(net_amount) FILTER (out_valid AND months_ago BETWEEN 1 AND 12), 0) AS sales_12,
        coalesce(sum(net_amount) FILTER (in_valid AND months_ago BETWEEN 1 AND 12), 0) AS purchases_12,
        coalesce(sum(net_amount) FILTER (out_valid AND months_ago BETWEEN 1 AND 3), 0) AS sales_3,
        coalesce(sum(net_amount) FILTER (direction = 'out' AND valid_a_year_ago AND months_ago BETWEEN 13 AND 24), 0)
            AS sales_24,
        coalesce(sum(net_amount) FILTER (direction = 'in' AND valid_a_year_ago AND months_ago BETWEEN 13 AND 24), 0)
            AS purchases_24,
        coalesce(sum(net_amount) FILTER (direction = 'out' AND valid_a_year_ago AND months_ago BETWEEN 13 AND 15), 0)
            AS sales_15,
        coalesce(sum(net_amount) FILTER (sale AND months_ago BETWEEN 1 AND 12), 0) AS gross_12,
        max(net_amount) FILTER (sale AND months_ago BETWEEN 1 AND 12) AS largest,
        count(*) FILTER (sale AND months_ago BETWEEN 1 AND 12) AS sale_count,
        count(*) FILTER (purchase AND months_ago BETWEEN 1 AND 12) AS purchase_count,
        coalesce(sum(net_amount) FILTER (direction = 'out' AND voided AND net_amount > 0 AND months_ago BETWEEN 1 AND 12), 0)
            - coalesce(sum(net_amount) FILTER (out_valid AND net_amount < 0 AND months_ago BETWEEN 1 AND 12), 0) AS cancelled,
        coalesce(sum(net_amount) FILTER (direction = 'out' AND net_amount > 0 AND months_ago BETWEEN 1 AND 12), 0) AS issued,
        count(*) FILTER (direction = 'out' AND (voided OR net_amount < 0) AND months_ago BETWEEN 1 AND 12) AS cancelled_sales,
        count(*) FILTER (direction = 'out' AND months_ago BETWEEN 1 AND 12) AS all_sales,
        count(*) FILTER (direction = 'in' AND (voided OR net_amount < 0) AND months_ago BETWEEN 1 AND 12) AS cancelled_purchases,
        count(*) FILTER (direction = 'in' AND months_ago BETWEEN 1 AND 12) AS all_purchases,
        min(issued_on) FILTER (sale) AS first_sale,
        max(issued_on) FILTER (sale) AS last_sale,
        coalesce(sum(abs(net_amount)), 0) AS everything
    FROM firm AS f LEFT JOIN inv AS i ON i.application_id = f.application_id AND i.months_ago >= 0 GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'sales_invoiced_12m', known: c.m12, value: sales_12, scale: everything},
    {name: 'sales_invoiced_log_12m', known: c.m12, value: log10(1 + greatest(sales_12, 0)), scale: 1},
    {name: 'purchases_invoiced_log_12m', known: c.m12, value: log10(1 + greatest(purchases_12, 0)), scale: 1},
    {name: 'sale_invoice_count_log_12m', known: c.m12, value: log10(1 + sale_count), scale: 1},
    {name: 'purchase_invoice_count_log_12m', known: c.m12, value: log10(1 + purchase_count), scale: 1},
    {name: 'request_to_sales_12m', known: c.m12, value: clip(ratio(amount, sales_12, 10), 0, 10), scale: 1},
    {name: 'instalment_to_sales_12m', known: c.m12,
     value: clip(ratio(amount / term_months, sales_12 / 12, 10), 0, 10), scale: 1},
    {name: 'invoice_gap_max_365d', known: c.d365, value: longest, scale: 0},
    {name: 'invoice_recency', known: c.ever, value: clip(today - last_sale, 0, 730), scale: 0},
    {name: 'sales_month_count_12m', known: c.m12, value: months_with_sales, scale: 0},
    {name: 'invoice_history_months', known: c.ever, value: clip(whole_months(first_sale, today), 0, 120), scale: 0},
    {name: 'sales_invoiced_cv_12m', known: c.m12, value: clip(sales_cv, 0, 4), scale: 1},
    {name: 'purchases_invoiced_cv_12m', known: c.m12, value: clip(purchases_cv, 0, 4), scale: 1},
    {name: 'sale_invoice_max_share_12m', known: c.m12, value: ratio(largest, gross_12, 1), scale: 1},
    {name: 'sales_invoiced_slope_12m', known: c.m12, value: clip(slope, -1, 0.5), scale: 1},
    {name: 'sales_invoiced_change_12m', known: c.m24,
     value: clip(ratio(sales_12, sales_24, NULL) - 1, -1, 0.5), scale: 1},
    {name: 'sales_invoiced_change_3m', known: c.m15,
     value: clip(ratio(sales_3, sales_15, NULL) - 1, -1, 0.5), scale: 1},
    {name: 'purchases_invoiced_change_12m', known: c.m24,
     value: clip(ratio(purchases_12, purchases_24, NULL) - 1, -1, 0.5), scale: 1},
    {name: 'invoice_void_share_12m', known: c.m12, value: clip(ratio(cancelled, issued, 1), 0, 1), scale: 1},
    {name: 'sales_void_count_share_12m', known: c.m12, value: ratio(cancelled_sales, all_sales, 1), scale: 1},
    {name: 'purchases_void_count_share_12m', known: c.m12, value: ratio(cancelled_purchases, all_purchases, 1), scale: 1},
    {name: 'purchases_to_sales_12m', known: c.m12,
     value: clip(ratio(purchases_12, sales_12, NULL), 0, 5), scale: 1}
], recursive := true)
FROM firm AS f
JOIN coverage AS c USING (application_id)
JOIN sums USING (application_id)
JOIN over_months USING (application_id)
JOIN gaps USING (application_id)
ORDER BY f.application_id
