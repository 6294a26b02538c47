-- What the queries of the ledger's modules read: postings that exist at as_of with what each counts as, and what was
-- covered. Terms as in catalogue/postings.py.
CREATE TABLE post AS
WITH known AS (
    SELECT r.* EXCLUDE (returned_on, return_reason), f.today,
        CASE WHEN start_of(r.returned_on) < f.as_of THEN r.returned_on END AS returned_on,
        CASE WHEN start_of(r.returned_on) < f.as_of THEN r.return_reason END AS return_reason
    FROM raw_ledger AS r JOIN firm AS f USING (application_id)
    WHERE coalesce(r.known_at, start_of(r.booked_on)) < f.as_of AND r.booked_on < f.today
),
standing AS (
    SELECT *,
        datediff('month', booked_on, today) AS months_ago,
        today - booked_on AS days_ago,
        coalesce(returned_on >= today, true) AND reverses IS NULL AND NOT EXISTS (
            SELECT 1 FROM known AS k
            WHERE k.application_id = p.application_id AND k.account = p.account AND k.reverses = p.seq
        ) AS stands,
        category IN ('cash', 'other', 'rent', 'salary', 'sales', 'transfer') AS earning
    FROM known AS p
),
flagged AS (
    SELECT *,
        stands AND counterparty_kind <> 'own' AS moved,
        amount > 0 AND earning AND counterparty_kind NOT IN ('own', 'related', 'lender') AS earned,
        amount > 0 AND (category = 'loan_in' OR (counterparty_kind = 'lender' AND earning)) AS borrowed,
        amount < 0 AND (category = 'loan_payment'
            OR (counterparty_kind = 'lender' AND category IN ('other', 'transfer'))) AS repaid,
        counterparty_kind IN ('company', 'government') AND counterparty IS NOT NULL AS named,
        category IN ('payroll', 'salary') AS wages,
        category = 'cash' OR counterparty_kind = 'cash' AS in_cash
    FROM standing
)
SELECT *,
    CASE WHEN stands AND earned THEN amount END AS inflow,
    CASE WHEN moved AND amount > 0 THEN amount END AS received,
    CASE WHEN moved AND amount < 0 THEN -amount END AS spent,
    CASE WHEN moved AND amount < 0 AND counterparty_kind NOT IN ('related', 'lender') AND category NOT IN
        ('crypto', 'equity', 'gambling', 'loan_in', 'loan_payment', 'property', 'securities') THEN -amount END
        AS operating_spent,
    CASE WHEN moved AND NOT borrowed AND NOT repaid THEN amount END AS net_flow,
    CASE WHEN moved AND borrowed THEN amount END AS loan_received,
    CASE WHEN moved AND repaid THEN -amount END AS debt_paid,
    CASE WHEN moved THEN abs(amount) END AS turned_over
FROM flagged
ORDER BY application_id, booked_on, seq, amount, balance;

CREATE TABLE filed AS
SELECT r.*, f.today FROM raw_tax_filings AS r JOIN firm AS f USING (application_id)
WHERE r.period_end < f.today AND start_of(r.paid_on) < f.as_of;

CREATE MACRO covered_months(since, until, month, count) AS
    since <= month - to_months(count) AND until >= month - INTERVAL 1 DAY;

CREATE MACRO covered_days(since, until, today, count) AS since <= today - CAST(count AS INTEGER) AND until >= today - 1;

CREATE TABLE covers AS
WITH sections AS (
    SELECT application_id, today, 'ledger' AS section, has_ledger AS there FROM firm
    UNION ALL SELECT application_id, today, 'accounts', has_accounts FROM firm
    UNION ALL SELECT application_id, today, 'tax_filings', has_tax_filings FROM firm
),
first_rows AS (
    SELECT application_id, 'ledger' AS section, min(booked_on) AS first_row FROM post GROUP BY ALL
    UNION ALL
    SELECT application_id, 'tax_filings', min(period_start) FROM raw_tax_filings GROUP BY ALL
    UNION ALL
    SELECT application_id, 'accounts', min(covers_from) FROM raw_accounts GROUP BY ALL
),
looked AS (
    SELECT s.application_id, s.section, s.today, r.first_row,
        CASE WHEN count(k.status) = 0 THEN s.there ELSE s.there AND bool_or(k.status = 'obtained') END AS obtained,
        coalesce(min(k.status), 'not_requested') AS status,
        CASE WHEN count(k.covers_from) = 0 THEN r.first_row ELSE max(k.covers_from) END AS since,
        CASE WHEN count(k.covers_until) = 0 THEN s.today ELSE min(k.covers_until) END AS until
    FROM sections AS s
    LEFT JOIN raw_sources AS k USING (application_id, section)
    LEFT JOIN first_rows AS r USING (application_id, section)
    GROUP BY s.application_id, s.section, s.today, s.there, r.first_row
)
SELECT application_id, section, obtained,
    CASE WHEN obtained THEN 'not_covered' ELSE status END AS cause,
    coalesce(obtained AND until >= today - 1, false) AS ever,
    coalesce(obtained AND covered_days(since, until, today, 30), false) AS d30,
    coalesce(obtained AND covered_days(since, until, today, 90), false) AS d90,
    coalesce(obtained AND covered_days(since, until, today, 180), false) AS d180,
    coalesce(obtained AND covered_days(since, until, today, 365), false) AS d365,
    coalesce(obtained AND covered_months(since, until, date_trunc('month', today), 6), false) AS m6,
    coalesce(obtained AND covered_months(since, until, date_trunc('month', today), 12), false) AS m12,
    coalesce(obtained AND covered_months(since, until, date_trunc('month', today), 15), false) AS m15
FROM looked;

CREATE VIEW ledger_cover AS SELECT * EXCLUDE (section) FROM covers WHERE section = 'ledger';
CREATE VIEW accounts_cover AS SELECT * EXCLUDE (section) FROM covers WHERE section = 'accounts';
CREATE VIEW filings_cover AS SELECT * EXCLUDE (section) FROM covers WHERE section = 'tax_filings';

-- Day-end balances of the 180 days before today, over the accounts that have had a posting by then.
CREATE TABLE day_balances AS
WITH ends AS (
    SELECT application_id, account, booked_on, balance FROM post
    QUALIFY row_number() OVER (PARTITION BY application_id, account, booked_on ORDER BY seq DESC) = 1
),
grid AS (
    SELECT a.application_id, a.account, f.today - CAST(back AS INTEGER) AS day, CAST(back AS INTEGER) AS days_ago
    FROM (SELECT DISTINCT application_id, account FROM post) AS a
    JOIN firm AS f USING (application_id), range(1, 181) AS backs(back)
),
levels AS (
    SELECT g.*, e.balance FROM grid AS g
    ASOF JOIN ends AS e
        ON e.application_id = g.application_id AND e.account = g.account AND e.booked_on <= g.day
)
SELECT application_id, day, days_ago, sum(balance ORDER BY account) AS balance,
    sum(least(balance, 0) ORDER BY account) AS below_zero
FROM levels GROUP BY ALL;
