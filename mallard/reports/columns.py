"""What else can be told of the rows of breakdowns, where it is asked for.

Bounces and durations are of the sessions that have a row's value; entrances and exits of those that
begin or end on a page. Of sessions the filters keep whole ones, so all of their pageviews count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mallard.reports import imported_columns, kept
from mallard.reports.arguments import Several
from mallard.reports.breakdown import DIMENSIONS
from mallard.reports.decoding import decoded_sql
from mallard.reports.engagement import page_figures
from mallard.reports.filters import EVENT_COLUMNS, UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import EDGES, fetch
from mallard.reports.session_values import NUMBERED, of_events, of_legs
from mallard.reports.sums import NOTHING, Sums, ratio
from mallard.store.reader import Reader, Row
from mallard.texts.said import said

SESSION_COLUMNS = ("bounce_rate", "avg_visit_duration_secs")
OF_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    dimension: () if column in EVENT_COLUMNS.values() else SESSION_COLUMNS
    for dimension, column in DIMENSIONS.items()
} | {"pages": ("entrances", "exit_rate"), "events": ("events",)}
"""What can be told of the rows of each dimension."""

ENGAGEMENT = "engagement"
OF_ENGAGEMENT = ("avg_engaged_secs", "avg_scroll_depth")
"""What is asked for by this word: of pages, how they were looked at."""

_SINGLE = tuple(dict.fromkeys(name for names in OF_DIMENSIONS.values() for name in names))
_ASKED_FOR = (*_SINGLE, ENGAGEMENT)
NAMES = (*_SINGLE, *OF_ENGAGEMENT)
"""All that rows may have."""
COLUMNS = Several(
    "columns",
    "What else is told of each row, with commas between: `bounce_rate` and"
    " `avg_visit_duration_secs` of the sessions with a value of theirs, such as a source, a country"
    " or an entry page; of pages `entrances`, the sessions that begin there, and `exit_rate`, the"
    " share of a page's views that are the last ones of their sessions, and by `engagement` its"
    " `avg_engaged_secs` and `avg_scroll_depth`, the seconds for which it was looked at and the"
    " percentage of it that was seen, on average of the sessions whose pages tell; of events how"
    " many `events` there are.",
    "bounce_rate,avg_visit_duration_secs",
    pattern="|".join(_ASKED_FOR),
    most=len(_ASKED_FOR),
    hint=said("each must be one of %(choices)s", choices=", ".join(_ASKED_FOR)),
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
select coalesce(event_name, $unknown) as value, count(*) as events from deeds group by value
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
    imported: Callable[[Reader, ReportQuery], Mapping[str, tuple[Any, ...]]]
    """What `read` is told beside a row's figures where days were imported."""
    zeros: tuple[int, ...]
    edges: Sequence[str] = ()


def can_be_told(dimension: str) -> tuple[str, ...]:
    """What may be asked for beside the rows of a dimension."""
    known = OF_DIMENSIONS.get(dimension, ())
    return (*known, ENGAGEMENT) if dimension == "pages" else known


def names_of(columns: Sequence[str]) -> tuple[str, ...]:
    """What rows have where these columns are asked for."""
    found = (OF_ENGAGEMENT if name == ENGAGEMENT else (name,) for name in columns)
    return tuple(name for names in found for name in names)


def columns_told(
    reader: Reader, query: ReportQuery, dimension: str, columns: Sequence[str]
) -> Told:
    """What is told of a dimension's rows in columns that are asked for."""
    if ENGAGEMENT not in columns:
        return told_of(reader, query, dimension)
    looked_at = engagement_of(reader, query)
    if len(columns) == 1:
        return looked_at
    found = dict(told_of(reader, query, dimension))
    for value, figures in looked_at.items():
        found[value] = {**found.get(value, {}), **figures}
    return found


def engagement_of(reader: Reader, query: ReportQuery) -> Told:
    """How pages were looked at, on average of the sessions that tell it of a page."""
    return {
        value: dict(
            zip(OF_ENGAGEMENT, (ratio(ms, times * 1000), ratio(depth, depths)), strict=True)
        )
        for value, ms, times, depth, depths in page_figures(reader, query)
    }


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
    figures = {value: tuple(found) for value, *found in rows}
    more = question.imported(reader, query) if query.imported else {}
    return {
        value: question.read(*figures.get(value, question.zeros), *more.get(value, ()))
        for value in {**figures, **more}
    }


def _question(dimension: str) -> _Question:
    if dimension == "pages":
        decoded = {name: decoded_sql(name) for name in ("pathname", *EDGES)}
        views = VIEWS_OF_EVENTS.format(pathname=decoded["pathname"])
        edges = {name: decoded[name] for name in EDGES}
        return _Question(
            PAGE_FIGURES.format(views=views, **edges),
            PAGE_FIGURES.format(views=VIEWS_OF_LEGS, **dict(zip(EDGES, EDGES, strict=True))),
            _of_page,
            imported_columns.of_pages,
            (0, 0, 0),
            tuple(EDGES),
        )
    if dimension == "events":
        return _Question(
            EVENTS_OF_EVENTS, EVENTS_OF_LEGS, _of_event, imported_columns.of_events, (0,)
        )
    alone, chained = of_legs(dimension)
    sessions = SESSIONS_OF_EVENTS.format(
        value=of_events(dimension), numbered=NUMBERED.format(only="")
    )
    return _Question(
        SESSION_FIGURES.format(sessions=sessions),
        SESSION_FIGURES.format(sessions=SESSIONS_OF_LEGS.format(alone=alone, chained=chained)),
        _of_sessions,
        partial(imported_columns.of_sessions, dimension=dimension),
        (0, 0, 0),
    )


def _of_sessions(
    sessions: int, bounces: int, duration_us: int, imported: Sums = NOTHING
) -> Mapping[str, float]:
    found = Sums.of_events(0, 0, sessions, bounces, duration_us) + imported
    return {name: getattr(found, name) for name in SESSION_COLUMNS}


def _of_page(
    views: int, entrances: int, exits: int, *imported: tuple[int, int, int]
) -> Mapping[str, float]:
    counts = [(views, entrances, exits), *imported]
    views, entrances, exits = (sum(column) for column in zip(*counts, strict=True))
    return {"entrances": entrances, "exit_rate": ratio(exits, views)}


def _of_event(events: int, imported: int = 0) -> Mapping[str, float]:
    return {"events": events + imported}
