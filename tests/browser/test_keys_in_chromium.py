"""The keyboard: letters for what is one click away, arrows along the chart, and a help."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

SITE = "/?site_id=acme.example"
PERIODS = {
    "d": "Wed 18 Mar 2026",
    "e": "Tue 17 Mar 2026",
    "w": "12 to 18 Mar 2026",
    "q": "19 Dec 2025 to 18 Mar 2026",
    "m": "1 to 18 Mar 2026",
    "p": "1 to 28 Feb 2026",
    "y": "1 Jan to 18 Mar 2026",
    "l": "1 Apr 2025 to 18 Mar 2026",
    "t": "17 Feb to 18 Mar 2026",
    "ArrowLeft": "18 Jan to 16 Feb 2026",
    "ArrowRight": "17 Feb to 18 Mar 2026",
}


@pytest.fixture
def dashboard(page: Page, busy: str, errors: list[str]) -> Page:
    page.goto(busy + SITE)
    return page


def test_a_letter_chooses_a_period(dashboard: Page) -> None:
    for key, days in PERIODS.items():
        dashboard.keyboard.press(key)
        expect(dashboard.locator(".when")).to_have_text(days)


def test_a_letter_opens_a_menu(dashboard: Page) -> None:
    for key, menu in {"c": ".range-menu", "x": ".compare-menu", "s": ".sites-menu"}.items():
        dashboard.keyboard.press(key)
        expect(dashboard.locator(f"{menu} .sheet")).to_be_visible()
        expect(dashboard.locator(f"{menu} summary")).to_be_focused()
        dashboard.keyboard.press("Escape")
        expect(dashboard.locator(f"{menu} .sheet")).to_be_hidden()


def test_r_leads_to_the_present_and_backspace_back(dashboard: Page) -> None:
    dashboard.keyboard.press("r")
    expect(dashboard.locator("#now")).to_be_visible()
    dashboard.keyboard.press("Backspace")
    expect(dashboard.locator("#panel-overview")).to_be_visible()


def test_a_slash_goes_to_the_search_and_letters_are_then_letters(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="Details: Pages").click()
    expect(dashboard.locator("#search")).to_be_visible()
    dashboard.keyboard.press("/")
    expect(dashboard.locator("#search")).to_be_focused()
    expect(dashboard.locator("#search")).to_have_value("")
    dashboard.keyboard.type("d")
    expect(dashboard).to_have_url(re.compile("period=30d&search=d$"))


def test_a_key_held_with_control_is_the_browsers(dashboard: Page) -> None:
    dashboard.keyboard.press("Control+d")
    dashboard.keyboard.press("Alt+w")
    dashboard.keyboard.press("m")
    expect(dashboard.locator(".when")).to_have_text("1 to 18 Mar 2026")
    dashboard.go_back()
    expect(dashboard.locator(".when")).to_have_text("17 Feb to 18 Mar 2026")


@pytest.mark.parametrize("by", ["key", "button"])
def test_the_help_lists_the_keys(dashboard: Page, by: str) -> None:
    if by == "key":
        dashboard.keyboard.press("?")
    else:
        dashboard.get_by_role("button", name="Keyboard shortcuts").click()
    shown = dashboard.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shown.locator("dt", has_text="W").locator("~ dd")).to_have_text("7, 30, 90 days")
    dashboard.keyboard.press("w")
    expect(shown).to_be_visible()
    dashboard.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")


def test_the_arrow_keys_walk_along_the_chart(dashboard: Page) -> None:
    buckets = dashboard.locator(".bucket")
    expect(dashboard.locator(".bucket[tabindex='0']")).to_have_count(1)
    buckets.last.focus()
    dashboard.keyboard.press("ArrowLeft")
    expect(buckets.nth(28)).to_be_focused()
    expect(dashboard.locator(".bucket[tabindex='0']")).to_have_count(1)
    expect(buckets.nth(28).locator("> svg")).to_have_css("opacity", "1")
    expect(buckets.nth(28).locator(".tip")).to_contain_text("Tue 17 Mar 2026")
    dashboard.keyboard.press("Home")
    expect(buckets.first).to_be_focused()
    dashboard.keyboard.press("ArrowLeft")
    expect(buckets.first).to_be_focused()
    dashboard.keyboard.press("End")
    dashboard.keyboard.press("ArrowLeft")
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator(".when")).to_have_text("Tue 17 Mar 2026")


def test_the_mouse_shows_the_values_of_a_bucket(dashboard: Page) -> None:
    bucket = dashboard.locator(".bucket").nth(12)
    expect(bucket.locator("> svg")).to_have_css("opacity", "0")
    bucket.locator(".column").hover()
    expect(bucket.locator("> svg")).to_have_css("opacity", "1")
    expect(bucket.locator(".tip")).to_be_in_viewport()


def test_the_first_tab_stop_skips_to_the_figures(dashboard: Page) -> None:
    dashboard.keyboard.press("Tab")
    expect(dashboard.get_by_role("link", name="Skip to the figures")).to_be_focused()
    expect(dashboard.locator(".skip")).to_be_in_viewport()
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("#view")).to_be_focused()
