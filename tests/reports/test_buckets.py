"""The buckets of a period: hours, days, Monday weeks and months, and what they are called."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.model import Period
from mallard.reports.parameters import INTERVALS
from mallard.reports.timeseries import bucket_of, buckets

NEW_YEAR = Period(date(2025, 12, 27), date(2026, 1, 6))


def test_a_week_goes_by_its_monday_and_is_there_when_a_day_of_it_is() -> None:
    assert buckets(NEW_YEAR, "week") == ["2025-12-22", "2025-12-29", "2026-01-05"]


def test_a_month_is_there_when_a_day_of_it_is() -> None:
    assert buckets(NEW_YEAR, "month") == ["2025-12", "2026-01"]
    assert len(buckets(Period(date(2024, 1, 31), date(2025, 1, 1)), "month")) == 12


def test_a_day_has_24_hours_and_an_empty_period_nothing() -> None:
    day = Period(date(2026, 3, 29), date(2026, 3, 30))
    assert buckets(day, "hour") == [f"2026-03-29 {hour:02}:00" for hour in range(24)]
    assert buckets(day, "day") == ["2026-03-29"]
    for interval in INTERVALS:
        assert buckets(Period(day.start, day.start), interval) == []


@pytest.mark.parametrize(
    ("interval", "bucket"),
    [
        ("hour", "2026-03-01 23:00"),
        ("day", "2026-03-01"),
        ("week", "2026-02-23"),
        ("month", "2026-03"),
    ],
)
def test_the_bucket_of_a_sunday_evening(interval: str, bucket: str) -> None:
    assert bucket_of(datetime(2026, 3, 1, 23, 59, tzinfo=UTC), interval) == bucket


@given(
    st.dates(date(1970, 1, 1), date(2900, 1, 1)),
    st.integers(1, 40),
    st.sampled_from(INTERVALS),
    st.data(),
)
def test_every_moment_of_a_period_is_in_one_of_its_buckets(
    start: date, length: int, interval: str, data: st.DataObject
) -> None:
    period = Period(start, start + timedelta(days=length))
    minute = data.draw(st.integers(0, length * 24 * 60 - 1))
    moment = datetime.combine(start, datetime.min.time(), UTC) + timedelta(minutes=minute)
    found = buckets(period, interval)
    assert bucket_of(moment, interval) in found
    assert found == sorted(set(found))
