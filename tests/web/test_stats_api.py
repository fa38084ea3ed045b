"""`/api/stats/*`: figures as JSON, and a 400 that names the argument at fault."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.reports.breakdown import DIMENSIONS
from tests.conftest import NOON, Shared

REPORTS = ("main", "timeseries", "timeseries/sessions", "breakdown/pages", "revenue", "realtime")
HOSTILE = ("'", '"', "';drop table events;--", "' or '1'='1", "%", "_", "\\", "\0", "${x}", "{}")


def stats(client, report: str, **query: Any):
    """The answer to a question about example.com's today, unless `query` says otherwise."""
    sent = {"site_id": "example.com", "period": "day"} | query
    return client.get(f"/api/stats/{report}", query_string=sent)


def test_the_headline_figures(client, visit) -> None:
    visit("/", visitor=1)
    visit("/b", visitor=1, at=NOON + timedelta(seconds=90))
    visit("/b", visitor=2)
    visit("/b", visitor=2, event="signup", at=NOON + timedelta(seconds=100))
    assert stats(client, "main").json == {
        "unique_visitors": 2,
        "total_pageviews": 3,
        "bounce_rate": 0.5,
        "avg_visit_duration_secs": pytest.approx(50, abs=0.001),
        "pages_per_visit": 1.5,
        "sessions": 2,
        "views_per_session": 1.5,
    }


def test_a_site_without_events_has_zeros(onlooker) -> None:
    assert set(stats(onlooker, "main").json.values()) == {0}
    assert {row["visitors"] for row in stats(onlooker, "timeseries").json} == {0}
    assert stats(onlooker, "breakdown/pages").json == []


def test_a_day_has_24_hours(client, visit) -> None:
    visit("/")
    rows = stats(client, "timeseries").json
    assert [row["date"] for row in rows] == [f"2026-03-18 {hour:02}:00" for hour in range(24)]
    assert rows[12] == {"date": "2026-03-18 12:00", "visitors": 1, "pageviews": 1}
    assert sum(row["pageviews"] for row in rows) == 1


def test_a_longer_period_has_days(client, visit) -> None:
    visit("/", at=NOON - timedelta(days=3))
    visit("/", at=NOON)
    rows = stats(client, "timeseries", period="7d").json
    assert [row["pageviews"] for row in rows] == [0, 0, 0, 1, 0, 0, 1]
    assert (rows[0]["date"], rows[-1]["date"]) == ("2026-03-12", "2026-03-18")
    assert len(stats(client, "timeseries", period="7d", interval="hour").json) == 7 * 24


def test_weeks_and_months_count_only_the_days_of_the_range(client, visit) -> None:
    for day in (27, 28, 1, 2, 3):
        visit("/", at=NOON.replace(month=2 if day > 20 else 3, day=day))
    dates = {"start_date": "2026-02-28", "end_date": "2026-03-03"}
    weeks = stats(client, "timeseries", interval="week", **dates).json
    months = stats(client, "timeseries", interval="month", **dates).json
    assert [tuple(row.values())[::2] for row in weeks] == [("2026-02-23", 2), ("2026-03-02", 1)]
    assert [tuple(row.values())[::2] for row in months] == [("2026-02", 1), ("2026-03", 2)]


def test_session_figures_over_time(client, visit) -> None:
    visit("/", times=3, at=NOON - timedelta(days=1))
    visit("/", visitor=2, at=NOON)
    rows = stats(client, "timeseries/sessions", period="7d").json
    assert [row["date"] for row in rows][::6] == ["2026-03-12", "2026-03-18"]
    assert rows[-3:] == [
        {
            "date": f"2026-03-{day}",
            "sessions": sessions,
            "views_per_session": views,
            "bounce_rate": bounces,
            "avg_visit_duration_secs": pytest.approx(lasted, abs=0.001),
        }
        for day, sessions, views, bounces, lasted in (
            (16, 0, 0, 0, 0),
            (17, 1, 3, 0, 2),
            (18, 1, 1, 1, 0),
        )
    ]


def test_an_empty_range_is_answered_with_zeros(client, visit) -> None:
    visit("/")
    dates = {"start_date": "2026-03-18", "end_date": "2026-03-18"}
    assert stats(client, "main", **dates).json["unique_visitors"] == 0
    assert stats(client, "timeseries", **dates).json == []
    assert stats(client, "timeseries/sessions", **dates).json == []


def test_a_breakdown_is_ordered_and_cut(client, visit) -> None:
    for path, visitors in (("/b", 2), ("/a", 2), ("/c", 3), ("/Z", 2)):
        for visitor in range(visitors):
            visit(path, visitor=visitor)
    visit("/a", visitor=0)
    rows = stats(client, "breakdown/pages", limit=3).json
    assert rows == [
        {"value": "/c", "visitors": 3, "pageviews": 3},
        {"value": "/a", "visitors": 2, "pageviews": 3},
        {"value": "/Z", "visitors": 2, "pageviews": 2},
    ]


def test_what_is_not_known_is_called_unknown(client, visit) -> None:
    visit("/", visitor=1)
    visit("/", visitor=2, r="https://www.google.com/")
    visit("/", visitor=3, r="https://zoo.example/")
    values = [row["value"] for row in stats(client, "breakdown/sources").json]
    assert values == ["(unknown)", "Google", "zoo.example"]


def test_entry_and_exit_pages_count_sessions(client, visit) -> None:
    visit("/", visitor=1)
    visit("/b", visitor=1)
    visit("/b", visitor=2)
    visit("/form", visitor=3, event="signup")
    entries = stats(client, "breakdown/entry_pages").json
    assert [tuple(row.values()) for row in entries] == [
        ("/", 1, 2),
        ("/b", 1, 1),
        ("(unknown)", 1, 0),
    ]
    exits = stats(client, "breakdown/exit_pages").json
    assert [tuple(row.values()) for row in exits] == [("/b", 2, 3), ("(unknown)", 1, 0)]
    those_who_saw_it = stats(client, "breakdown/entry_pages", filter="page==/b").json
    assert [tuple(row.values()) for row in those_who_saw_it] == [("/", 1, 2), ("/b", 1, 1)]


def test_a_breakdown_can_be_searched_ordered_and_paged(client, visit) -> None:
    for path, visitor, times in (("/Blog/a", 1, 1), ("/blog/b", 2, 3), ("/a", 3, 2), ("/a", 4, 2)):
        visit(path, visitor=visitor, times=times)

    def values(**query: Any) -> list[str]:
        return [row["value"] for row in stats(client, "breakdown/pages", **query).json]

    assert values() == values(search="", order="", offset="") == ["/a", "/blog/b", "/Blog/a"]
    assert values(search="bLOg") == ["/blog/b", "/Blog/a"]
    assert values(order="value") == ["/Blog/a", "/a", "/blog/b"]
    assert values(order="pageviews", limit=2) == ["/a", "/blog/b"]
    assert values(offset=1, limit=1) == ["/blog/b"]
    assert values(offset=1_000_000) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("order", "sessions"), ("order", "Value"), ("offset", "-1"), ("offset", "1000001")],
)
def test_a_bad_order_or_offset_is_400_and_named(onlooker, name: str, value: str) -> None:
    response = stats(onlooker, "breakdown/pages", **{name: value})
    assert (response.status_code, set(response.json)) == (400, {"error"})
    assert name in response.json["error"]


@pytest.fixture(scope="module")
def with_a_visit(shared: Shared) -> Client:
    shared.visit("/?utm_source=a&utm_medium=b&utm_campaign=c&utm_term=d&utm_content=e", w=900)
    return shared.client


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_breakdown_answers(with_a_visit: Client, dimension: str) -> None:
    (row,) = stats(with_a_visit, f"breakdown/{dimension}").json
    assert row.pop("value")
    country = {"country_code": "(unknown)"} if dimension in ("regions", "cities") else {}
    assert row == {"visitors": 1, "pageviews": 1} | country


def test_an_unknown_breakdown_is_404(onlooker) -> None:
    response = stats(onlooker, "breakdown/nonsense")
    assert response.status_code == 404
    assert "nonsense" in response.json["error"]
    assert "pages" in response.json["error"]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("site_id", ""),
        ("site_id", "a/b"),
        ("period", "forever"),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "many"),
        ("interval", "minute"),
        ("filter", "nonsense"),
        ("filter", "colour==red"),
        ("start_date", "yesterday"),
        ("end_date", "2026-02-30"),
    ],
)
def test_a_bad_argument_is_400_and_named(onlooker, report: str, name: str, value: str) -> None:
    dates = {"start_date": "2026-03-01", "end_date": "2026-03-02"} if "date" in name else {}
    response = stats(onlooker, report, **{**dates, name: value})
    assert (response.status_code, set(response.json)) == (400, {"error"})
    assert name in response.json["error"]


def test_the_documented_words_for_a_bad_site(onlooker) -> None:
    assert stats(onlooker, "main", site_id="a'b").json == {"error": "Invalid site_id"}


@pytest.mark.parametrize("report", REPORTS)
def test_unknown_arguments_are_ignored(client, visit, report: str) -> None:
    visit("/")
    assert stats(client, report, colour="red", window="-1").json == stats(client, report).json


@pytest.mark.parametrize("text", HOSTILE)
def test_no_argument_reaches_the_database_as_code(client, visit, text: str) -> None:
    visit("/")
    for name in ("site_id", "period", "start_date", "end_date", "limit", "interval", "filter"):
        dates = {"start_date": "2026-03-01", "end_date": "2026-03-02"} if "date" in name else {}
        response = stats(client, "main", **{**dates, name: f"{text}'"})
        assert response.status_code == 400, name
    for dimension in ("page", "source", "entry_page", f"prop:{text}"):
        for operator in ("==", "!=", "~="):
            found = stats(client, "breakdown/pages", filter=f"{dimension}{operator}{text}")
            assert found.status_code == 200
            assert found.json in ([], [{"value": "/", "visitors": 1, "pageviews": 1}])
    searched = stats(client, "breakdown/pages", search=text)
    assert (searched.status_code, searched.json) == (200, [])
    for name in ("order", "offset", "compare"):
        assert stats(client, "breakdown/pages", **{name: f"{text}'"}).status_code == 400, name
    assert stats(client, "breakdown/" + text.replace("\0", "")).status_code == 404
    assert stats(client, "main").json["total_pageviews"] == 1


def test_hostile_values_come_back_as_they_were_sent(client, visit) -> None:
    for text in HOSTILE:
        visit("/", event=text)
        (row,) = stats(client, "breakdown/events", filter=f"event=={text}").json
        assert row["value"] == text


def test_repeated_filters_must_all_hold(client, visit) -> None:
    visit("/a", visitor=1, w=500)
    visit("/a", visitor=2, w=1500)
    both = ["page==/a", "device==mobile"]
    assert stats(client, "main", filter=both).json["unique_visitors"] == 1


def test_a_plus_in_an_address_is_a_space(client, visit) -> None:
    visit("/", event="sign up")
    response = client.get(
        "/api/stats/main?site_id=example.com&period=day&filter=event%3D%3Dsign+up"
    )
    assert response.json["unique_visitors"] == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("report", REPORTS)
def test_other_methods_are_405(onlooker, report: str, method: str) -> None:
    response = onlooker.open(f"/api/stats/{report}?site_id=example.com", method=method)
    assert response.status_code == 405
    assert set(response.json) == {"error"}
    assert "GET" in response.headers["Allow"]


def test_bytes_that_are_no_text_are_no_reason_to_fail(onlooker) -> None:
    for query in ("site_id=%FF%FE", "site_id=example.com&filter=page==%ED%A0%80", "%", "=&=&;"):
        assert onlooker.get(f"/api/stats/main?{query}").status_code in (200, 400)
