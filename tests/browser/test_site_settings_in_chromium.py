"""A site's settings in a browser: with JavaScript and without, they are the same forms."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import PAGES

SITE = "example.com"


@pytest.fixture(params=["with JavaScript", "without"])
def tab(request: pytest.FixtureRequest) -> Page:
    found: Page = request.getfixturevalue("plain" if request.param == "without" else "page")
    return found


def test_a_goal_is_made_and_its_rate_read_per_source(tab: Page, live_server: Any) -> None:
    for visitor, source in ((1, "news"), (2, "news"), (3, "mail")):
        live_server.visit(f"/?utm_source={source}", visitor=visitor)
    live_server.visit("/join", visitor=1, event="signup")
    tab.goto(f"{live_server.url}/?site_id={SITE}&period=today&tab=utm_source")
    tab.locator(".account-menu > summary").click()
    tab.get_by_role("link", name="Set up this site").click()
    goals = tab.locator("#goals")
    goals.get_by_label("Name", exact=True).fill("Sign-up")
    goals.get_by_label("Its name, or the page").fill("signup")
    goals.get_by_role("button", name="Add").click()
    expect(goals.get_by_role("status")).to_have_text("Saved.")
    goals.get_by_text("Sign-up").click()
    goals.get_by_role("link", name="Show Sign-up").click()
    expect(tab.locator(".chip")).to_contain_text("Goal Sign-up")
    tab.locator("#tab-utm_source").click()
    rows = tab.locator("#panel-sources li")
    expect(rows).to_have_text(["news 2 1 50%", "mail 1 0 0%"])


def test_a_segment_is_made_chosen_changed_and_removed(tab: Page, live_server: Any) -> None:
    for visitor, path in ((1, "/a"), (2, "/a"), (3, "/b")):
        live_server.visit(path, visitor=visitor)
    settings = f"{live_server.url}/settings/sites/{SITE}"
    tab.goto(settings)
    segments = tab.locator("#segments")
    segments.get_by_label("Name").fill("On A")
    segments.get_by_label("Filters").fill("page==/b")
    segments.get_by_role("button", name="Add").click()
    segments.get_by_text("On A").click()
    segments.get_by_label("Filters").first.fill("page==/a")
    segments.get_by_role("button", name="Save").click()
    tab.goto(f"{live_server.url}/?site_id={SITE}&period=today")
    tab.locator("#segment").click()
    tab.get_by_role("link", name="On A", exact=True).click()
    expect(tab.locator("#metric-visitors b")).to_have_text("2")
    tab.goto(settings)
    segments.get_by_text("On A").click()
    segments.get_by_role("button", name="Remove On A").click()
    expect(segments.get_by_text("On A")).to_have_count(0)


def test_a_mistake_is_told_where_it_was_made(tab: Page, live_server: Any) -> None:
    live_server.visit("/")
    tab.goto(f"{live_server.url}/settings/sites/{SITE}")
    exclude = tab.locator("#exclude")
    exclude.get_by_label("Addresses and networks").fill("here")
    exclude.get_by_role("button", name="Save", exact=True).click()
    expect(exclude.get_by_role("alert")).to_contain_text("'here'")
    expect(exclude.get_by_label("Addresses and networks")).to_have_value("here")


def test_segments_are_offered_only_where_there_are_some(page: Page, busy: str) -> None:
    page.goto(busy + PAGES["site"])
    page.locator(".segment-menu > summary").click()
    expect(page.get_by_role("link", name="Save this view")).to_be_visible()
    expect(page.get_by_role("navigation", name="Segments")).to_have_count(0)
    page.goto(busy + PAGES["goals"])
    page.locator(".segment-menu > summary").click()
    expect(page.get_by_role("navigation", name="Segments")).to_be_visible()


def test_the_time_zone_of_the_browser_is_saved_by_one_click(page: Page, live_server: Any) -> None:
    live_server.visit("/")
    page.add_init_script(
        "Intl.DateTimeFormat.prototype.resolvedOptions = () => ({timeZone: 'Asia/Kathmandu'})"
    )
    page.goto(f"{live_server.url}/settings/sites/{SITE}")
    card = page.locator("#timezone")
    expect(card.get_by_label("Time zone")).to_have_attribute("placeholder", "UTC")
    card.get_by_role("button", name="Save Asia/Kathmandu").click()
    expect(card.get_by_role("status")).to_have_text("Saved.")
    expect(card.get_by_label("Time zone")).to_have_value("Asia/Kathmandu")
    expect(card.get_by_role("button", name="Save Asia/Kathmandu")).to_have_count(0)


def test_a_time_zone_is_typed(tab: Page, live_server: Any) -> None:
    live_server.visit("/")
    tab.goto(f"{live_server.url}/settings/sites/{SITE}")
    card = tab.locator("#timezone")
    card.get_by_label("Time zone").fill("Pacific/Apia")
    card.get_by_role("button", name="Save", exact=True).click()
    expect(card.get_by_role("status")).to_have_text("Saved.")
    tab.goto(f"{live_server.url}/?site_id={SITE}&period=today")
    tab.locator("#period-range").click()
    expect(tab.locator(".range-menu")).to_contain_text("Days are those of Pacific/Apia.")
