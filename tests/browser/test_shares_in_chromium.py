"""A shared link in a browser that nobody has signed in with: on a phone, and in another's page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from mallard.app import Mallard
from mallard.wsgi import application
from tests.browser.conftest import Site
from tests.browser.test_accessibility import assert_accessible
from tests.conftest import Clock, served
from tests.web.access.sharing import share, with_visits

PASSWORD = "correct horse"


@pytest.fixture
def mallard(start: Callable[..., Mallard], clock: Clock) -> Mallard:
    mallard = start(admin_password=PASSWORD)
    with_visits(mallard, clock)
    return mallard


@pytest.fixture
def url(mallard: Mallard) -> Iterator[str]:
    with served(application(mallard)) as url:
        yield url


def test_a_link_opens_signed_out_on_a_phone(
    page: Page, mallard: Mallard, url: str, errors: list[str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url + share(mallard, panels=["pages", "countries", "events", "funnel", "realtime"]))
    expect(page.locator(".bar .brand")).to_have_text("example.com")
    expect(page.locator("#metric-visitors b")).to_have_text("3")
    page.locator("#panel-pages").get_by_role("link", name="/shop/shoes").click()
    expect(page.locator(".chip")).to_contain_text("Page is /shop/shoes")
    expect(page).to_have_url(re.compile(f"^{url}/share/[0-9a-f]+/[?]"))
    page.locator("#panel-pages").get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pages")
    page.locator("#back").click()
    page.locator("#tab-funnel").click()
    expect(page.locator("h2#tab-funnel")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    assert_accessible(page)
    page.locator("#current").click()
    expect(page.locator("#now")).to_contain_text("Pages now")


def test_without_javascript_it_is_all_there(plain: Page, mallard: Mallard, url: str) -> None:
    plain.goto(url + share(mallard, password="one for the agency"))
    plain.get_by_label("Password").fill("one for the agency")
    plain.get_by_role("button", name="Show").click()
    plain.locator("#panel-pages").get_by_role("link", name="/about").click()
    expect(plain.locator(".chip")).to_contain_text("Page is /about")
    plain.get_by_role("link", name="7 days").click()
    plain.locator("#period-range").click()
    menu = plain.locator(".range-menu")
    menu.get_by_label("From").fill("2026-03-17")
    menu.get_by_label("To").fill("2026-03-18")
    menu.get_by_role("button", name="Show").click()
    expect(plain.locator(".when")).to_have_text("17 to 18 Mar 2026")
    expect(plain.locator("#metric-visitors b")).to_have_text("1")


def test_the_form_of_a_password_is_accessible(page: Page, mallard: Mallard, url: str) -> None:
    page.goto(url + share(mallard, password="one for the agency"))
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


def test_a_page_that_is_named_embeds_it_and_no_other_does(
    page: Page, mallard: Mallard, url: str, site: Site
) -> None:
    link = share(mallard, origins=[site.at("blog.example")])
    site.add("/", f'<iframe title="Visitors" src="{url}{link}?embed=1&theme=dark&height=150">')
    page.goto(site.at("blog.example"))
    inside = page.frame_locator("iframe")
    expect(inside.locator("#metric-visitors b")).to_have_text("3")
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")
    expect(inside.locator(".plot")).to_have_css("height", "150px")
    inside.get_by_role("link", name="7 days").click()
    expect(inside.locator("#metric-visitors b")).to_have_text("3")
    inside.locator("#panel-pages").get_by_role("link", name="/about").click()
    expect(inside.locator(".chip")).to_contain_text("Page is /about")
    with page.expect_response(re.compile("/share/")) as asked:
        page.goto(site.at("other.example"))
    assert asked.value.status == 200
    expect(page.frame_locator("iframe").locator("#metric-visitors")).to_have_count(0)


def test_a_site_is_shared_by_its_settings(page: Page, url: str, errors: list[str]) -> None:
    page.goto(f"{url}/settings/sites/example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    shares = page.locator("#shares")
    shares.get_by_text("Share this site").click()
    assert_accessible(page, "#shares")
    shares.get_by_label("Name", exact=True).fill("Agency")
    shares.get_by_label("Public").check()
    shares.get_by_role("button", name="Share", exact=True).click()
    expect(shares.locator(".done code")).to_contain_text("/share/")
    expect(shares.get_by_text("Agency")).to_be_visible()
    assert_accessible(page, "#shares")
    shares.get_by_role("button", name="Revoke Agency").click()
    expect(shares.get_by_role("status")).to_have_text("Revoked.")
    expect(shares.get_by_text("Agency")).to_have_count(0)
