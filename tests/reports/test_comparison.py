"""What a period is compared with, and how a change is told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.model import Period
from mallard.reports.arguments import BadQuery
from mallard.reports.comparison import change, compared_period

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


def compared(choice: str, period: Period = MARCH) -> Period | None:
    return compared_period({"compare": [choice]}, period)


def days(start: str, end: str) -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end))


def test_nothing_is_compared_unless_asked() -> None:
    assert compared_period({}, MARCH) is None
    assert compared("") is None


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (days("2026-03-18", "2026-03-19"), days("2026-03-17", "2026-03-18")),
        (days("2026-03-12", "2026-03-19"), days("2026-03-05", "2026-03-12")),
        (days("2024-03-01", "2024-04-01"), days("2024-01-30", "2024-03-01")),
        (days("2026-03-18", "2026-03-18"), days("2026-03-18", "2026-03-18")),
    ],
)
def test_the_previous_period_is_as_many_days_directly_before(
    period: Period, before: Period
) -> None:
    assert compared("previous", period) == before


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
    for choice, tolerance in (("previous", 0), ("year", 1)):
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
