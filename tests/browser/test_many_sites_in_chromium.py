"""Finding one's way among more sites than anybody would scroll through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mallard.wsgi import application
from tests.builders import an_event, store_events
from tests.conftest import kept_open, served

COUNT = 300
SITE = "/?site_id=shop-007.example&period=today"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[str]:
    """A server with three hundred sites."""
    with kept_open(tmp_path_factory.mktemp("many") / "data", fresh_data) as one:
        names = (f"shop-{number:03}.example" for number in range(COUNT))
        store_events(one.mallard.store, "many", [an_event(site_id=name) for name in names])
        with served(application(one.mallard)) as url:
            yield url


@pytest.fixture
def menu(page: Page, address: str, errors: list[str]) -> Page:
    """A site's page with its menu of sites opened by its key."""
    page.goto(address + SITE)
    page.keyboard.press("s")
    expect(page.get_by_label("Find a site")).to_be_focused()
    return page


def test_the_menu_is_short_and_its_search_finds_a_site_while_one_types(menu: Page) -> None:
    links = menu.locator("#found-sites a")
    expect(links).to_have_count(12)
    sheet = menu.locator(".sites-menu .sheet").bounding_box()
    assert sheet and sheet["height"] < 720
    # Each of these letters is a shortcut where nobody types.
    menu.keyboard.type("shop-2")
    expect(links.first).to_have_text("shop-200.example")
    menu.keyboard.type("87")
    expect(links).to_have_text(["shop-287.example"])
    expect(menu.locator(".sites-menu summary")).to_have_text("shop-007.example")
    menu.keyboard.press("Enter")
    expect(menu.locator(".sites-menu summary")).to_have_text("shop-287.example")
    expect(menu).to_have_url(re.compile("/.site_id=shop-287.example&period=today$"))


def test_the_arrow_keys_walk_from_the_search_to_a_site(menu: Page) -> None:
    menu.keyboard.type("29")
    expect(menu.locator("#found-sites a").first).to_have_text("shop-029.example")
    menu.keyboard.press("ArrowDown")
    menu.keyboard.press("ArrowDown")
    expect(menu.locator("#found-sites a").nth(1)).to_be_focused()
    menu.keyboard.press("Enter")
    expect(menu.locator(".sites-menu summary")).to_have_text("shop-129.example")


def test_no_letter_acts_while_a_menu_is_open(menu: Page) -> None:
    menu.locator(".sites-menu summary").focus()
    for key in "dwtqcx":
        menu.keyboard.press(key)
    expect(menu.locator(".sites-menu .sheet")).to_be_visible()
    expect(menu).to_have_url(re.compile("period=today$"))
    menu.keyboard.press("Escape")
    menu.keyboard.press("w")
    expect(menu).to_have_url(re.compile("period=7d$"))


def test_a_search_that_finds_no_site_says_so(menu: Page) -> None:
    menu.keyboard.type("nowhere")
    expect(menu.locator("#found-sites")).to_have_text("No site of that name.")
    menu.keyboard.press("Enter")
    expect(menu.locator(".sites .empty")).to_have_text("No site of that name.")
    expect(menu.locator("#search")).to_have_value("nowhere")


def test_however_many_sites_there_are_they_can_be_put_in_order(page: Page, address: str) -> None:
    page.goto(f"{address}/?period=today&order=value")
    page.locator("#order-visitors").click()
    expect(page.locator("#order-visitors")).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile("order=visitors|period=today$"))
