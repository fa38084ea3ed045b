"""What holds for every page: it fits a phone, and the browser has nothing to complain about."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mallard.wsgi import application
from tests.browser.pages import MISTAKES, PAGES
from tests.conftest import served

WIDTHS = (390, 768, 1024, 1440)
PASSWORD = "correct horse"
FOREIGN_IMAGE = """document.body.append(Object.assign(document.createElement("img"),
  {src: "http://elsewhere.test/pixel.gif"}))"""


def assert_no_sideways_scrolling(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_and_is_clean(page: Page, busy: str, errors: list[str], name: str) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(busy + PAGES[name])
    expect(page.locator("main")).to_be_visible()
    assert_no_sideways_scrolling(page)
    assert page.title().endswith(" · Mallard")
    assert hosts == {busy.rpartition("/")[2]}
    if name in MISTAKES:
        assert len(errors) == 1 and re.search("400|404", errors.pop())


@pytest.mark.parametrize("path", ["/", "/?site_id={site}", "/realtime?site_id={site}"])
def test_what_visitors_send_however_long_fits_a_phone(
    page: Page, live_server: Any, errors: list[str], path: str
) -> None:
    site = "a-very-long-name-of-a-site." * 4 + "example.com"
    live_server.visit("/a-path-" + "without-an-end-" * 20, site=site)
    page.goto(live_server.url + path.format(site=site))
    assert_no_sideways_scrolling(page)


def test_how_pages_were_looked_at_fits_a_phone(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    path = "/a-path-" + "without-an-end-" * 20
    live_server.visit(path)
    live_server.visit(path, event="engagement", p={"e": 3_600_000, "sd": 100})
    page.goto(f"{live_server.url}/?site_id=example.com&period=today&tab=engagement")
    assert_no_sideways_scrolling(page)
    page.set_viewport_size({"width": 390, "height": 844})
    row = page.locator("#panel-pages .rows a")
    assert row.locator("span").all_inner_texts()[1:] == ["1", "1h 00m", "100%"]
    widths = row.locator("span").evaluate_all("all => all.map(one => one.clientWidth)")
    assert widths[0] > 80, "of the path there is something to read"


def test_the_way_in_and_the_settings_of_a_closed_house_fit_too(
    page: Page, start: Any, errors: list[str]
) -> None:
    with served(application(start(admin_password=PASSWORD))) as url:
        page.goto(f"{url}/settings")
        expect(page.get_by_label("Password")).to_be_focused()
        assert_no_sideways_scrolling(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Name").fill("n" * 128)
        page.get_by_role("button", name="Create key").click()
        expect(page.locator(".done code")).to_be_visible()
        assert_no_sideways_scrolling(page)


def test_a_breach_of_the_content_security_policy_would_be_seen(
    page: Page, busy: str, errors: list[str]
) -> None:
    page.goto(busy)
    with page.expect_console_message(lambda line: "Content Security Policy" in line.text):
        page.evaluate(FOREIGN_IMAGE)
    assert errors
    errors.clear()


def test_one_request_brings_all_panels(page: Page, busy: str, errors: list[str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(busy + PAGES["site"])
    expect(page.locator("#panel-events")).to_be_visible()
    assert [url for url in asked if "/static/" not in url] == [busy + PAGES["site"]]
