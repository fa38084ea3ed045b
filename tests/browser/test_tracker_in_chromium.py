"""What the tracker counts, and what it sends of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.patient import context_of

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Event, Sent, Site, Visit


def urls(events: list[Event]) -> list[Any]:
    return [event["u"] for event in events]


def names(events: list[Event]) -> list[Any]:
    return [event["n"] for event in events]


def test_a_page_is_counted_when_it_is_loaded(visit: Visit, sent: Sent) -> None:
    origin = visit("/pricing?utm_source=news#plans")
    assert sent(1) == [
        {
            "d": "site.test",
            "n": "pageview",
            "u": f"{origin}/pricing?utm_source=news",
            "r": "",
            "w": 1280,
            "b": False,
        }
    ]


@pytest.mark.parametrize("loading", ["", "async", "defer"])
def test_every_way_to_load_the_script_counts_the_page(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent, loading: str
) -> None:
    site.add("/", tag().replace("async defer", loading) + "<p>Text")
    page.goto(site.at("site.test"))
    assert names(sent(1)) == ["pageview"]


def test_the_page_that_held_the_link_is_the_referrer(
    page: Page, site: Site, visit: Visit, sent: Sent
) -> None:
    origin = visit("/arrival")
    site.add("/links", f'<a href="{origin}/arrival">Read this</a>')
    page.goto(site.at("elsewhere.test") + "/links")
    page.click("a")
    assert sent(2)[1]["r"] == site.at("elsewhere.test") + "/"


@pytest.mark.parametrize(
    ("attributes", "step", "counted"),
    [
        ("", "history.pushState(0, '', '/next')", "/next"),
        ("", "history.pushState(0, '', '?tab=2')", "/start?tab=2"),
        ("", "history.pushState(0, '', '/start')", None),
        ("", "history.pushState(0, '', '#part')", None),
        ("", "history.replaceState(0, '', '/next')", "/next"),
        ("", "history.replaceState(0, '', '/start')", None),
        ("", "history.replaceState(0, '', '?tab=2')", None),
        ("", "location.hash = 'part'", None),
        ("data-hash", "location.hash = 'part'", "/start#part"),
        ("data-hash", "history.pushState(0, '', '#part')", "/start#part"),
        ("data-hash", "history.replaceState(0, '', '#part')", None),
    ],
)
def test_a_new_address_is_a_page_of_its_own(
    page: Page, visit: Visit, sent: Sent, attributes: str, step: str, counted: str | None
) -> None:
    origin = visit("/start", attributes)
    page.evaluate(step)
    pages = ["/start"] if counted is None else ["/start", counted]
    assert urls(sent(len(pages))) == [origin + path for path in pages]


def test_going_back_and_forth_counts_the_pages_again(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    origin = visit("/a")
    collector.wait_for(1)
    for count, step in enumerate(["pushState(0, '', '/b')", "back()", "forward()"], start=2):
        page.evaluate(f"history.{step}")
        collector.wait_for(count)
    assert urls(sent(4)) == [origin + path for path in ("/a", "/b", "/a", "/b")]


def test_the_page_before_is_the_referrer_of_the_next(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    origin = visit("/a")
    for count, step in enumerate(["pushState(0, '', '/b')", "pushState(0, '', '/c')"], start=1):
        collector.wait_for(count)
        page.evaluate(f"history.{step}")
    collector.wait_for(3)
    page.evaluate("mallard('signup')")
    referrers = [event["r"] for event in sent(4)]
    assert referrers == ["", f"{origin}/a", f"{origin}/b", f"{origin}/b"]


def test_a_page_that_counts_by_itself_is_left_to_it(page: Page, visit: Visit, sent: Sent) -> None:
    origin = visit("/start", "data-manual data-hash")
    page.evaluate("history.pushState(0, '', '/next'); location.hash = 'part'")
    page.evaluate("mallard('pageview'); mallard('pageview')")
    assert urls(sent(1)) == [f"{origin}/next#part"]


def test_a_router_that_also_calls_the_tracker_counts_once(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    origin = visit("/start")
    page.evaluate("mallard('pageview')")
    collector.wait_for(1)
    page.evaluate("history.pushState(0, '', '/next'); mallard('pageview')")
    assert urls(sent(2)) == [f"{origin}/start", f"{origin}/next"]


def test_a_second_copy_of_the_tag_changes_nothing(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent, collector: Collector
) -> None:
    site.add("/", tag() * 2)
    page.goto(site.at("site.test"))
    collector.wait_for(1)
    page.evaluate("history.pushState(0, '', '/next')")
    assert names(sent(2)) == ["pageview", "pageview"]


def test_a_page_without_an_address_can_be_counted(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    origin = visit("/start")
    collector.wait_for(1)
    page.evaluate("mallard('pageview', {url: '/dialog'}); history.replaceState(0, '', '?open')")
    assert urls(sent(2)) == [f"{origin}/start", f"{origin}/dialog"]


def test_an_event_carries_its_properties_and_its_revenue(
    page: Page, visit: Visit, sent: Sent
) -> None:
    origin = visit("/cart", "data-manual")
    page.evaluate(
        "mallard('purchase', {props: {plan: 'pro', seats: 3}, revenue: 49.99, currency: 'EUR'})"
    )
    [event] = sent(1)
    assert event == {
        "d": "site.test",
        "n": "purchase",
        "u": f"{origin}/cart",
        "r": "",
        "w": 1280,
        "b": False,
        "p": {"plan": "pro", "seats": 3},
        "ra": 49.99,
        "rc": "EUR",
    }


def test_an_event_sent_while_leaving_arrives(
    page: Page, visit: Visit, collector: Collector
) -> None:
    visit()
    collector.wait_for(1)
    page.evaluate("addEventListener('pagehide', () => mallard('leaving'))")
    page.goto("about:blank")
    assert names(collector.wait_for(2)) == ["pageview", "leaving"]


def test_the_address_of_the_collector_can_be_chosen(
    visit: Visit, sent: Sent, second_collector: Collector
) -> None:
    visit("/", f'data-api="{second_collector.at("other.test")}/collect"')
    assert names(second_collector.wait_for(1)) == ["pageview"]
    assert sent(0) == []


HIDDEN = """
Object.defineProperty(document, 'hidden', {value: true, writable: true});
window.frames_to_draw = [];
window.requestAnimationFrame = draw => frames_to_draw.push(draw);
window.show = () => { document.hidden = false; frames_to_draw.splice(0).map(draw => draw(0)) };
"""
"""No frame is drawn of a page in the background, or of one that is prerendered."""


@pytest.mark.parametrize("attributes", ["", "data-manual"])
def test_a_page_opened_in_the_background_is_counted_when_it_is_shown(
    page: Page, visit: Visit, sent: Sent, collector: Collector, attributes: str
) -> None:
    page.add_init_script(HIDDEN)
    origin = visit("/start", attributes)
    page.evaluate("mallard('pageview'); void mallard('ready')")
    page.evaluate("history.pushState(0, '', '/next'); void mallard('pageview')")
    page.evaluate("show()")
    assert sorted(event["u"] for event in collector.wait_for(2)) == [origin + "/next"] * 2
    page.evaluate("document.hidden = true; void mallard('put away')")
    assert sorted(names(sent(3))) == ["pageview", "put away", "ready"]


def test_a_page_that_is_shown_before_it_can_wait_is_counted_once(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    page.add_init_script(HIDDEN)
    held: list[Route] = []
    page.route("**/api/event.js", lambda route: held.append(route))
    with page.expect_request("**/api/event.js"):
        visit("/start")
    page.evaluate("show()")
    held[0].continue_()
    collector.wait_for(1)
    page.evaluate("void mallard('pageview')")
    page.evaluate("document.hidden = true; void mallard('put away')")
    assert sorted(names(sent(2))) == ["pageview", "put away"]


def test_a_page_that_is_never_shown_is_not_counted(page: Page, visit: Visit, sent: Sent) -> None:
    page.add_init_script(HIDDEN)
    visit("/start")
    page.evaluate("void mallard('signup')")
    assert sent(0) == []


@pytest.mark.parametrize(("persisted", "views"), [("true", 2), ("false", 1)])
def test_only_a_page_that_is_shown_again_is_counted_again(
    page: Page, visit: Visit, sent: Sent, persisted: str, views: int
) -> None:
    visit()
    page.evaluate(f"dispatchEvent(new PageTransitionEvent('pageshow', {{persisted: {persisted}}}))")
    assert names(sent(views)) == ["pageview"] * views


def test_a_page_out_of_the_browsers_memory_is_counted_again(
    launch: Callable[..., Browser], site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add(
        "/remembered",
        tag() + "<script>addEventListener('pageshow', event => {"
        "if (event.persisted) mallard('remembered')})</script>",
    )
    site.add("/next", "Nothing here")
    # Visitors' browsers keep the pages they leave in memory; automation turns that off.
    browser = launch(ignore_default_args=["--disable-back-forward-cache"])
    page = context_of(browser).new_page()
    page.goto(site.at("site.test") + "/remembered")
    collector.wait_for(1)
    page.goto(site.at("site.test") + "/next")
    page.evaluate("history.back()")
    assert sorted(names(collector.wait_for(3))) == ["pageview", "pageview", "remembered"]
    browser.close()
