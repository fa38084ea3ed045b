"""What else can be told of the rows of breakdowns, where it is asked for.

Bounces and durations are of the sessions that have a row's value; entrances and exits of those that
begin or end on a page. Of sessions the filters keep whole ones, so all of their pageviews count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mallard.reports import kept
from mallard.reports.arguments import Several
from mallard.reports.breakdown import DIMENSIONS
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import EVENT_COLUMNS, UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import EDGES, fetch
from mallard.reports.session_values import NUMBERED, of_events, of_legs
from mallard.reports.totals import ratio
from mallard.store.reader import Reader, Row

SESSION_COLUMNS = ("bounce_rate", "avg_visit_duration_secs")
OF_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    dimension: () if column in EVENT_COLUMNS.values() else SESSION_COLUMNS
    for dimension, column in DIMENSIONS.items()
} | {"pages": ("entrances", "exit_rate"), "events": ("events",)}
"""What can be told of the rows of each dimension."""

NAMES = tuple(dict.fromkeys(name for names in OF_DIMENSIONS.values() for name in names))
COLUMNS = Several(
    "columns",
    "What else is told of each row, with commas between: `bounce_rate` and"
    " `avg_visit_duration_secs` of the sessions with a value of theirs, such as a source, a country"
    " or an entry page; of pages `entrances`, the sessions that begin there, and `exit_rate`, the"
    " share of a page's views that are the last ones of their sessions; of events how many"
    " `events` there are.",
    "bounce_rate,avg_visit_duration_secs",
    pattern="|".join(NAMES),
    most=len(NAMES),
    hint=f"each must be one of {', '.join(NAMES)}",
)

Told = Mapping[str, Mapping[str, float]]
"""Of the keys of rows, what is told by the names of the columns."""

SESSION_FIGURES = """
select
    value,
    count(*) as sessions,
    count(*) filter (where pageviews = 1) as bounces,
    sum(epoch_us(ended_at) - epoch_us(started_at))::bigint as duration_us
from ({sessions})
group by value
"""
SESSIONS_OF_EVENTS = """
select
    {value} as value,
    count(*) filter (where event_name = 'pageview') as pageviews,
    min(timestamp) as started_at,
    max(timestamp) as ended_at
from ({numbered})
group by visitor_id, session_no
"""
SESSIONS_OF_LEGS = """
select {alone} as value, pageviews, started_at, ended_at
from whole
where is_alone
union all
select {chained}, sum(pageviews), min(started_at), max(ended_at)
from whole
where not is_alone
group by visitor, began_at
"""

PAGE_FIGURES = """
select
    value,
    sum(views)::bigint as views,
    sum(entrances)::bigint as entrances,
    sum(exits)::bigint as exits
from (
    {views}
    union all
    select {entry_page}, 0, 1, 0 from sessions where entry_page is not null
    union all
    select {exit_page}, 0, 0, 1 from sessions where exit_page is not null
)
group by value
"""
VIEWS_OF_EVENTS = """
    select {pathname} as value, 1 as views, 0 as entrances, 0 as exits
    from session_events
    where event_name = 'pageview'
"""
VIEWS_OF_LEGS = """
    select each.pathname as value, each.views as views, 0 as entrances, 0 as exits
    from (select unnest(pages) as each from whole)
"""

EVENTS_OF_EVENTS = """
select coalesce(event_name, $unknown) as value, count(*) as events from events group by value
"""
EVENTS_OF_LEGS = """
select value, sum(times)::bigint as events
from (
    select 'pageview' as value, views as times from matching where views > 0
    union all
    select coalesce(each.event_name, $unknown), each.times
    from (select unnest(found_others) as each from matching)
)
group by value
"""


@dataclass(frozen=True, slots=True)
class _Question:
    """How events, or legs, are asked for the figures of a dimension's rows."""

    of_events: str
    of_legs: str
    read: Callable[..., Mapping[str, float]]
    edges: Sequence[str] = ()


def told_of(reader: Reader, query: ReportQuery, dimension: str) -> Told:
    """All that can be told of a dimension's rows; nothing of those without such sessions.

    Legs are much quicker, where they can tell.
    """
    question = _question(dimension)
    bound: dict[str, Any] = {"unknown": UNKNOWN} if "$unknown" in question.of_events else {}
    rows: list[Row]
    if kept.legs_tell(query.filters):
        rows = kept.fetch(reader, query, question.of_legs, **bound)
    else:
        rows = fetch(reader, query, question.of_events, question.edges, **bound)
    return {value: question.read(*figures) for value, *figures in rows}


def _question(dimension: str) -> _Question:
    if dimension == "pages":
        decoded = {name: decoded_sql(name) for name in ("pathname", *EDGES)}
        views = VIEWS_OF_EVENTS.format(pathname=decoded["pathname"])
        edges = {name: decoded[name] for name in EDGES}
        return _Question(
            PAGE_FIGURES.format(views=views, **edges),
            PAGE_FIGURES.format(views=VIEWS_OF_LEGS, **dict(zip(EDGES, EDGES, strict=True))),
            _of_page,
            tuple(EDGES),
        )
    if dimension == "events":
        return _Question(EVENTS_OF_EVENTS, EVENTS_OF_LEGS, _of_event)
    alone, chained = of_legs(dimension)
    sessions = SESSIONS_OF_EVENTS.format(
        value=of_events(dimension), numbered=NUMBERED.format(only="")
    )
    return _Question(
        SESSION_FIGURES.format(sessions=sessions),
        SESSION_FIGURES.format(sessions=SESSIONS_OF_LEGS.format(alone=alone, chained=chained)),
        _of_sessions,
    )


def _of_sessions(sessions: int, bounces: int, duration_us: int) -> Mapping[str, float]:
    return {
        "bounce_rate": ratio(bounces, sessions),
        "avg_visit_duration_secs": ratio(duration_us, sessions * 1_000_000),
    }


def _of_page(views: int, entrances: int, exits: int) -> Mapping[str, float]:
    return {"entrances": entrances, "exit_rate": ratio(exits, views)}


def _of_event(events: int) -> Mapping[str, float]:
    return {"events": events}
