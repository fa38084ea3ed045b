"""A browser that is set to German shows German pages, in which nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import PAGES
from tests.browser.test_accessibility import violations
from tests.browser.test_long_text_in_chromium import STICKING_OUT
from tests.waiting import PATIENCE_SECS

LOOKED_AT = (
    *("site compared", "goal chosen", "retention", "heatmap", "details", "filter by page"),
    *("realtime", "live", "all sites", "settings", "settings of a site", "people", "own account"),
)


@pytest.fixture(scope="module")
def german(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="de-DE") as context:
        context.set_default_timeout(PATIENCE_SECS * 1000)
        yield context.new_page()


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_german_page_keeps_its_layout_and_is_accessible(
    german: Page, busy: str, name: str
) -> None:
    german.set_viewport_size({"width": 390, "height": 844})
    german.goto(busy + PAGES[name])
    assert german.evaluate("document.documentElement.lang") == "de"
    german.emulate_media(reduced_motion="reduce")
    assert violations(german, None, {}) == []
    for width in (390, 1440):
        german.set_viewport_size({"width": width, "height": 844})
        assert german.evaluate(STICKING_OUT) == [], width
        assert german.evaluate("document.documentElement.scrollWidth") <= width


def test_what_the_page_says_by_itself_is_german_too(german: Page, busy: str) -> None:
    german.context.grant_permissions(["clipboard-read", "clipboard-write"])
    german.goto(busy + PAGES["waiting"])
    german.get_by_role("button", name="Kopieren").first.click()
    expect(german.get_by_role("button", name="Kopiert")).to_be_visible()
    german.goto(busy + PAGES["funnel"])
    steps = german.locator(".steps")
    steps.get_by_placeholder("Noch ein Schritt").last.fill("event:signup")
    expect(steps.get_by_label("Schritt 5")).to_be_visible()
