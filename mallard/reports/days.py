"""The rollups that most reports begin with: a day's headline figures, and those of its hours."""

from __future__ import annotations

from dataclasses import replace

from mallard.reports import kept
from mallard.reports.scope import day_sql
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
from sessions
"""
"""Every event is of a session, and each session that is kept has one that filters keep.

So sessions know all visitors; session 0 is the only one of its visitor. Their `pageviews` may be
all that they have, or those that filters keep, `matching_pageviews`.
"""
OF_WHOLE_SESSIONS = OF_SESSIONS.format(pageviews="pageviews")

EVENTS_BY_TIME = """
select begins, count(visitor_id) as visitors, sum(pageviews)::bigint as pageviews
from (
    select
        local_bucket(timestamp) as begins,
        visitor_id,
        count(*) filter (where event_name = 'pageview') as pageviews
    from events
    group by all
)
group by begins
"""
"""Grouped by visitor first: what there is no memory for waits on the disk, as sets could not."""

SESSIONS_BY_TIME = """
select
    local_bucket(started_at) as begins,
    count(*) as sessions,
    count(*) filter (where pageviews = 1) as bounces,
    sum(epoch_us(ended_at) - epoch_us(started_at))::bigint as duration_us
from sessions
group by begins
"""

LEGS_BY_TIME = kept.counted(
    "select local_bucket(started_at) as begins, visitor, is_only, views from matching",
    by="begins",
)

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
LEGS_AND_SESSIONS_BY_TIME = BY_TIME.format(visits=LEGS_BY_TIME, sessions=SESSIONS_BY_TIME)

FIRST_ASKED = "first asked"
"""The group of what the page of a site is opened with."""

DAYS = Rollup(
    "days",
    FIGURES,
    day_sql(OF_WHOLE_SESSIONS),
    value=ONE_FOR_ALL,
    of_sessions=True,
    group=FIRST_ASKED,
)
HOURS = Rollup(
    "hours",
    {"begins": "timestamp"} | FIGURES,
    day_sql(EVENTS_AND_SESSIONS_BY_TIME),
    {"interval": "hour"},
    of_sessions=True,
)

VISITS = {"begins": "timestamp", "visitors": "bigint", "pageviews": "bigint"}
VISITS_OF_HOURS = replace(HOURS, columns=VISITS, sql=day_sql(EVENTS_BY_TIME))
"""The same rollup for those who do not ask for sessions: what came since is sooner added."""
