"""Properties by HTTP: which there are, what values they have, and what is said of either."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared

ODD = 'it\'s "a" b.c|d, /e//f?g&h=[0] ü%7C'
"""A key with what means something else in addresses, in JSON and in SQL."""


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Client:
    """Two visitors buy, one of them twice; a third is only looking, as is one of yesterday."""
    visit = shared.visit
    visit("/", visitor=4, at=NOON - timedelta(days=1), p={"plan": "old"})
    visit("/", visitor=3, at=NOON, p={ODD: ["x", "y|z"]})
    visit("/buy", visitor=1, event="order", p={"plan": "pro", "n": 5}, ra=49.9, rc="EUR")
    visit("/buy", visitor=1, event="order", p={"plan": ["pro", "team", "pro"]}, ra=9, rc="USD")
    visit("/buy", visitor=2, event="order", p={"plan": "team", "sure": True, "none": None})
    shared.client.put(
        "/api/sites/example.com",
        json={"goals": [{"name": "Order of teams", "event": "order", "props": {"plan": "team"}}]},
    )
    return shared.client


def stats(client: Client, report: str, status: int = 200, **query: str) -> Any:
    sent = {"site_id": "example.com", "period": "day", **query}
    response = client.get(f"/api/stats/{report}", query_string=sent)
    assert response.status_code == status, response.text
    return response.json


def test_the_keys_that_have_values(busy: Client) -> None:
    rows = stats(busy, "properties")
    assert rows == [
        {"key": "plan", "visitors": 2, "events": 3},
        {"key": ODD, "visitors": 1, "events": 1},
        {"key": "n", "visitors": 1, "events": 1},
        {"key": "sure", "visitors": 1, "events": 1},
    ]
    assert stats(busy, "properties", limit="1") == rows[:1]
    assert [row["key"] for row in stats(busy, "properties", filter="page==/")] == [ODD]


def test_the_keys_are_compared(busy: Client) -> None:
    plan, odd, *_ = stats(busy, "properties", compare="previous")
    assert plan["comparison"] == {"key": "plan", "visitors": 1, "events": 1}
    assert plan["change"] == {"visitors": 1.0, "events": 2.0}
    assert odd["comparison"] == {"key": ODD, "visitors": 0, "events": 0}


def test_the_values_of_a_key_with_what_they_brought_in(busy: Client) -> None:
    eur, usd = {"currency": "EUR", "amount": "49.90"}, {"currency": "USD", "amount": "9.00"}
    assert stats(busy, "breakdown/prop:plan") == [
        {"value": "team", "visitors": 2, "pageviews": 0, "events": 2, "revenue": [usd]},
        {"value": "(unknown)", "visitors": 1, "pageviews": 1, "events": 1, "revenue": []},
        {"value": "pro", "visitors": 1, "pageviews": 0, "events": 2, "revenue": [eur, usd]},
    ]


def test_values_are_searched_ordered_and_cut(busy: Client) -> None:
    rows = stats(busy, "breakdown/prop:plan", search="TEAM")
    assert [row["value"] for row in rows] == ["team"]
    rows = stats(busy, "breakdown/prop:plan", order="pageviews", limit="1")
    assert [row["value"] for row in rows] == ["(unknown)"]
    rows = stats(busy, "breakdown/prop:plan", order="value", offset="1")
    assert [row["value"] for row in rows] == ["pro", "team"]


def test_values_are_compared(busy: Client) -> None:
    row = stats(busy, "breakdown/prop:plan", compare="previous", search="pro")[0]
    assert row["comparison"] == {
        "value": "pro",
        "visitors": 0,
        "pageviews": 0,
        "events": 0,
        "revenue": [],
    }
    assert row["change"] == {"visitors": None, "pageviews": None, "events": None}


def test_a_goal_stands_beside_values(busy: Client) -> None:
    rows = stats(busy, "breakdown/prop:plan", goal="Order of teams", order="conversions")
    assert [(row["value"], row["conversions"], row["conversion_rate"]) for row in rows] == [
        ("team", 2, 1.0),
        ("pro", 1, 1.0),
        ("(unknown)", 0, 0.0),
    ]
    assert rows[1]["revenue"][0]["amount"] == "49.90"
    rows = stats(busy, "breakdown/prop:plan", goal="Order of teams", compare="previous")
    assert rows[0]["comparison"]["conversions"] == 0


def test_a_key_may_hold_anything(busy: Client) -> None:
    rows = stats(busy, f"breakdown/prop:{quote(ODD, safe='')}")
    assert [(row["value"], row["events"]) for row in rows] == [
        ("(unknown)", 3),
        ("x", 1),
        ("y|z", 1),
    ]
    for value in ("x", "y%7Cz"):
        found = stats(busy, "main", filter=f"prop:{ODD}=={value}")
        assert (found["unique_visitors"], found["total_pageviews"]) == (1, 1)


def test_a_key_that_nobody_has_is_unknown(busy: Client) -> None:
    (row,) = stats(busy, "breakdown/prop:nobody")
    assert (row["value"], row["visitors"], row["events"]) == ("(unknown)", 3, 4)
    assert stats(busy, "breakdown/prop:nobody", site_id="other.example") == []
    assert stats(busy, "properties", site_id="other.example") == []


def test_a_key_without_a_name_is_none(busy: Client) -> None:
    problem = stats(busy, "breakdown/prop:", 404)["error"]
    assert problem.startswith("there is no breakdown by prop:; there are pages")
    assert problem.endswith(", prop:KEY")
