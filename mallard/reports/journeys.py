"""The most common ways through a site: the pages of sessions, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.arguments import WholeNumber
from mallard.reports.first_and_last import by_order
from mallard.reports.happened import WAYS
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader

PAGES = WholeNumber(
    "pages",
    "How many pages of a session count, from its first one on.",
    least=2,
    most=10,
    default=5,
)

SQL = """
, wanderers as materialized (
    select visitor_id, max(timestamp) - min(timestamp) <= interval 30 minutes as is_one_session
    from {events}
    group by visitor_id
    having min(pathname) filter (where event_name = 'pageview')
        <> max(pathname) filter (where event_name = 'pageview')
),
in_sessions as not materialized (
    select *, sum(begins) over (partition by visitor_id order by timestamp) as session_no
    from (
        select visitor_id, event_name, pathname, timestamp, coalesce(
            timestamp - lag(timestamp) over (partition by visitor_id order by timestamp)
            > interval 30 minutes, true)::integer as begins
        from {events}
        semi join (from wanderers where not is_one_session) using (visitor_id)
    )
),
views as not materialized (
    select visitor_id, session_no, {path} as path, timestamp
    from (
        select visitor_id, event_name, pathname, timestamp, 0 as session_no
        from {events}
        semi join (from wanderers where is_one_session) using (visitor_id)
        union all by name
        select visitor_id, event_name, pathname, timestamp, session_no from in_sessions
    )
    where event_name = 'pageview'
)
select journey, count(*) as sessions
from (
    select list(path order by {in_order})[:$pages] as journey
    from (
        select *, lag(path) over one_session as before
        from views
        window one_session as (partition by visitor_id, session_no order by {in_order})
    )
    where path is distinct from before
    group by visitor_id, session_no
)
where len(journey) > 1
group by journey
order by sessions desc, journey
limit $limit
"""
"""Who saw a single page makes no journey: most visitors need not be put in order."""


@dataclass(frozen=True, slots=True)
class Journey:
    """Pages one after the other, and how many sessions began with them."""

    pages: list[str]
    sessions: int


def journeys(reader: Reader, query: ReportQuery, pages: int) -> list[Journey]:
    """The most common journeys; of longer ones the first `pages`.

    Views of a page one after the other are one, and a session of one page is no journey.
    """
    sql, of_legs = (
        SQL.format(events=way.relation, path=way.path, in_order=by_order("path")) for way in WAYS
    )
    rows = fetch(reader, query, sql, of_legs=of_legs, pages=pages, limit=query.limit)
    return [Journey(*row) for row in rows]
