"""Filtered figures of kept legs: `whole`, `sessions` and `matching`, after the filters.

    whole       every leg of the sessions that are kept
    sessions    these sessions, from their first to their last event
    matching    the legs with an event that filters ask for, of these their pageviews as `views`,
                and `found_pages` and `found_others`, what happened on them that filters ask for

and the relations of single events (`happened`).

A report's SQL names these relations; `fetch` puts their definitions in front of it. They rest on
the legs of days that are worked out, and on the legs of all other events. Sessions that cross a
midnight were cut there, and are joined again; at the period's edges they stay cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mallard.reports.conditions import EVERYTHING, NOTHING, Params, all_of, sql_of
from mallard.reports.filters import Filter
from mallard.reports.first_and_last import first_on_legs, last_on_legs
from mallard.reports.found_on_legs import beside_looked_up, on_lists
from mallard.reports.happened import found_where, relations_of
from mallard.reports.legs import COLUMNS, EDGES, LEGS, legs_of
from mallard.reports.looked_up import LOOKED_UP, SEVERAL_LOOKED_INTO, lookup
from mallard.reports.people import is_new_asked, joins_of_legs
from mallard.reports.query import ReportQuery
from mallard.reports.relations import is_named, needed_of
from mallard.reports.silent import HAPPENED
from mallard.store.reader import Reader, Row, Statement
from mallard.zones.sql import in_local_time

LEGS_OF_PERIOD = """
legs as not materialized (
    select * replace (
        is_only and $are_apart as is_only,
        is_alone and ($are_apart or are_within_a_day(started_at, ended_at)) as is_alone
    )
    from rolled
)"""
"""Where somebody is on two days, anybody may have other legs, and any leg may go on at midnight."""

LOOKED_INTO = "looked_into as not materialized (select *, {found} from legs {whose})"

CHAINED = """
chained as materialized (
    select *, min(started_at) over (partition by visitor, session_no) as began_at
    from (
        select *, sum(begins) over one_visitor as session_no
        from (
            select *, coalesce(
                started_at - lag(ended_at) over one_visitor > interval 30 minutes, true
            )::integer as begins
            from {several}
            where not is_alone
            window one_visitor as (partition by visitor order by started_at, ended_at)
        )
        window one_visitor as (partition by visitor order by started_at, ended_at)
    )
)"""
"""The few legs that are not a whole session each; `began_at` tells their sessions apart.

Of two that start at one moment, the first is over in it.
"""

KEPT = """
whole as {materialized} (
    select {columns}, started_at as began_at, true as is_found
    from looked_into
    where is_alone and {fits} and {at_edges} and {has_each}
    union all by name
    select {columns}, began_at, {has_any} as is_found
    from chained
    semi join (
        select *
        from (
            select
                visitor,
                began_at,
                {entry_page} as entry_page,
                {exit_page} as exit_page,
                bool_or(started_at = began_at and coalesce({fits}, false)) as does_fit,
                {any_has_each} as does_match
            from chained
            group by visitor, began_at
        )
        where does_fit and does_match and {at_edges}
    ) as fitting
        on chained.visitor is not distinct from fitting.visitor
        and chained.began_at = fitting.began_at
)"""
"""The legs of sessions whose first event fits, and that have an event for each group of filters."""

ALL_FOUND = {"found_pages": "pages", "found_others": "others", "views": "pageviews"}
SESSIONS = f"""
sessions as not materialized (
    select
        visitor as visitor_id,
        (not is_only)::integer as session_no,
        started_at, ended_at, pageviews, views as matching_pageviews, entry_page, exit_page
    from whole
    where is_alone
    union all by name
    select
        visitor as visitor_id,
        1 as session_no,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        sum(pageviews) as pageviews,
        sum(views) as matching_pageviews,
        {first_on_legs("entry_page")} as entry_page,
        {last_on_legs("exit_page")} as exit_page
    from whole
    where not is_alone
    group by visitor, began_at
)"""
"""Session 0 is the only one of its visitor."""

MATCHING = "matching as not materialized (select * from whole where is_found)"
"""A session that is a single leg is kept for what is found on that; nothing is looked for again."""

COUNTED = """
select {by}, sum(visitors)::bigint as visitors, sum(pageviews)::bigint as pageviews
from (
    select
        {by},
        case when not is_only then visitor end as one_of_several,
        count(visitor) filter (where is_only)
            + bool_or(not is_only and visitor is not null)::integer as visitors,
        sum(views) as pageviews
    from ({rows})
    group by {by}, one_of_several
)
group by {by}
"""


def counted(rows: str, by: str) -> str:
    """The SQL of the visitors and the pageviews of each value of a column `by`.

    The rows have that, the `visitor`, whether this `is_only` one row, and `views`. Most are, and
    need not be told apart: that is what would take longest.
    """
    return COUNTED.format(rows=rows, by=by)


def can_tell(query: ReportQuery) -> bool:
    """Whether legs tell what a query asks for, which is under filters."""
    return bool(query.filters) and legs_tell(query.filters)


def legs_tell(filters: Sequence[Filter]) -> bool:
    """Whether legs tell what filters ask: nothing of what was before."""
    return not is_new_asked(filters)


def asks_what_happened(filters: Sequence[Filter]) -> bool:
    """Whether filters ask what happened, not only where."""
    return any(f.is_of_what_happened for f in filters)


@dataclass(frozen=True, slots=True)
class Question:
    """The SQL of a report over the relations above; its `columns` are some of `together.ANSWER`.

    Its parameters are no others than those of the report's query and its arguments, so that their
    names mean the same in all questions that are asked together.
    """

    sql: str
    columns: tuple[str, ...]
    params: Mapping[str, Any]
    read: Callable[[list[Row]], Any]


def fetch(
    reader: Reader,
    query: ReportQuery,
    sql: str,
    asks_often: bool = False,
    instead: Statement | None = None,
    **params: Any,
) -> list[Row]:
    """The rows of a report's SQL over what filters, of which `legs_tell`, leave.

    If it `asks_often` what that is, it is found once, and kept in memory or on the disk. Another
    statement may be asked `instead`, where making legs of events would take too long.
    """
    within = EVERYTHING if query.until is None else "timestamp < $until"
    relations, bound = _relations(query.filters, sql, asks_often, within)
    needed = needed_of(relations, sql)
    columns = _named(COLUMNS, [LEGS_OF_PERIOD, *needed, sql])
    rollup = replace(
        LEGS,
        columns={name: COLUMNS[name] for name in columns},
        sql=in_local_time(legs_of("visitors_stored", columns), query.period),
        asks_events=any(f.asks_props for f in query.filters),
    )
    if query.until is not None:
        rollup = replace(rollup, but_not=query.last_day)
        bound["until"] = query.until
    statement = "\n".join([",\n".join([LEGS_OF_PERIOD, *needed]), sql])
    statement = in_local_time(statement, query.period)
    return reader.fetch(
        query.site_id, query.period, statement, bound | params, rollup, True, instead
    )


def day_sql(sql: str) -> str:
    """A report's SQL with all it rests on but a day's `legs`, for the rollup of that day."""
    relations, _ = _relations((), sql, asks_often=False)
    return "\n".join([",\n".join(needed_of(relations, sql)), sql])


def _relations(
    filters: Sequence[Filter], sql: str, asks_often: bool, within: str = EVERYTHING
) -> tuple[list[str], Params]:
    """The definitions under `filters` of the relations that `sql` names, and what they bind.

    Of events that are looked up only those `within` some time are wanted.
    """
    params: Params = {}
    whose = joins_of_legs(filters, params, within)
    parsed = [(f, sql_of(f, params, of_legs=True)) for f in filters if not f.keeps_visitors]
    on_events = [(f, test) for f, test in parsed if not f.keeps_sessions]
    places = [test for f, test in on_events if f.is_of_place]
    happened = [(f, test) for f, test in on_events if not f.is_of_place]
    looked_up = lookup(happened, within)
    parts = {
        "fits": all_of(t for f, t in parsed if f.keeps_sessions and f.dimension not in EDGES),
        "at_edges": all_of(t for f, t in parsed if f.dimension in EDGES),
        "entry_page": first_on_legs("entry_page"),
        "exit_page": last_on_legs("exit_page"),
        "materialized": "materialized" if on_events or asks_often else "not materialized",
        "several": SEVERAL_LOOKED_INTO if looked_up else "looked_into",
    }
    if looked_up:
        parts |= beside_looked_up(places, looked_up.has_any)
        first = looked_up.relations(parts["found"], whose, sql)
        events_found = looked_up.events_found(all_of(places) if places else NOTHING)
    else:
        of_lists, matches = on_lists(places, [test for _, test in happened])
        parts |= of_lists
        if not on_events:
            parts["found"] = ", ".join(
                f"{column} as {name}"
                for name, column in ALL_FOUND.items()
                if name in sql + SESSIONS
            )
        first = [LOOKED_INTO.format(found=parts["found"], whose=whose)]
        events_found = found_where(f"({matches}) and {HAPPENED}" if on_events else matches)
    source = "looked_into" if all(f.keeps_visitors for f in filters) else "whole"
    told = [SESSIONS, MATCHING, *relations_of(source, events_found)]
    # Lists are long, and what is kept of them without need costs more than all else.
    columns = (*COLUMNS, *ALL_FOUND, LOOKED_UP)
    parts["columns"] = ", ".join(_named(columns, [*needed_of(told, sql), sql]))
    return [*first, CHAINED.format(**parts), KEPT.format(**parts), *told], params


def _named(columns: Iterable[str], statements: Iterable[str]) -> list[str]:
    """The columns that statements name."""
    text = "\n".join(statements)
    return [column for column in columns if is_named(column, text)]
