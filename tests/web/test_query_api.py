"""Figures by several dimensions at once, by HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Client:
    """Three visitors: two by news, who look at two pages, and one by mail, who buys at once."""
    visit = shared.visit
    for visitor in (1, 2):
        visit("/?utm_source=news", visitor=visitor, at=NOON - timedelta(minutes=9 - visitor), w=500)
        visit("/pricing", visitor=visitor, at=NOON - timedelta(minutes=3 - visitor), w=500)
    visit("/?utm_source=mail", visitor=3, at=NOON - timedelta(days=1), w=1500)
    visit("/buy", visitor=3, event="purchase", p={"plan": "pro", "a,b": 1}, w=1500)
    goals = [{"name": "Buys", "event": "purchase"}, {"name": "Prices", "page": "/pric*"}]
    shared.client.put("/api/sites/example.com", json={"goals": goals})
    shared.visit("/", site="other.org", at=NOON)
    return shared.client


def ask(client: Client, **query: str) -> Any:
    sent = {"site_id": "example.com", "period": "7d", **query}
    return client.get("/api/stats/query", query_string=sent).json


def test_without_dimensions_there_is_one_row_of_all(busy: Client) -> None:
    metrics = "visitors,pageviews,events,sessions,bounce_rate,views_per_session"
    assert ask(busy, metrics=metrics) == {
        "rows": [
            {
                "visitors": 3,
                "pageviews": 5,
                "events": 6,
                "sessions": 3,
                "bounce_rate": pytest.approx(1 / 3),
                "views_per_session": pytest.approx(5 / 3),
            }
        ],
        "total": 1,
    }


def test_each_element_of_an_array_is_a_value(client: Client, visit: Callable[..., None]) -> None:
    visit("/", visitor=1, event="order", p={"tag": ["a", "b", "a"], "plan": "pro"})
    visit("/", visitor=2, event="order", p={"tag": "b"})
    visit("/", visitor=3, event="order", p={"tag": []})
    rows = ask(client, period="today", dimensions="prop:tag,prop:plan", metrics="visitors,events")
    assert [tuple(row.values()) for row in rows["rows"]] == [
        ("(unknown)", "(unknown)", 1, 1),
        ("a", "pro", 1, 1),
        ("b", "(unknown)", 1, 1),
        ("b", "pro", 1, 1),
    ]


def test_a_row_is_a_combination_of_values(busy: Client) -> None:
    found = ask(busy, dimensions="source,page,device", metrics="visitors,pageviews")
    assert found == {
        "rows": [
            {"source": "news", "page": "/", "device": "mobile", "visitors": 2, "pageviews": 2},
            {
                "source": "news",
                "page": "/pricing",
                "device": "mobile",
                "visitors": 2,
                "pageviews": 2,
            },
            {"source": "mail", "page": "/", "device": "desktop", "visitors": 1, "pageviews": 1},
            {"source": "mail", "page": "/buy", "device": "desktop", "visitors": 1, "pageviews": 0},
        ],
        "total": 4,
    }


def test_rows_come_in_pieces_in_the_order_asked_for(busy: Client) -> None:
    asked = {"dimensions": "page", "order": "-pageviews,page"}
    assert [row["page"] for row in ask(busy, **asked)["rows"]] == ["/", "/pricing", "/buy"]
    assert ask(busy, **asked, limit="1", offset="1") == {
        "rows": [{"page": "/pricing", "visitors": 2, "pageviews": 2}],
        "total": 3,
    }
    assert ask(busy, **asked, offset="7") == {"rows": [], "total": 3}


def test_times_goals_and_properties_are_dimensions_as_well(busy: Client) -> None:
    by_day = ask(busy, dimensions="day,goal", metrics="visitors")
    assert by_day["rows"] == [
        {"day": "2026-03-17", "goal": "Buys", "visitors": 1},
        {"day": "2026-03-18", "goal": "Prices", "visitors": 2},
    ]
    by_hour = ask(busy, dimensions="hour", metrics="events,sessions")
    assert by_hour["rows"] == [
        {"hour": "2026-03-17 12:00", "events": 2, "sessions": 1},
        {"hour": "2026-03-18 11:00", "events": 4, "sessions": 2},
    ]
    by_plan = ask(busy, dimensions="prop:plan,prop:a%2Cb", metrics="events", order="-events")
    assert by_plan["rows"] == [
        {"prop:plan": "(unknown)", "prop:a,b": "(unknown)", "events": 5},
        {"prop:plan": "pro", "prop:a,b": "1", "events": 1},
    ]


def test_filters_and_segments_hold(busy: Client) -> None:
    rows = ask(busy, dimensions="source", filter="device==mobile", metrics="sessions")["rows"]
    assert rows == [{"source": "news", "sessions": 2}]


def test_a_region_is_told_with_its_country(busy: Client) -> None:
    assert ask(busy, dimensions="city", metrics="visitors")["rows"] == [
        {"city": "(unknown)", "country": "(unknown)", "visitors": 3}
    ]


def test_a_site_without_data_has_zeros(busy: Client) -> None:
    empty = ask(busy, site_id="nobody.example", metrics="visitors,bounce_rate")
    assert empty == {"rows": [{"visitors": 0, "bounce_rate": 0}], "total": 1}
    assert ask(busy, site_id="nobody.example", dimensions="page") == {"rows": [], "total": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dimensions", "contry"),
        ("dimensions", "page,"),
        ("dimensions", "page,page"),
        ("dimensions", "prop:"),
        ("dimensions", ",".join(f"prop:{n}" for n in range(9))),
        ("metrics", "visits"),
        ("metrics", "visitors,visitors"),
        ("order", "page"),
        ("order", "--visitors"),
        ("order", "-sessions"),
        ("limit", "0"),
        ("offset", "-1"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_name(busy: Client, name: str, value: str) -> None:
    assert ask(busy, **{name: value})["error"].startswith(name)
