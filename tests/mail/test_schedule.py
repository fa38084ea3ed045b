"""When reports are due, where clocks are changed, too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mallard.mail.schedule import last_ended, period_of, untold
from mallard.notices.book import Every

NEW_YORK = "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "moment", "ended"),
    [
        # A Monday: at 8 in New York it is 13 o'clock UTC in winter, 12 in summer.
        ("week", "2026-01-05T12:59:59", date(2025, 12, 29)),
        ("week", "2026-01-05T13:00:00", date(2026, 1, 5)),
        ("week", "2026-07-06T11:59:59", date(2026, 6, 29)),
        ("week", "2026-07-06T12:00:00", date(2026, 7, 6)),
        ("week", "2026-07-05T23:00:00", date(2026, 6, 29)),
        # The first Monday after clocks went forward, and after they went back.
        ("week", "2026-03-09T12:00:00", date(2026, 3, 9)),
        ("week", "2026-11-02T12:30:00", date(2026, 10, 26)),
        ("week", "2026-11-02T13:00:00", date(2026, 11, 2)),
        ("month", "2026-03-01T12:59:59", date(2026, 2, 1)),
        ("month", "2026-03-01T13:00:00", date(2026, 3, 1)),
        ("month", "2026-12-31T23:00:00", date(2026, 12, 1)),
    ],
)
def test_a_report_is_due_at_eight_where_the_site_is(every: Every, moment: str, ended: date):
    assert last_ended(every, NEW_YORK, at(moment)) == ended


def test_its_days_are_the_week_or_the_month_before():
    week = period_of("week", date(2026, 3, 9), NEW_YORK)
    assert (week.start, week.end, week.zone) == (date(2026, 3, 2), date(2026, 3, 9), NEW_YORK)
    assert period_of("month", date(2026, 3, 1), "UTC").start == date(2026, 2, 1)
    assert period_of("month", date(2026, 1, 1), "UTC").start == date(2025, 12, 1)


def test_what_was_missed_is_told_for_five_weeks():
    now = at("2026-07-06T12:00:00")
    told = date(2026, 6, 15)
    later = [date(2026, 6, 22), date(2026, 6, 29), date(2026, 7, 6)]
    assert untold("week", told, NEW_YORK, now) == later
    assert len(untold("week", date(2025, 1, 6), NEW_YORK, now)) == 6
    assert untold("month", date(2026, 3, 1), NEW_YORK, now) == [date(2026, 6, 1), date(2026, 7, 1)]


def test_a_clock_that_steps_back_tells_nothing_twice():
    told = date(2026, 7, 6)
    for back in (timedelta(seconds=1), timedelta(hours=12), timedelta(days=400)):
        assert untold("week", told, NEW_YORK, at("2026-07-06T12:00:00") - back) == []
