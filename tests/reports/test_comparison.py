"""What a period is compared with, and how a change is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.model import Period
from mallard.reports.arguments import BadQuery
from mallard.reports.comparison import change, compared_period, compared_query, whole_months
from mallard.reports.query import ReportQuery

SUNDAY = Period(date(2026, 3, 29), date(2026, 3, 30))
MONDAY = Period(date(2026, 3, 30), date(2026, 3, 31))
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


def compared(choice: str, period: Period = MARCH) -> Period | None:
    return compared_period({"compare": [choice], **by_dates(period)}, period)


def days(start: str, end: str) -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end))


def by_dates(period: Period) -> dict[str, list[str]]:
    return {"start_date": [str(period.start)], "end_date": [str(period.end)]}


def test_nothing_is_compared_unless_asked() -> None:
    assert compared_period({}, MARCH) is None
    assert compared("") is None


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (days("2026-03-18", "2026-03-19"), days("2026-03-17", "2026-03-18")),
        (days("2026-03-12", "2026-03-19"), days("2026-03-05", "2026-03-12")),
        (days("2024-03-01", "2024-03-31"), days("2024-01-31", "2024-03-01")),
        (days("2026-03-18", "2026-03-18"), days("2026-03-18", "2026-03-18")),
    ],
)
def test_the_previous_period_is_as_many_days_directly_before(
    period: Period, before: Period
) -> None:
    assert compared("previous", period) == before


@pytest.mark.parametrize(
    ("name", "period", "before"),
    [
        (None, days("2024-03-01", "2024-04-01"), days("2024-02-01", "2024-03-01")),
        (None, days("2026-01-01", "2026-04-01"), days("2025-10-01", "2026-01-01")),
        ("last_month", days("2026-01-01", "2026-02-01"), days("2025-12-01", "2026-01-01")),
        ("month", days("2026-03-01", "2026-03-08"), days("2026-02-01", "2026-03-01")),
        ("last_year", days("2025-01-01", "2026-01-01"), days("2024-01-01", "2025-01-01")),
        ("year", days("2026-01-01", "2026-03-19"), days("2025-01-01", "2026-01-01")),
        ("30d", days("2026-04-01", "2026-05-01"), days("2026-03-02", "2026-04-01")),
        ("7d", days("2026-03-01", "2026-03-08"), days("2026-02-22", "2026-03-01")),
    ],
)
def test_before_months_of_the_calendar_are_as_many_months(
    name: str | None, period: Period, before: Period
) -> None:
    asked = {"period": [name]} if name else by_dates(period)
    assert compared_period({"compare": ["previous"], **asked}, period) == before


def test_before_all_time_was_nothing() -> None:
    for choice in ("previous", "year"):
        assert compared_period({"compare": [choice], "period": ["all"]}, MARCH) is None


@pytest.mark.parametrize(
    ("name", "period", "choice", "start", "until"),
    [
        ("today", days("2026-03-18", "2026-03-19"), "previous", "2026-03-17", "2026-03-17"),
        ("7d", days("2026-03-12", "2026-03-19"), "previous", "2026-03-05", "2026-03-11"),
        ("7d", days("2026-03-12", "2026-03-19"), "year", "2025-03-12", "2025-03-18"),
        ("month", days("2026-03-01", "2026-03-19"), "previous", "2026-02-01", "2026-02-18"),
        ("year", days("2026-01-01", "2026-03-19"), "previous", "2025-01-01", "2025-03-18"),
        (None, days("2026-03-01", "2026-04-01"), "previous", "2026-02-01", "2026-02-18"),
    ],
)
def test_a_period_that_goes_on_is_compared_with_the_same_part(
    name: str | None, period: Period, choice: str, start: str, until: str
) -> None:
    moment = datetime(2026, 3, 18, 9, 41, 27, tzinfo=UTC)
    asked = {"compare": [choice], **({"period": [name]} if name else by_dates(period))}
    found = compared_query(asked, ReportQuery("example.com", period), moment)
    assert found is not None
    last = date.fromisoformat(until)
    assert found.period == Period(date.fromisoformat(start), last + timedelta(days=1))
    assert found.until == datetime.combine(last, time(9, 42)), "to the end of this minute"


def test_in_its_last_minute_a_day_is_compared_with_a_whole_one() -> None:
    now = datetime(2026, 3, 18, 23, 59, 30, tzinfo=UTC)
    query = ReportQuery("example.com", days("2026-03-18", "2026-03-19"))
    found = compared_query({"compare": ["previous"], "period": ["today"]}, query, now)
    assert found == replace(query, period=days("2026-03-17", "2026-03-18"))


@pytest.mark.parametrize(
    ("name", "period", "choice", "before"),
    [
        (
            "yesterday",
            days("2026-03-30", "2026-03-31"),
            "previous",
            days("2026-03-29", "2026-03-30"),
        ),
        ("month", days("2026-03-01", "2026-04-01"), "previous", days("2026-02-01", "2026-03-01")),
        ("today", days("2026-03-31", "2026-04-01"), "2026-01-01..2026-01-02", None),
    ],
)
def test_what_is_over_and_days_of_ones_own_are_compared_as_a_whole(
    name: str, period: Period, choice: str, before: Period | None
) -> None:
    now = datetime(2026, 3, 31, 9, 41, tzinfo=UTC)
    query = ReportQuery("example.com", period)
    found = compared_query({"compare": [choice], "period": [name]}, query, now)
    assert found is not None and found.until is None
    assert found.period == (before or days("2026-01-01", "2026-01-02"))


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (days("2026-03-12", "2026-03-19"), days("2025-03-12", "2025-03-19")),
        (days("2024-02-29", "2024-03-01"), days("2023-02-28", "2023-03-01")),
        (days("2024-02-28", "2024-02-29"), days("2023-02-28", "2023-03-01")),
        (days("2024-02-01", "2024-03-01"), days("2023-02-01", "2023-03-01")),
        (days("2025-02-28", "2025-03-01"), days("2024-02-28", "2024-02-29")),
        (days("2024-01-01", "2025-01-01"), days("2023-01-01", "2024-01-01")),
        (days("2024-02-29", "2024-02-29"), days("2023-02-28", "2023-02-28")),
    ],
)
def test_a_year_earlier_are_the_same_days_and_29_february_becomes_the_28th(
    period: Period, before: Period
) -> None:
    assert compared("year", period) == before


def test_any_days_may_be_named_and_the_second_is_exclusive() -> None:
    assert compared("2024-02-28..2024-03-01") == days("2024-02-28", "2024-03-01")
    assert compared("2026-04-01..2026-04-01") == days("2026-04-01", "2026-04-01")
    assert compared("2024-01-01..2025-01-01") == days("2024-01-01", "2025-01-01")


@pytest.mark.parametrize(
    "choice",
    [
        "Previous",
        "last year",
        "..",
        "2026-01-01",
        "2026-01-01..",
        "..2026-01-01",
        "2026-01-01...2026-02-01",
        "2026-02-01..2026-01-01",
        "2026-02-29..2026-03-01",
        "2026-1-1..2026-2-1",
        "2024-01-01..2025-01-02",
        "' or 1=1..",
    ],
)
def test_what_cannot_be_compared_is_named(choice: str) -> None:
    with pytest.raises(BadQuery, match="compare must be previous, year or FROM"):
        compared(choice)


@pytest.mark.parametrize("choice", ["previous", "year"])
def test_nothing_is_before_the_first_day(choice: str) -> None:
    with pytest.raises(BadQuery, match="compare"):
        compared(choice, days("0001-01-01", "0001-01-05"))


@given(st.dates(date(2, 1, 2)), st.integers(0, 366))
def test_a_period_and_the_one_compared_are_about_as_long(start: date, length: int) -> None:
    end = date.fromordinal(min(start.toordinal() + length, date.max.toordinal()))
    period = Period(start, end)
    # Months of the calendar differ by three days at most, and so do as many of them in a row.
    for choice, tolerance in (("previous", 3 if whole_months(period) else 0), ("year", 1)):
        try:
            before = compared(choice, period)
        except BadQuery:
            assert start.year <= 2
        else:
            assert before and abs(len(before.days) - len(period.days)) <= tolerance
            assert before.start <= start


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (15, 10, 0.5),
        (5, 10, -0.5),
        (0, 10, -1.0),
        (0.25, 0.5, -0.5),
        (7, 7, 0.0),
        (7, 0, None),
        (0, 0, None),
        (-5, -10, 0.5),
        (20, -10, 3.0),
        (Decimal("0.30"), Decimal("0.10"), 2.0),
        (Decimal("2.03"), Decimal("2.00"), 0.015),
    ],
)
def test_a_change_is_a_fraction_of_what_was_before(now, before, expected) -> None:
    assert change(now, before) == expected
