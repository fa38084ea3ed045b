"""What imported days say of the further columns of breakdowns, by the keys of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mallard.reports import places
from mallard.reports.conditions import Params
from mallard.reports.filters import UNKNOWN
from mallard.reports.imported import NO_DAYS, relation
from mallard.reports.query import ReportQuery
from mallard.reports.sums import Sums
from mallard.store.reader import Reader

OF_SESSIONS = """
of_values as ({rows})
select
    {value},
    coalesce(sum(visits), 0)::bigint,
    coalesce(sum(bounces), 0)::bigint,
    coalesce(sum(visits) filter (where bounces is not null), 0)::bigint,
    coalesce(sum(duration_secs), 0)::bigint * 1000000,
    coalesce(sum(visits) filter (where duration_secs is not null), 0)::bigint
from of_values
group by all
"""
OF_EVENTS = """
of_values as ({rows}) select {value}, coalesce(sum(events), 0)::bigint from of_values group by all
"""
OF_PAGES = """
of_values as ({rows}),
entries as ({entries}),
exits as ({exits})
select {value}, sum(views)::bigint, sum(entrances)::bigint, sum(exits)::bigint
from (
    select value, pageviews as views, 0 as entrances, 0 as exits
    from of_values
    where day in (select day from exits)
    union all
    select value, 0, visits, 0 from entries
    union all
    select value, 0, 0, visits from exits
)
group by all
"""
"""Views count where it is known which were the last ones."""


def of_sessions(reader: Reader, query: ReportQuery, dimension: str) -> Mapping[str, tuple[Sums]]:
    """The visits with each value."""
    value = places.key_sql("value") if dimension in ("regions", "cities") else _VALUE
    rows = _fetch(reader, query, dimension, OF_SESSIONS, value)
    return {
        key: (Sums(sessions=n, bounces=bounces, judged=judged, duration_us=us, timed=timed),)
        for key, n, bounces, judged, us, timed in rows
    }


def of_pages(reader: Reader, query: ReportQuery) -> Mapping[str, tuple[tuple[int, int, int]]]:
    """Views, entrances and exits of each page."""
    edges = {name: relation(query, f"{kind}_pages", of=kind) for name, kind in _EDGES.items()}
    sql, bound = {name: sql for name, (sql, _) in edges.items()}, dict[str, Any]()
    for _, more in edges.values():
        bound |= more
    rows = _fetch(reader, query, "pages", OF_PAGES, _VALUE, bound, **sql)
    return {key: ((views, entrances, exits),) for key, views, entrances, exits in rows}


def of_events(reader: Reader, query: ReportQuery) -> Mapping[str, tuple[int]]:
    """How many events of each name there were."""
    rows = _fetch(reader, query, "events", OF_EVENTS, _VALUE)
    return {key: (events,) for key, events in rows}


_VALUE = "coalesce(value, $unknown)"
_EDGES = {"entries": "entry", "exits": "exit"}


def _fetch(
    reader: Reader,
    query: ReportQuery,
    dimension: str,
    sql: str,
    value: str,
    more: Params | None = None,
    **parts: str,
) -> list[tuple[Any, ...]]:
    if not query.imported:
        return []
    rows, bound = relation(query, dimension)
    statement = sql.format(rows=rows, value=value, **parts)
    bound |= {"unknown": UNKNOWN, **(more or {})}
    return reader.fetch(query.site_id, NO_DAYS, statement, bound)
