"""What SQL says of local time is what Python says of it."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

import duckdb
import pytest

from mallard.model import Period
from mallard.zones.days import day_begins, day_of, hours_of, names
from mallard.zones.sql import in_local_time
from tests.fuzz.size import so_many

CHANGING = (
    ("America/New_York", date(2026, 3, 6)),
    ("America/New_York", date(2026, 10, 30)),
    ("Australia/Lord_Howe", date(2026, 4, 3)),
    ("Australia/Lord_Howe", date(2026, 10, 2)),
    ("Pacific/Apia", date(2011, 12, 28)),
    ("America/St_Johns", date(2006, 10, 27)),
    ("America/Toronto", date(1919, 3, 29)),
    ("Asia/Kathmandu", date(1985, 12, 30)),
)
SQL = """
with moments as (select unnest($moments::timestamp[]) as moment)
select local_day(moment), local_bucket(moment), are_within_a_day(moment, moment) from moments
"""


def asked(zone: str, first: date, rng: random.Random) -> tuple[Period, list[datetime]]:
    """Some days of a zone, and moments of them, some at the very beginning of an hour or a day."""
    period = Period(first, first + timedelta(days=rng.randint(1, 6)), zone)
    seconds = (period.ends_at - period.begins_at) // timedelta(seconds=1)
    moments = [period.begins_at + timedelta(seconds=rng.randrange(seconds)) for _ in range(40)]
    moments += [hour.begins for day in period.days for hour in hours_of(day, zone)]
    moments += [m - timedelta(microseconds=1) for m in moments if m > period.begins_at]
    return period, moments


def random_days(rng: random.Random) -> tuple[str, date]:
    if rng.random() < 0.5:
        return rng.choice(CHANGING)
    return rng.choice(names()), date(1900, 1, 1) + timedelta(days=rng.randrange(365 * 150))


def test_days_hours_weeks_and_months_of_sql_are_those_of_python() -> None:
    rng = random.Random(9)
    connection = duckdb.connect()
    for _ in range(so_many(40, 2_000)):
        zone, first = random_days(rng)
        period, moments = asked(zone, first, rng)
        interval = rng.choice(("hour", "day", "week", "month"))
        rows = connection.execute(
            in_local_time(SQL, period), {"moments": moments, "interval": interval}
        ).fetchall()
        for moment, (day, bucket, is_within) in zip(moments, rows, strict=True):
            expected = day_of(moment, zone)
            assert day == expected, (zone, moment)
            assert bucket == begins(moment, interval, zone), (zone, moment, interval)
            near = timedelta(minutes=30)
            edges = (day_begins(expected, zone), day_begins(expected + timedelta(days=1), zone))
            if is_within:
                assert edges[0] + near < moment < edges[1] - near, (zone, moment)
    connection.close()


def begins(moment: datetime, interval: str, zone: str) -> datetime:
    day = day_of(moment, zone)
    if interval == "hour":
        return max(hour.begins for hour in hours_of(day, zone) if hour.begins <= moment)
    if interval == "week":
        day -= timedelta(days=day.weekday())
    return datetime.combine(day.replace(day=1) if interval == "month" else day, time.min)


def test_a_moment_far_from_midnight_is_known_to_be() -> None:
    period = Period(date(2026, 1, 5), date(2026, 1, 8), "Asia/Kolkata")
    noon = period.begins_at + timedelta(hours=12)
    with duckdb.connect() as connection:
        bound = {"moments": [noon], "interval": "day"}
        ((_, _, is_within),) = connection.execute(in_local_time(SQL, period), bound).fetchall()
    assert is_within


@pytest.mark.parametrize("zone", ["UTC", "Africa/Abidjan"])
def test_where_clocks_show_utc_nothing_is_added(zone: str) -> None:
    period = Period(date(2026, 1, 5), date(2026, 1, 8), zone)
    sql = "select local_day(a.timestamp), local_bucket(begins)"
    assert in_local_time(sql, period) == "select a.timestamp::date, date_trunc($interval, begins)"
