"""For how long and how far down a page is looked at, and that a long read is told in few events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.patient import context_of

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Event, Sent, Site

HIDE = """
is_hidden => {
    Object.defineProperty(document, 'hidden', {value: is_hidden, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}
"""
LONG = "<style>html, body {margin: 0} p {height: 7200px; margin: 0}</style><p>Long</p>"
MINUTE = 60_000

Open = Callable[..., str]


@pytest.fixture
def opened(page: Page, site: Site, tag: Callable[..., str]) -> Open:
    """Opens a page whose tag asks for engagement; its clock goes on as the test says."""

    def opened(html: str = LONG, track: str = "engagement") -> str:
        page.clock.install()
        site.add("/page", tag(f'data-track="{track}"') + html)
        with page.expect_response("**/mallard.track.js"):
            page.goto(site.at("site.test") + "/page")
        page.wait_for_load_state("networkidle")
        return site.at("site.test")

    return opened


def told(events: list[Event]) -> list[Any]:
    return [event["p"] for event in events if event["n"] == "engagement"]


def act(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('pointermove'))")


def read(page: Page, minutes: int) -> None:
    """Somebody does something twice a minute."""
    for _ in range(2 * minutes):
        page.clock.run_for(MINUTE // 2)
        act(page)


def scroll(page: Page, to: int) -> None:
    page.evaluate("y => { scrollTo(0, y); document.dispatchEvent(new Event('scroll')) }", to)
    page.clock.run_for(100)


def test_a_page_tells_when_it_is_hidden(page: Page, opened: Open, sent: Sent) -> None:
    opened()
    read(page, 1)
    scroll(page, 2880)
    scroll(page, 0)
    page.evaluate(HIDE, True)
    (props,) = told(sent(2))
    assert props["sd"] == 50
    assert MINUTE <= props["e"] < 2 * MINUTE


def test_time_counts_only_in_front_and_until_a_minute_after_the_last_deed(
    page: Page, opened: Open, sent: Sent
) -> None:
    opened()
    act(page)
    page.clock.run_for(10 * MINUTE)
    page.evaluate(HIDE, True)
    page.clock.run_for(10 * MINUTE)
    page.evaluate(HIDE, False)
    page.clock.run_for(MINUTE // 2)
    page.evaluate(HIDE, True)
    first, second = told(sent(3))
    assert MINUTE <= first["e"] < MINUTE + 10_000
    assert MINUTE // 2 <= second["e"] < MINUTE


def test_an_hours_reading_is_five_small_events(page: Page, opened: Open, sent: Sent) -> None:
    opened()
    read(page, 62)
    page.evaluate(HIDE, True)
    events = sent(6)
    assert sum(props["e"] for props in told(events)) >= 62 * MINUTE
    size = max(len(json.dumps(event)) for event in events)
    print(f"{len(told(events))} events of an hour's reading, of {size} bytes at most")
    assert size < 400


def test_what_is_not_looked_at_any_more_is_told_once(page: Page, opened: Open, sent: Sent) -> None:
    opened()
    read(page, 1)
    page.evaluate(HIDE, True)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.evaluate(HIDE, True)
    assert len(told(sent(2))) == 1


def test_each_page_of_an_app_tells_of_itself(
    page: Page, opened: Open, sent: Sent, collector: Collector
) -> None:
    origin = opened()
    read(page, 1)
    scroll(page, 6480)
    with page.expect_request("**/api/event"):
        page.evaluate("history.pushState(0, '', '/next'); scrollTo(0, 0)")
    # The next page begins when what is known of the one before is told.
    collector.wait_for(3)
    read(page, 2)
    page.evaluate(HIDE, True)
    events = [event for event in sent(4) if event["n"] == "engagement"]
    assert [event["u"] for event in events] == [f"{origin}/page", f"{origin}/next"]
    assert [event["p"]["sd"] for event in events] == [100, 10]
    assert events[1]["p"]["e"] >= 2 * MINUTE


@pytest.mark.parametrize("way", ["link", "close"])
def test_a_page_tells_when_it_is_left_or_closed(
    page: Page, opened: Open, site: Site, collector: Collector, way: str
) -> None:
    site.add("/there", "There")
    opened(LONG + '<a href="/there">x</a>')
    read(page, 1)
    if way == "close":
        page.close()
    else:
        page.evaluate("document.querySelector('a').click()")
    (props,) = told(collector.wait_for(2))
    assert props["e"] >= MINUTE


def test_a_page_in_a_frame_tells_of_itself_alone(
    page: Page, site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/inner", tag('data-track="engagement"') + LONG)
    site.add("/outer", '<iframe src="/inner"></iframe>')
    with page.expect_response("**/mallard.track.js"):
        page.goto(site.at("site.test") + "/outer")
    page.wait_for_load_state("networkidle")
    page.frames[1].evaluate(HIDE, True)
    view, left = collector.wait_for(2)
    assert view["u"] == left["u"] == site.at("site.test") + "/inner"


def test_a_page_out_of_the_browsers_memory_begins_anew(
    launch: Callable[..., Browser], site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/page", tag('data-track="engagement"') + LONG)
    site.add("/there", "There")
    browser = launch(ignore_default_args=["--disable-back-forward-cache"])
    page = context_of(browser).new_page()
    with page.expect_response("**/mallard.track.js"):
        page.goto(site.at("site.test") + "/page")
    page.wait_for_load_state("networkidle")
    page.goto(site.at("site.test") + "/there")
    collector.wait_for(2)
    page.go_back(wait_until="commit")
    collector.wait_for(3)
    page.evaluate("location.href = '/there'")
    names = [event["n"] for event in collector.wait_for(4)]
    browser.close()
    assert names == ["pageview", "engagement"] * 2
