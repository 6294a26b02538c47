-- Words that all queries share.
CREATE MACRO ratio(above, below, adverse) AS
    CASE WHEN above IS NULL OR below IS NULL OR (above = 0 AND below = 0) THEN NULL
        WHEN below > 0 THEN above / below ELSE adverse END;

CREATE MACRO clip(value, low, high) AS -- greatest() and least() pass over NULL
    CASE WHEN value IS NOT NULL THEN greatest(low, least(high, value)) END;

CREATE MACRO word_at(column_name, told) AS
    (SELECT w.place FROM words AS w WHERE w.of = column_name AND w.word = told);

CREATE MACRO whole_months(since, until) AS
    (year(until) - year(since)) * 12 + month(until) - month(since) - CAST(day(until) < day(since) AS INTEGER);

CREATE MACRO start_of(day) AS epoch(day) - 8 * 3600; -- every case is told at +08:00
