"""Filters are built, and segments, views and funnels saved, edited and deleted, in a browser.

With JavaScript and without, all of it is links and forms.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import assert_accessible

SITE = "example.com"


@pytest.fixture(params=["with JavaScript", "without"])
def tab(request: pytest.FixtureRequest, live_server: Any) -> Page:
    """A site's page: three visitors, two of the blog, one of whom signed up."""
    live_server.visit("/", visitor=1)
    live_server.visit("/blog/a", visitor=2)
    live_server.visit("/blog/b", visitor=3)
    live_server.visit("/join", visitor=3, event="signup")
    found: Page = request.getfixturevalue("plain" if request.param == "without" else "page")
    found.goto(f"{live_server.url}/?site_id={SITE}&period=today")
    return found


def visitors(tab: Page, count: int) -> None:
    expect(tab.locator("#metric-visitors b")).to_have_text(str(count))


def menu(tab: Page, name: str) -> None:
    tab.locator(".segment-menu > summary").click()
    tab.locator(".segment-menu").get_by_role("link", name=name, exact=True).click()


def test_a_filter_is_built_edited_and_lifted(tab: Page) -> None:
    tab.get_by_role("link", name="+ Filter").click()
    tab.locator("#by-page").click()
    tab.locator("select[name=operator]").select_option("matches")
    tab.get_by_label("Value 1").fill("/blog/*")
    tab.get_by_label("Value 2").fill("/join")
    tab.locator("#filter-set").click()
    visitors(tab, 2)
    expect(tab.locator(".chip")).to_contain_text("Page matches /blog/* or /join")
    tab.locator(".chip a.clip").click()
    expect(tab.get_by_label("Value 2")).to_have_value("/join")
    tab.locator("select[name=operator]").select_option("does not match")
    tab.locator("#filter-set").click()
    visitors(tab, 1)
    tab.locator(".chip").get_by_label("Remove").click()
    visitors(tab, 3)


def test_who_did_not_do_something_is_left(tab: Page) -> None:
    tab.get_by_role("link", name="+ Filter").click()
    tab.locator("#by-did").click()
    tab.locator("select[name=operator]").select_option("did not do")
    tab.get_by_label("Value 1").fill("signup")
    tab.locator("#filter-set").click()
    visitors(tab, 2)
    expect(tab.locator(".chip")).to_contain_text("Visitor did not do the event signup")


def test_a_search_becomes_a_filter_by_one_click(tab: Page) -> None:
    tab.get_by_role("link", name="Details: Pages").click()
    tab.get_by_label("Search").fill("blog")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("search=blog"))
    tab.locator("#search-as-filter").click()
    expect(tab.locator(".chip")).to_contain_text("Page contains blog")


def test_a_segment_is_saved_reopened_edited_and_deleted(tab: Page) -> None:
    tab.locator("#panel-pages").get_by_role("link", name="/blog/a").click()
    expect(tab.locator(".chip")).to_contain_text("Page is /blog/a")
    menu(tab, "Save the filters as a segment")
    tab.get_by_label("Name").fill("Readers")
    tab.locator("#save").click()
    visitors(tab, 1)
    expect(tab.locator("#segment")).to_have_text("Readers")
    menu(tab, "Everyone")
    visitors(tab, 3)
    menu(tab, "Edit Readers")
    tab.get_by_label("Name").fill("Reads the blog")
    tab.get_by_label("Filters").fill("page~*/blog/*")
    tab.locator("#save").click()
    visitors(tab, 2)
    menu(tab, "Edit Reads the blog")
    tab.locator("#remove").click()
    visitors(tab, 3)
    expect(tab.locator("#saved")).to_have_text("Saved")


def test_a_view_is_saved_reopened_renamed_and_deleted(tab: Page) -> None:
    tab.locator("#tab-exit_pages").click()
    expect(tab.locator("h2#tab-exit_pages")).to_be_visible()
    menu(tab, "Save this view")
    tab.get_by_label("Name").fill("Leaving")
    tab.locator("#save").click()
    expect(tab.locator("h2#tab-exit_pages")).to_be_visible()
    tab.locator("#tab-pages").click()
    expect(tab.locator("h2#tab-pages")).to_be_visible()
    menu(tab, "Leaving")
    expect(tab.locator("h2#tab-exit_pages")).to_be_visible()
    menu(tab, "Edit Leaving")
    tab.get_by_label("Name").fill("Ways out")
    tab.locator("#save").click()
    menu(tab, "Edit Ways out")
    tab.locator("#remove").click()
    tab.locator(".segment-menu > summary").click()
    expect(tab.get_by_role("navigation", name="Views")).to_have_count(0)


def test_a_funnel_is_built_saved_reopened_edited_and_deleted(tab: Page) -> None:
    tab.locator("#tab-funnel").click()
    tab.get_by_label("Step 1").fill("event:signup")
    tab.get_by_label("Step 2").fill("page:/blog/*")
    tab.locator("#funnel-show").click()
    expect(tab.locator(".funnel .count")).to_have_text(["1", "0"])
    tab.locator("#save-funnel").click()
    tab.get_by_label("Name").fill("Join")
    tab.get_by_label("Move step 2 up").click()
    expect(tab.get_by_label("Step 1", exact=True)).to_have_value("page:/blog/*")
    tab.locator("#save").click()
    expect(tab.locator(".funnel .count")).to_have_text(["2", "1"])
    tab.locator("#tab-events").click()
    expect(tab.locator("h2#tab-events")).to_be_visible()
    menu(tab, "Join")
    expect(tab.locator(".funnel .count")).to_have_text(["2", "1"])
    menu(tab, "Edit Join")
    tab.get_by_label("Remove step 1").click()
    expect(tab.get_by_label("Step 1", exact=True)).to_have_value("event:signup")
    tab.get_by_label("Name").fill("Joining")
    tab.get_by_label("Name").press("Enter")
    expect(tab.locator(".funnel .count")).to_have_text(["1"])
    menu(tab, "Edit Joining")
    tab.locator("#remove").click()
    tab.locator(".segment-menu > summary").click()
    expect(tab.get_by_role("navigation", name="Funnels")).to_have_count(0)


def test_a_goal_is_made_by_one_click_and_its_rate_read_per_source(
    tab: Page, live_server: Any
) -> None:
    live_server.visit("/?utm_source=news", visitor=4)
    live_server.visit("/join", visitor=4, event="signup")
    tab.goto(f"{live_server.url}/?site_id={SITE}&period=today&tab=utm_source")
    tab.locator("#panel-events").get_by_role("link", name="signup").click()
    tab.get_by_role("button", name="Save as a goal").click()
    expect(tab.locator(".chip")).to_contain_text("Goal signup")
    expect(tab.locator("#panel-sources li")).to_have_text(["Unknown 3 1 33.3%", "news 1 1 100%"])


@pytest.mark.parametrize("width", [390, 1440])
def test_the_menu_of_what_is_saved_fits_and_is_accessible(
    page: Page, busy: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{busy}/?site_id=garden.example&filter=page==/&funnel=page:/&tab=funnel")
    page.locator(".segment-menu > summary").click()
    assert_accessible(page, ".segment-menu")
    box = page.locator(".segment-menu .sheet").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
