"""Numbers of the plan's operations; they exist in memory only, so they may be renumbered freely."""

from __future__ import annotations

from risk_engine.vocabulary import Cause

# Pairs of values, row by row or one by one.
ADD, SUB, MUL, DIV, DIV_BY_CONSTANT = 0, 1, 2, 3, 4
EQ, NE, LT, LE, GT, GE = 5, 6, 7, 8, 9, 10
AND, OR, MINIMUM, MAXIMUM, FILL, WHEN, MONTHS_SINCE = 11, 12, 13, 14, 15, 16, 17

# Single values.
NOT, NEG, LOG, LOG10, ABSOLUTE, DAYS_LEFT = 20, 21, 22, 23, 24, 25

# Instructions.
PAIRS, SINGLES, ONE_PAIR, ONE_SINGLE = 30, 31, 32, 33
INPUT, NOW, COVER = 34, 35, 36
GROUP, ORDER, GATHER, PREVIOUS = 37, 38, 39, 40
MONTHLY, SPREAD, DAILY, BY, GAPS, MONTH_DATES, DAY_DATES = 41, 42, 43, 44, 45, 46, 47
REDUCE, ARGMAX, IN_WINDOW, BEFORE_NOW, EMIT, OUT = 48, 49, 50, 51, 52, 53

# Reduces.
COUNT, COUNT_TRUE, SUM, MEAN, STD, MIN, MAX, LAST, QUANTILE, LONGEST_RUN, SLOPE, TOP = range(60, 72)

# Windows. EVER ends at its clock's now; ALL takes every row that is there.
DAYS, MONTHS, PAST_MONTHS, EVER, ALL = 0, 1, 2, 3, 4

# States inside the machine: one more than outside. PATHOLOGY is a value that cannot be computed
# though everything was there (x/0, a base that is not positive); it ends as the adverse end or as NONE.
VALUE, PATHOLOGY, NONE, NOT_OBTAINED, NOT_APPLICABLE = 0, 1, 2, 3, 4
NOT_REQUESTED, NOT_COVERED, INVALID = int(Cause.NOT_REQUESTED), int(Cause.NOT_COVERED), int(Cause.INVALID)
