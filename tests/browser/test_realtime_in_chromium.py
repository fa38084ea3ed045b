"""What is shown of this moment: it moves by itself, and only while somebody looks."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

POLL_MS = 10_000
SITE = "site_id=example.com&period=7d"
SEEN = """isSeen => {
  const state = isSeen ? "visible" : "hidden";
  Object.defineProperty(document, "visibilityState", {get: () => state, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""A headless browser believes that every tab is seen."""


@pytest.fixture
def now(page: Page, live_server: Any, errors: list[str]) -> Page:
    """The realtime page with one visitor; the browser's clock can be turned on."""
    live_server.visit("/pricing", visitor=1, r="https://www.google.com/")
    page.clock.install()
    page.goto(f"{live_server.url}/realtime?{SITE}")
    return page


def asked(page: Page) -> list[str]:
    """The addresses that the page asks for from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url))
    return found


def is_poll(request: Request) -> bool:
    return "/realtime" in request.url


def test_visitors_and_pages_move_by_themselves(now: Page, live_server: Any) -> None:
    expect(now.locator("h1")).to_have_text("1 current visitor")
    expect(now.locator("#current b")).to_have_text("1")
    now.evaluate("window.isStillHere = true")
    live_server.visit("/docs", visitor=2)
    live_server.visit("/docs", visitor=3)
    now.clock.fast_forward(POLL_MS)
    expect(now.locator("h1")).to_have_text("3 current visitors")
    expect(now.locator("#current b")).to_have_text("3")
    expect(now.locator("#now .rows").first).to_contain_text("/docs")
    expect(now.locator("#now .minutes li").last).to_contain_text("3 visitors")
    assert now.evaluate("window.isStillHere") is True
    assert now.evaluate("history.length") == 2


def test_visitors_leave_after_five_minutes(now: Page, live_server: Any, clock: Any) -> None:
    clock.move(minutes=5, seconds=1)
    now.clock.fast_forward(POLL_MS)
    expect(now.locator("h1")).to_have_text("0 current visitors")
    expect(now.locator("#now .empty").first).to_have_text("Nobody is here right now.")
    expect(now.locator("#now .minutes li").nth(24)).to_contain_text("1 visitor")


def test_a_hidden_tab_is_silent_and_asks_when_it_is_seen_again(now: Page) -> None:
    now.evaluate(SEEN, False)
    found = asked(now)
    now.clock.fast_forward(POLL_MS)
    now.clock.fast_forward(POLL_MS)
    now.evaluate("() => fetch('/health')")
    # The browser itself may ask for the icon of the tab, whenever it likes.
    names = [url.rpartition("/")[2] for url in found]
    assert [name for name in names if not name.startswith("favicon")] == ["health"]
    with now.expect_request(is_poll):
        now.evaluate(SEEN, True)


def test_the_bar_of_a_site_counts_current_visitors_and_leads_to_them(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    live_server.visit("/pricing", visitor=1)
    page.clock.install()
    page.goto(f"{live_server.url}/?{SITE}")
    expect(page.locator("#current")).to_have_text("1 current visitor")
    live_server.visit("/pricing", visitor=2)
    page.clock.fast_forward(POLL_MS)
    expect(page.locator("#current")).to_have_text("2 current visitors")
    page.locator("#current").click()
    expect(page.locator("h1")).to_have_text("2 current visitors")


def test_a_row_leads_to_the_page_of_today(now: Page) -> None:
    now.locator("#now .rows a", has_text="Google").click()
    expect(now.locator(".chip")).to_contain_text("Source is Google")
    expect(now.locator("#period-today")).to_have_attribute("aria-current", "true")


def test_polling_never_gives_up_what_was_asked_for(page: Page, live_server: Any) -> None:
    live_server.visit("/pricing", visitor=1)
    page.clock.install()
    page.goto(f"{live_server.url}/?{SITE}")
    held: list[Any] = []
    page.route("**/*period=90d*", lambda route: held.append(route))
    page.locator("#period-90d").click()
    expect(page.locator("#progress")).to_have_class("htmx-request")
    with page.expect_response(lambda response: is_poll(response.request)):
        page.clock.fast_forward(POLL_MS)
    expect(page.locator("#period-7d")).to_have_attribute("aria-current", "true")
    held[0].continue_()
    expect(page.locator("#period-90d")).to_have_attribute("aria-current", "true")
