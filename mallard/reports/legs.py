"""Legs: the sessions of days, kept as rows; most filtered figures are made of them alone.

A leg is what a visitor did within one session, on one day and one hostname, with the same values of
all that sessions are filtered by. Nearly every session is a single leg: a row with its values, and
the pages and the custom events that it had. Where something changes on the way, the hostname or a
browser's version, another leg begins; so every event's own values are known, too.
"""

from __future__ import annotations

from collections.abc import Collection

from mallard.reports import channels
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import CHANNEL, SESSION_COLUMNS
from mallard.store.rollups.declared import EACH_DAY, Rollup

EDGES = ("entry_page", "exit_page")
VALUES = ("hostname", *(column for column in SESSION_COLUMNS.values() if column not in EDGES))
"""The columns of events that stay the same within a leg."""

COLUMNS = {
    "visitor": "ubigint",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "is_only": "boolean",
    "is_alone": "boolean",
    "pageviews": "integer",
    "pages": "struct(pathname varchar, views integer)[]",
    "others": "struct(event_name varchar, pathname varchar, times integer)[]",
    **dict.fromkeys((*EDGES, *VALUES, CHANNEL), "varchar"),
}
"""A leg `is_only` when its visitor had no other, and `is_alone` when its session has no other.

Paths are decoded. Each of its pages has the pageviews there, 0 where only something else happened.
"""


SQL = """
marked as materialized (
    select
        visitor, timestamp, event_name, {path} as pathname{values},
        hash(local_day(timestamp), {all_values}) as combination
    from {events}
),
visitors as materialized (
    select
        visitor,
        max(timestamp) - min(timestamp) <= interval 30 minutes
            and min(combination) = max(combination) as is_only
    from marked
    group by visitor
),
of_legs as materialized (
    select * exclude (goes_on, is_same, combination)
    from (
        select
            *,
            sum((not goes_on)::integer) over one_visitor as session_no,
            sum((not is_same)::integer) over one_visitor as leg_no
        from (
            select
                *,
                coalesce(timestamp - lag(timestamp) over one_visitor <= interval 30 minutes, false)
                    as goes_on,
                goes_on and combination = lag(combination) over one_visitor as is_same
            from marked
            semi join (from visitors where not is_only) as several
                on marked.visitor is not distinct from several.visitor
            window one_visitor as (partition by visitor order by timestamp)
        )
        window one_visitor as (partition by visitor order by timestamp)
    )
    union all by name
    select * exclude (combination), 0 as session_no, 0 as leg_no
    from marked
    semi join (from visitors where is_only) as only_ones
        on marked.visitor is not distinct from only_ones.visitor
)
select {columns}
from (
    select
        visitor, session_no, leg_no,
        min(timestamp) as started_at,
        max(timestamp) as ended_at,
        leg_no = 0 as is_only,
        leg_no = 0 or count(*) over (partition by visitor, session_no) = 1 as is_alone,
        count(*) filter (where event_name = 'pageview')::integer as pageviews,
        arg_min(pathname, timestamp) filter (where event_name = 'pageview') as entry_page,
        arg_max(pathname, timestamp) filter (where event_name = 'pageview') as exit_page
        {first_values}
    from of_legs
    group by visitor, session_no, leg_no
) as legs
join (
    select visitor, leg_no, list({{'pathname': pathname, 'views': views}}) as pages
    from (
        select
            visitor, leg_no, pathname,
            count(*) filter (where event_name = 'pageview')::integer as views
        from of_legs
        group by all
    )
    group by all
) as viewed
    on legs.visitor is not distinct from viewed.visitor and legs.leg_no = viewed.leg_no
left join (
    select
        visitor, leg_no,
        list({{'event_name': event_name, 'pathname': pathname, 'times': times}}) as others
    from (
        select visitor, leg_no, event_name, pathname, count(*)::integer as times
        from of_legs
        where event_name is distinct from 'pageview'
        group by all
    )
    group by all
) as done
    on legs.visitor is not distinct from done.visitor and legs.leg_no = done.leg_no
order by started_at
"""
"""Who had one leg only, as most have, needs no putting in order."""


def legs_of(events: str, columns: Collection[str] = COLUMNS) -> str:
    """The SQL of some columns of the legs of a relation of events with hashed ids as `visitor`.

    It continues a list of common table expressions.
    """
    of_channel = channels.COLUMNS if CHANNEL in columns else ()
    needed = [column for column in VALUES if column in columns or column in of_channel]
    worked_out = {"visitor": "legs.visitor", CHANNEL: f"{channels.CHANNEL} as {CHANNEL}"}
    return SQL.format(
        events=events,
        path=decoded_sql("pathname"),
        values="".join(f", {column}" for column in needed),
        all_values=", ".join(VALUES),
        first_values="".join(f", any_value({column}) as {column}" for column in needed),
        columns=", ".join(worked_out.get(column, column) for column in columns),
    )


LEGS = Rollup("legs", COLUMNS, legs_of("stored"), once_in=EACH_DAY, of_visitors=True)
