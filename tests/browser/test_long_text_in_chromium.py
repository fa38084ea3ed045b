"""Whatever text is stored, of any length and script: every page keeps its layout at every width."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from mallard.model import Event
from mallard.register.site import Goal, Site
from mallard.wsgi import application
from tests.builders import NOON, an_event, store_events
from tests.conftest import kept_open, served

WIDTHS = (320, 390, 768, 1024, 1440)
SITE = ("a-very-long-name-of-a-site-" * 10)[:256]
UNBROKEN = "w" * 256
TEXTS = {
    "unbroken": UNBROKEN,
    "of many words": "many words " * 23,
    "right to left": "صفحة" * 64,
    "of emoji": "\N{DUCK}\N{FAMILY}\N{VARIATION SELECTOR-16}" * 80,
}
COLUMNS = (
    *("referrer", "referrer_source", "utm_source", "utm_medium", "utm_campaign", "utm_content"),
    *("utm_term", "hostname", "browser", "browser_version", "os", "os_version", "region", "city"),
    *("device_type", "screen_size", "country_code"),
)
CARDS = {
    "sources": ("referrers", "utm_campaign", "utm_source", "utm_medium", "utm_term", "utm_content"),
    "pages": ("entry_pages", "exit_pages", "hostnames"),
    "countries": ("regions", "cities"),
    "browsers": ("browser_versions", "os", "os_versions", "screen_sizes", "devices"),
    "events": (
        "properties",
        "goals",
        "revenue",
        "sessions",
        "funnel",
        "retention",
        "sequences",
        "flow",
        "journeys",
        "vitals",
    ),
}
STEPS = (f"page:/{UNBROKEN}", f"event:{UNBROKEN}", "event:" + TEXTS["of many words"])
GOALS = tuple(Goal(text[:128], event=text) for text in TEXTS.values())
QUESTIONS = [
    *(("funnel", step) for step in STEPS),
    *(("sequence", step) for step in STEPS),
    ("flow", f"/{UNBROKEN}"),
]
FILTERS = [("filter", f"page==/{UNBROKEN}"), ("filter", f"source!={TEXTS['of emoji'][:60]}")]
STICKING_OUT = """() => {
  const cuts = (element) => getComputedStyle(element).overflowX !== "visible";
  const isOut = (element) => {
    const card = element.closest(".card, .bar").getBoundingClientRect();
    const {left, right, width} = element.getBoundingClientRect();
    if (!width || left >= card.left - 1 && right <= card.right + 1) return false;
    for (let above = element; above && !above.matches(".card, .bar"); above = above.parentElement)
      if (above !== element && cuts(above)) return false;
    return true;
  };
  const all = [...document.querySelectorAll(":is(.card, .bar) :not(svg, svg *, .sheet, .sheet *)")];
  return all.filter(isOut).map((element) => element.outerHTML.slice(0, 120));
}"""
"""What is drawn beyond the edges of the card that it belongs to."""
HEIGHTS = (
    "[...new Set([...document.querySelectorAll('.rows li > a')].map(row => row.offsetHeight))]"
)


def events() -> Iterator[Event]:
    """Each text in every column, on two pages and in an event with an amount."""
    for number, text in enumerate(TEXTS.values()):
        known = {"site_id": SITE, "visitor_id": f"v{number}"} | dict.fromkeys(COLUMNS, text)
        known["props"] = json.dumps({text: text, "of the same key": text})
        at = NOON - timedelta(minutes=3)
        yield an_event(at, f"/{text}", **known)
        amount = {"revenue_amount": "9999999999.99", "revenue_currency": "EUR"}
        yield an_event(at + timedelta(seconds=1), f"/{text}", **known, event_name=text, **amount)
        yield an_event(at + timedelta(seconds=2), f"/next/{text}", **known)
        known["props"] = '{"lcp": 2500, "ttfb": 90}'
        yield an_event(at + timedelta(seconds=3), f"/next/{text}", **known, event_name="vitals")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[str]:
    """A server with a site whose every text is long."""
    with kept_open(tmp_path_factory.mktemp("long") / "data", fresh_data) as one:
        store_events(one.mallard.store, "long", events())
        one.mallard.sites.replace(SITE, Site(goals=GOALS), None)
        with served(application(one.mallard)) as url:
            yield url


def assert_in_place(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(STICKING_OUT) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(HEIGHTS) in ([], [34]), width


@pytest.mark.parametrize("card", CARDS)
def test_no_text_in_a_card_is_too_long_for_any_width(
    page: Page, address: str, errors: list[str], card: str
) -> None:
    about = [("site_id", SITE), ("period", "today"), ("compare", "previous"), *QUESTIONS]
    page.goto(f"{address}/?{urlencode(about)}")
    assert_in_place(page)
    for tab in CARDS[card]:
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"h2#tab-{tab}")).to_be_visible()
        assert_in_place(page)


@pytest.mark.parametrize(
    "path", ["/", "/details/pages", "/details/events", "/realtime", "/filter", "/live"]
)
def test_no_text_of_a_list_a_filter_or_a_site_is_too_long(
    page: Page, address: str, errors: list[str], path: str
) -> None:
    about = [("site_id", SITE), ("period", "today"), ("compare", "previous"), *FILTERS]
    page.goto(f"{address}{path}?{urlencode([*about, ('by', 'prop:')])}")
    assert_in_place(page)


def test_no_name_in_the_list_of_sites_is_too_long(page: Page, address: str) -> None:
    page.goto(address)
    assert_in_place(page)
