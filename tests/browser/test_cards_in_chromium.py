"""The cards of the site page and their details views in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mallard.web.dashboard.panels import PANELS

SITE = "/?site_id=acme.example"
CARDS = ("sources", "pages", "countries", "browsers", "events")
SHIFTED = """() => new Promise(resolve => {
  const found = [];
  const note = shifts => found.push(...shifts.flatMap(shift => shift.sources).map(
    ({node}) => node?.id || node?.className || `${node?.nodeName}`));
  const observer = new PerformanceObserver(list => note(list.getEntries()));
  observer.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(found)));
})"""
"""What has shifted so far, also soon after a click, which a page's score would forgive."""


@pytest.fixture
def dashboard(page: Page, busy: str, errors: list[str]) -> Page:
    page.goto(busy + SITE)
    return page


@pytest.mark.parametrize("card", CARDS)
def test_every_tab_of_a_card_opens_and_nothing_moves(dashboard: Page, card: str) -> None:
    tops = "[...document.querySelectorAll('.card')].map(card => card.offsetTop)"
    resting = dashboard.evaluate(tops)
    named = [panel for panel in PANELS.values() if panel.card == card and not panel.needs]
    for panel in (*named[1:], named[0]):
        dashboard.locator(f"#tab-{panel.name}").click()
        heading = dashboard.locator(f"h2#tab-{panel.name}")
        expect(heading).to_have_text(panel.title)
        expect(heading).to_be_focused()
        assert dashboard.evaluate(tops) == resting, panel.name
    expect(dashboard).to_have_url(re.compile("period=30d$"))
    below = {"foot"} if card == CARDS[-1] else set()
    assert set(dashboard.evaluate(SHIFTED)) <= below


def test_nothing_shifts_while_the_page_loads(dashboard: Page) -> None:
    expect(dashboard.locator("#panel-events")).to_be_visible()
    assert dashboard.evaluate(SHIFTED) == []


def test_a_row_tells_count_and_share_at_rest(dashboard: Page) -> None:
    row = dashboard.locator("#panel-countries .rows li").first
    expect(row.locator(".clip")).to_have_text("United States")
    expect(row.locator(".count")).to_be_visible()
    expect(row.locator(".share")).to_have_text(re.compile(r"^\d+%$"))


def test_details_are_searched_while_one_types(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="Details: Pages").click()
    expect(dashboard.locator("h1")).to_contain_text("Pages")
    expect(dashboard.locator("tbody tr")).to_have_count(50)
    dashboard.locator("#search").press_sequentially("pricing")
    expect(dashboard.locator("tbody tr")).to_have_count(1)
    expect(dashboard.locator("#search")).to_be_focused()
    expect(dashboard.locator("#search")).to_have_value("pricing")
    dashboard.locator("#search").fill("nowhere to be found")
    expect(dashboard.locator("td.empty")).to_be_visible()


def test_details_have_pages(dashboard: Page) -> None:
    dashboard.goto(dashboard.url.replace("/?", "/details/pages?"))
    expect(dashboard.get_by_text("Page 1 of 2")).to_be_visible()
    first = dashboard.locator("tbody tr").first.inner_text()
    dashboard.locator("#next-page").click()
    expect(dashboard.get_by_text("Page 2 of 2")).to_be_visible()
    expect(dashboard.locator("tbody tr").first).not_to_have_text(first)
    dashboard.locator("#previous-page").click()
    expect(dashboard.get_by_text("Page 1 of 2")).to_be_visible()
    assert dashboard.locator("tbody tr").first.inner_text() == first


def test_details_are_sorted_by_any_column(dashboard: Page) -> None:
    dashboard.goto(dashboard.url.replace("/?", "/details/countries?"))
    names = dashboard.locator("tbody .clip")
    dashboard.locator("#order-value").click()
    expect(dashboard.locator("th[aria-sort=ascending]")).to_contain_text("Country")
    expect(names.first).to_have_text("Australia")
    assert names.all_inner_texts() == sorted(names.all_inner_texts())
    dashboard.locator("#order-pageviews").click()
    expect(dashboard.locator("th[aria-sort=descending]")).to_contain_text("Pageviews")
    counts = [int(text) for text in dashboard.locator("tbody td:nth-child(4)").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)


def test_details_are_taken_away_as_csv(dashboard: Page, tmp_path: Path) -> None:
    dashboard.goto(dashboard.url.replace("/?", "/details/sources?"))
    with dashboard.expect_download() as download:
        dashboard.get_by_role("link", name="CSV").click()
    days = "2026-02-17_2026-03-18"
    assert download.value.suggested_filename == f"acme.example_sources_{days}.csv"
    download.value.save_as(tmp_path / "sources.csv")
    header, *rows = (tmp_path / "sources.csv").read_text("utf-8").splitlines()
    assert header == "sources,visitors,pageviews,bounce_rate,avg_visit_duration_secs"
    assert len(rows) == dashboard.locator("tbody tr").count()


def test_a_row_of_the_details_filters_the_site_and_back_goes_back(dashboard: Page) -> None:
    dashboard.locator("#tab-sources").click()
    dashboard.get_by_role("link", name="Details: Sources").click()
    dashboard.locator("tbody th a", has_text="Google").click()
    expect(dashboard.locator(".chip")).to_have_text(re.compile("Source is Google"))
    expect(dashboard.locator("#panel-overview")).to_be_visible()
    dashboard.go_back()
    dashboard.locator("#back").click()
    expect(dashboard.locator("#panel-overview")).to_be_visible()
    expect(dashboard.locator(".chip")).to_have_count(0)


@pytest.mark.parametrize(
    ("link", "name"),
    [("Figures of each day, CSV", "csv"), ("Every event of these days, Parquet", "parquet")],
)
def test_the_view_is_exported_from_the_menu(dashboard: Page, link: str, name: str) -> None:
    dashboard.locator(".export-menu summary").click()
    with dashboard.expect_download() as download:
        dashboard.get_by_role("link", name=link).click()
    assert download.value.suggested_filename.endswith(name)
    assert download.value.path().stat().st_size > 0


@pytest.mark.parametrize("period", ["today", "30d"])
def test_the_menu_stays_inside_a_phones_screen(page: Page, busy: str, period: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{busy}/?site_id=acme.example&period={period}&compare=previous")
    page.locator(".export-menu summary").click()
    sheet = page.locator(".export-menu .sheet").bounding_box()
    assert sheet and sheet["x"] >= 0 and sheet["x"] + sheet["width"] <= 390


def test_the_menu_says_that_filters_do_not_apply_to_events(dashboard: Page) -> None:
    said = dashboard.get_by_text("the filters do not apply")
    dashboard.locator(".export-menu summary").click()
    expect(said).to_have_count(0)
    dashboard.locator("#panel-pages li a").first.click()
    expect(dashboard.locator(".chip")).to_be_visible()
    dashboard.locator(".export-menu summary").click()
    expect(said).to_be_visible()
    links = dashboard.locator(".export-menu a")
    assert "filter=" in str(links.first.get_attribute("href"))
    assert "filter=" not in str(links.last.get_attribute("href"))
