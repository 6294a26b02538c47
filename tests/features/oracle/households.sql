-- What the queries on households read: rows of liable parties, joint ones once, and what was known of each section.
CREATE TABLE liable AS
SELECT application_id, 'applicant' AS party FROM person
UNION ALL
SELECT r.application_id, party FROM raw_parties AS r JOIN person AS p USING (application_id)
WHERE role = 'co_borrower' AND p.kind = 'person';

CREATE VIEW moment AS SELECT application_id, as_of, today FROM person;

CREATE TABLE lines AS
WITH known AS (
    SELECT r.* EXCLUDE (closed_on, restructured_on), p.today,
        CASE WHEN start_of(r.closed_on) < p.as_of THEN r.closed_on END AS closed_on,
        CASE WHEN start_of(r.restructured_on) < p.as_of THEN r.restructured_on END AS restructured_on
    FROM raw_credit_lines AS r JOIN moment AS p USING (application_id) JOIN liable USING (application_id, party)
    WHERE coalesce(r.known_at, start_of(r.observed_on)) < p.as_of AND start_of(r.opened_on) < p.as_of
    QUALIFY row_number() OVER (
        PARTITION BY application_id, line ORDER BY observed_on DESC, current_dpd DESC, balance DESC) = 1
)
SELECT *, opened_on < today AND (closed_on IS NULL OR closed_on >= today) AS is_open,
    is_open AND kind <> 'guarantee' AS borrowed,
    is_open AND kind <> 'guarantee' AND NOT secured AND balance > 0 AS unsecured,
    coalesce(kind IN ('bnpl', 'advance') OR matures_on - opened_on <= 366, false) AS short_term,
    CASE WHEN monthly_payment > 0 THEN monthly_payment ELSE 0.05 * greatest(balance, 0) END AS asked,
    greatest(worst_dpd_24m, current_dpd) AS worst,
    CASE WHEN current_dpd > 0 THEN observed_on WHEN last_past_due_on IS NOT NULL THEN last_past_due_on
        WHEN coalesce(worst_dpd_24m, 1) > 0 OR months_past_due_24m > 0 THEN observed_on END AS last_late
FROM known WHERE opened_on < today;

CREATE TABLE history AS
SELECT r.*, p.today FROM raw_credit_history AS r JOIN moment AS p USING (application_id)
JOIN liable USING (application_id, party)
WHERE coalesce(r.known_at, start_of(r.month)) < p.as_of AND r.month < p.today
QUALIFY row_number() OVER (PARTITION BY application_id, line, month ORDER BY dpd DESC) = 1;

CREATE TABLE enquiries AS
SELECT r.*, p.today, r.reason IN ('application', 'guarantee') AND NOT r.own AS hard
FROM raw_credit_enquiries AS r JOIN moment AS p USING (application_id) JOIN liable USING (application_id, party)
WHERE coalesce(r.known_at, start_of(r."on")) < p.as_of AND r."on" < p.today;

CREATE TABLE spending AS
WITH told AS (
    SELECT r.*, CASE WHEN kind IN ('rent', 'mortgage')
        THEN row_number() OVER (PARTITION BY application_id, party, kind, monthly) END AS telling
    FROM raw_outgoings AS r JOIN moment AS p USING (application_id) JOIN liable USING (application_id, party)
    WHERE coalesce(r.known_at < p.as_of, true)
)
SELECT application_id, kind, monthly FROM told
QUALIFY telling IS NULL OR row_number() OVER (PARTITION BY application_id, kind, monthly, telling) = 1;

CREATE TABLE earned AS
WITH told AS (
    SELECT r.*, p.today, word_at('verified', verified) AS source,
        coalesce(employer, min(employer) OVER (PARTITION BY application_id, kind, r.month, net)) AS payer
    FROM raw_incomes AS r JOIN moment AS p USING (application_id) JOIN liable USING (application_id, party)
    WHERE coalesce(r.known_at, start_of(r.month)) < p.as_of AND r.month < p.today
),
numbered AS (
    SELECT *, row_number() OVER (
        PARTITION BY application_id, party, kind, month, net, payer ORDER BY source, employed_since NULLS LAST) AS telling
    FROM told
),
once AS (
    SELECT * FROM numbered
    QUALIFY row_number() OVER (PARTITION BY application_id, kind, month, net, payer, telling
        ORDER BY source, employed_since NULLS LAST, party = 'applicant' DESC, party) = 1
),
ranked AS (
    SELECT *, min(source) OVER one AS best, sum(net) FILTER (source = 3) OVER one AS declared,
        sum(net) OVER (PARTITION BY application_id, party, kind, month, source) AS observed
    FROM once WINDOW one AS (PARTITION BY application_id, party, kind, month)
)
SELECT *, CASE WHEN source = 3 OR source > best THEN NULL
    WHEN declared >= 0 AND declared < observed THEN net * declared / observed ELSE net END AS income
FROM ranked;

-- Of each section and liable party: was it obtained, else why not, and from when to when.
CREATE TABLE looked AS
WITH sections AS (
    SELECT unnest(['incomes', 'outgoings', 'credit_lines', 'credit_history', 'credit_enquiries']) AS section
),
first_rows AS (
    SELECT application_id, party, 'incomes' AS section, date_trunc('month', min(r.month)) AS since
    FROM raw_incomes AS r JOIN moment AS p USING (application_id)
    WHERE coalesce(known_at, start_of(r.month)) < p.as_of AND r.month < today GROUP BY ALL
    UNION ALL SELECT application_id, party, 'credit_history', date_trunc('month', min(r.month))
    FROM raw_credit_history AS r JOIN moment AS p USING (application_id)
    WHERE coalesce(known_at, start_of(r.month)) < p.as_of AND r.month < today GROUP BY ALL
    UNION ALL SELECT application_id, party, 'credit_enquiries', min("on")
    FROM raw_credit_enquiries AS r JOIN moment AS p USING (application_id)
    WHERE coalesce(known_at, start_of("on")) < p.as_of AND "on" < today GROUP BY ALL
    UNION ALL SELECT application_id, party, 'credit_lines', min(opened_on)
    FROM raw_credit_lines AS r JOIN moment AS p USING (application_id)
    WHERE coalesce(known_at, start_of(observed_on)) < p.as_of GROUP BY ALL
    UNION ALL SELECT application_id, party, 'outgoings', min(today)
    FROM raw_outgoings AS r JOIN moment AS p USING (application_id)
    WHERE coalesce(known_at < p.as_of, true) GROUP BY ALL
),
told AS (
    SELECT application_id, party, section, bool_or(status = 'obtained') AS obtained, max(covers_from) AS since,
        min(covers_until) AS until, max(list_position(['not_requested', 'no_record', 'unavailable', 'refused'], status)) AS rank
    FROM raw_sources GROUP BY ALL
),
each AS (
    SELECT l.application_id, s.section, p.today,
        CASE WHEN t.section IS NOT NULL THEN t.obtained
            ELSE coalesce(f.section IS NOT NULL OR (l.party = 'applicant' AND e.sent = 0), false) END AS obtained,
        coalesce(t.rank, 1) AS rank,
        CASE WHEN t.section IS NOT NULL THEN t.since ELSE coalesce(f.since, DATE '1900-01-01') END AS since,
        CASE WHEN t.section IS NOT NULL THEN t.until ELSE p.today END AS until
    FROM liable AS l JOIN moment AS p USING (application_id) CROSS JOIN sections AS s
    LEFT JOIN told AS t ON (t.application_id, t.party, t.section) = (l.application_id, l.party, s.section)
    LEFT JOIN first_rows AS f ON (f.application_id, f.party, f.section) = (l.application_id, l.party, s.section)
    LEFT JOIN sent AS e ON (e.application_id, e.section) = (l.application_id, s.section)
)
SELECT application_id, section, today, bool_and(obtained) AS obtained, max(since) AS since, min(until) AS until,
    ['not_requested', 'no_record', 'unavailable', 'refused'][max(rank) FILTER (NOT obtained)] AS cause
FROM each GROUP BY ALL;

-- Complete months end with the last month that is told, at most one back: of now, and of three months ago.
CREATE TABLE ends AS
WITH clocks AS (
    SELECT application_id, today, today AS clock, 0 AS back FROM person
    UNION ALL SELECT application_id, today, CAST(today - INTERVAL 3 MONTH AS DATE), 3 FROM person
),
last_rows AS (
    SELECT 'incomes' AS section, application_id, month FROM earned
    UNION ALL SELECT 'credit_history', application_id, month FROM history
)
SELECT c.application_id, s.section, c.back,
    CAST(least(date_trunc('month', clock), greatest(
        coalesce(max(l.month) + 1, date_trunc('month', clock)), date_trunc('month', clock) - INTERVAL 1 MONTH)) AS DATE) AS last
FROM clocks AS c CROSS JOIN (SELECT unnest(['incomes', 'credit_history']) AS section) AS s
LEFT JOIN last_rows AS l ON l.application_id = c.application_id AND l.section = s.section AND l.month < c.clock
GROUP BY c.application_id, s.section, c.back, c.clock;

-- Why a window of a section is not known; NULL where it is.
CREATE MACRO unknown(obtained, cause, since, until, first, last) AS
    CASE WHEN NOT obtained THEN cause WHEN since > first OR until < last - 1 THEN 'not_covered' END;

CREATE TABLE gap AS
WITH told AS (
    SELECT k.*, e.last, e3.last AS last3 FROM looked AS k
    LEFT JOIN ends AS e ON e.application_id = k.application_id AND e.section = k.section AND e.back = 0
    LEFT JOIN ends AS e3 ON e3.application_id = k.application_id AND e3.section = k.section AND e3.back = 3
)
SELECT application_id,
    any_value(CASE WHEN NOT obtained THEN cause END) FILTER (section = 'credit_lines') AS lines,
    any_value(CASE WHEN NOT obtained THEN cause END) FILTER (section = 'outgoings') AS spending,
    any_value(unknown(obtained, cause, since, until, last - INTERVAL 3 MONTH, last)) FILTER (section = 'incomes') AS inc3,
    any_value(unknown(obtained, cause, since, until, last - INTERVAL 6 MONTH, last)) FILTER (section = 'incomes') AS inc6,
    any_value(unknown(obtained, cause, since, until, last - INTERVAL 12 MONTH, last)) FILTER (section = 'incomes') AS inc12,
    any_value(unknown(obtained, cause, since, until, last3 - INTERVAL 3 MONTH, last3)) FILTER (section = 'incomes') AS inc3ago,
    any_value(unknown(obtained, cause, since, until, last - INTERVAL 12 MONTH, last))
        FILTER (section = 'credit_history') AS hist12,
    any_value(unknown(obtained, cause, since, until, today - INTERVAL 24 MONTH, today))
        FILTER (section = 'credit_history') AS hist24past,
    any_value(unknown(obtained, cause, since, until, today - INTERVAL 1 MONTH, today)) FILTER (section = 'credit_enquiries') AS enq1,
    any_value(unknown(obtained, cause, since, until, today - INTERVAL 3 MONTH, today)) FILTER (section = 'credit_enquiries') AS enq3,
    any_value(unknown(obtained, cause, since, until, today - INTERVAL 6 MONTH, today)) FILTER (section = 'credit_enquiries') AS enq6
FROM told GROUP BY ALL;
