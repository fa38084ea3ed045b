"""The page for a wall: who is here, where they are, and what they did last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from tests.builders import an_event, store_events
from tests.conftest import NOON, Clock
from tests.web.access.sharing import share, stranger_of
from tests.web.reading import HTMX, Element, page_of

LIVE = "/live?site_id=example.com"
PARTS = [
    *((timedelta(minutes=1), "DE", "/a", "pageview"), (timedelta(seconds=4), "DE", "/b", "signup")),
    *(
        (timedelta(minutes=4), "US", "/c", "pageview"),
        (timedelta(minutes=9), "FR", "/d", "pageview"),
    ),
    (timedelta(seconds=2), "DE", "/a", "engagement"),
    (timedelta(seconds=3), "DE", "/a", "vitals"),
    (timedelta(minutes=40), "IT", "/old", "pageview"),
]


@pytest.fixture
def busy(mallard: Mallard, client: Client) -> Client:
    events = [
        an_event(NOON - ago, path, visitor_id=f"v{n}", country_code=country, event_name=name)
        for n, (ago, country, path, name) in enumerate(PARTS)
    ]
    store_events(mallard.store, "batch", events)
    return client


def lately(page: Element) -> list[str]:
    """The list of what just happened."""
    return [row.text for row in page.one("section", class_="lately").all("li")]


def test_it_has_the_map_of_who_is_here_and_what_happened_last(busy: Client) -> None:
    page = page_of(busy, LIVE)
    assert "5 current visitors" in page.one("h1").text
    shaded = [one["aria-label"] for one in page.one("svg", class_="world").all("a")]
    assert shaded == ["Germany: 4 visitors, 80%", "United States: 1 visitor, 20%"]
    assert lately(page) == ["11:59:56 signup /b", "11:59:00 /a", "11:56:00 /c", "11:51:00 /d"]
    assert [row.text for row in page.all("li", class_="new")] == ["11:59:56 signup /b"]


def test_clocks_are_those_of_the_site(busy: Client, mallard: Mallard) -> None:
    mallard.sites.replace("example.com", Site(timezone="Asia/Kolkata"), None)
    assert lately(page_of(busy, LIVE))[0] == "17:29:56 signup /b"


def test_filters_hold_for_all_of_it(busy: Client) -> None:
    page = page_of(busy, f"{LIVE}&filter=country==US")
    assert "1 current visitor" in page.one("h1").text
    assert lately(page) == ["11:56:00 /c"]


def test_polling_brings_the_part_that_changes(busy: Client) -> None:
    page = page_of(busy, LIVE)
    (poll,) = [one for one in page.by_id("live") if "data-poll" in one.attributes]
    assert (poll["hx-get"], poll["hx-target"]) == ("/live?site_id=example.com&period=30d", "#live")
    part = busy.get(poll["hx-get"], headers=HTMX | {"HX-Target": "live"}).text
    assert part.lstrip().startswith('<div id="live"')
    assert "<title>Live" not in part


def test_nobody_is_no_mistake(client: Client) -> None:
    page = page_of(client, "/live?site_id=new.example")
    assert "0 current visitors" in page.one("h1").text
    assert lately(page) == ["Nothing in the last half hour."]


def test_the_realtime_page_leads_to_it(busy: Client) -> None:
    page = page_of(busy, "/realtime?site_id=example.com")
    assert "/live?site_id=example.com&period=30d" in page.links


@pytest.fixture
def guarded(start: Any, clock: Clock) -> Mallard:
    """One with a password, and somebody from Germany on it right now."""
    mallard: Mallard = start(admin_password="correct horse")
    event = an_event(clock.now, "/a", country_code="DE", event_name="signup")
    store_events(mallard.store, "batch", [event])
    return mallard


@pytest.mark.parametrize(
    ("panels", "countries"),
    [(["realtime"], []), (["realtime", "map"], ["Germany: 1 visitor, 100%"])],
)
def test_a_shared_link_shows_countries_where_it_may_and_no_single_events(
    guarded: Mallard, panels: list[str], countries: list[str]
) -> None:
    anyone = stranger_of(guarded)
    page = page_of(anyone, f"{share(guarded, panels=panels)}/live")
    maps = page.all("svg", class_="world")
    shown = [one["aria-label"] for world in maps for one in world if one.tag in ("a", "g")]
    assert shown == countries
    assert page.all("section", class_="lately") == []
    assert "Pages now" in page.text and "signup" not in page.text


def test_a_shared_link_without_realtime_does_not_open_it(guarded: Mallard) -> None:
    link = share(guarded, panels=["pages", "map"])
    assert stranger_of(guarded).get(f"{link}/live").status_code == 404


def test_strangers_are_asked_to_sign_in(guarded: Mallard) -> None:
    answer = stranger_of(guarded).get(LIVE)
    assert (answer.status_code, answer.location[:6]) == (303, "/login")
