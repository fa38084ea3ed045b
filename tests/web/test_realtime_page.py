"""The realtime page, and the number of current visitors in the bar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import NOON, Clock
from tests.web.reading import HTMX, Element, page_of, parsed

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=7d"
NOW = "/realtime?site_id=example.com&period=7d"
POLL = {**HTMX, "HX-Target": "now"}


@pytest.fixture
def people(visit: Visit) -> None:
    """One half an hour ago, one a quarter of an hour ago, two right now."""
    visit("/old", visitor=7, at=NOON - timedelta(minutes=29))
    visit("/pricing", visitor=8, times=2, at=NOON - timedelta(minutes=15))
    visit("/a", visitor=1, at=NOON, r="https://www.google.com/")
    visit("/b", visitor=2, event="signup")


def rows_of(page: Element, title: str) -> list[str]:
    """The rows of the card of that title."""
    (card,) = (s for s in page.all("section", class_="breakdown") if s.one("h2").text == title)
    return [row.text for row in card.all("li")]


def test_it_shows_who_is_here(client: Client, people: None) -> None:
    page = page_of(client, NOW)
    assert page.one("h1").text == "2 current visitors"
    assert rows_of(page, "Pages now") == ["/a 1", "/b 1"]
    assert rows_of(page, "Sources now") == ["Direct / None 1", "Google 1"]
    assert "4 pageviews in the last half hour" in page.text


def test_it_shows_the_last_thirty_minutes(client: Client, people: None) -> None:
    minutes = page_of(client, NOW).one("ol", class_="minutes").all("li")
    assert len(minutes) == 30
    assert minutes[0].text == "11:31: 1 visitor"
    assert minutes[14]["title"] == "11:45 UTC: 1 visitor, 2 pageviews"
    assert minutes[-1].text == "12:00: 2 visitors"
    assert minutes[-1].one("rect")["height"] == "100.0%"
    assert minutes[-2].one("rect")["height"] == "0.0%"


def test_who_was_here_five_minutes_ago_is_gone(client: Client, people: None, clock: Clock) -> None:
    clock.now = NOON + timedelta(minutes=5) - timedelta(microseconds=10)
    assert page_of(client, NOW).one("h1").text == "2 current visitors"
    clock.now = NOON + timedelta(minutes=5, seconds=1)
    page = page_of(client, NOW)
    assert page.one("h1").text == "0 current visitors"
    assert rows_of(page, "Pages now") == ["Nobody is here right now."]
    assert "4 pageviews in the last half hour" not in page.text, "the oldest has left the chart"
    clock.move(minutes=40)
    assert "0 pageviews in the last half hour" in page_of(client, NOW).text


def test_the_numbers_are_those_of_the_api(client: Client, people: None) -> None:
    found = client.get("/api/stats/realtime?site_id=example.com").json or {}
    page = page_of(client, NOW)
    assert page.one("h1").text == f"{found['current_visitors']} current visitors"
    bars = page.one("ol", class_="minutes").all("li")
    assert [bar["title"].removesuffix(" pageviews") for bar in bars] == [
        f"{one['minute'][11:]} UTC: {one['visitors']} visitor{'s' * (one['visitors'] != 1)},"
        f" {one['pageviews']}"
        for one in found["minutes"]
    ]
    assert rows_of(page, "Pages now") == [f"{r['value']} {r['visitors']}" for r in found["pages"]]


def test_a_row_leads_to_the_site_page_of_today(client: Client, people: None) -> None:
    links = page_of(client, NOW).links
    today = "/?site_id=example.com&period=today"
    assert f"{today}&filter=page==/a" in links
    assert f"{today}&filter=source==%28unknown%29" in links
    assert SITE in links, "and back to where one came from"


def test_polling_gets_only_what_changes(client: Client, visit: Visit, people: None) -> None:
    whole = page_of(client, NOW).by_id("now")
    part = client.get(NOW, headers=POLL)
    (now,) = (one for one in parsed(part.text).inside if isinstance(one, Element))
    assert (now["id"], now.text) == ("now", whole.text)
    (poll,) = (one for one in now if "data-poll" in one.attributes)
    assert (poll["hx-get"], poll["hx-target"]) == (NOW, "#now")
    assert "HX-Push-Url" not in part.headers
    visit("/a", visitor=3)
    assert "3 current visitors" in parsed(client.get(NOW, headers=POLL).text).text


def test_htmx_gets_the_region_when_it_follows_a_link(client: Client, people: None) -> None:
    answer = client.get(NOW, headers=HTMX)
    assert "<html" not in answer.text
    assert answer.text.startswith("<title>Now · example.com · Mallard</title>")
    assert "HX-Request" in answer.vary


def test_filters_hold(client: Client, people: None) -> None:
    page = page_of(client, f"{NOW}&filter=source==Google")
    assert page.one("h1").text == "1 current visitor"
    assert rows_of(page, "Pages now") == ["/a 1"]
    assert page.one("ul", class_="chips").text.startswith("Source is Google")
    assert f"{SITE}&filter=source==Google" in page.links


def test_the_bar_counts_the_current_visitors(client: Client, people: None, clock: Clock) -> None:
    for url in (SITE, NOW, "/details/pages?site_id=example.com"):
        assert page_of(client, url).by_id("current").text == "2 current visitors"
    clock.move(minutes=6)
    assert page_of(client, SITE).by_id("current").text == "0 current visitors"
    unknown = page_of(client, "/?site_id=other.org")
    assert not unknown.all("a", id="current"), "nobody is expected where nobody ever was"


def test_the_number_in_the_bar_keeps_the_state_of_the_address(client: Client, people: None) -> None:
    state = "site_id=example.com&period=7d&compare=year&metric=sessions&filter=page==/a&tab=os"
    page = page_of(client, f"/?{state}").by_id("current")
    (polls,) = (one for one in page if "data-poll" in one.attributes)
    assert polls["hx-get"] == f"/realtime/visitors?{state}"
    again = client.get(polls["hx-get"], headers=HTMX)
    (link,) = (one for one in parsed(again.text).inside if isinstance(one, Element))
    assert (link["id"], link["href"]) == ("current", f"/realtime?{state}")
    assert link.text == "1 current visitor"
    assert next(one for one in link if "data-poll" in one.attributes)["hx-get"] == polls["hx-get"]


def test_it_needs_a_site(client: Client) -> None:
    for path in ("/realtime", "/realtime/visitors", "/realtime?site_id=a/b"):
        assert client.get(path).status_code == 400


def test_nobody_is_here_yet(client: Client) -> None:
    page = page_of(client, "/realtime?site_id=new.example")
    assert page.one("h1").text == "0 current visitors"
    assert rows_of(page, "Sources now") == ["Nobody is here right now."]


def test_rounded_times_are_told(start: Callable[..., Mallard]) -> None:
    client = Client(application(start(round_timestamps=True)))
    assert "Times are stored to the hour" in page_of(client, NOW).text
