"""Visitors and pageviews by hour, day, week or month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from mallard.model import Period
from mallard.reports import kept
from mallard.reports.days import DAYS, EVENTS_BY_TIME, VISITS, VISITS_OF_HOURS, legs_by_time
from mallard.reports.imported import days_of
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import NOTHING, Sums
from mallard.store.reader import Reader, Row
from mallard.store.rollups.declared import EACH_DAY, PERIOD, Rollup
from mallard.zones.days import UTC, day_of, hours_of, is_skipped

NO_BUCKETS: Mapping[str, Sums] = {}
SQL = f"""
select begins, sum(visitors), sum(pageviews)
from (
    ({EVENTS_BY_TIME})
    union all
    select {{rolled_begins}}, visitors, pageviews from rolled
)
group by begins
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The figures of one hour, day, week or month, or of its days within the period.

    `date` is `YYYY-MM-DD HH:00`, `YYYY-MM-DD` for a day, that of its Monday for a week, `YYYY-MM`.
    An hour that comes twice, as clocks are put back, has its distance from UTC behind it.
    """

    date: str
    visitors: int
    pageviews: int


def timeseries(reader: Reader, query: ReportQuery) -> list[Bucket]:
    """Every bucket that the period touches, ascending; those without events are zeros."""
    rollup, begins = _rolled(query.interval)
    sql = SQL.format(rolled_begins=begins)
    of_legs = legs_by_time(query.interval)
    rows = fetch(reader, query, sql, rollup=rollup, of_legs=of_legs, interval=query.interval)
    return _buckets(query, rows, imported_by_bucket(reader, query))


def timeseries_of_legs(query: ReportQuery) -> kept.Question:
    """The same as a question to kept legs."""
    bound = {"interval": query.interval}
    sql = legs_by_time(query.interval)
    return kept.Question(sql, tuple(VISITS), bound, partial(_buckets, query))


def imported_by_bucket(reader: Reader, query: ReportQuery) -> dict[str, Sums]:
    """What was imported of each bucket; nothing of hours, which nobody knows."""
    found: dict[str, Sums] = {}
    if query.interval != "hour":
        for day, sums in days_of(reader, query).items():
            label = _label(day, query.interval)
            found[label] = found.get(label, NOTHING) + sums
    return found


def _buckets(
    query: ReportQuery, rows: list[Row], imported: Mapping[str, Sums] = NO_BUCKETS
) -> list[Bucket]:
    figures = {label_of(begins, query): tuple(map(int, counts)) for begins, *counts in rows}
    found = []
    for bucket in buckets_of(query):
        visitors, pageviews = figures.get(bucket, (0, 0))
        more = imported.get(bucket, NOTHING)
        found.append(Bucket(bucket, visitors + more.visitors, pageviews + more.pageviews))
    return found


def _rolled(interval: str) -> tuple[Rollup, str]:
    """The rollup whose rows make up the buckets, and the SQL of the bucket that a row belongs to.

    A visitor counts once in each bucket.
    """
    if interval == "hour":
        return replace(VISITS_OF_HOURS, once_in=EACH_DAY), "begins"
    bucket = "date_trunc($interval, day::timestamp)"
    once_in = EACH_DAY if interval == "day" else f"greatest({PERIOD}, {bucket})"
    return replace(DAYS, once_in=once_in), bucket


def buckets(period: Period, interval: str) -> list[str]:
    """The labels of all buckets that the period touches, ascending.

    A day that was skipped at a place is none of them.
    """
    days = [day for day in period.days if not is_skipped(day, period.zone)]
    if interval == "hour":
        return [hour.label for day in days for hour in hours_of(day, period.zone)]
    return list(dict.fromkeys(_label(day, interval) for day in days))


def buckets_of(query: ReportQuery) -> list[str]:
    """The labels of all buckets that a question is about, ascending."""
    found = buckets(query.period, query.interval)
    if query.until is None:
        return found
    last = bucket_of(query.until, query.interval, query.period.zone)
    return found[: found.index(last) + 1]


def begun(query: ReportQuery, now: datetime) -> int:
    """How many of the buckets of the whole period have begun at a UTC moment."""
    zone = query.period.zone
    found, current = buckets(query.period, query.interval), bucket_of(now, query.interval, zone)
    if current in found:
        return found.index(current) + 1
    return len(found) if query.period.ends_at <= now.replace(tzinfo=None) else 0


def bucket_of(moment: datetime, interval: str, zone: str = UTC) -> str:
    """The label of the bucket of a time zone that a UTC moment falls into."""
    moment = moment.replace(tzinfo=None)
    day = day_of(moment, zone)
    if interval != "hour":
        return _label(day, interval)
    return max(hour for hour in hours_of(day, zone) if hour.begins <= moment).label


def bucket_of_day(day: date, interval: str) -> str:
    """The label of the bucket that a day is in, of days, weeks or months."""
    return _label(day, interval)


def label_of(begins: datetime, query: ReportQuery) -> str:
    """The label of a bucket that SQL calls so: an hour by its moment, any other by its date."""
    if query.interval == "hour":
        return bucket_of(begins, query.interval, query.period.zone)
    return _label(begins.date(), query.interval)


def _label(day: date, interval: str) -> str:
    """A week goes by its Monday, a month by its name."""
    if interval == "week":
        return (day - timedelta(days=day.weekday())).isoformat()
    return day.isoformat()[: len("YYYY-MM")] if interval == "month" else day.isoformat()
