"""Properties in a browser: from the tab to the values, to a filter, and to the list of them all."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.patient import context_of
from tests.browser.test_accessibility import assert_accessible

SITE = "/?site_id=acme.example"


@pytest.mark.parametrize("width", [1440, 390])
def test_a_value_is_found_filtered_by_and_listed(page: Page, busy: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(busy + SITE)
    page.locator("#tab-properties").click()
    expect(page).to_have_url(re.compile("tab=properties"))
    keys = page.locator(".keys a")
    expect(keys.first).to_have_attribute("aria-current", "true")
    keys.nth(1).click()
    expect(keys.nth(1)).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile("property="))
    card = page.locator("#panel-events")
    name = keys.nth(1).locator(".clip").inner_text()
    expect(card.locator("thead th").first).to_have_text(name)
    assert_accessible(page, "#panel-events")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    value = card.locator("tbody a").nth(1).inner_text()
    card.locator("tbody a").nth(1).click()
    expect(page.locator(".chips .clip")).to_have_text(f"{name} is {value}")
    card.get_by_role("link", name=f"Details: {name}").click()
    expect(page.locator(".details h1")).to_contain_text(name)
    expect(page.locator(".details tbody .clip").first).to_have_text(value)
    page.locator("#order-events").click()
    expect(page.locator("th[aria-sort]")).to_have_text("Events")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.keyboard.press("Backspace")
    expect(card.locator("thead th").first).to_have_text(name)


def test_all_of_it_works_without_javascript(browser: Browser, busy: str) -> None:
    with context_of(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(busy + SITE)
        page.locator("#tab-properties").click()
        page.locator("#property-2").click()
        name = page.locator(".keys [aria-current] .clip").inner_text()
        page.locator("#panel-events tbody a").nth(1).click()
        expect(page.locator(".chips .clip")).to_contain_text(f"{name} is")
        page.locator("#panel-events .more").click()
        page.locator("#order-events").click()
        expect(page.locator("th[aria-sort]")).to_have_text("Events")
        page.goto(f"{busy}/details/sources?site_id=acme.example")
        page.locator("#order-bounce_rate").click()
        expect(page.locator("th[aria-sort]")).to_have_text("Bounce rate")


@pytest.mark.parametrize("width", [1440, 390])
def test_values_of_a_property_are_suggested_as_soon_as_it_is_named(
    page: Page, busy: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{busy}/filter?site_id=acme.example&by=prop:")
    key = page.locator("#property-keys option").first.get_attribute("value") or ""
    expect(page.locator("#value-suggestions option")).to_have_count(0)
    page.locator("[name=key]").fill(key)
    values = page.locator("#value-suggestions option")
    expect(values.first).to_have_attribute("value", re.compile("."))
    value = values.last.get_attribute("value") or ""
    page.locator("[name=value]").first.fill(value[:3])
    expect(values.first).to_have_attribute("value", re.compile(re.escape(value[:3])))
    page.locator("[name=value]").first.fill(value)
    assert_accessible(page)
    page.locator("#filter-set").click()
    expect(page.locator(".chips .clip")).to_contain_text(f"is {value}")


def test_they_are_suggested_without_javascript_too(browser: Browser, busy: str) -> None:
    with context_of(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{busy}/filter?site_id=acme.example&by=prop:")
        key = page.locator("#property-keys option").last.get_attribute("value") or ""
        page.locator("[name=key]").fill(key)
        page.get_by_role("button", name="Show its values").click()
        expect(page.locator("[name=key]")).to_have_value(key)
        value = page.locator("#value-suggestions option").last.get_attribute("value") or ""
        page.locator("[name=value]").first.fill(value)
        page.locator("#filter-set").click()
        expect(page.locator(".chips .clip")).to_contain_text(f"is {value}")
