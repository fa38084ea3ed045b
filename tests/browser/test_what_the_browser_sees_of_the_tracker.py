"""The tracker and all that it loads, in the browser's own trace and list of listeners."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Site

EVERYTHING = 'data-track="engagement links downloads forms 404 events vitals"'
MARKUP = "<style>p {height: 5000px}</style><p>Long</p><input><a href='#part'>x</a>"

Trace = list[dict[str, Any]]


@pytest.fixture
def opened(page: Page, site: Site, tag: Callable[..., str], collector: Collector) -> Page:
    """A page whose tag asks for everything, when all of it is there."""
    site.add("/page", tag(EVERYTHING) + MARKUP)
    with page.expect_response("**/mallard.track.js"):
        page.goto(site.at("site.test") + "/page")
    page.wait_for_load_state("networkidle")
    return page


def listeners(page: Page) -> list[tuple[str, bool]]:
    """What the browser itself knows of: the event, and whether its listener may hold it up."""
    cdp = page.context.new_cdp_session(page)
    found = []
    for target in ("window", "document", "document.documentElement", "document.body"):
        asked = cdp.send("Runtime.evaluate", {"expression": target})["result"]["objectId"]
        listed = cdp.send("DOMDebugger.getEventListeners", {"objectId": asked})["listeners"]
        found += [(one["type"], not one["passive"]) for one in listed]
    return found


def test_no_listener_can_hold_up_a_scroll_a_touch_or_a_click(opened: Page) -> None:
    found = listeners(opened)
    assert {"scroll", "wheel", "touchstart", "pointermove", "click"} <= {name for name, _ in found}
    assert {name for name, may_hold_up in found if may_hold_up} == {"popstate", "pageshow"}


def test_nothing_listens_to_scrolls_unless_that_is_asked_for(
    page: Page, site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/page", tag() + MARKUP)
    page.goto(site.at("site.test") + "/page")
    collector.wait_for(1)
    assert {name for name, _ in listeners(page)} == {"popstate", "pageshow"}


def used(page: Page) -> None:
    """Scrolls, points, types and clicks as a visitor does, then leaves."""
    for step in range(10):
        page.mouse.wheel(0, 300)
        page.mouse.move(10 * step, 20)
    page.wait_for_function("scrollY > 0")
    page.click("input")
    page.keyboard.type("duck")
    page.click("a")
    page.goto("about:blank")


def of_the_tracker(trace: Trace) -> Trace:
    return [one for one in trace if "/mallard." in json.dumps(one.get("args", {}))]


def test_the_browsers_trace_of_a_visit_shows_no_shift_of_what_is_on_the_page(
    browser: Browser, page: Page, site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/page", tag(EVERYTHING) + MARKUP)
    browser.start_tracing(page=page, categories=["devtools.timeline", "loading", "v8"])
    with page.expect_response("**/mallard.track.js"):
        page.goto(site.at("site.test") + "/page")
    page.wait_for_load_state("networkidle")
    used(page)
    collector.wait_for(3)
    trace: Trace = json.loads(browser.stop_tracing())["traceEvents"]
    calls = [one for one in of_the_tracker(trace) if one["name"] == "FunctionCall"]
    longest = max(one.get("dur", 0) for one in calls)
    spent = sum(one.get("dur", 0) for one in calls)
    print(f"{len(calls)} calls of a visit took {spent / 1000:.1f} ms, {longest / 1000:.1f} at most")
    assert [one for one in trace if one["name"] == "LayoutShift"] == []
    # A browser asks for scripts of its own, too.
    sent = [one for one in of_the_tracker(trace) if one["name"] == "ResourceSendRequest"]
    assert len([one for one in sent if one["args"]["data"]["url"].endswith(".js")]) == 2
