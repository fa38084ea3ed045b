"""A site from nothing to its end: added, counted, excluded from, merged, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import assert_accessible
from tests.end_to_end.process import Server

PASSWORD = "correct horse"
WIDTHS = (1440, 390)


@pytest.fixture(params=["with JavaScript", "without"])
def tab(request: pytest.FixtureRequest) -> Page:
    found: Page = request.getfixturevalue("plain" if request.param == "without" else "context_tab")
    return found


@pytest.fixture
def context_tab(context: Any) -> Page:
    """A tab beside the one that visits the site."""
    found: Page = context.new_page()
    return found


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    found = Server(data_dir, admin_password=PASSWORD)
    yield found
    found.stop()


@pytest.fixture
def signed_in(tab: Page, server: Server) -> Page:
    sign_in(tab, server)
    return tab


def sign_in(tab: Page, server: Server) -> None:
    tab.goto(server.url)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()


def seen(tab: Page) -> Any:
    return tab.locator("#metric-visitors b")


def tagged(site: Any, server: Server, host: str) -> None:
    """Has the site carry the line that its own page has for it."""
    source = f"http://stats.test:{server.port}/mallard.js"
    site.add("/", f'<script defer src="{source}" data-domain="{host}"></script>')


def visit(page: Page, site: Any, server: Server, host: str) -> None:
    """A page is opened, and its event answered."""
    tagged(site, server, host)
    with page.expect_response(lambda answer: answer.url.endswith("/api/event")):
        page.goto(site.at(host) + "/")


def fits(tab: Page) -> bool:
    """Whether nothing is wider than the screen."""
    wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    return bool(wide <= 0)


def test_a_site_is_added_from_nothing_to_its_first_counted_visit(
    page: Page, site: Any, server: Server, signed_in: Page
) -> None:
    tab = signed_in
    tab.get_by_label("Domain of your site").fill("site.test")
    tab.get_by_role("button", name="Add site").click()
    expect(tab.locator(".snippet")).to_contain_text('data-domain="site.test"')
    expect(tab.locator(".checks")).to_contain_text("Nothing has been seen so far")
    page.route("**/api/event", lambda route: route.abort())
    tagged(site, server, "site.test")
    page.goto(site.at("site.test") + "/")
    tab.reload()
    expect(tab.locator(".checks .good")).to_contain_text("site.test loaded the script")
    page.unroute("**/api/event")
    visit(page, site, server, "site.test")
    tab.reload()
    expect(seen(tab)).to_have_text("1")
    expect(tab.locator(".waiting")).to_have_count(0)


def test_what_comes_is_seen_without_a_click(
    page: Page, site: Any, server: Server, context_tab: Page
) -> None:
    tab = context_tab
    sign_in(tab, server)
    tab.get_by_label("Domain of your site").fill("site.test")
    tab.get_by_role("button", name="Add site").click()
    expect(tab.locator(".checks")).to_contain_text("Nothing has been seen so far")
    tagged(site, server, "site.test")
    page.goto(site.at("localhost") + "/")
    expect(tab.locator(".checks")).to_contain_text("from localhost, which is not counted")
    visit(page, site, server, "site.test")
    expect(seen(tab)).to_have_text("1")


def test_a_site_is_excluded_from_merged_and_deleted(
    page: Page, site: Any, server: Server, signed_in: Page
) -> None:
    tab = signed_in
    for host in ("www.site.test", "site.test"):
        visit(page, site, server, host)
    tab.goto(f"{server.url}/settings/sites/site.test")
    exclude = tab.locator("#exclude")
    exclude.get_by_label("Paths").fill("/*")
    exclude.get_by_role("button", name="Save", exact=True).click()
    expect(exclude.get_by_role("status")).to_have_text("Saved.")
    visit(page, site, server, "site.test")
    tab.goto(f"{server.url}/?site_id=site.test&period=today")
    expect(tab.locator("#metric-pageviews b")).to_have_text("1")

    tab.goto(f"{server.url}/settings/sites/www.site.test")
    merge = tab.locator("#merge")
    merge.get_by_label("Other site").fill("site.test")
    merge.get_by_label("Type www.site.test").fill("www.site.test")
    merge.get_by_role("button", name="Merge www.site.test").click()
    expect(tab).to_have_url(f"{server.url}/settings/sites/site.test?saved=merge#merge")
    expect(tab.locator("#aliases textarea")).to_have_value("www.site.test")
    tab.goto(f"{server.url}/?site_id=www.site.test&period=today")
    expect(tab.locator("#metric-pageviews b")).to_have_text("2")

    tab.goto(f"{server.url}/settings/sites/site.test")
    delete = tab.locator("#delete")
    delete.get_by_label("Type site.test").fill("site.test")
    delete.get_by_role("button", name="Delete site.test").click()
    expect(tab).to_have_url(f"{server.url}/settings#sites")
    tab.goto(server.url)
    expect(tab.locator(".waiting")).to_contain_text("Count your first visit")


@pytest.mark.parametrize("width", WIDTHS)
def test_its_pages_fit_and_are_accessible(
    page: Page, site: Any, server: Server, context_tab: Page, width: int
) -> None:
    tab = context_tab
    tab.set_viewport_size({"width": width, "height": 900})
    sign_in(tab, server)
    expect(tab.get_by_label("Domain of your site")).to_be_visible()
    assert_accessible(tab)
    visit(page, site, server, "other.test")
    for path in (
        "/?site_id=site.test",
        "/settings/sites/other.test",
        "/ignore-me?site_id=other.test",
    ):
        tab.goto(server.url + path)
        assert fits(tab), path
        assert_accessible(tab)
    merge = tab.goto(f"{server.url}/settings/sites/other.test")
    assert merge and merge.ok
    tab.locator("#rename").get_by_label("New domain").fill("a b")
    tab.locator("#rename").get_by_role("button", name="Rename").click()
    expect(tab.locator("#rename").get_by_role("alert")).to_be_visible()
    assert_accessible(tab)
