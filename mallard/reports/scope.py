"""What a report may select from: `events`, `sessions` and `session_events`, after the filters.

A report's SQL names these relations; `fetch` puts their definitions in front of it. They rest on
`stored`, every event of the site in the period, which the reader supplies. Sessions are cut at the
period's edges, so nothing outside of it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from mallard.model import Period
from mallard.reports.filters import EVENT_COLUMNS, SESSION_COLUMNS, UNKNOWN, Filter
from mallard.reports.query import ReportQuery

Row = tuple[Any, ...]
Params = dict[str, Any]


class Reader(Protocol):
    """Runs one SELECT over one snapshot of what is stored."""

    def fetch(self, site_id: str, period: Period, sql: str, params: Mapping[str, Any]) -> list[Row]:
        """The rows of `sql`, which may select from `stored`: the site's events in the period.

        `sql` is a statement that continues a list of common table expressions.
        """


NUMBERED = """
numbered as (
    select *, sum(begins) over (partition by visitor_id order by timestamp) as session_no
    from (
        select *, coalesce(
            timestamp - lag(timestamp) over (partition by visitor_id order by timestamp)
            > interval 30 minutes, true)::integer as begins
        from stored
    )
)"""

ALL_SESSIONS = """
all_sessions as (
    select
        visitor_id,
        session_no,
        min(timestamp) as started_at,
        max(timestamp) as ended_at,
        count(*) filter (where event_name = 'pageview') as pageviews,
        arg_min(pathname, timestamp) filter (where event_name = 'pageview') as entry_page,
        arg_max(pathname, timestamp) filter (where event_name = 'pageview') as exit_page,
        bool_or({matches}) as has_match{firsts}
    from numbered
    group by visitor_id, session_no
)"""

SESSIONS = "sessions as (select * from all_sessions where has_match and {keeps})"

SESSION_EVENTS = """
session_events as (
    select numbered.* from numbered semi join sessions using (visitor_id, session_no)
)"""

STORED_EVENTS = "events as not materialized (select * from stored where {matches})"
KEPT_EVENTS = "events as not materialized (select * from session_events where {matches})"


def fetch(reader: Reader, query: ReportQuery, sql: str, **params: Any) -> list[Row]:
    """The rows of a report's SQL over the query's filtered relations."""
    scope, scope_params = _scope(query.filters)
    return reader.fetch(query.site_id, query.period, scope + sql, scope_params | params)


def _scope(filters: Iterable[Filter]) -> tuple[str, Params]:
    """The relations' definitions under `filters`, and the values they bind."""
    params: Params = {}
    on_events = [_condition(f, params) for f in filters if not f.keeps_sessions]
    kept = [f for f in filters if f.keeps_sessions]
    on_sessions = [_condition(f, params) for f in kept]
    columns = {SESSION_COLUMNS[f.dimension] for f in kept} - {"entry_page", "exit_page"}
    firsts = "".join(f",\n        first({c} order by timestamp) as {c}" for c in sorted(columns))
    matches = " and ".join(on_events) or "true"
    relations = (
        NUMBERED,
        ALL_SESSIONS.format(matches=matches, firsts=firsts),
        SESSIONS.format(keeps=" and ".join(on_sessions) or "true"),
        SESSION_EVENTS,
        (KEPT_EVENTS if kept else STORED_EVENTS).format(matches=matches),
    )
    return ",\n".join(relations), params


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
        return f"json_extract_string(props, {_bind(_pointer(dimension[5:]), params)})"
    return EVENT_COLUMNS.get(dimension) or SESSION_COLUMNS[dimension]


def _pointer(key: str) -> str:
    """The JSON pointer (RFC 6901) to a key of an object."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _bind(value: str, params: Params) -> str:
    name = f"filter_{len(params)}"
    params[name] = value
    return f"${name}"
