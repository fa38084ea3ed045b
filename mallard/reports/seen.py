"""The relation `seen`: what happened, each time with what is known of the session around it.

    visitor             who it was
    began_at, ended_at  when the session began and ended, which tells it from the visitor's others
    session_pageviews   all its pageviews
    happened_at         when it happened, to the day at least
    views, times        how many pageviews and events this stands for
    event_name, pathname, hostname, told_props, has_money   of the event
    amount, currency    what was paid, where money is asked for
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
from mallard.reports.first_and_last import first_of, first_on_legs, last_on_legs
from mallard.reports.legs import EDGES
from mallard.reports.query import ReportQuery
from mallard.reports.silent import HAPPENED
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
        (event_name = 'pageview')::integer as views, {times} as times,
        revenue_amount is not null as has_money
    from {source} as each
    join visits
        on each.visitor_id is not distinct from visits.visitor
        and each.timestamp between began_at and ended_at
)
"""
WITHOUT_SESSIONS = """
, seen as materialized (
    select
        visitor_id as visitor, timestamp as happened_at,
        event_name, {path} as pathname, hostname {more},
        (event_name = 'pageview')::integer as views, {times} as times,
        revenue_amount is not null as has_money
    from {source}
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
    select visits.*, these.* exclude (visitor, began_at)
    from ({rows}) as these
    join visits
        on these.visitor is not distinct from visits.visitor
        and these.began_at = visits.began_at
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

MONEY = ", revenue_amount as amount, nullif(upper(revenue_currency), '') as currency"


def fetch(
    reader: Reader,
    query: ReportQuery,
    sql: str,
    session_columns: Collection[str],
    *,
    needs_sessions: bool,
    by_legs: bool,
    tells_events_apart: bool,
    tells_money: bool = False,
    since: datetime | None = None,
    **params: Any,
) -> list[Row]:
    """The rows of SQL over `seen`, which continues a list of common table expressions.

    `by_legs` asks kept legs, which know neither properties nor hours, nor `since` nor money.
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
        times=f"({HAPPENED})::integer",
        source="deeds" if tells_events_apart or PROPS in params else "events",
        more=(PROPS_OF_EVENTS if PROPS in params else "") + (MONEY if tells_money else ""),
        of_session="".join(f", {_first_event(column)}" for column in session_columns),
    )
    return scope.fetch(reader, query, seen + sql, since=since, **params)


def _first_leg(column: str) -> str:
    if column in EDGES:
        edge = first_on_legs if column == "entry_page" else last_on_legs
        return f"{edge(column)} as {column}"
    return f"{first_of(column, 'started_at', of_nulls=True)} as {column}"


def _first_event(column: str) -> str:
    if column in EDGES:
        return f"{scope.EDGES[column]} as {column}"
    value = channels.CHANNEL if column == CHANNEL else column
    return f"{first_of(value, of_nulls=True)} as {column}"
