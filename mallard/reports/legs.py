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
from mallard.reports.first_and_last import by_order, first_of, last_of
from mallard.reports.silent import DEPTH, HAPPENED, IS_TOLD, SPENT
from mallard.store.rollups.declared import EACH_DAY, Rollup

HASHED_VISITOR = "case when visitor_id is not null then hash(visitor_id) end"
"""The SQL of what legs know of who an event is of."""
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
    "viewed_at": "timestamp[][]",
    "done_at": "timestamp[][]",
    "paid": "struct(event_name varchar, pathname varchar, currency varchar,"
    " amount decimal(12, 2))[]",
    "engaged": "struct(pathname varchar, spent_ms bigint, depth bigint)[]",
    "told_at": "timestamp[]",
    **dict.fromkeys((*EDGES, *VALUES, CHANNEL), "varchar"),
}
"""A leg `is_only` when its visitor had no other, and `is_alone` when its session has no other.

Paths are decoded. Each of its pages has the pageviews there, 0 where only something else happened.
When they were is `viewed_at`, a list for each of `pages`; `done_at` is the same for `others`.
What was `paid` is there once for each event that came with an amount.
What pages have told of themselves is `engaged`, and when they have told anything is `told_at`; both
are NULL where none has, and no page is there for it.
"""


SQL = """
marked as materialized (
    select
        visitor, timestamp, event_name, {path} as pathname{values}{measures},
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
            window one_visitor as ({one_visitor})
        )
        window one_visitor as ({one_visitor})
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
        {first_page} filter (where event_name = 'pageview') as entry_page,
        {last_page} filter (where event_name = 'pageview') as exit_page
        {first_values}{told_at}
    from of_legs
    group by visitor, session_no, leg_no
) as legs
left join (
    select visitor, leg_no, list({{'pathname': pathname, 'views': views{with_moments}}}) as pages
    from (
        select
            visitor, leg_no, pathname,
            count(*) filter (where event_name = 'pageview')::integer as views
            {moments_of_views}
        from of_legs
        where {happened}
        group by all
    )
    group by all
) as viewed
    on legs.visitor is not distinct from viewed.visitor and legs.leg_no = viewed.leg_no
left join (
    select
        visitor, leg_no,
        list({{'event_name': event_name, 'pathname': pathname, 'times': times{with_moments}}})
            as others
    from (
        select
            visitor, leg_no, event_name, pathname, count(*)::integer as times
            {moments}
        from of_legs
        where event_name is distinct from 'pageview' and {happened}
        group by all
    )
    group by all
) as done
    on legs.visitor is not distinct from done.visitor and legs.leg_no = done.leg_no
{payments}
{told}
order by started_at
"""
"""Who had one leg only, as most have, needs no putting in order."""
ONE_VISITOR = f"partition by visitor order by {by_order('pathname')}, combination"
"""What happened at one moment with other values is on legs of its own.

It is in the order in which its pages come first, wherever it is asked for.
"""

PAYMENTS = """
left join (
    select visitor, leg_no, list({
        'event_name': event_name, 'pathname': pathname,
        'currency': nullif(upper(revenue_currency), ''), 'amount': revenue_amount
    }) as paid
    from of_legs
    where revenue_amount is not null
    group by visitor, leg_no
) as payments
    on legs.visitor is not distinct from payments.visitor and legs.leg_no = payments.leg_no
"""
OF_PAYMENTS = ("revenue_amount", "revenue_currency")
MOMENTS = {
    "with_moments": ", 'moments': moments",
    "moments": ", list(timestamp) as moments",
    "moments_of_views": ", coalesce(list(timestamp) filter (where event_name = 'pageview'), [])"
    " as moments",
}
"""How SQL keeps the moments of events, until they are parted from what happened."""
PARTED = {
    "pages": "coalesce([{'pathname': each.pathname, 'views': each.views} for each in pages], [])"
    " as pages",
    "viewed_at": "[each.moments for each in pages] as viewed_at",
    "others": "[{'event_name': each.event_name, 'pathname': each.pathname, 'times': each.times}"
    " for each in others] as others",
    "done_at": "[each.moments for each in others] as done_at",
}
"""Lists of their own, so that who does not ask when it was need not read it."""

TOLD = f"""
left join (
    select
        visitor, leg_no,
        list({{'pathname': pathname, 'spent_ms': spent_ms, 'depth': depth}}) as engaged
    from (
        select
            visitor, leg_no, pathname, coalesce(sum(spent_ms), 0)::bigint as spent_ms,
            max(depth) as depth
        from of_legs
        where {IS_TOLD}
        group by all
    )
    group by all
) as told
    on legs.visitor is not distinct from told.visitor and legs.leg_no = told.leg_no
"""
TOLD_AT = f", list(timestamp) filter (where not {HAPPENED}) as told_at"
MEASURES = f", {SPENT} as spent_ms, {DEPTH} as depth"
"""Where it is asked what pages have told."""


def legs_of(events: str, columns: Collection[str] = COLUMNS) -> str:
    """The SQL of some columns of the legs of a relation of events with hashed ids as `visitor`.

    It continues a list of common table expressions.
    """
    of_channel = channels.COLUMNS if CHANNEL in columns else ()
    needed = [column for column in VALUES if column in columns or column in of_channel]
    worked_out = {
        "visitor": "legs.visitor",
        "pages": "coalesce(pages, []) as pages",
        CHANNEL: f"{channels.CHANNEL} as {CHANNEL}",
    }
    moments = dict.fromkeys(MOMENTS, "")
    if not {"viewed_at", "done_at"}.isdisjoint(columns):
        moments = MOMENTS
        worked_out |= PARTED
    taken_along = (*needed, *(OF_PAYMENTS if "paid" in columns else ()))
    is_told = "engaged" in columns
    return SQL.format(
        **moments,
        events=events,
        path=decoded_sql("pathname"),
        one_visitor=ONE_VISITOR,
        first_page=first_of("pathname"),
        last_page=last_of("pathname"),
        happened=HAPPENED,
        measures=MEASURES if is_told else "",
        told=TOLD if is_told else "",
        told_at=TOLD_AT if "told_at" in columns else "",
        payments=PAYMENTS if "paid" in columns else "",
        values="".join(f", {column}" for column in taken_along),
        all_values=", ".join(VALUES),
        first_values="".join(f", any_value({column}) as {column}" for column in needed),
        columns=", ".join(worked_out.get(column, column) for column in columns),
    )


LEGS = Rollup("legs", COLUMNS, legs_of("stored"), once_in=EACH_DAY, of_visitors=True)
