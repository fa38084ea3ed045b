"""Visitors and pageviews by the values of a column, as kept legs have them."""

from __future__ import annotations

from collections.abc import Sequence

from mallard.reports import kept, places
from mallard.reports.filters import Filter
from mallard.reports.legs import EDGES

OF_LEGS = {
    "pathname": """
        select coalesce(each.pathname, $unknown) as value, visitor, is_only, each.views as views
        from (select visitor, is_only, unnest(found_pages) as each from matching)
    """,
    "event_name": """
        select 'pageview' as value, visitor, is_only, views from matching where views > 0
        union all
        select coalesce(each.event_name, $unknown) as value, visitor, is_only, 0
        from (
            select
                visitor, is_only and len(found_others) = 1 as is_only,
                unnest(found_others) as each
            from matching
        )
    """,
}
"""What takes a look at what happened on legs. Of a leg's pages each is there once."""
ON_ITS_OWN = "is_only and len(found_pages) + coalesce(len(found_others), 0) = 1"
OF_ALL_FOUND = f"""
select coalesce(each.pathname, $unknown) as value, visitor, is_only, each.views as views
from (select visitor, {ON_ITS_OWN} as is_only, unnest(found_pages) as each from matching)
union all
select coalesce(each.pathname, $unknown) as value, visitor, is_only, 0
from (select visitor, {ON_ITS_OWN} as is_only, unnest(found_others) as each from matching)
"""
"""The pages of events, where it was asked for what happened there."""
OF_WHOLE_LEGS = (
    "select coalesce({column}, $unknown) as value, visitor, is_only, views from matching"
)
OF_SESSIONS_KEPT = """
select
    coalesce({column}, $unknown) as value, visitor_id as visitor, session_no = 0 as is_only,
    pageviews as views
from sessions
"""


def rows_of_legs(column: str, filters: Sequence[Filter]) -> str:
    """The SQL of the rows of a column of legs, or of what happened on them."""
    if column in places.COLUMNS:
        column = places.key_sql(column)
    if column in EDGES:
        rows = OF_SESSIONS_KEPT
    elif column not in OF_LEGS:
        rows = OF_WHOLE_LEGS
    elif column == "pathname" and kept.asks_what_happened(filters):
        rows = OF_ALL_FOUND
    else:
        rows = OF_LEGS[column]
    return kept.counted(rows.format(column=column), by="value")
