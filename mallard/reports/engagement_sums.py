"""The sums of how pages were looked at, over sessions: what they are, and the SQL that makes them.

A page counts once for each session that told of it, with all of its times, and its deepest scroll.
A session is engaged that looked at its pages for ten seconds or longer.
"""

from __future__ import annotations

from dataclasses import dataclass

ENGAGED_MS = 10_000


@dataclass(frozen=True, slots=True)
class Engagement:
    """What the sessions of a period have told in sums: milliseconds, and percents of pages."""

    spent_ms: int
    engaged_sessions: int
    depth: int
    depths: int


OF_LEGS = """
select visitor, began_at, each.pathname as pathname, sum(each.spent_ms) as spent_ms,
    max(each.depth) as depth
from (select visitor, began_at, unnest(engaged) as each from whole)
group by all
"""
"""What was told of each page in each session, where legs are kept."""

BY_SESSION = f"""
select
    coalesce(sum(spent_ms), 0)::bigint as spent_ms,
    count(*) filter (where spent_ms >= {ENGAGED_MS}) as engaged_sessions,
    coalesce(sum(depth), 0)::bigint as depth,
    coalesce(sum(depths), 0)::bigint as depths
from (
    select sum(spent_ms) as spent_ms, sum(depth) as depth, count(depth) as depths
    from ({{told}})
    group by {{session}}
)
"""
BY_SESSION_OF_LEGS = BY_SESSION.format(told=OF_LEGS, session="visitor, began_at")

_SORTED = "list_reverse_sort(pages_told)"
_DEEPEST = f"""list_filter({_SORTED}, lambda each, place: each.depth >= 0
    and (place = 1 or each.pathname <> {_SORTED}[place - 1].pathname))"""

OF_SESSIONS = f"""
    coalesce(sum(ms_told), 0)::bigint as spent_ms,
    count(*) filter (where ms_told >= {ENGAGED_MS}) as engaged_sessions,
    coalesce(sum(list_sum(list_transform({_DEEPEST}, lambda each: each.depth))), 0)::bigint
        as depth,
    coalesce(sum(len({_DEEPEST})), 0)::bigint as depths
"""
"""The same of `sessions`: in order, the first of a page's depths is the deepest."""
