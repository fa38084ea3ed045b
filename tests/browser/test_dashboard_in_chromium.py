"""The site page in a real browser: every click is quick, linkable, and can be taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.patient import context_of

SITE = "/?site_id=example.com&period=7d"


@pytest.fixture
def dashboard(page: Page, live_server: Any, errors: list[str]) -> Page:
    """A site's page with a few visits on it, marked so that a reload would show."""
    live_server.visit("/pricing", times=2)
    live_server.visit("/about")
    page.goto(live_server.url + SITE)
    page.evaluate("window.isStillHere = true")
    return page


def was_never_reloaded(page: Page) -> bool:
    return page.evaluate("window.isStillHere === true") is True


def test_a_period_link_changes_the_figures_without_a_reload(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="30 days").click()
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")
    expect(dashboard).to_have_url(re.compile("period=30d"))
    expect(dashboard.locator("#period-30d")).to_be_focused()
    assert was_never_reloaded(dashboard)


def test_what_is_followed_the_moment_it_appears_does_not_reload(dashboard: Page) -> None:
    dashboard.evaluate(
        """() => {
            const follow = (_, observer) => {
                observer.disconnect();
                document.getElementById("period-today").click();
            };
            const view = document.getElementById("view");
            new MutationObserver(follow).observe(view, {childList: true});
        }"""
    )
    dashboard.locator("#period-30d").click()
    expect(dashboard).to_have_url(re.compile("period=today"))
    expect(dashboard.locator("#period-today")).to_have_attribute("aria-current", "true")
    assert was_never_reloaded(dashboard)


def test_a_click_on_a_row_filters_and_the_chip_lifts_it(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="/pricing").click()
    expect(dashboard.locator(".chip")).to_contain_text("Page is /pricing")
    expect(dashboard.locator("#panel-pages li")).to_have_count(1)
    dashboard.get_by_role("link", name="Remove: Page is /pricing").click()
    expect(dashboard.locator(".chip")).to_have_count(0)
    expect(dashboard.locator("#panel-pages li")).to_have_count(2)
    assert was_never_reloaded(dashboard)


def test_several_filters_are_lifted_at_once(page: Page, busy: str, errors: list[str]) -> None:
    page.goto(f"{busy}/?site_id=acme.example&filter=country==US&filter=page==/pricing")
    expect(page.locator(".chip").first).to_have_text(re.compile("Country is United States"))
    page.get_by_role("link", name="Remove all").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page).to_have_url(re.compile("site_id=acme.example&period=30d$"))


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


def test_a_copied_link_shows_the_same_in_another_browser(
    page: Page, browser: Browser, busy: str, errors: list[str]
) -> None:
    page.goto(f"{busy}/?site_id=acme.example")
    page.locator("#compare").click()
    for target, said in (
        ("#compare-previous", "compare=previous"),
        ("#metric-sessions", "metric=sessions"),
        ("#tab-cities", "tab=cities"),
        ("#tab-sources", "tab=sources"),
        ("#panel-sources li:nth-child(2) a", "filter=source==Google"),
    ):
        page.locator(target).click()
        expect(page).to_have_url(re.compile(said))
    expect(page.locator(".chip")).to_be_visible()
    with context_of(browser) as another:
        copy = another.new_page()
        copy.goto(page.url)
        for part in (".chips", "#panel-overview", "#panel-sources", "#panel-countries"):
            assert copy.locator(part).inner_text() == page.locator(part).inner_text()


def test_a_slow_answer_never_overwrites_a_newer_one(dashboard: Page, errors: list[str]) -> None:
    held: list[Any] = []
    dashboard.route("**/*period=90d*", lambda route: held.append(route))
    with dashboard.expect_request("**/*period=90d*"):
        dashboard.locator("#period-90d").click()
    with (
        dashboard.expect_console_message(lambda line: line.text == "htmx:afterRequest"),
        dashboard.expect_console_message(lambda line: line.text == "htmx:sendAbort"),
    ):
        dashboard.locator("#period-30d").click()
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")
    assert len(held) == 1
    held[0].continue_()
    dashboard.get_by_role("link", name="/about").click()
    expect(dashboard).to_have_url(re.compile("period=30d&filter=page==/about"))
    assert set(errors) == {"htmx:afterRequest", "htmx:sendAbort"}, "the request was given up"
    errors.clear()


def test_a_silent_server_is_said_and_forgotten_with_the_next_answer(
    dashboard: Page, errors: list[str]
) -> None:
    dashboard.route("**/*period=90d*", lambda route: route.abort())
    dashboard.locator("#period-90d").click()
    expect(dashboard.get_by_text("Mallard did not answer")).to_be_visible()
    dashboard.locator("#period-30d").click()
    expect(dashboard.get_by_text("Mallard did not answer")).to_be_hidden()
    errors.clear()


@pytest.mark.parametrize("close", ["Escape", "a click elsewhere"])
def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(dashboard: Page, close: str) -> None:
    dashboard.locator("#period-range").click()
    field = dashboard.locator(".range-menu").get_by_label("From")
    expect(field).to_be_visible()
    if close == "Escape":
        dashboard.keyboard.press("Escape")
        expect(dashboard.locator("#period-range")).to_be_focused()
    else:
        dashboard.locator(".legend").click()
    expect(field).to_be_hidden()


def test_the_waiting_page_turns_into_figures(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    page.clock.install()
    page.goto(live_server.url + SITE)
    expect(page.get_by_text("Waiting for the first pageview")).to_be_visible()
    live_server.visit("/")
    page.clock.fast_forward(4_000)
    expect(page.locator("#panel-pages")).to_be_visible()
    expect(page.get_by_text("Waiting for the first pageview")).to_have_count(0)


def test_sites_are_searched_sorted_and_switched(page: Page, busy: str, errors: list[str]) -> None:
    page.goto(busy)
    expect(page.locator(".site h2")).to_have_count(2)
    page.locator("#order-value").click()
    expect(page.locator("#order-value")).to_have_attribute("aria-current", "true")
    page.locator("#search").press_sequentially("ACME")
    expect(page.locator(".site h2")).to_have_text(["acme.example"])
    expect(page.locator("#search")).to_be_focused()
    page.locator(".site").click()
    expect(page.locator("#panel-overview")).to_be_visible()
    page.locator(".sites-menu summary").click()
    page.locator(".sites-menu .sheet a:not([aria-current])").first.click()
    expect(page.locator(".sites-menu summary")).not_to_have_text("acme.example")
    expect(page.locator("#panel-overview")).to_be_visible()
