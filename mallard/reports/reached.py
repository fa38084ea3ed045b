"""With which values of a breakdown a goal was reached: by legs, or by the events themselves.

Both tell the same. Legs know neither properties nor money, and are much quicker.
"""

from __future__ import annotations

from mallard.reports import kept, session_values
from mallard.reports.breakdown import DIMENSIONS, WHAT_HAPPENED, value_sql
from mallard.reports.conditions import Params, named
from mallard.reports.filters import EVENT_COLUMNS, PROP, UNKNOWN
from mallard.reports.goal import Goal, condition, times_in_leg
from mallard.reports.json_pointer import pointer
from mallard.reports.properties import is_property
from mallard.reports.property_values import values_sql
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader

COUNTED = """
select value, count(distinct visitor) as visitors, sum(conversions)::bigint as conversions
from (
    with reached as ({reached})
    {rows}
)
group by value
"""

OF_EVENTS = """
    select
        visitor_id as visitor,
        min(timestamp) as began_at,
        max(timestamp) as ended_at,
        count(*) filter (where {test}) as conversions,
        {value} as value
    from ({numbered})
    group by visitor_id, session_no
    having conversions > 0
"""
REACHED_IT = "semi join (select visitor_id from session_events where {test}) using (visitor_id)"
"""Only visitors who reached the goal are looked into, session by session."""
SEEN_IN_EVENTS = """
    select distinct visitor, began_at, conversions, {value} as value
    from reached
    join {source} as seen
        on seen.visitor_id = visitor and seen.timestamp between began_at and ended_at
"""

OF_LEGS = """
    select visitor, began_at, {alone} as value, {times} as conversions
    from whole
    where is_alone and conversions > 0
    union all
    select visitor, began_at, {chained}, sum({times}) as conversions
    from whole
    where not is_alone
    group by visitor, began_at
    having conversions > 0
"""
SEEN_IN_LEGS = """
    select distinct reached.visitor, began_at, conversions, coalesce(seen.value, $unknown) as value
    from reached
    join ({values}) as seen using (began_at)
    where reached.visitor is not distinct from seen.visitor
"""
VALUES = {
    "hostname": "select visitor, began_at, hostname as value from matching",
    "pathname": """
        select visitor, began_at, each.pathname as value
        from (select visitor, began_at, unnest(found_pages) as each from matching)
    """,
    "event_name": """
        select visitor, began_at, 'pageview' as value from matching where views > 0
        union all
        select visitor, began_at, each.event_name
        from (select visitor, began_at, unnest(found_others) as each from matching)
    """,
}
OF_WHAT_HAPPENED = """
    union all
    select visitor, began_at, each.pathname
    from (select visitor, began_at, unnest(found_others) as each from matching)
"""
"""The pages of events, where it was asked for what happened there."""

BY_SESSION = "select visitor, conversions, value from reached"
Reached = dict[str, tuple[int, int]]
"""By how many visitors, and how often, a goal was reached with each value."""


def reached(reader: Reader, query: ReportQuery, dimension: str, goal: Goal) -> Reached:
    """The values with which the goal was reached at all."""
    by_legs = not goal.asks_events and not is_property(dimension) and kept.legs_tell(query.filters)
    look = _in_legs if by_legs else _in_events
    return look(reader, query, dimension, goal)


def _in_events(reader: Reader, query: ReportQuery, dimension: str, goal: Goal) -> Reached:
    params: Params = {}
    test, value, rows = condition(goal, named(params, "goal")), "null", BY_SESSION
    column = DIMENSIONS.get(dimension)
    if column is None:
        params["property"] = pointer(dimension.removeprefix(PROP))
        rows = SEEN_IN_EVENTS.format(value=f"unnest({values_sql('$property')})", source="deeds")
    else:
        params["unknown"] = UNKNOWN
    if column in EVENT_COLUMNS.values():
        source = "deeds" if dimension in WHAT_HAPPENED else "events"
        own = f"coalesce({value_sql(dimension)}, $unknown)"
        rows = SEEN_IN_EVENTS.format(value=own, source=source)
    elif column is not None:
        value = session_values.of_events(dimension)
    numbered = session_values.NUMBERED.format(only=REACHED_IT.format(test=test))
    of_events = OF_EVENTS.format(test=test, value=value, numbered=numbered)
    sql = COUNTED.format(reached=of_events, rows=rows)
    found = fetch(reader, query, sql, **params)
    return {value: (visitors, times) for value, visitors, times in found}


def _in_legs(reader: Reader, query: ReportQuery, dimension: str, goal: Goal) -> Reached:
    params: Params = {}
    column = DIMENSIONS[dimension]
    times, rows = times_in_leg(goal, named(params, "goal")), BY_SESSION
    alone, chained = "null", "null"
    if column in EVENT_COLUMNS.values():
        values = VALUES[column]
        if column == "pathname" and kept.asks_what_happened(query.filters):
            values += OF_WHAT_HAPPENED
        rows = SEEN_IN_LEGS.format(values=values)
    else:
        alone, chained = session_values.of_legs(dimension)
    of_legs = OF_LEGS.format(alone=alone, chained=chained, times=times)
    sql = COUNTED.format(reached=of_legs, rows=rows)
    found = kept.fetch(reader, query, sql, unknown=UNKNOWN, **params)
    return {value: (visitors, times) for value, visitors, times in found}
