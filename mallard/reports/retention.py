"""Which visitors come back in the weeks after their first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from mallard.model import Period
from mallard.reports.arguments import WholeNumber
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader
from mallard.texts.catalogue import N_
from mallard.zones.sql import in_local_time

DEFAULT_WEEKS = 4
WEEKS = WholeNumber(
    "weeks",
    "How many weeks, the last one that of the period's last day.",
    least=1,
    most=52,
    default=DEFAULT_WEEKS,
)
WEEK = timedelta(weeks=1)
LAST_MONDAY = date(9999, 12, 20)
"""Of the weeks whose end is a date that Python can name."""

DAILY_IDS_NOTE = N_(
    "visitor ids rotate daily, so nobody is recognized in a later week;"
    " visitor_id_rotation = monthly changes that for data to come"
)

SQL = """
select bit_count((seen & -seen) - 1) as cohort, week, sum(visitors)::bigint as visitors
from (
    select seen, count(*) as visitors
    from (
        select
            min(timestamp) as first_seen_at,
            bit_or(
                case when timestamp >= $first_week
                then 1::bigint << datediff('week', $first_monday::date, local_day(timestamp))
                else 0 end
            ) as seen
        from {events}
        group by visitor_id
    )
    where first_seen_at >= $first_week
    group by seen
), range($weeks) as weeks (week)
where (seen >> week) & 1 = 1
group by cohort, week
"""
LEGS = "(select visitor as visitor_id, started_at as timestamp from kept_legs)"
"""All of a leg is within a day, so it is of one week."""
"""A visitor's weeks are the bits of a number: 52 of them fit. The lowest one is the cohort's."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The visitors first seen in the week of the Monday `cohort_date`.

    `visitors[i]` of them were seen in the i-th week after it, `retained[i]` tells whether any was.
    """

    cohort_date: str
    retained: list[bool]
    visitors: list[int]


def retention(reader: Reader, query: ReportQuery, weeks: int) -> list[Cohort]:
    """The cohorts of the `weeks` Monday weeks that end with the week of the period's last day.

    A visitor belongs to the week of the first event in the site's whole history.
    """
    if query.period.start == query.period.end:
        return []
    last_day = min(query.period.end - timedelta(days=1), LAST_MONDAY)
    last_week = last_day - timedelta(days=last_day.weekday())
    first_week = last_week - min(weeks - 1, (last_week - date.min) // WEEK) * WEEK
    asked = Period(first_week, last_week + WEEK, query.period.zone)
    history = replace(query, period=replace(asked, start=date.min))
    sql, of_legs = (
        in_local_time(SQL.format(events=events), asked) for events in ("session_events", LEGS)
    )
    rows = fetch(
        reader,
        history,
        sql,
        of_legs=of_legs,
        first_monday=first_week,
        first_week=asked.begins_at,
        weeks=weeks,
    )
    seen = {(cohort, week): count for cohort, week, count in rows}
    return [
        _cohort(first_week + week * WEEK, [seen.get((week, week + n), 0) for n in range(weeks)])
        for week in sorted({cohort for cohort, _ in seen})
    ]


def _cohort(monday: date, visitors: list[int]) -> Cohort:
    return Cohort(monday.isoformat(), [count > 0 for count in visitors], visitors)
