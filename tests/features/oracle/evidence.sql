-- What the other queries read, from raw rows: invoices that exist at as_of, flags of each, and what was covered.
-- In the engine's order: sums that cancel to nothing then leave the same rest, or none.
CREATE TABLE inv AS
WITH revealed AS (
    SELECT r.* EXCLUDE (voided_on), f.today,
        CASE WHEN start_of(r.voided_on) < f.as_of THEN r.voided_on END AS voided_on
    FROM raw_invoices AS r JOIN firm AS f USING (application_id)
    WHERE coalesce(r.known_at, start_of(r.issued_on)) < f.as_of
),
flagged AS (
    SELECT *,
        datediff('month', issued_on, today) AS months_ago,
        coalesce(voided_on < today, false) AS voided,
        issued_on < today AND coalesce(voided_on >= today, true) AS valid,
        coalesce(voided_on >= today - INTERVAL 12 MONTH, true) AS valid_a_year_ago,
        coalesce(voided_on >= today - INTERVAL 6 MONTH, true) AS valid_half_a_year_ago,
        counterparty_kind = 'company' AND counterparty IS NOT NULL AS named
    FROM revealed
)
SELECT *,
    direction = 'out' AND valid AS out_valid,
    direction = 'in' AND valid AS in_valid,
    direction = 'out' AND valid AND net_amount > 0 AS sale,
    direction = 'in' AND valid AND net_amount > 0 AS purchase
FROM flagged
ORDER BY application_id, issued_on, net_amount;

CREATE VIEW spans AS
WITH told AS (
    SELECT application_id, max(covers_from) AS since, min(covers_until) AS until,
        bool_or(status = 'obtained') AS obtained, min(status) AS status
    FROM raw_sources WHERE section = 'invoices' GROUP BY ALL
),
first_rows AS (
    SELECT application_id, min(issued_on) AS since FROM inv GROUP BY ALL
)
SELECT f.application_id, f.today, date_trunc('month', f.today) AS month,
    CASE WHEN coalesce(t.obtained, f.has_invoices) THEN 'not_covered'
        ELSE coalesce(t.status, 'not_requested') END AS cause_if_unknown,
    coalesce(t.obtained, f.has_invoices) AS obtained,
    CASE WHEN t.application_id IS NULL THEN r.since ELSE t.since END AS since,
    CASE WHEN t.application_id IS NULL THEN f.today ELSE t.until END AS until
FROM firm AS f LEFT JOIN told AS t USING (application_id) LEFT JOIN first_rows AS r USING (application_id);

CREATE VIEW coverage AS
SELECT application_id,
    coalesce(obtained AND until >= today - 1, false) AS ever,
    coalesce(obtained AND since <= month - INTERVAL 12 MONTH AND until >= month - INTERVAL 1 DAY, false) AS m12,
    coalesce(obtained AND since <= month - INTERVAL 15 MONTH AND until >= month - INTERVAL 1 DAY, false) AS m15,
    coalesce(obtained AND since <= month - INTERVAL 24 MONTH AND until >= month - INTERVAL 1 DAY, false) AS m24,
    coalesce(obtained AND since <= today - 365 AND until >= today - 1, false) AS d365
FROM spans;
