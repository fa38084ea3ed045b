"""Where visitors go from a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mallard.reports.arguments import RequiredText
from mallard.reports.decoding import decoded, decoded_sql
from mallard.reports.funnel import Lost
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

OF_THE_LOST = "(select * from session_events semi join lost using (visitor_id))"

SQL = """
select next_page, count(*) as visitors
from (
    select visitor_id, arg_min({path}, timestamp) as next_page
    from {events}
    join (
        select visitor_id, min(timestamp) as seen_at
        from {events}
        where event_name = 'pageview' and {path} = $page
        group by visitor_id
    ) using (visitor_id)
    where event_name = 'pageview' and {path} <> $page and timestamp > seen_at
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


def flow(reader: Reader, query: ReportQuery, page: str, lost: Lost | None = None) -> list[FlowRow]:
    """The ten most common next pages after a visitor's first view of `page`, itself left out.

    Of all visitors, or only of those whom a funnel has `lost`.
    """
    return _fetch(reader, query, page, lost, "", rows=ROWS)


def flow_to(
    reader: Reader,
    query: ReportQuery,
    page: str,
    next_pages: tuple[str, ...],
    lost: Lost | None = None,
) -> list[FlowRow]:
    """The rows of exactly these next pages; those that nobody went to are left out."""
    if not next_pages:
        return []
    keeps, wanted = "where list_contains($next_pages, next_page)", list(next_pages)
    return _fetch(reader, query, page, lost, keeps, next_pages=wanted, rows=len(wanted))


def _fetch(
    reader: Reader, query: ReportQuery, page: str, lost: Lost | None, keeps: str, **params: Any
) -> list[FlowRow]:
    events = "session_events" if lost is None else OF_THE_LOST
    sql = SQL.format(path=decoded_sql("pathname"), events=events, keeps=keeps)
    params["page"] = decoded(page)
    if lost is not None:
        sql, params = f"{lost.sql} {sql}", lost.bound | params
    return [FlowRow(*row) for row in fetch(reader, query, sql, **params)]
