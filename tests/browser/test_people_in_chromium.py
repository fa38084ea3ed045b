"""Colleagues in a real browser: invited, signed in with a code, and one who loses the device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pyotp import TOTP

from tests.browser.patient import context_of
from tests.browser.test_accessibility import assert_accessible
from tests.browser.test_login_in_chromium import set_up
from tests.conftest import Clock

OWN = "a password of one's own"


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def fresh(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of a colleague's, on a phone."""
    browser = context.browser
    assert browser is not None
    size: Any = {"width": 390, "height": 844}
    with context_of(browser, java_script_enabled=request.param, viewport=size) as another:
        yield another.new_page()


def look_at(page: Page) -> None:
    """Where there is JavaScript, axe looks; a page is nowhere wider than a phone."""
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        raise AssertionError(f"{page.url} is wider than the screen")
    if page.locator("script").count() and page.evaluate("() => typeof htmx !== 'undefined'"):
        assert_accessible(page)


def invited(owner: Page, url: str) -> str:
    owner.goto(f"{url}/settings/people")
    owner.get_by_label("Name or mail address").fill("grace@example.com")
    owner.get_by_label("Role").first.select_option("Viewer")
    owner.get_by_label("Sites").first.fill("example.com")
    owner.get_by_role("button", name="Invite", exact=True).click()
    return owner.locator(".done code").inner_text()


def accept(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("Welcome, grace@example.com")
    page.get_by_label("Password").fill(OWN)
    page.get_by_label("Type it again").fill(OWN)
    page.get_by_role("button", name="Set password and sign in").click()


def sign_in(page: Page, url: str, code: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("Name or mail address").fill("grace@example.com")
    page.get_by_label("Password").fill(OWN)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Account").click()
    page.get_by_role("button", name="Sign out").click()


def test_a_colleague_is_invited_signs_in_with_a_code_and_loses_the_device(
    page: Page, fresh: Page, live_server: Any, clock: Clock
) -> None:
    url = live_server.url
    live_server.visit("/pricing")
    live_server.visit("/", site="other.example")
    set_up(page, url)
    link = invited(page, url)
    assert_accessible(page)
    accept(fresh, link)
    expect(fresh.locator("body")).to_contain_text("/pricing")
    expect(fresh.locator("body")).not_to_contain_text("other.example")
    fresh.get_by_label("Account").click()
    expect(fresh.get_by_role("link", name="Settings")).to_have_count(0)
    fresh.get_by_role("link", name="Your account").click()
    fresh.get_by_role("link", name="Set it up").click()
    look_at(fresh)
    secret = fresh.locator("main code").inner_text().replace(" ", "")
    fresh.get_by_label("The code that it shows").fill(TOTP(secret).at(clock()))
    fresh.get_by_role("button", name="Turn it on").click()
    codes = re.findall(r"[a-z2-7-]{19}", fresh.locator(".done code").inner_text())
    assert len(codes) == 10
    look_at(fresh)
    sign_out(fresh, url)
    clock.move(seconds=60)
    sign_in(fresh, url, TOTP(secret).at(clock()))
    expect(fresh.locator("body")).to_contain_text("/pricing")
    sign_out(fresh, url)
    sign_in(fresh, url, codes[0])
    expect(fresh.locator("body")).to_contain_text("/pricing")
    sign_out(fresh, url)
    lose_everything(page, fresh, url)


def lose_everything(owner: Page, colleague: Page, url: str) -> None:
    """Device and codes are gone: an Owner invites again."""
    owner.goto(f"{url}/settings/people")
    owner.get_by_label("Change grace@example.com").click()
    owner.get_by_role("button", name="Invite grace@example.com again").click()
    accept(colleague, owner.locator(".done code").inner_text())
    expect(colleague.locator("body")).to_contain_text("/pricing")
    owner.goto(f"{url}/settings/audit")
    expect(owner.get_by_role("row").nth(1)).to_contain_text("accepted an invitation")
    assert_accessible(owner)
