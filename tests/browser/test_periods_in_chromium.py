"""Periods, comparison, metric and interval, chosen in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

SITE = "/?site_id=acme.example"
CALENDAR = {
    "yesterday": "Tue 17 Mar 2026",
    "month": "1 to 18 Mar 2026",
    "last-month": "1 to 28 Feb 2026",
    "year": "1 Jan to 18 Mar 2026",
    "12-months": "1 Apr 2025 to 18 Mar 2026",
}


@pytest.fixture
def dashboard(page: Page, busy: str, errors: list[str]) -> Page:
    """The last 30 days up to Wednesday, 18 March 2026."""
    page.goto(busy + SITE)
    return page


def legend(page: Page) -> Locator:
    return page.locator(".legend li")


def when(page: Page) -> Locator:
    return page.locator(".when")


def choose_days(menu: Locator, start: str, last: str, button: str) -> None:
    menu.get_by_label("From").fill(start)
    menu.get_by_label("To").fill(last)
    menu.get_by_role("button", name=button).click()


def test_dates_are_chosen_in_the_menu(dashboard: Page) -> None:
    expect(when(dashboard)).to_have_text("17 Feb to 18 Mar 2026")
    dashboard.locator("#period-range").click()
    choose_days(dashboard.locator(".range-menu"), "2026-02-01", "2026-02-28", "Show")
    expect(dashboard).to_have_url(re.compile("start_date=2026-02-01&end_date=2026-03-01"))
    expect(when(dashboard)).to_have_text("1 to 28 Feb 2026")
    expect(dashboard.locator("#period-range")).to_have_text("1 to 28 Feb 2026")


def test_the_arrows_go_to_the_days_before_and_back(dashboard: Page) -> None:
    expect(dashboard.locator("#later")).to_have_count(0)
    dashboard.locator("#earlier").click()
    expect(when(dashboard)).to_have_text("18 Jan to 16 Feb 2026")
    dashboard.locator("#later").click()
    expect(when(dashboard)).to_have_text("17 Feb to 18 Mar 2026")
    expect(dashboard.locator("#period-30d")).to_have_attribute("aria-current", "true")


def test_the_menu_has_the_periods_of_the_calendar(dashboard: Page) -> None:
    for choice, days in CALENDAR.items():
        dashboard.locator("#period-range").click()
        dashboard.locator(f"#period-{choice}").click()
        expect(when(dashboard)).to_have_text(days)
        dashboard.locator("#period-range").click()
        expect(dashboard.locator(f"#period-{choice}")).to_have_attribute("aria-current", "true")
        dashboard.keyboard.press("Escape")


def test_a_comparison_adds_a_line_and_a_change_to_every_row(dashboard: Page) -> None:
    expect(legend(dashboard)).to_have_count(1)
    dashboard.locator("#compare").click()
    dashboard.locator("#compare-previous").click()
    expect(legend(dashboard)).to_have_text(["17 Feb to 18 Mar 2026", "18 Jan to 16 Feb 2026"])
    expect(dashboard.locator("#compare")).to_have_text("vs previous")
    assert dashboard.locator(".plot polyline.series-2").count() > 0
    for card in ("sources", "pages", "countries", "browsers", "events"):
        rows = dashboard.locator(f"#panel-{card} .rows li")
        expect(rows.locator(".change")).to_have_count(rows.count())
    dashboard.locator("#compare").click()
    dashboard.locator("#compare-nothing").click()
    expect(legend(dashboard)).to_have_count(1)


def test_days_of_ones_own_are_compared(dashboard: Page) -> None:
    dashboard.locator("#compare").click()
    choose_days(dashboard.locator(".compare-menu"), "2026-01-20", "2026-02-03", "Compare")
    expect(dashboard).to_have_url(re.compile(r"compare=2026-01-20\.\.2026-02-04"))
    expect(legend(dashboard).nth(1)).to_have_text("20 Jan to 3 Feb 2026")
    expect(dashboard.locator("#compare")).to_have_text("vs 20 Jan to 3 Feb 2026")


def test_a_figure_of_the_strip_is_charted_by_a_click(dashboard: Page) -> None:
    for name, title in (
        ("sessions", "Sessions"),
        ("pageviews", "Total pageviews"),
        ("views_per_session", "Views per session"),
        ("bounce_rate", "Bounce rate"),
        ("avg_visit_duration_secs", "Visit duration"),
        ("visitors", "Unique visitors"),
    ):
        dashboard.locator(f"#metric-{name}").click()
        expect(dashboard.locator(".plot")).to_have_accessible_name(f"{title} over time")
        expect(dashboard.locator(".figures [aria-current]")).to_have_id(f"metric-{name}")


def test_the_chart_goes_by_day_or_by_week(dashboard: Page) -> None:
    expect(dashboard.locator(".bucket")).to_have_count(30)
    dashboard.locator("#interval-week").click()
    expect(dashboard.locator(".bucket")).to_have_count(5)
    expect(dashboard.locator(".bucket").last).to_have_accessible_name(re.compile("^Week of 16 Mar"))
    dashboard.locator("#interval-day").click()
    expect(dashboard.locator(".bucket")).to_have_count(30)


def test_a_click_on_a_bucket_shows_its_day_by_the_hour(dashboard: Page) -> None:
    dashboard.locator(".bucket .column").nth(10).click()
    expect(when(dashboard)).to_have_text("Fri 27 Feb 2026")
    expect(dashboard.locator(".bucket")).to_have_count(24)
    expect(dashboard.locator(".bucket").first).to_have_accessible_name(re.compile("00:00"))


def test_the_unfinished_bucket_is_dashed(dashboard: Page) -> None:
    tail = dashboard.locator(".plot polyline.series-1.tail")
    assert tail.evaluate("line => getComputedStyle(line).strokeDasharray") != "none"
    expect(tail).to_have_attribute("points", re.compile(r"\d"))
