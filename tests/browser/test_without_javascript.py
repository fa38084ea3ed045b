"""The whole dashboard in a browser whose JavaScript is switched off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mallard.wsgi import application
from tests.conftest import served

SITE = "/?site_id=acme.example"


@pytest.fixture
def dashboard(plain: Page, busy: str) -> Page:
    plain.goto(busy + SITE)
    return plain


def test_from_the_sites_to_a_filtered_page(plain: Page, busy: str) -> None:
    plain.goto(busy)
    plain.get_by_role("link", name="acme.example").click()
    plain.get_by_role("link", name="7 days").click()
    plain.locator("#panel-pages").get_by_role("link", name="/pricing").click()
    expect(plain.locator(".chip")).to_contain_text("Page is /pricing")
    expect(plain.locator("#panel-pages li")).to_have_count(1)
    plain.get_by_role("link", name="Remove: Page is /pricing").click()
    expect(plain.locator(".chip")).to_have_count(0)
    plain.go_back()
    expect(plain.locator(".chip")).to_have_count(1)


def test_periods_and_dates(dashboard: Page) -> None:
    dashboard.locator("#earlier").click()
    expect(dashboard.locator(".when")).to_have_text("18 Jan to 16 Feb 2026")
    dashboard.locator("#period-range").click()
    dashboard.locator("#period-last-month").click()
    expect(dashboard.locator(".when")).to_have_text("1 to 28 Feb 2026")
    dashboard.locator("#period-range").click()
    menu = dashboard.locator(".range-menu")
    menu.get_by_label("From").fill("2026-02-03")
    menu.get_by_label("To").fill("2026-02-05")
    menu.get_by_role("button", name="Show").click()
    expect(dashboard.locator(".when")).to_have_text("3 to 5 Feb 2026")
    expect(dashboard).to_have_url(re.compile("start_date=2026-02-03&end_date=2026-02-06$"))


def test_tabs_metric_and_interval(dashboard: Page) -> None:
    for tab in ("utm_medium", "exit_pages", "cities", "devices", "sessions"):
        dashboard.locator(f"#tab-{tab}").click()
        expect(dashboard.locator(f"h2#tab-{tab}")).to_be_visible()
    dashboard.locator("#metric-bounce_rate").click()
    expect(dashboard.locator(".plot")).to_have_accessible_name("Bounce rate over time")
    dashboard.locator("#interval-week").click()
    expect(dashboard.locator(".bucket")).to_have_count(5)
    expect(dashboard).to_have_url(re.compile("interval=week.*tab=utm_medium.*tab=sessions$"))


def test_comparisons(dashboard: Page) -> None:
    dashboard.locator("#compare").click()
    dashboard.locator("#compare-previous").click()
    expect(dashboard.locator(".legend li")).to_have_count(2)
    expect(dashboard.locator("#panel-pages li .change").first).to_be_visible()
    dashboard.locator("#compare").click()
    menu = dashboard.locator(".compare-menu")
    menu.get_by_label("From").fill("2026-01-20")
    menu.get_by_label("To").fill("2026-01-22")
    menu.get_by_role("button", name="Compare").click()
    expect(dashboard.locator(".legend li").nth(1)).to_have_text("20 to 22 Jan 2026")


def test_details_are_searched_by_enter_and_sorted_by_a_click(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="Details: Pages").click()
    dashboard.get_by_label("Search").fill("docs")
    dashboard.keyboard.press("Enter")
    expect(dashboard).to_have_url(re.compile("search=docs$"))
    dashboard.locator("#order-value").click()
    names = dashboard.locator("tbody .clip").all_inner_texts()
    assert names == sorted(names) and all("docs" in name for name in names)
    dashboard.locator("#back").click()
    expect(dashboard.locator("#panel-overview")).to_be_visible()


def test_what_needs_javascript_is_not_offered(dashboard: Page) -> None:
    dashboard.get_by_label("Account").click()
    expect(dashboard.get_by_role("link", name="Settings")).to_be_visible()
    expect(dashboard.get_by_role("group", name="Theme")).to_be_hidden()
    expect(dashboard.get_by_role("button", name="Keyboard shortcuts")).to_be_hidden()


def test_in_and_out_again(plain: Page, start: Any) -> None:
    with served(application(start(admin_password="correct horse"))) as url:
        plain.goto(f"{url}/settings")
        plain.get_by_label("Password").fill("correct horse")
        plain.get_by_role("button", name="Sign in").click()
        expect(plain).to_have_url(f"{url}/settings")
        plain.get_by_label("Account").click()
        plain.get_by_role("button", name="Sign out").click()
        expect(plain).to_have_url(f"{url}/login")
        plain.goto(url)
        expect(plain).to_have_url(re.compile("/login"))
