"""Where visitors go from a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mallard.reports.arguments import RequiredText
from mallard.reports.decoding import decoded
from mallard.reports.first_and_last import first_of
from mallard.reports.funnel import Lost
from mallard.reports.happened import WAYS, Happened
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader
from mallard.texts.said import said

ROWS = 10
PAGE = RequiredText(
    "page",
    "The path to start from.",
    "/",
    bounds={"minLength": 1},
    hint=said(": the path to start from, such as /pricing"),
)

OF_THE_LOST = "(select * from {events} semi join lost using (visitor_id))"

SQL = """
select next_page, count(*) as visitors
from (
    select visitor_id, {nearest} as next_page
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
    sql, of_legs = (_sql(events, lost, keeps) for events in WAYS)
    params |= {"page": decoded(page), **(lost.bound if lost is not None else {})}
    rows = fetch(reader, query, sql, of_legs=of_legs, **params)
    return [FlowRow(*row) for row in rows]


def _sql(events: Happened, lost: Lost | None, keeps: str) -> str:
    before, theirs = events_of(events, lost)
    return before + SQL.format(
        path=events.path, events=theirs, nearest=first_of(events.path), keeps=keeps
    )


def events_of(events: Happened, lost: Lost | None) -> tuple[str, str]:
    """What stands in front of SQL, and what this selects from: events of all, or of the lost."""
    if lost is None:
        return "", events.relation
    return lost.sql(events), OF_THE_LOST.format(events=events.relation)
