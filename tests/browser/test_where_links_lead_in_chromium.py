"""Where a click leads: once, to the right place, at its top, and to another tab for who asks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

SITE = "/?site_id=acme.example"


@pytest.fixture
def dashboard(page: Page, busy: str, errors: list[str]) -> Page:
    page.goto(busy + SITE)
    page.evaluate("window.isStillHere = true")
    return page


def scrolled(page: Page) -> int:
    return int(page.evaluate("scrollY"))


def test_a_row_of_the_realtime_page_leads_out_of_it(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    live_server.visit("/pricing")
    page.goto(f"{live_server.url}/realtime?site_id=example.com")
    page.locator("#now .rows a", has_text="/pricing").click()
    expect(page.locator("#panel-overview")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?site_id=example.com&period=today&filter=page==/pric"))
    expect(page.locator(".bar")).to_have_count(1)
    expect(page.locator("main")).to_have_count(1)
    page.go_back()
    expect(page.locator("#now")).to_be_visible()
    expect(page.locator(".bar")).to_have_count(1)


def test_a_bucket_is_asked_for_once_and_back_leads_back(dashboard: Page) -> None:
    asked: list[str] = []
    dashboard.on("request", lambda request: asked.append(request.url))
    length = dashboard.evaluate("history.length")
    dashboard.locator(".bucket .column").nth(10).click()
    expect(dashboard.locator(".when")).to_have_text("Fri 27 Feb 2026")
    assert len([url for url in asked if "site_id" in url]) == 1
    assert dashboard.evaluate("window.isStillHere === true")
    assert dashboard.evaluate("history.length") == length + 1
    dashboard.go_back()
    expect(dashboard.locator(".when")).to_have_text("17 Feb to 18 Mar 2026")


def test_a_click_with_a_key_held_opens_a_tab_everywhere(dashboard: Page) -> None:
    before = dashboard.url
    for key, target in (
        ("Control", "#period-7d"),
        ("Control", ".bucket .column"),
        ("Shift", "#panel-pages li a"),
        ("Control", "#tab-retention"),
    ):
        with dashboard.context.expect_page() as opened:
            dashboard.locator(target).first.click(modifiers=[key])  # type: ignore[list-item]
        opened.value.close()
    assert dashboard.url == before
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")
    # Only a Mac opens a tab for its key; elsewhere the browser does as it likes, without htmx.
    dashboard.locator("#period-7d").click(modifiers=["Meta"])
    expect(dashboard.locator("#period-7d")).to_have_attribute("aria-current", "true")
    assert not dashboard.evaluate("window.isStillHere === true")


def test_details_and_their_next_rows_begin_at_the_top(dashboard: Page) -> None:
    details = dashboard.get_by_role("link", name="Details: Pages")
    details.scroll_into_view_if_needed()
    assert scrolled(dashboard) > 0
    details.click()
    expect(dashboard.locator("#next-page")).to_be_visible()
    assert scrolled(dashboard) == 0
    dashboard.locator("#next-page").scroll_into_view_if_needed()
    assert scrolled(dashboard) > 0
    dashboard.locator("#next-page").click()
    expect(dashboard.get_by_text("Page 2 of 2")).to_be_visible()
    assert scrolled(dashboard) == 0


def test_another_look_at_the_same_page_stays_where_it_was(dashboard: Page) -> None:
    dashboard.locator("#tab-cities").scroll_into_view_if_needed()
    before = scrolled(dashboard)
    assert before > 0
    dashboard.locator("#tab-cities").click()
    expect(dashboard.locator("h2#tab-cities")).to_be_visible()
    assert scrolled(dashboard) == before


def test_that_the_server_is_down_is_seen_wherever_one_has_scrolled_to(
    dashboard: Page, errors: list[str]
) -> None:
    dashboard.route("**/*tab=cities*", lambda route: route.abort())
    dashboard.locator("#tab-cities").scroll_into_view_if_needed()
    dashboard.locator("#tab-cities").click()
    expect(dashboard.get_by_text("Mallard did not answer")).to_be_in_viewport(ratio=1)
    dashboard.evaluate("scrollTo(0, 0)")
    expect(dashboard.get_by_text("Mallard did not answer")).to_be_in_viewport(ratio=1)
    errors.clear()
