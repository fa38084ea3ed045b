"""How pages were looked at: for how long, and how far down, by the session and by the page.

A page counts once for each session that told of it, with all of its times, and its deepest scroll.
A session is engaged that looked at its pages for ten seconds or longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mallard.reports import kept
from mallard.reports.decoding import decoded_sql
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.session_values import NUMBERED
from mallard.reports.silent import DEPTH, IS_TOLD, SPENT
from mallard.reports.unknown import UNKNOWN
from mallard.store.reader import Reader, Row

ENGAGED_MS = 10_000

OF_LEGS = """
select visitor, began_at, each.pathname as pathname, sum(each.spent_ms) as spent_ms,
    max(each.depth) as depth
from (select visitor, began_at, unnest(engaged) as each from whole)
group by all
"""
OF_EVENTS = f"""
select visitor_id, session_no, {decoded_sql("pathname")} as pathname,
    coalesce(sum({SPENT}), 0)::bigint as spent_ms, max({DEPTH}) as depth
from ({{numbered}})
where {IS_TOLD}
group by all
"""
WHO_TOLD = f"""
    semi join (select visitor_id as teller from session_events where {IS_TOLD}) as tellers
        on visitor_id is not distinct from teller
"""

BY_SESSION = """
select
    coalesce(sum(spent_ms), 0)::bigint as spent_ms,
    count(*) filter (where spent_ms >= $engaged_ms) as engaged,
    coalesce(sum(depth), 0)::bigint as depth,
    coalesce(sum(depths), 0)::bigint as depths
from (
    select sum(spent_ms) as spent_ms, sum(depth) as depth, count(depth) as depths
    from ({told})
    group by {session}
)
"""
BY_PAGE = """
select
    coalesce(pathname, $unknown) as value,
    sum(spent_ms)::bigint as spent_ms,
    count(*) as times,
    coalesce(sum(depth), 0)::bigint as depth,
    count(depth) as depths
from ({told})
group by value
"""


@dataclass(frozen=True, slots=True)
class Engagement:
    """What the sessions of a period have told in sums: milliseconds, and percents of pages."""

    spent_ms: int
    engaged_sessions: int
    depth: int
    depths: int


def engagement(reader: Reader, query: ReportQuery) -> Engagement:
    """The sums of all sessions that the query keeps, whole ones."""
    ((*sums,),) = _rows(reader, query, BY_SESSION, engaged_ms=ENGAGED_MS)
    return Engagement(*map(int, sums))


def page_figures(reader: Reader, query: ReportQuery) -> list[Row]:
    """Of each page that was told of: milliseconds, how often, percents, and how often these."""
    return _rows(reader, query, BY_PAGE, unknown=UNKNOWN)


def _rows(reader: Reader, query: ReportQuery, sql: str, **params: Any) -> list[Row]:
    """The rows of SQL over what was told of each page in each session. Legs are quicker."""
    if kept.legs_tell(query.filters):
        of_legs = sql.format(told=OF_LEGS, session="visitor, began_at")
        return kept.fetch(reader, query, of_legs, **params)
    told = OF_EVENTS.format(numbered=NUMBERED.format(only=WHO_TOLD))
    return fetch(reader, query, sql.format(told=told, session="visitor_id, session_no"), **params)
