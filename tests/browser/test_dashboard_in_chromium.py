"""The dashboard in a real browser: quick with JavaScript, complete without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

SITE = "/?site_id=example.com&period=7d"


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """What the browser complained about; nothing, when the test ends."""
    found: list[str] = []
    page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


@pytest.fixture
def dashboard(page: Page, live_server: Any, errors: list[str]) -> Page:
    """A site's page with a few visits on it."""
    live_server.visit("/pricing", times=2)
    live_server.visit("/about")
    page.goto(live_server.url + SITE)
    return page


def mark(page: Page) -> None:
    """Leaves a mark that a reload of the page would wipe away."""
    page.evaluate("window.isStillHere = true")


def is_marked(page: Page) -> bool:
    return page.evaluate("window.isStillHere === true") is True


def test_a_period_link_changes_the_figures_without_a_reload(dashboard: Page) -> None:
    mark(dashboard)
    dashboard.get_by_role("link", name="30 days").click()
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")
    expect(dashboard).to_have_url(re.compile("period=30d"))
    expect(dashboard.locator("#period-30d")).to_be_focused()
    assert is_marked(dashboard)


def test_a_click_on_a_row_filters_and_the_chip_lifts_it(dashboard: Page) -> None:
    mark(dashboard)
    dashboard.get_by_role("link", name="/pricing").click()
    expect(dashboard.locator(".chip")).to_contain_text("Page is /pricing")
    expect(dashboard.locator("#panel-pages li")).to_have_count(1)
    dashboard.get_by_role("link", name="Remove: Page is /pricing").click()
    expect(dashboard.locator(".chip")).to_have_count(0)
    expect(dashboard.locator("#panel-pages li")).to_have_count(2)
    assert is_marked(dashboard)


def test_the_back_button_goes_back_a_view(dashboard: Page) -> None:
    dashboard.locator("#period-30d").click()
    expect(dashboard).to_have_url(re.compile("period=30d"))
    dashboard.locator("#tab-hostnames").click()
    expect(dashboard.locator("h2#tab-hostnames")).to_be_visible()
    dashboard.go_back()
    expect(dashboard.locator("h2#tab-pages")).to_be_visible()
    dashboard.go_back()
    expect(dashboard.locator("#period-7d")).to_have_attribute("aria-current", "true")
    expect(dashboard).to_have_url(re.compile("period=7d"))
    expect(dashboard.locator(".bar")).to_have_count(1)


def test_a_slow_answer_never_overwrites_a_newer_one(dashboard: Page, errors: list[str]) -> None:
    held: list[Any] = []
    dashboard.route("**/*period=90d*", lambda route: held.append(route))
    dashboard.locator("#period-90d").click()
    dashboard.locator("#period-30d").click()
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")
    assert len(held) == 1
    held[0].continue_()
    dashboard.get_by_role("link", name="/about").click()
    expect(dashboard).to_have_url(re.compile("period=30d&filter=page==/about"))
    assert set(errors) == {"htmx:afterRequest", "htmx:sendAbort"}, "the request was given up"
    errors.clear()


def test_dates_are_chosen_in_the_form(dashboard: Page) -> None:
    mark(dashboard)
    dashboard.locator("#period-range").click()
    dashboard.get_by_label("From", exact=True).fill("2026-01-01")
    dashboard.get_by_label("To", exact=True).fill("2026-01-31")
    dashboard.get_by_role("button", name="Show").click()
    expect(dashboard).to_have_url(re.compile("start_date=2026-01-01&end_date=2026-02-01"))
    expect(dashboard.locator(".when")).to_have_text("1 Jan to 31 Jan 2026")
    assert is_marked(dashboard)


def test_escape_closes_a_menu(dashboard: Page) -> None:
    dashboard.locator("#period-range").click()
    expect(dashboard.get_by_label("From", exact=True)).to_be_visible()
    dashboard.keyboard.press("Escape")
    expect(dashboard.get_by_label("From", exact=True)).to_be_hidden()


def test_everything_works_without_javascript(page: Page, live_server: Any) -> None:
    live_server.visit("/pricing")
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(live_server.url + "/")
        plain.get_by_role("link", name="example.com").click()
        plain.get_by_role("link", name="7 days").click()
        plain.get_by_role("link", name="/pricing").click()
        expect(plain.locator(".chip")).to_contain_text("Page is /pricing")
        plain.locator("#period-range").click()
        plain.get_by_role("button", name="Show").click()
        expect(plain).to_have_url(re.compile("start_date=.*&filter=page==/pricing"))


def test_the_waiting_page_turns_into_figures(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    page.goto(live_server.url + SITE)
    expect(page.get_by_text("Waiting for the first pageview")).to_be_visible()
    live_server.visit("/")
    expect(page.locator("#panel-chart")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("path", ["/", SITE, "/?site_id=new.example"])
def test_nothing_scrolls_sideways_on_a_phone(
    page: Page, live_server: Any, errors: list[str], path: str
) -> None:
    live_server.visit("/a-path-" + "without-an-end-" * 20)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
