"""The behaviour card in a real browser: it changes alone, and the page's links follow it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.patient import context_of
from tests.conftest import NOON

SITE = "/?site_id=example.com&period=7d"


@pytest.fixture
def monthly_ids(settings: dict[str, Any]) -> None:
    settings["visitor_id_rotation"] = "monthly"


@pytest.fixture
def shop(monthly_ids: None, live_server: Any) -> str:
    """The address of a server: of three who saw the prices two saw the docs, and one signed up.

    One of them was there a week ago.
    """
    live_server.visit("/pricing", visitor=3, at=NOON - timedelta(days=7))
    for visitor in (1, 2, 3):
        live_server.visit("/pricing", visitor=visitor, at=NOON)
    for visitor in (1, 2):
        live_server.visit("/docs", visitor=visitor)
    live_server.visit("/docs", visitor=1, event="signup")
    url: str = live_server.url
    return url


@pytest.fixture
def dashboard(page: Page, shop: str, errors: list[str]) -> Page:
    """The site's page, marked so that a reload would show."""
    page.goto(shop + SITE)
    page.evaluate("window.isStillHere = true")
    return page


def was_never_reloaded(page: Page) -> bool:
    return page.evaluate("window.isStillHere === true") is True


def test_a_tab_opens_alone_and_the_page_follows_it(dashboard: Page) -> None:
    asked: list[str] = []
    dashboard.on("request", lambda request: asked.append(request.url))
    dashboard.locator("#tab-retention").click()
    expect(dashboard.locator("h2#tab-retention")).to_be_focused()
    expect(dashboard).to_have_url(re.compile("period=7d&tab=retention$"))
    (panel,) = (url for url in asked if "/static/" not in url)
    assert "/panels/retention?" in panel
    dashboard.locator("#tab-hostnames").click()
    expect(dashboard.locator("h2#tab-hostnames")).to_be_visible()
    dashboard.locator("#period-30d").click()
    expect(dashboard).to_have_url(re.compile("period=30d&tab=hostnames&tab=retention$"))
    expect(dashboard.locator("h2#tab-retention")).to_be_visible()
    assert was_never_reloaded(dashboard)


def test_a_funnel_is_built_step_by_step(dashboard: Page) -> None:
    dashboard.locator("#tab-funnel").click()
    fields = dashboard.locator(".steps input")
    expect(fields).to_have_count(3)
    for number, step in enumerate(("/pricing", "page:/docs", "event:signup")):
        fields.nth(number).fill(step)
    expect(fields).to_have_count(4)
    expect(fields.last).to_have_value("")
    expect(fields.last).to_have_id("funnel-4")
    dashboard.get_by_label("Within").fill("2")
    dashboard.get_by_label("Unit of time").select_option("hour")
    dashboard.locator("#funnel-show").click()
    expect(dashboard.locator(".funnel li")).to_have_count(3)
    expect(dashboard.locator(".funnel .step").last).to_have_text(re.compile(r"signup\s+1\s+33.3%"))
    expect(dashboard).to_have_url(
        re.compile("funnel=page:/pricing&funnel=page:/docs&funnel=event:signup&window=2[+]hour$")
    )
    assert was_never_reloaded(dashboard)


def test_where_they_went_instead_and_from_there_and_back(dashboard: Page, shop: str) -> None:
    dashboard.goto(f"{shop}{SITE}&tab=funnel&funnel=/pricing&funnel=event:signup")
    dashboard.get_by_role("link", name="Where did they go instead?").click()
    expect(dashboard.locator("#flow-page")).to_have_value("/pricing")
    dashboard.locator("#flow-1").click()
    expect(dashboard.locator("#flow-page")).to_have_value("/docs")
    expect(dashboard.get_by_text("Nobody went on")).to_be_visible()
    dashboard.go_back()
    expect(dashboard.locator("#flow-1")).to_contain_text("/docs")
    dashboard.go_back()
    expect(dashboard.locator(".funnel li")).to_have_count(2)


def test_a_tree_of_ways_is_asked_for_and_followed(dashboard: Page) -> None:
    dashboard.locator("#tab-flow").click()
    dashboard.locator("#direction").select_option("backward")
    dashboard.locator("#flow-page").fill("/docs")
    dashboard.locator("#depth").select_option("3")
    dashboard.locator("#flow-show").click()
    expect(dashboard.locator(".tree .root")).to_contain_text("/docs")
    expect(dashboard).to_have_url(re.compile("flow=/docs&direction=backward&depth=3$"))
    dashboard.locator("#flow-1").click()
    expect(dashboard.locator(".tree .root")).to_contain_text("/pricing")
    dashboard.locator(".tree a.outside").click()
    expect(dashboard.locator(".chip")).to_contain_text("Entry page is /pricing")
    assert was_never_reloaded(dashboard)


def test_what_was_asked_stays_when_the_page_changes_around_it(dashboard: Page) -> None:
    dashboard.locator("#tab-flow").click()
    dashboard.locator("#flow-page").fill("/pricing")
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("#flow-1")).to_contain_text("/docs")
    dashboard.locator("#panel-pages").get_by_role("link", name="/docs").click()
    expect(dashboard.locator(".chip")).to_contain_text("Page is /docs")
    expect(dashboard.get_by_text("Next page of 2 visitors")).to_be_visible()
    dashboard.locator("#tab-sessions").click()
    expect(dashboard.locator("h2#tab-sessions")).to_be_visible()
    dashboard.locator("#period-range").click()
    dashboard.locator(".range-menu").get_by_role("button", name="Show").click()
    expect(dashboard).to_have_url(
        re.compile("start_date=.*&filter=page==/docs&tab=sessions&flow=/pricing$")
    )
    assert was_never_reloaded(dashboard)


def test_a_mistake_is_explained_beside_what_was_typed(dashboard: Page, errors: list[str]) -> None:
    dashboard.locator("#tab-sequences").click()
    dashboard.locator("#sequence-1").fill("signup")
    dashboard.locator("#sequences-show").click()
    expect(dashboard.get_by_role("alert")).to_contain_text("'signup' is neither")
    expect(dashboard.locator("#sequence-1")).to_have_value("signup")
    assert was_never_reloaded(dashboard)
    assert all("400" in error for error in errors), errors
    errors.clear()
    dashboard.reload()
    expect(dashboard.get_by_role("alert")).to_be_visible()
    expect(dashboard.locator("#panel-overview")).to_be_visible()


def test_every_tab_works_without_javascript(page: Page, shop: str) -> None:
    browser = page.context.browser
    assert browser is not None
    with context_of(browser, java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(shop + SITE)
        plain.locator("#tab-funnel").click()
        plain.locator("#funnel-1").fill("/pricing")
        plain.locator("#funnel-2").fill("event:signup")
        plain.locator("#funnel-show").click()
        expect(plain.locator(".funnel li")).to_have_count(2)
        assert "funnel=&" not in plain.url
        plain.get_by_role("link", name="Where did they go instead?").click()
        expect(plain.locator("#flow-1")).to_contain_text("/docs")
        plain.locator("#tab-retention").click()
        plain.get_by_label("Weeks").fill("3")
        plain.locator("#retention-show").click()
        expect(plain.locator(".cohorts thead th")).to_have_count(2 + 3)
        plain.locator("#tab-sequences").click()
        plain.locator("#sequence-1").fill("/pricing")
        plain.locator("#sequence-2").fill("/docs")
        plain.locator("#sequences-show").click()
        expect(plain.get_by_text("66.7%")).to_be_visible()
        expect(plain).to_have_url(
            re.compile("funnel=.*sequence=.*weeks=3&flow=/pricing&stopped=1$")
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_the_grid_and_never_the_page(
    page: Page, shop: str, errors: list[str], scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    long = "/a-path-" + "without-an-end-" * 20
    for tab, asked in (
        ("sessions", ""),
        ("retention", "weeks=52"),
        ("funnel", f"funnel={long}&funnel=event:signup"),
        ("sequences", f"sequence={long}&sequence=event:signup"),
        ("flow", f"flow={long}"),
        ("funnel", f"funnel={long[1:]}"),
    ):
        page.goto(f"{shop}{SITE}&tab={tab}&{asked}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab
    page.goto(f"{shop}{SITE}&tab=retention&weeks=52")
    grid = page.get_by_role("region", name="Retention by week")
    grid.focus()
    page.keyboard.press("End")
    assert grid.evaluate("grid => grid.scrollWidth > grid.clientWidth && grid.tabIndex === 0")
