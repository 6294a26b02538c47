-- One row per applicant and feature of catalogue/credit.py: the unrounded value, NULL where there is none, and why it is
-- not known; `scale` is the sum of absolute inputs.
WITH RECURSIVE hard AS (
    SELECT DISTINCT application_id, lender, "on" AS day, today FROM enquiries WHERE hard
),
anchors AS (
    SELECT application_id, lender, min(day) AS day, any_value(today) AS today FROM hard GROUP BY ALL
    UNION ALL
    SELECT a.application_id, a.lender, h.day, a.today FROM anchors AS a
    JOIN hard AS h ON h.application_id = a.application_id AND h.lender = a.lender AND h.day >= a.day + 14
    WHERE h.day = (SELECT min(n.day) FROM hard AS n
        WHERE n.application_id = a.application_id AND n.lender = a.lender AND n.day >= a.day + 14)
),
anew AS (
    SELECT application_id, count(*) FILTER (day >= today - INTERVAL 1 MONTH) AS m1,
        count(*) FILTER (day >= today - INTERVAL 3 MONTH) AS m3, count(*) FILTER (day >= today - INTERVAL 6 MONTH) AS m6
    FROM anchors GROUP BY ALL
),
askers AS (
    SELECT application_id, count(DISTINCT lender) FILTER (day >= today - INTERVAL 3 MONTH) AS m3,
        count(DISTINCT lender) FILTER (day >= today - INTERVAL 6 MONTH) AS m6
    FROM hard GROUP BY ALL
),
late AS (
    SELECT h.application_id, max(dpd) FILTER (month >= h.today - INTERVAL 24 MONTH) AS worst,
        max(month) FILTER (dpd >= 30 AND month >= h.today - INTERVAL 24 MONTH) AS last30,
        max(month) FILTER (dpd >= 90 AND month >= h.today - INTERVAL 24 MONTH) AS last90,
        count(DISTINCT month) FILTER (dpd > 0 AND month >= h.today - INTERVAL 24 MONTH) AS months,
        avg(CAST(paid <= 1.05 * due AS INTEGER)) FILTER ("limit" > 0 AND due > 0 AND month < e.last
            AND month >= e.last - INTERVAL 12 MONTH) AS minimum_share
    FROM history AS h JOIN ends AS e ON e.application_id = h.application_id AND e.section = 'credit_history' AND back = 0
    GROUP BY ALL
),
sums AS (
    SELECT p.application_id, count(line) AS count, count(*) FILTER (is_open) AS opened,
        max(current_dpd) AS dpd, max(worst) AS worst, bool_or(worst_dpd_24m IS NULL AND line IS NOT NULL) AS untold,
        coalesce(sum(months_past_due_24m), 0) AS late_months, max(last_late) AS last_late,
        count(*) FILTER (restructured_on < p.today AND restructured_on >= p.today - INTERVAL 24 MONTH) AS restructured,
        count(*) FILTER (is_open AND class IN ('substandard', 'doubtful', 'loss')) AS classified,
        count(*) FILTER (kind <> 'guarantee' AND opened_on >= p.today - INTERVAL 6 MONTH) AS new_lines,
        count(*) FILTER (is_open AND kind = 'bnpl') AS bnpl,
        count(DISTINCT lender) FILTER (unsecured AND short_term) AS short_lenders,
        count(DISTINCT lender) FILTER (unsecured) AS lenders,
        coalesce(sum(greatest(balance, 0)) FILTER (is_open AND revolving), 0) AS used,
        coalesce(sum(coalesce("limit", 0)) FILTER (is_open AND revolving), 0) AS room,
        coalesce(sum(greatest(balance, 0)) FILTER (borrowed), 0) AS owed,
        coalesce(sum(balance) FILTER (unsecured), 0) AS owed_unsecured,
        min(opened_on) AS oldest, max(opened_on) AS newest
    FROM moment AS p LEFT JOIN lines AS l USING (application_id) GROUP BY ALL
)
SELECT p.application_id, unnest([
    {name: 'current_dpd', cause: g.lines, value: s.dpd, scale: 0},
    {name: 'worst_dpd_24m', cause: coalesce(g.lines, CASE WHEN untold THEN 'invalid' END), value: s.worst, scale: 0},
    {name: 'past_due_line_months_24m', cause: coalesce(g.lines, CASE WHEN untold THEN 'invalid' END),
     value: s.late_months, scale: 0},
    {name: 'past_due_recency_months', cause: g.lines, value: clip(whole_months(s.last_late, p.today), 0, 60), scale: 0},
    {name: 'history_worst_dpd_24m', cause: g.hist24past, value: h.worst, scale: 0},
    {name: 'past_due_month_count_24m', cause: g.hist24past, value: coalesce(h.months, 0), scale: 0},
    {name: 'dpd30_recency_months_24m', cause: g.hist24past, value: whole_months(h.last30, p.today), scale: 0},
    {name: 'dpd90_recency_months_24m', cause: g.hist24past, value: whole_months(h.last90, p.today), scale: 0},
    {name: 'minimum_payment_share_12m', cause: g.hist12, value: h.minimum_share, scale: 1},
    {name: 'restructured_line_count_24m', cause: g.lines, value: s.restructured, scale: 0},
    {name: 'classified_line_count', cause: g.lines, value: s.classified, scale: 0},
    {name: 'enquiry_count_1m', cause: g.enq1, value: coalesce(a.m1, 0), scale: 0},
    {name: 'enquiry_count_3m', cause: g.enq3, value: coalesce(a.m3, 0), scale: 0},
    {name: 'enquiry_count_6m', cause: g.enq6, value: coalesce(a.m6, 0), scale: 0},
    {name: 'enquiry_lender_count_3m', cause: g.enq3, value: coalesce(k.m3, 0), scale: 0},
    {name: 'enquiry_lender_count_6m', cause: g.enq6, value: coalesce(k.m6, 0), scale: 0},
    {name: 'line_opened_count_6m', cause: g.lines, value: s.new_lines, scale: 0},
    {name: 'bnpl_line_count', cause: g.lines, value: s.bnpl, scale: 0},
    {name: 'short_term_lender_count', cause: g.lines, value: s.short_lenders, scale: 0},
    {name: 'unsecured_lender_count', cause: g.lines, value: s.lenders, scale: 0},
    {name: 'open_line_count', cause: g.lines, value: s.opened, scale: 0},
    {name: 'revolving_utilization', cause: g.lines, value: clip(ratio(s.used, s.room, 2), 0, 2), scale: 1},
    {name: 'debt_outstanding', cause: g.lines, value: s.owed, scale: s.owed},
    {name: 'unsecured_debt_share', cause: g.lines, value: ratio(s.owed_unsecured, s.owed, NULL), scale: 1},
    {name: 'credit_file_age_months', cause: g.lines, value: clip(whole_months(s.oldest, p.today), 0, 360), scale: 0},
    {name: 'newest_line_age_months', cause: g.lines, value: clip(whole_months(s.newest, p.today), 0, 120), scale: 0},
    {name: 'thin_file', cause: g.lines,
     value: CAST(s.count < 2 OR coalesce(whole_months(s.oldest, p.today), 0) < 6 AS DOUBLE), scale: 0}
], recursive := true)
FROM person AS p
JOIN gap AS g USING (application_id)
JOIN sums AS s USING (application_id)
LEFT JOIN late AS h USING (application_id)
LEFT JOIN anew AS a USING (application_id)
LEFT JOIN askers AS k USING (application_id)
ORDER BY p.application_id
