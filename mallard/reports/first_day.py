"""Since when a site has events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mallard.reports.days import DAYS
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader
from mallard.store.rollups.declared import EACH_DAY
from mallard.zones.days import day_of

SQL = """
select min(moment), min(day)
from (
    select timestamp as moment, null::date as day from events
    union all
    select null::timestamp, day::date from rolled where sessions > 0
)
"""
"""All time has too many changes of clocks to ask for the day of each event.

A local day may rest on a file that has events of the next one alone: it is worked out, and empty.
"""


def first_day(reader: Reader, query: ReportQuery) -> date | None:
    """The day of the first event in the period; None when there is none."""
    ((moment, day),) = fetch(reader, query, SQL, rollup=replace(DAYS, once_in=EACH_DAY))
    days: list[date] = [day] if day is not None else []
    if moment is not None:
        days.append(day_of(moment, query.period.zone))
    return min(days, default=None)
