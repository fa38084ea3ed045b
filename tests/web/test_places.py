"""Regions and cities that have one name in two countries are two, wherever they are told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from tests.builders import an_event, store_events
from tests.web.reading import page_of

pytestmark = pytest.mark.thorough

SITE = {"site_id": "example.com", "period": "today"}
LONDONERS = (("GB", "London"), ("GB", "London"), ("GB", "London"), ("CA", "London"))
OTHERS = ((None, "London"), ("GB", None), (None, None))
ROWS = [
    ("London", "GB", 3),
    ("(unknown)", "(unknown)", 1),
    ("(unknown)", "GB", 1),
    ("London", "(unknown)", 1),
    ("London", "CA", 1),
]
TEXTS = ["London, United Kingdom", "Unknown", "Unknown, United Kingdom", "London", "London, Canada"]


@pytest.fixture
def travellers(mallard: Mallard) -> None:
    """A visitor from each place."""
    places = enumerate((*LONDONERS, *OTHERS))
    store_events(
        mallard.store,
        "batch",
        [
            an_event(visitor_id=f"v{number}", country_code=country, region=city, city=city)
            for number, (country, city) in places
        ],
    )


def ask(client: Client, breakdown: str, **args: Any) -> Any:
    answer = client.get(f"/api/stats/breakdown/{breakdown}", query_string=SITE | args)
    assert answer.status_code == 200, answer.text
    return answer.json


def told(rows: Any) -> list[tuple[str, str, int]]:
    return [(row["value"], row["country_code"], row["visitors"]) for row in rows]


@pytest.mark.parametrize("breakdown", ["cities", "regions"])
@pytest.mark.usefixtures("travellers")
def test_places_of_two_countries_are_two_rows(client: Client, breakdown: str) -> None:
    assert told(ask(client, breakdown)) == ROWS
    assert told(ask(client, breakdown, filter="country!=FR")) == ROWS, "of kept sessions, too"
    assert told(ask(client, breakdown, order="value")) == [ROWS[1], ROWS[2], ROWS[3], *ROWS[4::-4]]
    assert told(ask(client, breakdown, search="lon", limit=1, offset=2)) == [ROWS[4]]
    assert ask(client, breakdown, search="GB") == [], "a search looks at names"


@pytest.mark.parametrize("breakdown", ["cities", "regions"])
@pytest.mark.usefixtures("travellers")
def test_each_is_compared_with_itself(client: Client, breakdown: str) -> None:
    same_day = "2026-03-18..2026-03-19"
    for row in ask(client, breakdown, compare=same_day):
        assert row["comparison"] == {name: row[name] for name in row["comparison"]}
        assert row["comparison"]["country_code"] == row["country_code"]
        assert row["change"] == {"visitors": 0.0, "pageviews": 0.0}
    page = page_of(client, f"/?{urlencode(SITE)}&tab={breakdown}&compare={same_day}")
    assert {li.text.split()[-1] for li in page.by_id("panel-countries").all("li")} == {"0%"}


@pytest.mark.parametrize("breakdown", ["cities", "regions"])
@pytest.mark.usefixtures("travellers")
def test_a_row_leads_to_those_of_its_country(client: Client, breakdown: str) -> None:
    links = page_of(client, f"/?{urlencode(SITE)}&tab={breakdown}").by_id("panel-countries")
    rows = links.one("ol").all("a")
    assert [row["title"].split(":")[0] for row in rows] == TEXTS
    dimension = {"cities": "city", "regions": "region"}[breakdown]
    for row, (name, country, visitors) in zip(rows, ROWS, strict=True):
        assert f"filter=country=={country}&filter={dimension}=={name}" in (
            row["href"].replace("%28", "(").replace("%29", ")")
        )
        page = page_of(client, row["href"])
        assert f"Unique visitors {visitors} " in page.text, row["href"]


@pytest.mark.usefixtures("travellers")
def test_a_name_alone_is_that_of_any_country(client: Client) -> None:
    rows = told(ask(client, "cities", filter="city==London"))
    assert rows == [ROWS[0], ROWS[3], ROWS[4]]


@pytest.mark.parametrize("dimension", ["city", "region"])
@pytest.mark.usefixtures("travellers")
def test_what_is_suggested_for_a_filter_tells_the_country(client: Client, dimension: str) -> None:
    asked = f"/filter/values?{urlencode(SITE)}&by={dimension}&value="
    found = [(one["value"], one.text) for one in page_of(client, asked).all("option")]
    assert found == [
        ("London", "United Kingdom, 3 visitors"),
        ("(unknown)", "Unknown, 1 visitor"),
        ("(unknown)", "Unknown, United Kingdom, 1 visitor"),
        ("London", "1 visitor"),
        ("London", "Canada, 1 visitor"),
    ]


@pytest.mark.usefixtures("travellers")
def test_files_have_the_country(client: Client) -> None:
    answer = client.get("/details/cities.csv", query_string=SITE | {"search": "lon"})
    assert answer.text.splitlines() == [
        "cities,country_code,visitors,pageviews",
        "London,GB,3,3",
        "London,(unknown),1,1",
        "London,CA,1,1",
    ]
    compared = SITE | {"compare": "2026-03-18..2026-03-19", "order": "value"}
    answer = client.get("/details/cities.csv", query_string=compared)
    lines = [line.split(",") for line in answer.text.splitlines()]
    assert lines[0][-2:] == ["compared_visitors", "compared_pageviews"]
    assert [line[2:4] for line in lines[1:]] == [line[4:] for line in lines[1:]]
