"""The relation `seen`: what happened, each time with what is known of the session around it.

    visitor             who it was
    began_at, ended_at  when the session began and ended, which tells it from the visitor's others
    session_pageviews   all its pageviews
    happened_at         when it happened, to the day at least
    views, times        how many pageviews and events this stands for
    event_name, pathname, hostname, told_props, has_money   of the event
    and columns of the session, by its first event, as filters have them

It is made of kept legs where these tell all that is asked for, else of the events themselves; paths
are decoded either way.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from mallard.reports import channels, kept, scope
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import CHANNEL
from mallard.reports.legs import EDGES
from mallard.reports.query import ReportQuery
from mallard.reports.where import PROPS
from mallard.store.reader import Reader, Row

OF_EVENTS = """
, numbered_visits as (
    select *, sum(begins) over (partition by visitor_id order by timestamp) as visit_no
    from (
        select *, coalesce(
            timestamp - lag(timestamp) over (partition by visitor_id order by timestamp)
            > interval 30 minutes, true)::integer as begins
        from session_events
    )
),
visits as materialized (
    select
        visitor_id as visitor,
        min(timestamp) as began_at,
        max(timestamp) as ended_at,
        count(*) filter (where event_name = 'pageview') as session_pageviews
        {of_session}
    from numbered_visits
    group by visitor_id, visit_no
),
seen as materialized (
    select
        visits.*, timestamp as happened_at, event_name, {path} as pathname, hostname {more},
        (event_name = 'pageview')::integer as views, 1 as times,
        revenue_amount is not null as has_money
    from events
    join visits
        on events.visitor_id is not distinct from visits.visitor
        and events.timestamp between began_at and ended_at
)
"""
WITHOUT_SESSIONS = """
, seen as materialized (
    select
        visitor_id as visitor, timestamp as happened_at,
        event_name, {path} as pathname, hostname {more},
        (event_name = 'pageview')::integer as views, 1 as times,
        revenue_amount is not null as has_money
    from events
)
"""

OF_LEGS = """
, visits as materialized (
    select visitor, began_at, ended_at, pageviews as session_pageviews {alone}
    from whole
    where is_alone
    union all by name
    select
        visitor, began_at,
        max(ended_at) as ended_at,
        sum(pageviews) as session_pageviews
        {of_session}
    from whole
    where not is_alone
    group by visitor, began_at
),
seen as materialized (
    select visits.*, happened.* exclude (visitor, began_at)
    from ({rows}) as happened
    join visits
        on happened.visitor is not distinct from visits.visitor
        and happened.began_at = visits.began_at
)
"""
LEGS_WITHOUT_SESSIONS = ", seen as materialized ({rows})\n"
LEGS_AS_THEY_ARE = """
    select
        visitor, began_at, started_at as happened_at, hostname, views,
        views + coalesce(list_sum(list_transform(found_others, lambda each: each.times)), 0)
            as times
    from matching
"""
WHAT_HAPPENED_ON_LEGS = """
    select
        visitor, began_at, started_at as happened_at, hostname, 'pageview' as event_name,
        each.pathname as pathname, each.views as views, each.views as times
    from (
        select visitor, began_at, started_at, hostname, unnest(found_pages) as each
        from matching
    )
    where each.views > 0
    union all by name
    select
        visitor, began_at, started_at as happened_at, hostname, each.event_name as event_name,
        each.pathname as pathname, 0 as views, each.times as times
    from (
        select visitor, began_at, started_at, hostname, unnest(found_others) as each
        from matching
    )
"""

PROPS_OF_EVENTS = f", case when json_valid(props) then json_extract(props, ${PROPS}) end as {PROPS}"


def fetch(
    reader: Reader,
    query: ReportQuery,
    sql: str,
    session_columns: Collection[str],
    *,
    needs_sessions: bool,
    by_legs: bool,
    tells_events_apart: bool,
    since: datetime | None = None,
    **params: Any,
) -> list[Row]:
    """The rows of SQL over `seen`, which continues a list of common table expressions.

    `by_legs` asks kept legs, which know neither properties nor hours, nor `since`.
    """
    if by_legs:
        rows = WHAT_HAPPENED_ON_LEGS if tells_events_apart else LEGS_AS_THEY_ARE
        seen = (OF_LEGS if needs_sessions else LEGS_WITHOUT_SESSIONS).format(
            rows=rows,
            alone="".join(f", {column}" for column in session_columns),
            of_session="".join(f", {_first_leg(column)}" for column in session_columns),
        )
        return kept.fetch(reader, query, seen + sql, asks_often=needs_sessions, **params)
    seen = (OF_EVENTS if needs_sessions else WITHOUT_SESSIONS).format(
        path=decoded_sql("pathname"),
        more=PROPS_OF_EVENTS if PROPS in params else "",
        of_session="".join(f", {_first_event(column)}" for column in session_columns),
    )
    return scope.fetch(reader, query, seen + sql, since=since, **params)


def _first_leg(column: str) -> str:
    if column == "exit_page":
        return "arg_max(exit_page, started_at) as exit_page"
    first = "arg_min" if column in EDGES else "arg_min_null"
    return f"{first}({column}, started_at) as {column}"


def _first_event(column: str) -> str:
    if column in EDGES:
        edge = scope.EDGES[column].replace("(pathname", f"({decoded_sql('pathname')}")
        return f"{edge} as {column}"
    value = channels.CHANNEL if column == CHANNEL else column
    return f"arg_min_null({value}, timestamp) as {column}"
