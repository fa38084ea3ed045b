"""Since when a site has events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mallard.reports.days import DAYS
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader
from mallard.store.rollups.declared import EACH_DAY

SQL = """
select min(day)
from (select timestamp::date as day from events union all select day::date from rolled)
"""


def first_day(reader: Reader, query: ReportQuery) -> date | None:
    """The UTC day of the first event in the period; None when there is none."""
    ((day,),) = fetch(reader, query, SQL, rollup=replace(DAYS, once_in=EACH_DAY))
    found: date | None = day
    return found
