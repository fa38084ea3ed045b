"""The chart under a finger and on paper, small sites, and what is said once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.patient import context_of

SITE = "/?site_id=acme.example"
WEEKS = f"{SITE}&period=90d&interval=week&compare=previous"
OFF_THEIR_LINES = """() => {
  const box = one => one.getBoundingClientRect();
  const boxes = where => [...document.querySelectorAll(where)].map(box);
  const lines = boxes(".plot .grid").map(line => line.top);
  const middles = boxes(".y-axis li").map(label => label.top + label.height / 2);
  return middles.filter((y, n) => Math.abs(y - lines[n]) > 1);
}"""


@pytest.fixture
def phone(browser: Browser, busy: str) -> Iterator[Page]:
    """A tab of a phone, which is touched."""
    shape = {"width": 390, "height": 844}
    with context_of(browser, viewport=shape, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(busy + WEEKS)
        yield page


def test_the_values_stay_inside_a_phone_and_a_second_tap_follows(phone: Page) -> None:
    buckets = phone.locator(".bucket")
    for place in (0, 3, 7, 9, buckets.count() - 1):
        buckets.nth(place).locator(".column").tap()
        shown = buckets.nth(place).locator(".tip rect")
        expect(phone.locator(".bucket.shown")).to_have_count(1)
        expect(buckets.nth(place).locator("> svg")).to_have_css("opacity", "1")
        box = shown.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390, place
    expect(phone).to_have_url(re.compile("period=90d"))
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    buckets.first.evaluate("bucket => bucket.classList.add('of-before')")
    phone.locator("#metric-visitors").tap()
    expect(phone.locator(".bucket.shown")).to_have_count(0)
    expect(phone.locator(".of-before")).to_have_count(0)
    buckets.nth(3).locator(".column").tap()
    buckets.nth(3).locator(".column").tap()
    expect(phone.locator("#period-range")).to_have_attribute("aria-current", "true")


def test_weeks_that_are_cut_are_dashed_at_either_end(page: Page, busy: str) -> None:
    page.goto(busy + WEEKS)
    assert page.locator(".plot polyline.series-1.tail").count() == 2
    assert page.locator(".plot polyline.series-2.tail").count() == 2
    page.goto(f"{busy}{SITE}&start_date=2026-02-02&end_date=2026-03-02&interval=week")
    expect(page.locator(".bucket")).to_have_count(4)
    assert page.locator(".plot polyline.tail").count() == 0


def test_paper_keeps_labels_on_their_lines_and_fills_its_pages(
    page: Page, busy: str, errors: list[str]
) -> None:
    page.goto(f"{busy}{SITE}&compare=previous")
    assert page.evaluate(OFF_THEIR_LINES) == []
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    assert page.evaluate(OFF_THEIR_LINES) == []
    swatch = "getComputedStyle(document.querySelector('.legend li'), '::before').printColorAdjust"
    assert page.evaluate(swatch) == "exact"
    expect(page.locator(".legend")).to_be_visible()
    tops = page.locator(".breakdown").evaluate_all("cards => cards.map(card => card.offsetTop)")
    assert tops[0] == tops[1] and tops[2] == tops[3]
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 2


IS_SEEN = """chosen => {
  const { left, right } = chosen.getBoundingClientRect();
  return left >= 0 && right <= innerWidth;
}"""


def test_the_chosen_tab_is_seen_however_many_stand_before_it(phone: Page, busy: str) -> None:
    phone.goto(f"{busy}{SITE}&tab=heatmap")
    assert phone.locator("#tab-heatmap").evaluate(IS_SEEN)
    phone.locator("#tab-journeys").tap()
    chosen = phone.locator("h2#tab-journeys")
    expect(chosen).to_be_visible()
    assert chosen.evaluate(IS_SEEN)


@pytest.mark.parametrize("tab", ["flow&flow=/pricing&depth=3", "revenue"])
def test_nothing_on_paper_has_to_be_scrolled_to(page: Page, busy: str, tab: str) -> None:
    page.set_viewport_size({"width": 794, "height": 1123})
    page.goto(f"{busy}{SITE}&tab={tab}")
    page.emulate_media(media="print")
    wide = "all => all.map(one => one.getBoundingClientRect().right)"
    found = page.locator(".found .scroll > *").evaluate_all(wide)
    assert found and max(found) <= 794


def test_how_pages_were_looked_at_is_whole_on_paper(page: Page, live_server: Any) -> None:
    path = "/" + "a-very-long-path/" * 12
    live_server.visit(path)
    live_server.visit(path, event="engagement", p={"e": 754_000, "sd": 80})
    page.set_viewport_size({"width": 794, "height": 1123})
    page.goto(f"{live_server.url}/?site_id=example.com&period=today&tab=engagement")
    page.emulate_media(media="print")
    card = page.locator(".card.engagement")
    expect(card.get_by_text("Scroll depth", exact=True)).to_be_visible()
    figures = [card.get_by_text(text, exact=True) for text in ("12m 34s", "80%")]
    edge = card.evaluate("card => card.getBoundingClientRect().right")
    for figure in figures:
        expect(figure).to_be_visible()
        assert figure.evaluate("one => one.getBoundingClientRect().right") <= edge <= 794
    # Nobody follows a link on paper: of the tabs only the open one is there, as the heading.
    for way_on in page.locator(".tabs > a, .more").all():
        expect(way_on).to_be_hidden()
    heading = card.locator("h2")
    assert heading.evaluate("one => one.getBoundingClientRect().right") <= edge


def test_small_sites_have_small_cards_and_nothing_is_said_twice(
    page: Page, live_server: Any, errors: list[str]
) -> None:
    live_server.visit("/pricing")
    site = f"{live_server.url}/?site_id=example.com&period=today"
    page.goto(site)
    expect(page.locator(".breakdown")).to_have_count(4)
    for box in page.locator(".breakdown").evaluate_all("all => all.map(one => one.offsetHeight)"):
        assert box < 240
    # A single day has no choice of intervals, and then no empty box for it.
    expect(page.locator(".choices")).to_have_count(0)
    page.goto(f"{site}&filter=page==/nowhere")
    expect(page.get_by_text("Nothing matches the filters in this period.")).to_have_count(1)
    expect(page.locator(".breakdown")).to_have_count(0)
    page.locator("#unfilter").click()
    expect(page.locator(".breakdown")).to_have_count(4)


def test_no_word_of_the_account_menu_is_cut(page: Page, busy: str) -> None:
    page.goto(busy + SITE)
    page.locator(".account-menu > summary").click()
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    for theme in ("Light", "Dark", "System"):
        page.get_by_role("button", name=theme).click()
        assert page.locator(".account-menu .sheet *").evaluate_all(cut) == []
