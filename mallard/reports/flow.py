"""Where visitors go from a page."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.arguments import RequiredText
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader

ROWS = 10
PAGE = RequiredText(
    "page",
    "The path to start from.",
    "/",
    bounds={"minLength": 1},
    hint=": the path to start from, such as /pricing",
)

SQL = """
select next_page, count(*) as visitors
from (
    select visitor_id, arg_min(pathname, timestamp) as next_page
    from session_events
    join (
        select visitor_id, min(timestamp) as seen_at
        from session_events
        where event_name = 'pageview' and pathname = $page
        group by visitor_id
    ) using (visitor_id)
    where event_name = 'pageview' and pathname <> $page and timestamp > seen_at
    group by visitor_id
)
{keeps}
group by next_page
order by visitors desc, next_page
limit $rows
"""


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A page, and how many visitors it was the next other page for."""

    next_page: str
    visitors: int


def flow(reader: Reader, query: ReportQuery, page: str) -> list[FlowRow]:
    """The ten most common next pages after a visitor's first view of `page`, itself left out."""
    sql = SQL.format(keeps="")
    return [FlowRow(*row) for row in fetch(reader, query, sql, page=page, rows=ROWS)]


def flow_to(
    reader: Reader, query: ReportQuery, page: str, next_pages: tuple[str, ...]
) -> list[FlowRow]:
    """The rows of exactly these next pages; those that nobody went to are left out."""
    if not next_pages:
        return []
    sql = SQL.format(keeps="where list_contains($next_pages, next_page)")
    most = len(next_pages)
    rows = fetch(reader, query, sql, page=page, next_pages=list(next_pages), rows=most)
    return [FlowRow(*row) for row in rows]
