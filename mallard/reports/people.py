"""Filters that keep all or nothing of a visitor: what they did in the period, and who is new.

They look at all events of the period, whatever else is filtered by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mallard.reports.conditions import Params, named
from mallard.reports.filters import DID, NEW, Filter
from mallard.reports.goal import condition, times_in_leg
from mallard.reports.legs import HASHED_VISITOR
from mallard.reports.query import ReportQuery

DOERS = "{name} as materialized (select distinct visitor_id from {source} where {test})"

RETURNING = """
{name} as materialized (
    select distinct visitor_id
    from {source}
    semi join (select visitor_id from {source} where timestamp >= {beginning}) as here
        using (visitor_id)
    where timestamp < {beginning}
)"""
"""Who is there in the period, and was before it."""

THEIRS = "theirs as not materialized (select * from {source} {joins} where {is_within})"
"""The events of the visitors who are kept."""

JOINS = {True: "semi join", False: "anti join"}


def is_new_asked(filters: Sequence[Filter]) -> bool:
    """Whether filters look at what was before the period."""
    return any(f.keeps_visitors and f.dimension != DID for f in filters)


def looked_at(query: ReportQuery) -> ReportQuery:
    """The query with all days whose events its filters look at."""
    if not is_new_asked(query.filters):
        return query
    return replace(query, period=replace(query.period, start=date.min))


def relations(
    query: ReportQuery, source: str, params: Params, since: datetime | None = None
) -> list[str]:
    """What leads from the events of a `source` to `theirs`, which are of the period alone.

    What that binds is added. Nothing where all visitors are kept. The period begins where its first
    day does, or `since` a moment of that.
    """
    bind = named(params, "filter")
    found, joins = [], []
    is_within = "true"
    if is_new_asked(query.filters):
        beginning = bind(since or query.period.begins_at)
        is_within = f"timestamp >= {beginning}"
    for number, one in enumerate(f for f in query.filters if f.keeps_visitors):
        name = f"visitors_{number}"
        if one.dimension == DID:
            tests = " or ".join(f"({condition(goal, bind)})" for goal in one.deeds)
            within = f"{is_within} and ({tests})"
            found.append(DOERS.format(name=name, source=source, test=within))
            joins.append(_join(name, is_kept=not one.is_negative))
        elif len(set(one.values)) == 1:
            found.append(RETURNING.format(name=name, source=source, beginning=beginning))
            joins.append(_join(name, is_kept=(NEW in one.values) is one.is_negative))
        elif one.is_negative:
            is_within += " and false"
    if found or is_within != "true":
        found.append(THEIRS.format(source=source, joins=" ".join(joins), is_within=is_within))
    return found


def joins_of_legs(filters: Sequence[Filter], params: Params, within: str) -> str:
    """What leaves the legs of the visitors who are kept; likewise.

    Where legs do not tell, the events `within` some time are asked.
    """
    bind, joins = named(params, "filter"), []
    for number, one in enumerate(f for f in filters if f.keeps_visitors):
        if one.asks_props:
            tests = " or ".join(f"({condition(goal, bind)})" for goal in one.deeds)
            who = f"select {HASHED_VISITOR} as visitor from all_stored where {within} and ({tests})"
        else:
            tests = " or ".join(f"{times_in_leg(goal, bind)} > 0" for goal in one.deeds)
            who = f"select visitor from legs where {tests}"
        kind = JOINS[not one.is_negative]
        joins.append(f"{kind} ({who}) as visitors_{number} using (visitor)")
    return " ".join(joins)


def _join(name: str, is_kept: bool) -> str:
    return f"{JOINS[is_kept]} {name} using (visitor_id)"
