"""How pages were looked at: for how long, and how far down, by the session and by the page."""

from __future__ import annotations

from typing import Any

from mallard.reports import kept
from mallard.reports.decoding import decoded_sql
from mallard.reports.engagement_sums import BY_SESSION, OF_LEGS, Engagement
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.session_values import NUMBERED
from mallard.reports.silent import DEPTH, IS_TOLD, SPENT
from mallard.reports.unknown import UNKNOWN
from mallard.store.reader import Reader, Row

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


def engagement(reader: Reader, query: ReportQuery) -> Engagement:
    """The sums of all sessions that the query keeps, whole ones."""
    ((*sums,),) = _rows(reader, query, BY_SESSION)
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
