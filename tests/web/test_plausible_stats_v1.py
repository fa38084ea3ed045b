"""The first version of Plausible's Stats API: its arguments, and answers in its form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from tests.web.plausible_site import FAR, SITE, client

__all__ = ["client"]
MISTAKES = {
    "an unknown metric": {"metrics": "visitors,people"},
    "a metric twice": {"metrics": "visitors,visitors"},
    "an unknown period": {"period": "9d"},
    "half a period": {"period": "custom", "date": "2026-03-01"},
    "a period backwards": {"period": "custom", "date": "2026-03-02,2026-03-01"},
    "too long a period": {"period": "custom", "date": "0001-01-01,9999-12-30"},
    "the last day of all": {"date": "9999-12-31", "period": "month"},
    "the first day of all": {"date": "0001-01-01", "period": "30d"},
    "no date": {"date": "today"},
    "no filter": {"filters": "visit:source"},
    "a filter of nothing": {"filters": "visit:source=="},
    "an unknown goal": {"filters": "event:goal==Signup"},
    "a time as a filter": {"filters": "time:day==2026-03-18"},
    "many filters": {"filters": ";".join(["visit:source==a"] * 21)},
    "many values": {"filters": "visit:source==" + "|".join(["a"] * 101)},
    "another comparison": {"compare": "year"},
    "a rate without a goal": {"metrics": "conversion_rate"},
}


def stats(client: Client, report: str, **asked: str) -> Any:
    answer: Any = client.get(f"/api/v1/stats/{report}", query_string={"site_id": SITE, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json["results"] if isinstance(answer.json, dict) else answer.json


def refusal(client: Client, report: str, status: int = 400, **asked: str) -> Any:
    answer = client.get(f"/api/v1/stats/{report}", query_string={"site_id": SITE, **asked})
    assert (answer.status_code, list(answer.json or ())) == (status, ["error"])
    return answer.json


def values(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


def test_who_is_there_now_is_a_bare_number(client: Client) -> None:
    assert stats(client, "realtime/visitors") == 2


def test_figures_of_all_are_rounded(client: Client) -> None:
    metrics = "visitors,visits,pageviews,views_per_visit,bounce_rate,visit_duration,events"
    assert stats(client, "aggregate", metrics=metrics) == {
        "visitors": {"value": 3},
        "visits": {"value": 3},
        "pageviews": {"value": 5},
        "views_per_visit": {"value": 1.67},
        "bounce_rate": {"value": 33},
        "visit_duration": {"value": 240},
        "events": {"value": 6},
    }


def test_figures_are_those_of_our_own_reports(client: Client) -> None:
    own = client.get(f"/api/stats/main?site_id={SITE}&period=7d").json or {}
    metrics = "visitors,pageviews,visits,bounce_rate,visit_duration"
    told = stats(client, "aggregate", period="7d", metrics=metrics)
    assert {name: figure["value"] for name, figure in told.items()} == {
        "visitors": own["unique_visitors"],
        "pageviews": own["total_pageviews"],
        "visits": own["sessions"],
        "bounce_rate": round(100 * own["bounce_rate"]),
        "visit_duration": round(own["avg_visit_duration_secs"]),
    }


def test_a_comparison_tells_the_change_in_percent(client: Client) -> None:
    asked = {"period": "day", "compare": "previous_period"}
    metrics = "visitors,bounce_rate,events,time_on_page"
    assert stats(client, "aggregate", metrics=metrics, **asked) == {
        "visitors": {"value": 2, "change": 100},
        "bounce_rate": {"value": 0, "change": -100},
        "events": {"value": 4, "change": 100},
        "time_on_page": {"value": None, "change": None},
    }
    nothing = stats(client, "aggregate", date="2020-01-01", **asked)
    assert nothing == {"visitors": {"value": 0, "change": 0}}


def test_thirty_days_are_thirty_one(client: Client) -> None:
    days = values(stats(client, "timeseries"), "date")
    assert (len(days), days[0], days[-1]) == (31, "2026-02-16", "2026-03-18")
    days = values(stats(client, "timeseries", period="7d", date="2026-03-10"), "date")
    assert (len(days), days[0], days[-1]) == (7, "2026-03-04", "2026-03-10")


def test_every_bucket_is_there_with_nulls_where_nothing_lasted(client: Client) -> None:
    metrics = {"metrics": "visitors,bounce_rate"}
    rows = stats(client, "timeseries", period="custom", date="2026-03-16,2026-03-18", **metrics)
    assert rows == [
        {"date": "2026-03-16", "visitors": 0, "bounce_rate": None},
        {"date": "2026-03-17", "visitors": 1, "bounce_rate": 100},
        {"date": "2026-03-18", "visitors": 2, "bounce_rate": 0},
    ]


def test_a_day_has_hours_and_half_a_year_months(client: Client) -> None:
    hours = stats(client, "timeseries", period="day")
    assert len(hours) == 24 and hours[11] == {"date": "2026-03-18 11:00:00", "visitors": 2}
    months = stats(client, "timeseries", period="6mo")
    assert months[0]["date"] == "2025-10-01"
    assert months[-1] == {"date": "2026-03-01", "visitors": 3} and len(months) == 6
    month = stats(client, "timeseries", period="month")
    assert (len(month), month[-1]["date"]) == (31, "2026-03-31")
    by_day = stats(client, "timeseries", period="day", interval="date")
    assert by_day == [{"date": "2026-03-18", "visitors": 2}]


def test_days_and_hours_are_those_of_the_site(client: Client) -> None:
    there = {"site_id": FAR, "period": "day"}
    assert stats(client, "aggregate", **there) == {"visitors": {"value": 1}}
    hours = stats(client, "timeseries", **there)
    assert [row["date"] for row in hours if row["visitors"]] == ["2026-03-18 01:00:00"]
    assert len(hours) == 24 and hours[0]["date"] == "2026-03-18 00:00:00"


def test_a_breakdown_names_its_property_and_comes_by_the_first_metric(client: Client) -> None:
    rows = stats(client, "breakdown", property="visit:source", metrics="pageviews,bounce_rate")
    assert rows == [
        {"source": "news", "pageviews": 4, "bounce_rate": 0},
        {"source": "mail", "pageviews": 1, "bounce_rate": 100},
    ]
    devices = stats(client, "breakdown", property="visit:device")
    assert values(devices, "device") == ["Mobile", "Desktop"]
    second = stats(client, "breakdown", property="visit:device", limit="1", page="2")
    assert values(second, "device") == ["Desktop"]


def test_what_has_no_value_is_said_in_the_words_of_plausible(client: Client) -> None:
    plans = stats(client, "breakdown", property="event:props:plan", metrics="events")
    assert plans == [{"plan": "(none)", "events": 5}, {"plan": "pro", "events": 1}]
    countries = stats(client, "breakdown", property="visit:country")
    assert countries == [{"country": "(not set)", "visitors": 3}]
    cities = stats(client, "breakdown", property="visit:city")
    assert cities == [{"city": "(not set)", "visitors": 3}]
    nobody = {"property": "visit:source", "filters": "visit:source==Direct / None"}
    assert stats(client, "breakdown", **nobody) == []


@pytest.mark.parametrize(
    ("filters", "visitors"),
    [
        ("visit:source==news", 2),
        ("visit:source!=news", 1),
        ("visit:source==news|mail", 3),
        ("visit:source==n*", 2),
        ("visit:source!=n*|mail", 0),
        ("event:page==/pric**", 2),
        ("event:page==/buy", 1),
        ("event:page==/pricing\\|a;visit:source==news", 0),
        ("event:page==/|/buy; visit:device==Desktop", 1),
        ("event:name==purchase", 1),
        ("event:props:plan==pro", 1),
        ("event:props:plan==(none)", 3),
        ("event:goal==Prices", 2),
        ("event:goal==Visit /pric*", 2),
        ("event:goal==Buys|Prices", 3),
        ("event:goal!=Buys", 3),
        ("visit:country==(not set)", 3),
        ("event:hostname==example.com", 3),
        ("", 3),
    ],
)
def test_filters(client: Client, filters: str, visitors: int) -> None:
    found = stats(client, "aggregate", filters=filters)
    assert found == {"visitors": {"value": visitors}}


def test_goals_have_their_rates(client: Client) -> None:
    metrics = "visitors,events,conversion_rate"
    assert stats(client, "breakdown", property="event:goal", metrics=metrics) == [
        {"goal": "Prices", "visitors": 2, "events": 2, "conversion_rate": 66.67},
        {"goal": "As a pro", "visitors": 1, "events": 1, "conversion_rate": 33.33},
        {"goal": "Buys", "visitors": 1, "events": 1, "conversion_rate": 33.33},
    ]
    one = stats(client, "aggregate", filters="event:goal==Buys", metrics="conversion_rate")
    assert one == {"conversion_rate": {"value": 33.33}}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named(client: Client, what: str) -> None:
    assert refusal(client, "aggregate", 400, **MISTAKES[what])["error"]


@pytest.mark.parametrize("name", ["", "visit:planet", "event:props:", "time:day"])
def test_a_property_that_there_is_not_is_named(client: Client, name: str) -> None:
    assert refusal(client, "breakdown", property=name)["error"]


TEXTS = st.sampled_from(
    [
        *("", "0", "1", "custom", "12mo", "day", "month", "visitors", "visitors,events", "|", ";;"),
        *("event:page==/*|b", "event:goal!=Buys", "visit:source==(", "2026-03-01,2026-03-02"),
        *("9999-12-31", "0001-01-01", "event:goal", "visit:city", "event:props:a.b/~", "%", "\0"),
    ]
) | st.text(max_size=8)
NAMES = st.sampled_from(
    ["period", "date", "metrics", "filters", "property", "interval", "compare", "limit", "page"]
)


@given(
    report=st.sampled_from(["aggregate", "timeseries", "breakdown", "realtime/visitors"]),
    asked=st.dictionaries(NAMES, TEXTS, max_size=5),
)
def test_no_argument_makes_the_server_fail(
    client: Client, report: str, asked: dict[str, str]
) -> None:
    query = {"site_id": SITE, "property": "event:page", **asked}
    answer = client.get(f"/api/v1/stats/{report}", query_string=query)
    assert answer.status_code in (200, 400), answer.text


def test_an_unknown_site_is_refused_as_an_unknown_key_is(client: Client) -> None:
    for site_id in ("nobody.example", "../x", "a b"):
        assert refusal(client, "aggregate", 401, site_id=site_id)["error"]
    assert "site_id" in refusal(client, "aggregate", site_id="")["error"]


def test_nothing_of_it_is_there_unless_the_settings_say_so(onlooker: Client) -> None:
    for path in ("v1/stats/aggregate", "v1/stats/realtime/visitors", "v1/sites", "v2/query"):
        assert onlooker.get(f"/api/{path}?site_id={SITE}").status_code == 404
