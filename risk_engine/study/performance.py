"""Labels told from months of performance: what became of every application within the horizon from its booking."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from risk_engine.study.definition import Study
from risk_engine.study.labels import Labelled, LabelledRow, horizon_end, one_class_vintages, refuse_one_class
from risk_engine.study.performance_checks import keep_tables
from risk_engine.study.target import Performance
from risk_engine.study.warehouse import Warehouse
from risk_engine.study.waterfall import BAD, GOOD, Waterfall, vintage

IMMATURE = "immature"
STEPS = (
    "duplicates", "without_outcome", "policy_declines", "score_declines", "reviewer_declines", "unexplained_declines",
    "withdrawn", "not_taken_up", "excluded", IMMATURE, "indeterminate", GOOD, BAD,
)  # fmt: skip

# A cohort is the bookings of one month. It is mature when it is observed to the horizon of its last booking.
BOOKED = f"""
create temp table booked as
select
  application_id,
  booked_on,
  observed_until,
  {horizon_end("booked_on")} as horizon_end,
  date_trunc('month', booked_on)::date as cohort,
  max(observed_until) over (partition by cohort) >= max(horizon_end) over (partition by cohort) as mature
from outcomes
where booked_on is not null
"""  # noqa: S608

# An application that was not booked is a duplicate of the obligor's next one for the product within the days given, of
# the one that names it as its previous, and of one booked within the days on either side. A booked one is a loan.
DUPLICATES = """
create temp table duplicates as
with asked as (
  select applications.*, booked_on is not null as booked from applications left join booked using (application_id)
)
select distinct one.application_id
from asked as one join asked as other using (obligor_id, product)
where not one.booked
  and one.application_id <> other.application_id
  and case
    when (other.as_of, other.application_id) < (one.as_of, one.application_id)
    then other.booked and one.as_of - other.as_of <= $within
    else other.as_of - one.as_of <= $within or other.previous_application_id = one.application_id
  end
"""

# Months count until the horizon, as far as observed. Days past due count only where more than both thresholds is
# overdue. What has ended has no further months to see.
SEEN = """
create temp table seen as
with counted as (
  select
    *,
    $always or (overdue > $overdue and overdue > round($share * greatest(balance, 0), 6)) as material,
    case when material then dpd else 0 end as days
  from months join booked using (application_id)
  where month_end <= least(horizon_end, observed_until)
)
select
  application_id,
  max(days) as worst,
  bool_or(days >= $dpd or list_contains($bad_events, event)) as is_bad,
  bool_or(event in ('prepaid', 'closed') or (event in ('written_off', 'sold') and list_contains($bad_events, event)))
    as has_ended,
  max(month_end) as last_month,
  datediff('month', any_value(booked_on), max(month_end)) - count(*) filter (month_end > last_day(booked_on)) as gaps
from counted
group by application_id
"""

# Also in a mature cohort a loan that has not ended must itself be observed to its horizon, bad or not; and unless it is
# bad, its last month must be there: what was not seen is not good.
FATES = """
with loans as (
  select
    *,
    (date_trunc('month', horizon_end + 1) - interval 1 day)::date as due,
    has_ended or (observed_until >= horizon_end and (is_bad or last_month >= due)) as watched
  from booked left join seen using (application_id)
)
select
  application_id,
  obligor_id,
  as_of,
  loans.booked_on,
  case
    when application_id in (select application_id from duplicates) then 'duplicates'
    when decision is null then 'without_outcome'
    when decision = 'declined' then coalesce(declined_by, 'unexplained') || '_declines'
    when decision = 'withdrawn' then 'withdrawn'
    when loans.booked_on is null then 'not_taken_up'
    when exclusion is not null then 'excluded'
    when not mature or not coalesce(watched, false) then 'immature'
    when is_bad then 'bad'
    when worst >= $indeterminate then 'indeterminate'
    else 'good'
  end as step,
  coalesce(mature, false) as mature,
  coalesce(gaps, 0) as gaps
from applications
left join outcomes using (application_id)
left join loans using (application_id)
order by application_id
"""


class Fate(NamedTuple):
    """Where one application ended.

    Attributes:
        mature: Whether the cohort of its booking is observed to the horizon; false where it was not booked.
        gaps: Months without a row before the last one read.
    """

    application_id: str
    obligor_id: str
    as_of: dt.date
    booked_on: dt.date | None
    step: str
    mature: bool
    gaps: int

    @property
    def vintage(self) -> str:
        """The quarter of booking; of the application where it was not booked."""
        return vintage(self.booked_on or self.as_of)


def labels_of_performance(study: Study, source: Performance, warehouse: Warehouse) -> Labelled:
    """Tell labels from months of performance, and where every application ended.

    Bad is ``dpd`` or more days past due at a month's end, or one of the bad events, from booking to the same day
    ``horizon_months`` later; indeterminate is the band below. What was closed or prepaid without being bad is good.

    Args:
        study: Whose labels.
        source: Its ``target: performance:``.
        warehouse: Open over the study's files.

    Raises:
        StudyFaults: Selects that do not run, columns, values and rows that contradict each other (each told with its
            count), or labels all alike.
    """
    keep_tables(study, source, warehouse)
    warehouse.ask(BOOKED, {"horizon": study.target.horizon_months})
    warehouse.ask(DUPLICATES, {"within": source.duplicates_within_days})
    least = source.materiality
    warehouse.ask(SEEN, {
        "always": least is None,
        "overdue": 0.0 if least is None else least.overdue,
        "share": 0.0 if least is None else least.share_of_balance,
        "dpd": source.dpd,
        "bad_events": list(source.bad_events),
    })  # fmt: skip
    fates = [Fate(*row) for row in warehouse.ask(FATES, {"indeterminate": source.indeterminate_from})]
    rows = tuple(
        LabelledRow(fate.application_id, fate.obligor_id, fate.step == BAD, fate.as_of, fate.booked_on, fate.vintage)
        for fate in fates
        if fate.step in (GOOD, BAD)
    )
    waterfall = Waterfall.of(STEPS, ((fate.vintage, fate.step) for fate in fates))
    refuse_one_class(f"{source.months.place}: target.performance", rows, waterfall)
    steps = {fate.application_id: fate.step for fate in fates}
    vintages = {fate.application_id: fate.vintage for fate in fates}
    warnings = (*_warnings(study, fates, warehouse), *one_class_vintages(waterfall))
    return Labelled(rows, waterfall, steps, vintages, warnings)


def _warnings(study: Study, fates: Sequence[Fate], warehouse: Warehouse) -> tuple[str, ...]:
    immature = [fate for fate in fates if fate.step == IMMATURE]
    months = study.target.horizon_months
    cohorts = _by([fate for fate in immature if not fate.mature], lambda fate: f"{fate.vintage} {fate.booked_on:%Y-%m}")
    lost = [fate for fate in immature if fate.mature]
    gaps = [fate for fate in fates if fate.gaps]
    [(late,)] = warehouse.ask(
        "select count(*) from months join booked using (application_id) where month_end > observed_until"
    )
    told = []
    if cohorts:
        told.append(f"Immature cohorts, not observed for {months} months and so without goods and bads: {cohorts}.")
    if lost:
        told.append(
            f"{len(lost)} applications booked in mature cohorts are immature, for they were not observed for {months} "
            f"months themselves: {_by(lost, lambda fate: fate.vintage)}; such as {_some(lost)}."
        )
    if gaps:
        told.append(
            f"{sum(fate.gaps for fate in gaps)} months have no row in the performance of {len(gaps)} applications, "
            f"such as {_some(gaps)}; their labels are told from the months there are."
        )
    if late:
        told.append(f"{late} performance rows of months ending after observed_until were not read.")
    return tuple(told)


def _by(fates: Sequence[Fate], key: Callable[[Fate], str]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(Counter(map(key, fates)).items()))


def _some(fates: Sequence[Fate]) -> str:
    return ", ".join(fate.application_id for fate in fates[:3])
