"""Annotating by a click on the chart: with JavaScript, without, by keys alone, and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import assert_accessible

CHOOSE = "Choose the moment in the chart"


@pytest.fixture(params=["with JavaScript", "without"])
def tab(request: pytest.FixtureRequest) -> Page:
    found: Page = request.getfixturevalue("plain" if request.param == "without" else "page")
    return found


@pytest.fixture
def chart(live_server: Any) -> str:
    """The address of a chart of seven days."""
    live_server.visit("/pricing")
    return f"{live_server.url}/?site_id=example.com&period=7d"


def choose(tab: Page, number: int) -> None:
    """Clicks on a bucket, as somebody does who sees the chart."""
    box = tab.locator(".plot").bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + box["width"] * number / 6, box["y"] + box["height"] / 2)


def test_a_click_on_the_chart_annotates_it(tab: Page, chart: str, errors: list[str]) -> None:
    tab.goto(chart)
    tab.get_by_role("link", name="Annotate").click()
    expect(tab.get_by_text(CHOOSE)).to_be_visible()
    choose(tab, 4)
    expect(tab.get_by_label("When")).to_have_value("2026-03-16T00:00")
    tab.get_by_label("When").fill("2026-03-16T14:05")
    tab.get_by_label("What happened").fill("Version 2.0")
    tab.get_by_role("button", name="Annotate").click()
    expect(tab).to_have_url(chart)
    expect(tab.locator(".annotations li")).to_have_text("16 Mar 2026, 14:05 Version 2.0")
    choose(tab, 4)
    expect(tab).to_have_url(re.compile("start_date=2026-03-16"))
    assert errors == []


def test_who_thinks_better_of_it_looks_closer_by_a_click_as_before(tab: Page, chart: str) -> None:
    tab.goto(chart)
    tab.get_by_role("link", name="Annotate").click()
    tab.get_by_role("link", name="Cancel").click()
    expect(tab.get_by_role("link", name="Annotate")).to_be_visible()
    choose(tab, 2)
    expect(tab).to_have_url(re.compile("start_date=2026-03-14"))


def test_keys_alone_will_do(page: Page, chart: str, errors: list[str]) -> None:
    page.goto(chart)
    page.keyboard.press("n")
    expect(page.get_by_text(CHOOSE)).to_be_visible()
    assert_accessible(page, ".chart")
    page.locator(".bucket[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_label("When")).to_have_value("2026-03-17T00:00")
    page.get_by_label("What happened").fill("A campaign")
    page.keyboard.press("Enter")
    expect(page.locator(".annotations li")).to_contain_text("A campaign")
    assert errors == []


def test_on_a_phone_it_fits_and_is_accessible(page: Page, chart: str, errors: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(chart)
    assert_accessible(page, ".chart")
    page.get_by_role("link", name="Annotate").click()
    expect(page.get_by_text(CHOOSE)).to_be_visible()
    choose(page, 5)
    expect(page.get_by_label("When")).to_have_value("2026-03-17T00:00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(page)
    assert errors == []
