"""Properties on the page: their keys, the values of one, the list of all values and its file."""

from __future__ import annotations

import csv
from datetime import timedelta
from urllib.parse import quote_plus

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared
from tests.web.reading import Element, page_of, table_of

QUERY = "site_id=example.com&period=today"
TAB = f"/?{QUERY}&tab=properties"
ODD = 'a/b.c "d" e|f, <g>\u202e=='
"""A key that takes some care; the last signs turn a text around, and are an operator."""
DETAILS = f"/details/properties?{QUERY}&property="


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Client:
    """Three visitors with plans, two of whom paid for them, and one without."""
    visit = shared.visit
    visit("/", visitor=9, at=NOON - timedelta(days=1), event="order", p={"plan": "pro"})
    visit("/", visitor=4, at=NOON, p={ODD: ["x|y", "<z>"]})
    visit("/", visitor=1, event="order", p={"plan": ["pro", "team"]}, ra=49.9, rc="EUR")
    visit("/", visitor=2, event="order", p={"plan": "team", "n": 1}, ra=9)
    visit("/", visitor=3, event="order", p={"plan": "team"}, ra=5, rc="EUR")
    visit("/", site="plain.example")
    shared.client.put(
        "/api/sites/example.com", json={"goals": [{"name": "Pays", "event": "order"}]}
    )
    return shared.client


def card_of(client: Client, url: str) -> Element:
    return page_of(client, url).by_id("panel-events")


def rows_of(client: Client, url: str) -> list[list[str]]:
    return table_of(page_of(client, url).one("table"))


def test_the_tab_has_the_keys_and_the_values_of_the_first(busy: Client) -> None:
    card = card_of(busy, TAB)
    keys = [link.text for link in card.one("ol", class_="keys").all("a")]
    assert keys[0] == "plan 3" and keys[2:] == ["n 1"]
    assert table_of(card.one("table")) == [
        ["plan", "Visitors", "Share", "Events", "Amount"],
        ["team", "3", "75%", "3", "54.90 EUR, 9.00"],
        ["No value", "1", "25%", "1", ""],
        ["pro", "1", "25%", "1", "49.90 EUR"],
    ]


def test_another_key_is_opened_by_a_click(busy: Client) -> None:
    link = card_of(busy, TAB).by_id("property-3")
    assert link["href"] == f"{TAB}&property=n"
    assert link["hx-get"] == f"/panels/properties?{QUERY}&tab=properties&property=n"
    card = card_of(busy, link["href"])
    assert card.by_id("property-3")["aria-current"] == "true"
    rows = [row[:4] for row in table_of(card.one("table"))[1:]]
    assert rows == [["No value", "3", "75%", "3"], ["1", "1", "25%", "1"]]


def test_a_value_becomes_a_filter_by_a_click(busy: Client) -> None:
    card = card_of(busy, TAB)
    (link, *_) = card.one("tbody").links
    assert link == f"/?{QUERY}&filter=prop:plan==team&tab=properties"
    page = page_of(busy, link)
    assert page.by_id("metric-visitors").one("b").text == "3"
    assert page.one("ul", class_="chips").one("li").text.startswith("plan is team")
    assert rows_of(busy, f"/panels/properties?{QUERY}&filter=prop:plan==team")[1:] == [
        ["team", "3", "100%", "3", "54.90 EUR, 9.00"],
        ["pro", "1", "33.3%", "1", "49.90 EUR"],
    ]


def test_a_key_may_hold_anything(busy: Client) -> None:
    card = card_of(busy, f"{TAB}&property={quote_plus(ODD)}")
    assert table_of(card.one("table"))[0][0] == 'a/b.c "d" e|f, <g>\\u202e=='
    values = [row[0] for row in table_of(card.one("table"))[1:]]
    assert values == ["No value", "<z>", "x|y"]
    details = page_of(busy, f"{DETAILS}{quote_plus(ODD)}&search=Y")
    assert table_of(details.one("tbody")) == [["x|y", "1", "25%", "1", "1"]]
    answer = busy.get(f"/details/properties.csv?{QUERY}&property={quote_plus(ODD)}")
    (header, *_) = csv.reader(answer.text.splitlines())
    assert header[0] == f"prop:{ODD}"
    named = answer.headers["Content-Disposition"].removeprefix("attachment; filename=")
    assert set(named.strip('"')) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-")


def test_all_values_are_listed_searched_and_ordered(busy: Client) -> None:
    assert rows_of(busy, f"{DETAILS}plan") == [
        ["plan", "Visitors", "Share", "Pageviews", "Events", "Amount"],
        ["team", "3", "75%", "0", "3", "54.90 EUR, 9.00"],
        ["No value", "1", "25%", "1", "1", ""],
        ["pro", "1", "25%", "0", "1", "49.90 EUR"],
    ]
    page = page_of(busy, f"{DETAILS}plan")
    assert page.one("h1").text == "plan Wed 18 Mar 2026"
    assert page.by_id("back")["href"] == f"/?{QUERY}&property=plan"
    assert page.by_id("order-events")["href"] == f"{DETAILS}plan&order=events"
    assert [row[0] for row in rows_of(busy, f"{DETAILS}plan&order=pageviews")[1:]] == [
        "No value",
        "team",
        "pro",
    ]
    assert [row[0] for row in rows_of(busy, f"{DETAILS}plan&order=events&search=T")[1:]] == ["team"]


def test_the_file_has_a_column_for_each_currency(busy: Client) -> None:
    page = page_of(busy, f"{DETAILS}plan&order=value&compare=previous")
    (link,) = (a["href"] for a in page.all("a", class_="button") if a.text == "CSV")
    assert busy.get(link).text.splitlines() == [
        "prop:plan,visitors,pageviews,events,revenue_(unknown),revenue_EUR,"
        "compared_visitors,compared_pageviews",
        "(unknown),1,1,1,,,0,0",
        "pro,1,0,1,,49.90,1,0",
        "team,3,0,3,9.00,54.90,0,0",
    ]


def test_a_goal_and_another_period_stand_beside_values(busy: Client) -> None:
    url = f"{TAB}&goal=Pays&compare=2026-03-17..2026-03-18"
    assert table_of(card_of(busy, url).one("table"))[::3] == [
        ["plan", "Visitors", "Share", "Events", "Amount", "Conversions", "Rate", "Change"],
        ["pro", "1", "25%", "1", "49.90 EUR", "1", "100%", "0%"],
    ]
    rows = rows_of(busy, f"{DETAILS}plan&goal=Pays&order=conversions")
    assert [row[0] for row in rows[1:]] == ["team", "pro", "No value"]


def test_a_site_without_properties_is_told_how_to_have_some(busy: Client) -> None:
    card = card_of(busy, "/?site_id=plain.example&period=today&tab=properties")
    assert "No event with a property in this period." in card.text
    assert 'mallard("signup", {props: {plan: "pro"}})' in card.text
    filtered = card_of(busy, f"{TAB}&filter=page==/nowhere")
    assert "No event with a property matches the filters in this period." in filtered.text


def test_a_list_of_no_property_is_refused(busy: Client) -> None:
    for path in ("/details/properties", "/details/properties.csv"):
        response = busy.get(f"{path}?{QUERY}")
        assert response.status_code == 400
        assert "property is missing" in response.text
