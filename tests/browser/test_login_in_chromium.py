"""Getting in and out in a real browser, with its cookies, its Origin headers and our CSP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.patient import context_of

PASSWORD = "correct horse"
SITE = "/?site_id=example.com&period=7d"


def set_up(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Set a password").first.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Type it again").fill(PASSWORD)
    page.get_by_role("button", name="Set password and sign in").click()


def sign_out(page: Page) -> None:
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Sign out").click()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_from_setup_to_a_key_that_works(
    context: BrowserContext, live_server: Any, javascript: bool
) -> None:
    browser = context.browser
    assert browser is not None
    live_server.visit("/pricing")
    with context_of(browser, java_script_enabled=javascript) as fresh:
        page = fresh.new_page()
        set_up(page, live_server.url)
        expect(page.get_by_text("No password is set")).to_have_count(0)
        expect(page.locator(".sites-menu summary")).to_have_text("example.com")
        page.get_by_label("Account").click()
        page.get_by_role("link", name="Settings").click()
        page.get_by_label("Name").fill("CI")
        page.get_by_role("button", name="Create key").click()
        key = page.locator(".done code").inner_text()
        asked = f"{live_server.url}/api/stats/main?site_id=example.com&period=7d"
        page.goto(live_server.url + "/settings")
        page.get_by_label("Account").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{live_server.url}/login")
        assert page.request.get(asked).status == 401
        assert page.request.get(asked, headers={"X-API-Key": key}).json()["total_pageviews"] == 1


def test_the_wrong_password_is_said_and_the_right_one_leads_on(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    live_server.visit("/pricing")
    set_up(page, live_server.url)
    sign_out(page)
    page.goto(live_server.url + SITE)
    expect(page).to_have_url(re.compile(r"/login\?next="))
    expect(page.get_by_label("Password")).to_be_focused()
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("The password is wrong.")
    assert len(errors) == 1 and "401" in errors.pop()
    sign_in(page)
    expect(page).to_have_url(live_server.url + SITE)
    expect(page.locator("#panel-pages")).to_contain_text("/pricing")


def test_a_session_that_ended_meanwhile_shows_the_login_page(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    live_server.visit("/pricing")
    set_up(page, live_server.url)
    page.goto(live_server.url + SITE)
    page.context.clear_cookies()
    page.locator("#period-30d").click()
    expect(page).to_have_url(re.compile(r"/login\?next="))
    sign_in(page)
    expect(page).to_have_url(live_server.url + SITE)
    assert all("401" in error or "htmx" in error for error in errors)
    errors.clear()


def test_a_link_on_another_site_finds_the_session(page: Page, live_server: Any, site: Any) -> None:
    live_server.visit("/pricing")
    set_up(page, live_server.url)
    expect(page.locator(".sites-menu summary")).to_have_text("example.com")
    site.add("/mail", f'<a href="{live_server.url}{SITE.replace("&", "&amp;")}">figures</a>')
    page.goto(site.at("mail.test") + "/mail")
    page.get_by_role("link", name="figures").click()
    expect(page).to_have_url(live_server.url + SITE)
    expect(page.locator("#panel-pages")).to_contain_text("/pricing")


def test_a_form_on_another_site_changes_nothing(page: Page, live_server: Any, site: Any) -> None:
    site.add(
        "/trap",
        f'<form method="post" action="{live_server.url}/setup">'
        '<input name="password" value="chosen by another"><button>Win</button></form>',
    )
    page.goto(site.at("evil.test") + "/trap")
    page.get_by_role("button", name="Win").click()
    expect(page.get_by_role("heading")).to_have_text("You may not do this")
    page.goto(live_server.url)
    expect(page.get_by_text("No password is set").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", ["/setup", "/login", "/settings", "/"])
def test_nothing_scrolls_sideways(
    page: Page, live_server: Any, errors: list[str], path: str, width: int
) -> None:
    live_server.visit("/", site="a-very-long-name-of-a-site." * 4 + "example.com")
    if path != "/setup":
        set_up(page, live_server.url)
        page.get_by_label("Account").wait_for()
    if path == "/login":
        page.context.clear_cookies()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(live_server.url + path)
    if path == "/settings":
        page.get_by_label("Name").fill("n" * 128)
        page.get_by_role("button", name="Create key").click()
        page.locator(".done code").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
