"""The further columns of breakdowns: on request by HTTP, and in the lists of the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared
from tests.web.reading import page_of, table_of

QUERY = "site_id=example.com&period=today"


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Client:
    """One by news bounces, another reads two pages for a minute; one by mail signs up twice."""
    visit = shared.visit
    visit("/old", visitor=8, at=NOON - timedelta(days=1))
    visit("/?utm_source=news", visitor=1, at=NOON)
    visit("/a?utm_source=mail", visitor=3, at=NOON + timedelta(minutes=1))
    visit("/?utm_source=news", visitor=2, at=NOON + timedelta(minutes=2))
    visit("/a", visitor=2, at=NOON + timedelta(minutes=3))
    visit("/b", visitor=3, event="signup", at=NOON + timedelta(minutes=3, microseconds=1))
    visit("/b", visitor=3, event="signup", at=NOON + timedelta(minutes=4))
    document = {"goals": [{"name": "Sign-up", "event": "signup"}]}
    shared.client.put("/api/sites/example.com", json=document)
    return shared.client


def rows(client: Client, dimension: str, columns: str, status: int = 200, **query: str) -> Any:
    sent = {"site_id": "example.com", "period": "day", "columns": columns, **query}
    response = client.get(f"/api/stats/breakdown/{dimension}", query_string=sent)
    assert response.status_code == status, response.text
    return response.json


def test_sources_have_their_bounce_rate_and_duration(busy: Client) -> None:
    assert rows(busy, "sources", "bounce_rate,avg_visit_duration_secs") == [
        {
            "value": "news",
            "visitors": 2,
            "pageviews": 3,
            "bounce_rate": 0.5,
            "avg_visit_duration_secs": 30.0,
        },
        {
            "value": "mail",
            "visitors": 1,
            "pageviews": 1,
            "bounce_rate": 1.0,
            "avg_visit_duration_secs": 180.0,
        },
    ]
    (first, _) = rows(busy, "sources", "avg_visit_duration_secs", order="avg_visit_duration_secs")
    assert first["value"] == "mail" and "bounce_rate" not in first


def test_pages_have_their_entrances_and_exit_rate(busy: Client) -> None:
    found = rows(busy, "pages", "exit_rate,entrances", order="exit_rate")
    told = [(row["value"], row["entrances"], row["exit_rate"]) for row in found]
    assert told == [("/a", 1, 1.0), ("/", 2, 0.5), ("/b", 0, 0)]
    (row,) = rows(busy, "pages", "exit_rate", order="exit_rate", limit="1", offset="1")
    assert row["value"] == "/"


def test_events_are_counted_as_events(busy: Client) -> None:
    found = rows(busy, "events", "events")
    assert [(r["value"], r["visitors"], r["pageviews"], r["events"]) for r in found] == [
        ("pageview", 3, 4, 4),
        ("signup", 1, 0, 2),
    ]


def test_columns_stand_beside_a_goal_and_another_period(busy: Client) -> None:
    row = rows(busy, "sources", "bounce_rate", goal="Sign-up", compare="previous")[0]
    assert (row["conversions"], row["bounce_rate"]) == (0, 0.5)
    assert row["comparison"] == {
        "value": "news",
        "visitors": 0,
        "pageviews": 0,
        "conversions": 0,
        "conversion_rate": 0.0,
        "bounce_rate": 0.0,
    }
    assert row["change"]["bounce_rate"] == 0.5
    assert row["change"]["visitors"] is None


@pytest.mark.parametrize(
    ("dimension", "query", "problem"),
    [
        ("pages", {"columns": "bounce_rate"}, "rows of pages have no bounce_rate; there are entr"),
        ("hostnames", {"columns": "events"}, "rows of hostnames have no events; there are none"),
        ("pages", {"columns": "entrances,"}, "columns: each must be one of"),
        ("pages", {"columns": "visitors"}, "columns: each must be one of"),
        ("pages", {"columns": "", "order": "exit_rate"}, "order=exit_rate needs columns=exit_rate"),
        ("events", {"columns": "events", "order": "exit_rate"}, "needs columns=exit_rate"),
    ],
)
def test_what_cannot_be_told_is_400(
    busy: Client, dimension: str, query: dict[str, str], problem: str
) -> None:
    assert problem in rows(busy, dimension, status=400, **query)["error"]


def test_lists_of_the_page_have_them_and_are_sorted_by_links(busy: Client) -> None:
    url = f"/details/sources?{QUERY}"
    page = page_of(busy, url)
    assert table_of(page.one("table")) == [
        ["Source", "Visitors", "Share", "Pageviews", "Bounce rate", "Duration"],
        ["news", "2", "66.7%", "3", "50%", "30s"],
        ["mail", "1", "33.3%", "1", "100%", "3m 00s"],
    ]
    sort = page.by_id("order-bounce_rate")["href"]
    assert sort == f"{url}&order=bounce_rate"
    page = page_of(busy, sort)
    assert [row[0] for row in table_of(page.one("tbody"))] == ["mail", "news"]
    (title,) = (th for th in page.all("th") if "aria-sort" in th.attributes)
    assert (title.text, title["aria-sort"]) == ("Bounce rate", "descending")
    countries = page_of(busy, f"/details/countries?{QUERY}&order=avg_visit_duration_secs")
    assert table_of(countries.one("tbody")) == [["Unknown", "3", "100%", "4", "66.7%", "1m 20s"]]
    pages = page_of(busy, f"/details/pages?{QUERY}&goal=Sign-up&order=exit_rate")
    assert table_of(pages.one("table"))[:2] == [
        ["Page", "Visitors", "Share", "Pageviews", "Entrances", "Exit rate", "Conversions", "Rate"],
        ["/a", "2", "66.7%", "2", "1", "100%", "2", "50%"],
    ]
    back = page.by_id("back")["href"]
    assert back == f"/?{QUERY}"


def test_a_list_that_has_no_such_column_is_not_sorted_by_it(busy: Client) -> None:
    response = busy.get(f"/details/pages?{QUERY}&order=bounce_rate")
    assert response.status_code == 400
    assert "order=bounce_rate needs columns=bounce_rate" in response.text


def test_the_file_of_a_list_has_them_and_that_of_an_older_address_has_not(busy: Client) -> None:
    page = page_of(busy, f"/details/pages?{QUERY}&order=exit_rate&compare=previous")
    (link,) = (a["href"] for a in page.all("a", class_="button") if a.text == "CSV")
    assert busy.get(link).text.splitlines()[:2] == [
        "pages,visitors,pageviews,entrances,exit_rate,compared_visitors,compared_pageviews",
        "/a,2,2,1,1.0,0,0",
    ]
    plain = busy.get(f"/details/pages.csv?{QUERY}&order=value").text.splitlines()
    assert plain[:2] == ["pages,visitors,pageviews", "/,2,2"]
    wrong = busy.get(f"/details/pages.csv?{QUERY}&columns=bounce_rate")
    assert (wrong.status_code, "have no bounce_rate" in wrong.text) == (400, True)
