"""ReportQuery: what the arguments of a request mean, and which of them are refused by name."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.model import Period
from mallard.reports.arguments import BadQuery
from mallard.reports.query import ReportQuery, is_site_id

TODAY = date(2026, 3, 18)
TOMORROW = date(2026, 3, 19)
ARABIC_DATE = "\u0662\u0660\u0662\u0666-01-01"


def query(**args: str | list[str]) -> ReportQuery:
    sent = {"site_id": "example.com"} | args
    lists = {name: [value] if isinstance(value, str) else value for name, value in sent.items()}
    return ReportQuery.from_args(lists, TODAY)


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("day", date(2026, 3, 18)),
        ("today", date(2026, 3, 18)),
        ("7d", date(2026, 3, 12)),
        ("30d", date(2026, 2, 17)),
        ("90d", date(2025, 12, 19)),
    ],
)
def test_a_period_is_that_many_days_today_included(period: str, start: date) -> None:
    assert query(period=period).period == Period(start, TOMORROW)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("yesterday", date(2026, 3, 17), TODAY),
        ("month", date(2026, 3, 1), TOMORROW),
        ("last_month", date(2026, 2, 1), date(2026, 3, 1)),
        ("year", date(2026, 1, 1), TOMORROW),
        ("last_year", date(2025, 1, 1), date(2026, 1, 1)),
    ],
)
def test_a_period_of_the_calendar_moves_with_the_days(period: str, start: date, end: date) -> None:
    assert query(period=period).period == Period(start, end)


def test_last_month_in_january_is_the_december_before() -> None:
    args = {"site_id": ["example.com"], "period": ["last_month"]}
    found = ReportQuery.from_args(args, date(2026, 1, 31)).period
    assert found == Period(date(2025, 12, 1), date(2026, 1, 1))


def test_all_time_begins_with_the_first_event() -> None:
    args = {"site_id": ["example.com"], "period": ["all"]}
    began = date(2019, 5, 6)
    found = ReportQuery.from_args(args, TODAY, {"example.com": began}.__getitem__)
    assert found.period == Period(began, TOMORROW)
    for unknown in (None, lambda _: date.max):
        assert ReportQuery.from_args(args, TODAY, unknown).period == Period(TODAY, TOMORROW)


def test_thirty_days_ten_rows_and_no_filter_unless_asked() -> None:
    assert query() == query(period="30d", limit="10", interval="day", filter=[])
    assert query(period="", limit="", interval="", start_date="", end_date="") == query()


@pytest.mark.parametrize(
    ("args", "interval"),
    [
        ({"period": "day"}, "hour"),
        ({"period": "today"}, "hour"),
        ({"period": "yesterday"}, "hour"),
        ({"period": "7d"}, "day"),
        ({"period": "7d", "interval": "hour"}, "hour"),
        ({"period": "7d", "interval": "week"}, "week"),
        ({"period": "day", "interval": "month"}, "month"),
        ({"period": "day", "interval": "day"}, "day"),
        ({"start_date": "2026-03-18", "end_date": "2026-03-19"}, "day"),
        ({"start_date": "2026-03-18", "end_date": "2026-03-19", "period": "day"}, "day"),
        ({"start_date": "2026-03-18", "end_date": "2026-03-19", "interval": "hour"}, "hour"),
    ],
)
def test_one_named_day_is_hourly_and_all_else_daily(args: dict[str, str], interval: str) -> None:
    assert query(**args).interval == interval


def test_dates_win_over_the_period_and_the_end_is_exclusive() -> None:
    found = query(start_date="2024-02-28", end_date="2024-03-01", period="7d").period
    assert found.days == [date(2024, 2, 28), date(2024, 2, 29)]


def test_an_empty_range_is_a_question_too() -> None:
    assert query(start_date="2026-03-18", end_date="2026-03-18").period.days == []


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize("value", ["2026-03-01", "nonsense"])
def test_a_lone_date_is_ignored(name: str, value: str) -> None:
    assert query(**{name: value}) == query()


def test_a_range_holds_at_most_366_days() -> None:
    assert len(query(start_date="2024-01-01", end_date="2025-01-01").period.days) == 366
    with pytest.raises(BadQuery, match="366 days"):
        query(start_date="2024-01-01", end_date="2025-01-02")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("period", value) for value in ("1d", "DAY", "ever", "30d ", "'; drop table events")),
        *(
            ("start_date", value)
            for value in (
                "2026-3-1",
                "2026-02-30",
                "20260301",
                "2026-W10-1",
                "\u0662\u0660\u0662\u0666-01-01",
                "now",
            )
        ),
        *(("end_date", value) for value in ("2026-13-01", "0000-01-01", "2026-03-01T00:00")),
        *(
            ("limit", value)
            for value in ("0", "1001", "-1", "+5", "1e2", "5.0", "five", "\u0665", "9" * 5000, " 5")
        ),
        *(("interval", value) for value in ("minute", "quarter", "weeks", "Hour")),
        *(("filter", value) for value in ("page", "page==", "nothing==x", "page=x", "")),
        *(
            ("site_id", value)
            for value in ("a/b", "..", "a..b", "a b", "ä", "a'b", "a\0b", "x" * 257, "a\n", "%61")
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    dates = {"start_date": "2026-03-01", "end_date": "2026-03-02"} if "date" in name else {}
    with pytest.raises(BadQuery, match=name):
        query(**{**dates, name: value})


def test_the_end_must_not_be_before_the_start() -> None:
    with pytest.raises(BadQuery, match="end_date"):
        query(start_date="2026-03-02", end_date="2026-03-01")


def test_a_site_must_be_named() -> None:
    nothing: tuple[dict[str, list[str]], ...] = ({}, {"site_id": []}, {"site_id": [""]})
    for args in nothing:
        with pytest.raises(BadQuery, match="site_id is missing"):
            ReportQuery.from_args(args, TODAY)


def test_unknown_arguments_are_ignored_and_the_first_value_counts() -> None:
    assert query(unknown="x", limit=["5", "nonsense"]) == query(limit="5")


def test_the_bounds_of_the_limit_are_allowed() -> None:
    assert (query(limit="1").limit, query(limit="1000").limit) == (1, 1000)


def test_equal_questions_are_one_key_and_different_ones_are_not() -> None:
    asked = [
        query(),
        query(filter="page==/a"),
        query(filter="page!=/a"),
        query(filter=["page==/a", "event==b"]),
        query(period="7d"),
        query(limit="11"),
        query(interval="hour"),
        query(site_id="other.org"),
    ]
    assert len({*asked, *asked}) == len(asked)
    assert query(period="day") == query(period="today")


@given(st.text(max_size=300))
def test_a_site_id_is_safe_wherever_it_is_used(text: str) -> None:
    if is_site_id(text):
        assert 0 < len(text) <= 256
        assert text.isascii()
        assert not set(text) & set("/\\'\"\0*?[]{}%~ \n")
        assert ".." not in text


@given(
    st.dictionaries(
        st.sampled_from(
            ["site_id", "period", "start_date", "end_date", "limit", "interval", "filter"]
        ),
        st.lists(st.text()),
    )
)
def test_any_arguments_are_a_query_or_a_bad_one(args: dict[str, list[str]]) -> None:
    try:
        found = ReportQuery.from_args(args, TODAY)
    except BadQuery as bad:
        assert str(bad)
    else:
        assert len(found.period.days) <= 366
