-- One row per applicant and feature of catalogue/partners.py: the unrounded value, NULL where there is none.
WITH buyers AS (
    SELECT application_id, counterparty, greatest(sum(net_amount), 0) AS amount
    FROM inv WHERE out_valid AND named AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
),
suppliers AS (
    SELECT application_id, counterparty, greatest(sum(net_amount), 0) AS amount
    FROM inv WHERE in_valid AND named AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
),
buyer_shares AS (
    SELECT application_id, ratio(max(amount), sum(amount), 1) AS top1,
        clip(ratio(sum(amount) FILTER (place <= 5), sum(amount), 1), 0, 1) AS top5,
        clip(ratio(sum(amount * amount), sum(amount) * sum(amount), 1), 0, 1) AS hhi,
        count(*) FILTER (amount > 0) AS buyer_count
    FROM (SELECT *, row_number() OVER (PARTITION BY application_id ORDER BY amount DESC) AS place FROM buyers)
    GROUP BY ALL
),
supplier_shares AS (
    SELECT application_id, ratio(max(amount), sum(amount), 1) AS top1 FROM suppliers GROUP BY ALL
),
halves AS (
    SELECT application_id, counterparty, direction,
        greatest(coalesce(sum(net_amount) FILTER (valid AND months_ago BETWEEN 1 AND 6), 0), 0) AS after,
        greatest(coalesce(sum(net_amount) FILTER (valid_half_a_year_ago AND months_ago BETWEEN 7 AND 12), 0), 0) AS before
    FROM inv WHERE named AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
),
churn AS (
    SELECT application_id, direction,
        1 - ratio(sum(least(before, after)), sum(greatest(before, after)), NULL) AS lost
    FROM halves GROUP BY ALL
),
to_whom AS (
    SELECT application_id,
        1 - ratio(coalesce(sum(net_amount) FILTER (named), 0), sum(net_amount), NULL) AS unknown_share
    FROM inv WHERE sale AND months_ago BETWEEN 1 AND 12 GROUP BY ALL
)
SELECT f.application_id, unnest([
    {name: 'buyer_top1_share_12m', known: c.m12, value: b.top1, scale: 1},
    {name: 'buyer_top5_share_12m', known: c.m12, value: b.top5, scale: 1},
    {name: 'buyer_hhi_12m', known: c.m12, value: b.hhi, scale: 1},
    {name: 'buyer_count_log_12m', known: c.m12, value: log10(1 + coalesce(b.buyer_count, 0)), scale: 1},
    {name: 'unknown_buyer_share_12m', known: c.m12, value: w.unknown_share, scale: 1},
    {name: 'supplier_top1_share_12m', known: c.m12, value: s.top1, scale: 1},
    {name: 'buyer_churn_6m', known: c.m12, value: bc.lost, scale: 1},
    {name: 'supplier_churn_6m', known: c.m12, value: sc.lost, scale: 1}
], recursive := true)
FROM firm AS f
JOIN coverage AS c USING (application_id)
LEFT JOIN buyer_shares AS b USING (application_id)
LEFT JOIN supplier_shares AS s USING (application_id)
LEFT JOIN to_whom AS w USING (application_id)
LEFT JOIN churn AS bc ON bc.application_id = f.application_id AND bc.direction = 'out'
LEFT JOIN churn AS sc ON sc.application_id = f.application_id AND sc.direction = 'in'
ORDER BY f.application_id
