"""Goals by HTTP: a report of all of them, and one of them beside other figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared

GOALS = [
    {"name": "Sign-up", "event": "signup"},
    {"name": "As a pro", "event": "signup", "props": {"plan": "pro"}},
    {"name": "Reads the blog", "page": "/blog/*"},
    {"name": "Never", "event": "nothing"},
]


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Client:
    """Of four visitors two came by news and signed up, one of them twice; it paid once."""
    visit = shared.visit
    visit("/", visitor=5, at=NOON - timedelta(days=1))
    for visitor, source in ((1, "news"), (2, "news"), (3, "mail"), (4, "mail")):
        at = NOON + timedelta(minutes=visitor)
        visit(f"/?utm_source={source}", visitor=visitor, at=at)
    visit("/blog/a", visitor=4)
    visit("/join", visitor=1, event="signup", p={"plan": "pro"}, ra=49.9, rc="EUR")
    visit("/join", visitor=1, event="signup", p={"plan": "free"})
    visit("/join", visitor=2, event="signup")
    shared.client.put("/api/sites/example.com", json={"goals": GOALS})
    return shared.client


def stats(client: Client, report: str, status: int = 200, **query: str | list[str]) -> Any:
    sent = {"site_id": "example.com", "period": "day", **query}
    response = client.get(f"/api/stats/{report}", query_string=sent)
    assert response.status_code == status, response.text
    return response.json


def test_each_goal_has_its_figures_in_the_order_of_the_document(busy: Client) -> None:
    assert stats(busy, "goals") == [
        {
            "goal": "Sign-up",
            "visitors": 2,
            "conversions": 3,
            "conversion_rate": 0.5,
            "revenue": [{"currency": "EUR", "amount": "49.90"}],
        },
        {
            "goal": "As a pro",
            "visitors": 1,
            "conversions": 1,
            "conversion_rate": 0.25,
            "revenue": [{"currency": "EUR", "amount": "49.90"}],
        },
        {
            "goal": "Reads the blog",
            "visitors": 1,
            "conversions": 1,
            "conversion_rate": 0.25,
            "revenue": [],
        },
        {"goal": "Never", "visitors": 0, "conversions": 0, "conversion_rate": 0.0, "revenue": []},
    ]


def test_the_rate_is_that_of_visitors_under_the_same_filters(busy: Client) -> None:
    (row, *_) = stats(busy, "goals", filter="utm_source==news")
    assert (row["visitors"], row["conversion_rate"]) == (2, 1.0)
    (row, *_) = stats(busy, "goals", filter="page==/")
    assert (row["visitors"], row["conversion_rate"]) == (2, 0.5)


def test_goals_are_compared(busy: Client) -> None:
    row = stats(busy, "goals", compare="previous")[0]
    assert row["comparison"] == {
        "goal": "Sign-up",
        "visitors": 0,
        "conversions": 0,
        "conversion_rate": 0.0,
        "revenue": [],
    }
    assert row["change"] == {"visitors": None, "conversions": None, "conversion_rate": 0.5}


def test_a_goal_adds_its_figures_to_the_headline(busy: Client) -> None:
    plain, chosen = stats(busy, "main"), stats(busy, "main", goal="Sign-up")
    assert chosen == plain | {"conversions": 3, "conversion_rate": 0.5}
    compared = stats(busy, "main", goal="Sign-up", compare="previous")
    assert compared["comparison"]["conversions"] == 0


def test_a_goal_adds_its_figures_to_each_row(busy: Client) -> None:
    rows = stats(busy, "breakdown/utm_source", goal="Sign-up")
    assert [(row["value"], row["conversions"], row["conversion_rate"]) for row in rows] == [
        ("mail", 0, 0.0),
        ("news", 3, 1.0),
    ]
    rows = stats(busy, "breakdown/entry_pages", goal="Sign-up", compare="previous")
    assert (rows[0]["conversion_rate"], rows[0]["comparison"]["conversion_rate"]) == (0.5, 0.0)


def test_rows_are_ordered_by_conversions(busy: Client) -> None:
    for order in ("conversions", "conversion_rate"):
        rows = stats(busy, "breakdown/utm_source", goal="Sign-up", order=order)
        assert [row["value"] for row in rows] == ["news", "mail"]
        (row,) = stats(
            busy, "breakdown/utm_source", goal="Sign-up", order=order, limit="1", offset="1"
        )
        assert row["value"] == "mail"


@pytest.mark.parametrize(
    ("report", "query", "problem"),
    [
        ("main", {"goal": "Buys"}, "none of the name 'Buys'; there are Sign-up, As a pro"),
        ("main", {"goal": "Buys", "site_id": "other.example"}, "'Buys'; it has none"),
        ("breakdown/pages", {"order": "conversions"}, "order=conversions needs a goal"),
        ("breakdown/pages", {"order": "rates"}, "order must be one of"),
    ],
)
def test_what_is_not_there_is_400(
    busy: Client, report: str, query: dict[str, str], problem: str
) -> None:
    assert problem in stats(busy, report, 400, **query)["error"]


def test_a_site_without_goals_has_no_rows(busy: Client) -> None:
    assert stats(busy, "goals", site_id="other.example") == []


def test_a_goal_that_is_changed_is_asked_anew(busy: Client) -> None:
    before = busy.get("/api/sites/example.com")
    changed = [{"name": "Sign-up", "page": "/blog/*"}]
    headers = {"If-Match": before.headers["ETag"]}
    made = busy.put("/api/sites/example.com", json={"goals": changed}, headers=headers)
    assert stats(busy, "goals")[0]["visitors"] == 1
    headers = {"If-Match": made.headers["ETag"]}
    busy.put("/api/sites/example.com", json={"goals": GOALS}, headers=headers)


def test_a_funnel_stands_for_its_steps_and_window(busy: Client) -> None:
    made = [{"name": "Joins", "steps": ["page:/", "event:signup"], "window": "2 hours"}]
    made += [{"name": "At once", "steps": ["page:/", "event:signup"], "window": "1 second"}]
    document = busy.get("/api/sites/example.com")
    headers = {"If-Match": document.headers["ETag"]}
    busy.put("/api/sites/example.com", json={"goals": GOALS, "funnels": made}, headers=headers)
    for name, window, steps in (
        ("Joins", "2 hours", "page:/,event:signup"),
        ("At once", "1 second", "page:/,event:signup"),
    ):
        rows = stats(busy, "funnel", funnel=name)
        assert rows == stats(busy, "funnel", steps=steps, window=window)
        assert stats(busy, "funnel", funnel=name, steps="page:/nowhere") == rows
    assert stats(busy, "funnel", funnel="Joins")[1]["visitors"] == 2
    problem = stats(busy, "funnel", 400, funnel="Buys")["error"]
    assert problem == "funnel: the site has none of the name 'Buys'; there are Joins, At once"


def test_filters_keep_the_visitors_who_reached_a_goal_or_did_not(busy: Client) -> None:
    def visitors(*filters: str) -> int:
        found: int = stats(busy, "main", filter=list(filters))["unique_visitors"]
        return found

    assert visitors("did==goal:Sign-up") == 2
    assert visitors("did!=goal:Sign-up") == 2
    assert visitors("did==goal:As a pro|goal:Reads the blog") == 2
    assert visitors("did!=goal:Never", "did==event:signup", "utm_source==mail") == 0
    assert stats(busy, "main", 400, filter="did==goal:Buys")["error"].startswith(
        "goal: the site has none of the name 'Buys'"
    )


def test_a_filter_by_a_goal_means_what_the_goal_means_now(client: Client, visit: Any) -> None:
    visit("/", visitor=1)
    visit("/b", visitor=2)
    visit("/b", visitor=3)
    version: str | None = None
    for page, visitors in (("/", 1), ("/b", 2), ("/*", 3)):
        document = {"goals": [{"name": "Looks", "page": page}]}
        headers: dict[str, str] = {"If-Match": version} if version else {}
        answer = client.put("/api/sites/example.com", json=document, headers=headers)
        version = answer.headers["ETag"]
        assert stats(client, "main", filter="did==goal:Looks")["unique_visitors"] == visitors


def test_the_timeseries_tells_of_a_goal_too(busy: Client) -> None:
    rows = stats(busy, "timeseries", goal="Sign-up", interval="day", compare="previous")
    (row,) = rows
    assert (row["visitors"], row["conversions"], row["conversion_rate"]) == (4, 3, 0.5)
    assert row["comparison"]["conversions"] == 0
    assert row["change"]["conversion_rate"] == 0.5
    (plain,) = stats(busy, "timeseries", interval="day")
    assert set(plain) == {"date", "visitors", "pageviews"}
