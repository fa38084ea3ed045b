"""A session's value of a dimension: that of its first event, or its first or last page."""

from __future__ import annotations

from mallard.reports.breakdown import DIMENSIONS, value_sql
from mallard.reports.filters import CHANNEL
from mallard.reports.first_and_last import first_of, first_on_legs, last_on_legs
from mallard.reports.scope import EDGES

NUMBERED = """
select *, sum(begins) over (partition by visitor_id order by timestamp) as session_no
from (
    select *, coalesce(
        timestamp - lag(timestamp) over (partition by visitor_id order by timestamp)
        > interval 30 minutes, true)::integer as begins
    from session_events
    {only}
)
"""
"""The events of the sessions that are kept, each with the number of its visitor's session."""

OF_CHAIN = {
    "entry_page": f"coalesce({first_on_legs('entry_page')}, $unknown)",
    "exit_page": f"coalesce({last_on_legs('exit_page')}, $unknown)",
}


def of_events(dimension: str) -> str:
    """The SQL of the value of a session, given as the group of its events."""
    column = DIMENSIONS[dimension]
    if column in EDGES:
        return f"coalesce({EDGES[column]}, $unknown)"
    return first_of(f"coalesce({value_sql(dimension)}, $unknown)")


def of_legs(dimension: str) -> tuple[str, str]:
    """The SQL of the value of a session that is a single leg, and of one as a group of its legs."""
    column = CHANNEL if dimension == "channels" else DIMENSIONS[dimension]
    own = column if column in (CHANNEL, *EDGES) else value_sql(dimension)
    alone = f"coalesce({own}, $unknown)"
    return alone, OF_CHAIN.get(column) or first_of(alone, "started_at")
