"""The rollups that most reports begin with: a day's headline figures, and those of its hours."""

from __future__ import annotations

from dataclasses import replace

from mallard.reports import engagement_sums, kept
from mallard.reports.scope import day_sql
from mallard.reports.silent import IS_TOLD
from mallard.store.rollups.declared import ONE_FOR_ALL, Rollup

FIGURES = {
    "visitors": "bigint",
    "pageviews": "bigint",
    "sessions": "bigint",
    "bounces": "bigint",
    "duration_us": "bigint",
}

OF_SESSIONS = """
select
    count(visitor_id) filter (where session_no = 0)
        + count(distinct visitor_id) filter (where session_no > 0) as visitors,
    coalesce(sum({pageviews}), 0)::bigint as pageviews,
    count(*) as sessions,
    count(*) filter (where pageviews = 1) as bounces,
    coalesce(sum(epoch_us(ended_at) - epoch_us(started_at)), 0)::bigint as duration_us
    {told}
from sessions
"""
"""Every event is of a session, and each session that is kept has one that filters keep.

So sessions know all visitors; session 0 is the only one of its visitor. Their `pageviews` may be
all that they have, or those that filters keep, `matching_pageviews`.
"""
OF_WHOLE_SESSIONS = OF_SESSIONS.format(pageviews="pageviews", told="")

TOLD = dict.fromkeys(("engagements", "spent_ms", "engaged_sessions", "depth", "depths"), "bigint")
"""How often pages have told how they were looked at, and the sums of that (`engagement_sums`)."""

TOLD_BY_SESSIONS = f"""
    , coalesce(sum(engagements), 0)::bigint as engagements, {engagement_sums.OF_SESSIONS}
"""
OF_STORED = OF_SESSIONS.format(pageviews="pageviews", told=TOLD_BY_SESSIONS)

OF_SIGNED = f"""
{OF_SESSIONS.format(pageviews="pageviews", told=f"{TOLD_BY_SESSIONS}, sign")}
group by sign
"""

OF_LEGS_STORED = f"""
select *
from ({OF_WHOLE_SESSIONS})
cross join (select count(*) as engagements from stored where {IS_TOLD})
cross join ({engagement_sums.BY_SESSION_OF_LEGS})
"""

BY_TIMES_OF_EVENTS = """
select begins, count(visitor_id) as visitors, sum(pageviews)::bigint as pageviews
from (
    select
        local_bucket(timestamp) as begins,
        visitor_id,
        count(*) filter (where event_name = 'pageview') as pageviews
    from {events}
    group by all
)
group by begins
"""
"""Grouped by visitor first: what there is no memory for waits on the disk, as sets could not."""

EVENTS_BY_TIME = BY_TIMES_OF_EVENTS.format(events="events")

SESSIONS_BY_TIME = """
select
    local_bucket(started_at) as begins,
    count(*) as sessions,
    count(*) filter (where pageviews = 1) as bounces,
    sum(epoch_us(ended_at) - epoch_us(started_at))::bigint as duration_us
from sessions
group by begins
"""

DAYS_OF_LEGS = kept.counted(
    "select local_bucket(started_at) as begins, visitor, is_only, views from matching",
    by="begins",
)
"""A leg is within a day, and so within a week or a month; but not within an hour."""
HOURS_OF_LEGS = BY_TIMES_OF_EVENTS.format(events="found_events")

BY_TIME = """
select
    begins,
    coalesce(any_value(visitors), 0) as visitors,
    coalesce(any_value(pageviews), 0) as pageviews,
    coalesce(any_value(sessions), 0) as sessions,
    coalesce(any_value(bounces), 0) as bounces,
    coalesce(any_value(duration_us), 0) as duration_us
from (({visits}) union all by name ({sessions}))
group by begins
"""
EVENTS_AND_SESSIONS_BY_TIME = BY_TIME.format(visits=EVENTS_BY_TIME, sessions=SESSIONS_BY_TIME)


def legs_by_time(interval: str) -> str:
    """The SQL of the visits of kept legs in each bucket."""
    return HOURS_OF_LEGS if interval == "hour" else DAYS_OF_LEGS


def legs_and_sessions_by_time(interval: str) -> str:
    """The same, and what sessions began in it."""
    return BY_TIME.format(visits=legs_by_time(interval), sessions=SESSIONS_BY_TIME)


FIRST_ASKED = "first asked"
"""The group of what the page of a site is opened with."""

DAYS = Rollup(
    "days",
    FIGURES | TOLD,
    day_sql(OF_STORED),
    value=ONE_FOR_ALL,
    of_sessions=True,
    group=FIRST_ASKED,
    of_kept=kept.day_sql(OF_LEGS_STORED),
    of_signed=day_sql(OF_SIGNED),
)
HOURS = Rollup(
    "hours",
    {"begins": "timestamp"} | FIGURES,
    day_sql(EVENTS_AND_SESSIONS_BY_TIME),
    {"interval": "hour"},
    of_sessions=True,
    of_kept=kept.day_sql(
        BY_TIME.format(visits=BY_TIMES_OF_EVENTS.format(events="stored"), sessions=SESSIONS_BY_TIME)
    ),
)

VISITS = {"begins": "timestamp", "visitors": "bigint", "pageviews": "bigint"}
VISITS_OF_HOURS = replace(HOURS, columns=VISITS, sql=day_sql(EVENTS_BY_TIME))
"""The same rollup for those who do not ask for sessions: what came since is sooner added."""
