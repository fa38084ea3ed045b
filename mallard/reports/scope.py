"""What a report may select from: `events`, `sessions` and `session_events`, after the filters.

A report's SQL names these relations; `fetch` puts their definitions in front of it. They rest on
`stored`, every event of the site in the period, which the reader supplies. Sessions are cut at the
period's edges, so nothing outside of it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mallard.model import Period
from mallard.reports.filters import EVENT_COLUMNS, SESSION_COLUMNS, UNKNOWN, Filter
from mallard.reports.query import ReportQuery
from mallard.store.rollup import Rollup

Row = tuple[Any, ...]
Params = dict[str, Any]


class Reader(Protocol):
    """Runs one SELECT over one snapshot of what is stored."""

    def fetch(
        self,
        site_id: str,
        period: Period,
        sql: str,
        params: Mapping[str, Any],
        rollup: Rollup | None = None,
    ) -> list[Row]:
        """The rows of `sql`, which may select from `stored`: the site's events in the period.

        `sql` is a statement that continues a list of common table expressions. With a `rollup` it
        has to add up two parts: what it makes of `stored`, which then may lack some days, and
        `rolled`, the rollup's rows of just these days. No visitor of either part is in the other,
        and none is on two days of `rolled`.
        """


BY_VISITOR = """
by_visitor as materialized (
    select *, row_number() over () as visitor_no
    from (select visitor_id, {figures} from stored group by visitor_id)
)"""

NUMBERED = """
numbered as not materialized (
    select *, sum(begins) over (partition by visitor_no order by timestamp) as session_no
    from (
        select *, coalesce(
            timestamp - lag(timestamp) over (partition by visitor_no order by timestamp)
            > interval 30 minutes, true)::integer as begins
        from stored
        join (select visitor_id, visitor_no from by_visitor where not is_one_session)
            using (visitor_id)
    )
)"""

SESSIONS = """
sessions as materialized (
    select * from (
        select *, 0 as session_no from by_visitor where is_one_session
        union all by name
        select any_value(visitor_id) as visitor_id, visitor_no, session_no, {figures}
        from numbered
        group by visitor_no, session_no
    )
    where {keeps}
)"""
"""Most visitors' events span no more than half an hour and are one session, which gets number 0.

Only the others' events have to be put in order, and their sessions are numbered from 1.
"""

ALL_EVENTS = "session_events as not materialized (select * from stored)"
SESSION_EVENTS = """
session_events as not materialized (
    select *
    from stored
    semi join (select visitor_id from sessions where session_no = 0) using (visitor_id)
    union all
    select * exclude (begins, visitor_no, session_no)
    from numbered
    semi join (select visitor_id, session_no from sessions) using (visitor_id, session_no)
)"""

STORED_EVENTS = "events as not materialized (select * from stored where {matches})"
KEPT_EVENTS = "events as not materialized (select * from session_events where {matches})"

FIGURES = {
    "started_at": "min(timestamp)",
    "ended_at": "max(timestamp)",
    "is_one_session": "max(timestamp) - min(timestamp) <= interval 30 minutes",
    "pageviews": "count(*) filter (where event_name = 'pageview')",
}
EDGES = {
    "entry_page": "arg_min(pathname, timestamp) filter (where event_name = 'pageview')",
    "exit_page": "arg_max(pathname, timestamp) filter (where event_name = 'pageview')",
}
"""What a session has beside its first event's values; NULL without a pageview."""


def fetch(
    reader: Reader,
    query: ReportQuery,
    sql: str,
    edges: Sequence[str] = (),
    rollup: Rollup | None = None,
    **params: Any,
) -> list[Row]:
    """The rows of a report's SQL over the query's filtered relations.

    `edges` names columns of EDGES that the SQL asks of `sessions`. SQL that adds `rolled` to what
    it makes of events names the `rollup`; under filters there is nothing in it.
    """
    scope, scope_params = _scope(query.filters, edges)
    if rollup is not None and query.filters:
        scope += f",\nrolled as ({rollup.nothing})"
        rollup = None
    bound = scope_params | params
    return reader.fetch(query.site_id, query.period, f"{scope}\n{sql}", bound, rollup)


def day_sql(sql: str, edges: Sequence[str] = ()) -> str:
    """A report's SQL with all it rests on but `stored`, for the rollup of a day."""
    return f"{_scope((), edges)[0]}\n{sql}"


def _scope(filters: Sequence[Filter], edges: Sequence[str]) -> tuple[str, Params]:
    """The relations' definitions under `filters`, and the values they bind."""
    params: Params = {}
    on_events = [_condition(f, params) for f in filters if not f.keeps_sessions]
    kept = [f for f in filters if f.keeps_sessions]
    on_sessions = [_condition(f, params) for f in kept]
    matches = " and ".join(on_events) or "true"
    columns = (*map(_session_column, kept), *edges)
    figures = FIGURES | {column: _first(column) for column in columns}
    if on_events:
        figures["has_match"] = f"bool_or({matches})"
        on_sessions.append("has_match")
    figures_sql = ", ".join(f"{sql} as {name}" for name, sql in figures.items())
    relations = (
        BY_VISITOR.format(figures=figures_sql),
        NUMBERED,
        SESSIONS.format(figures=figures_sql, keeps=" and ".join(on_sessions) or "true"),
        SESSION_EVENTS if filters else ALL_EVENTS,
        (KEPT_EVENTS if kept else STORED_EVENTS).format(matches=matches),
    )
    return ",\n".join(relations), params


def _session_column(condition: Filter) -> str:
    return SESSION_COLUMNS[condition.dimension]


def _first(column: str) -> str:
    """The SQL of a session's value in a column: that of its first event, missing or not."""
    return EDGES.get(column) or f"arg_min_null({column}, timestamp)"


def _condition(condition: Filter, params: Params) -> str:
    """The SQL of one filter; its values are bound under names that are free in `params`."""
    column = _column(condition.dimension, params)
    if condition.operator == "~=":
        tests = [f"contains(lower({column}), lower({_bind(v, params)}))" for v in condition.values]
        return f"coalesce({' or '.join(tests)}, false)"
    tests = [
        f"{column} is null"
        if value == UNKNOWN
        else f"{column} is not distinct from {_bind(value, params)}"
        for value in condition.values
    ]
    either = f"({' or '.join(tests)})"
    return f"not {either}" if condition.operator == "!=" else either


def _column(dimension: str, params: Params) -> str:
    if dimension.startswith("prop:"):
        return f"try(json_extract_string(props, {_bind(_pointer(dimension[5:]), params)}))"
    return EVENT_COLUMNS.get(dimension) or SESSION_COLUMNS[dimension]


def _pointer(key: str) -> str:
    """The JSON pointer (RFC 6901) to a key of an object."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _bind(value: str, params: Params) -> str:
    name = f"filter_{len(params)}"
    params[name] = value
    return f"${name}"
