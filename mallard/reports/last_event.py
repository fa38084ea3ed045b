"""When a site last had an event."""

from __future__ import annotations

from datetime import datetime

from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader

SQL = "select max(timestamp) from events"


def last_event(reader: Reader, query: ReportQuery) -> datetime | None:
    """The moment of the last event in the period, in UTC without a zone; None without one."""
    ((moment,),) = fetch(reader, query, SQL)
    found: datetime | None = moment
    return found
