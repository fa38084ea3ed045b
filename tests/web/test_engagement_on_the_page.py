"""How pages were looked at, on the page of a site and in its lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared, kept_open
from tests.web.reading import Element, page_of, table_of

QUERY = "site_id=example.com&period=today"
YESTERDAY = "site_id=example.com&start_date=2026-03-17&end_date=2026-03-18"
DETAILS = f"/details/pages?{QUERY}"
TITLES = ["Page", "Visitors", "Share", "Pageviews", "Entrances", "Exit rate"]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Shared]:
    """One reads two pages, and tells it; another comes by mail, and tells nothing.

    What has been answered is remembered.
    """
    data_dir = tmp_path_factory.mktemp("read") / "data"
    with kept_open(data_dir, fresh_data, cache_ttl_secs=3600) as one:
        visit = one.visit
        visit("/a", visitor=1, at=NOON - timedelta(days=1))
        visit("/a", visitor=1, at=NOON)
        visit("/a", event="engagement", p={"e": 40_000, "sd": 80}, at=NOON + timedelta(seconds=50))
        visit("/b", visitor=1, at=NOON + timedelta(seconds=60))
        visit("/b", event="engagement", p={"e": 2_000, "sd": 20}, at=NOON + timedelta(seconds=90))
        visit("/a?utm_source=mail", visitor=2, at=NOON + timedelta(seconds=100))
        yield one


def looked_at(page: Element) -> list[str]:
    return [one.text for strip in page.all("dl", class_="looked-at") for one in strip.all("div")]


def main(client: Client, **asked: str) -> Any:
    sent = {"site_id": "example.com", "period": "today", **asked}
    return client.get("/api/stats/main", query_string=sent).json


def test_the_page_tells_it_below_the_headline_figures(read: Shared) -> None:
    assert looked_at(page_of(read.client, f"/?{QUERY}")) == [
        "Time on pages 21s",
        "Scroll depth 50%",
        "Engaged sessions 50%",
    ]


@pytest.mark.parametrize("condition", ["source!=mail", "exit_page==/b"])
def test_under_filters_the_page_and_the_api_say_the_same(read: Shared, condition: str) -> None:
    page = page_of(read.client, f"/?{QUERY}&filter={condition}")
    assert looked_at(page) == ["Time on pages 42s", "Scroll depth 50%", "Engaged sessions 100%"]
    # The page was first to ask.
    found = main(read.client, filter=condition)
    assert (found["unique_visitors"], found["avg_engaged_secs"]) == (1, 42.0)
    assert found["engagement_rate"] == 1.0


def test_changes_are_told_where_it_was_told_before_as_well(read: Shared) -> None:
    page = page_of(read.client, f"/?{YESTERDAY}")
    assert looked_at(page) == [], "yesterday nobody told anything"
    page = page_of(read.client, f"/?{QUERY}&compare=2026-03-18..2026-03-19")
    assert looked_at(page)[0] == "Time on pages 21s 0%"


def test_the_strip_of_a_site_that_tells_nothing_is_as_it_was(read: Shared) -> None:
    read.visit("/", site="other.org", at=NOON + timedelta(seconds=100))
    page = page_of(read.client, "/?site_id=other.org&period=today")
    assert looked_at(page) == []
    titles = table_of(page_of(read.client, "/details/pages?site_id=other.org").one("table"))[0]
    assert titles == TITLES


def test_the_list_of_pages_has_it_and_is_sorted_by_it(read: Shared) -> None:
    page = page_of(read.client, DETAILS)
    assert table_of(page.one("table")) == [
        [*TITLES, "Time on page", "Scroll depth"],
        ["/a", "2", "100%", "2", "2", "50%", "40s", "80%"],
        ["/b", "1", "50%", "1", "0", "100%", "2s", "20%"],
    ]
    for order in ("avg_engaged_secs", "avg_scroll_depth"):
        page = page_of(read.client, page.by_id(f"order-{order}")["href"])
        (title,) = (th for th in page.all("th") if "aria-sort" in th.attributes)
        assert title["aria-sort"] == "descending"
        assert [row[0] for row in table_of(page.one("tbody"))] == ["/a", "/b"]


def test_the_file_of_the_list_has_it(read: Shared) -> None:
    page = page_of(read.client, f"{DETAILS}&order=avg_scroll_depth")
    (link,) = (a["href"] for a in page.all("a", class_="button") if a.text == "CSV")
    assert read.client.get(link).text.splitlines() == [
        "pages,visitors,pageviews,entrances,exit_rate,avg_engaged_secs,avg_scroll_depth",
        "/a,2,2,2,0.5,40.0,80.0",
        "/b,1,1,0,1.0,2.0,20.0",
    ]


def test_an_order_by_it_holds_where_nothing_was_told(read: Shared) -> None:
    """As in another period, to which the address is taken along."""
    path = f"/details/pages?{YESTERDAY}&order=avg_engaged_secs"
    (row,) = table_of(page_of(read.client, path).one("tbody"))
    assert row[-2:] == ["\N{EN DASH}"] * 2, "it is not known, which is not the same as nothing"


def panel(client: Client, name: str, query: str = QUERY) -> Element:
    return page_of(client, f"/panels/{name}?{query}")


def test_a_tab_of_the_card_of_pages_has_it(read: Shared) -> None:
    page = page_of(read.client, f"/?{QUERY}")
    assert [one.text for one in page.by_id("panel-pages").one("header").all("a")][-1:] == [
        "Engagement"
    ]
    card = page_of(read.client, page.by_id("tab-engagement")["href"]).by_id("panel-pages")
    assert card.one("p", class_="columns").text == "Page Visitors Time on page Scroll depth"
    rows = card.one("ol").all("a")
    assert [[cell.text for cell in row.all("span")] for row in rows] == [
        ["/a", "2", "40s", "80%"],
        ["/b", "1", "2s", "20%"],
    ]
    (details,) = card.one("footer").links
    assert details.startswith(DETAILS)
    assert table_of(page_of(read.client, details).one("table"))[0][-2:] == [
        "Time on page",
        "Scroll depth",
    ]


@pytest.mark.parametrize("more", ["&filter=page==/a", "&compare=previous"])
def test_the_card_says_what_the_list_says(read: Shared, more: str) -> None:
    card = panel(read.client, "engagement", QUERY + more)
    titles = [title.text for title in card.one("p", class_="columns").all("span")]
    first, *rows = table_of(page_of(read.client, DETAILS + more).one("table"))
    places = [first.index(title) for title in titles]
    found = [[cell.text for cell in row.all("span")] for row in card.one("ol").all("a")]
    assert found == [[row[place] for place in places] for row in rows]


def test_a_site_that_tells_nothing_has_no_such_tab(read: Shared) -> None:
    read.visit("/", site="silent.org", at=NOON)
    page = panel(read.client, "pages", "site_id=silent.org&period=today")
    assert [one.attributes["id"] for one in page.all("a") if "id" in one.attributes] == [
        "tab-entry_pages",
        "tab-exit_pages",
        "tab-hostnames",
    ]
