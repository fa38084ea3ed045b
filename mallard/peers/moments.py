"""Questions about the time between two moments, as other products' clients ask them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.zones.days import day_of

ONE_DAY, A_MICROSECOND = timedelta(days=1), timedelta(microseconds=1)


def between(
    site_id: str, begin: datetime, end: datetime, zone: str
) -> tuple[ReportQuery, datetime | None]:
    """The days of a zone, and from when on of the first of them; whole days are asked for as such.

    `begin` belongs to the time, and `end` does not; both know their zone.
    """
    begin, end = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (begin, end))
    last = day_of(end - A_MICROSECOND, zone)
    days = Period(day_of(begin, zone), last + ONE_DAY, zone)
    query = ReportQuery(site_id, days, until=None if end == days.ends_at else end)
    return query, None if begin == days.begins_at else begin


def in_zone(moment: datetime, zone: str) -> datetime:
    """A moment of UTC, which does not say so, as the clocks of a zone show it."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
