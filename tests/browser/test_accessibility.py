"""axe-core finds nothing to object to, on any page, in either theme."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import mallard
from mallard.wsgi import application
from tests.browser.pages import PAGES
from tests.conftest import NOON, served

AXE = Axe()
OF_COLOURS = {"runOnly": ["cat.color"], "rules": {"color-contrast-enhanced": {"enabled": False}}}
"""axe's rules of colours, without the one that it asks of nobody unless told to."""
PASSWORD = "correct horse"


def assert_accessible(page: Page, part: str | None = None) -> None:
    """Looks at the page, or at a part of it that a selector finds, in both themes.

    They differ in colours alone, so that all else is looked at once.
    """
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    assert violations(page, part, {}) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, part, OF_COLOURS) == []


def violations(page: Page, part: str | None, options: dict[str, Any]) -> list[str]:
    """What axe objects to, each with the first few elements that it means."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE.axe_script}; null")
    run = "([part, options]) => axe.run(part ?? document, options).then(all => all.violations)"
    found = page.evaluate(run, [part, {"resultTypes": ["violations"], **options}])
    return [
        f"{rule['id']} ({rule['help']}): "
        + "; ".join(f"{node['html'][:120]} {node['failureSummary']}" for node in rule["nodes"][:4])
        for rule in found
    ]


def test_the_themes_differ_in_colours_alone() -> None:
    """What asks for the theme is `light-dark`, which takes nothing but colours."""
    folders = (Path(mallard.__file__).parent / name for name in ("static", "templates"))
    files = [file for folder in folders for file in folder.rglob("*.*") if file.is_file()]
    texts = [file.read_bytes() for file in files]
    assert any(b"light-dark(" in text for text in texts)
    assert not [f for f, text in zip(files, texts, strict=True) if b"prefers-color-" in text]


def test_what_is_wrong_in_the_dark_alone_is_seen(page: Page, busy: str) -> None:
    page.goto(busy + PAGES["not found"])
    page.evaluate("document.querySelector('h1').style.color = 'light-dark(black, #222)'")
    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(page)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(page: Page, busy: str, name: str) -> None:
    page.goto(busy + PAGES[name])
    assert_accessible(page)


@pytest.mark.parametrize(
    "name",
    [
        "site compared",
        "properties",
        "details",
        "details of a property",
        "details with more columns",
        "realtime",
        "goal chosen",
        "settings of a site",
    ],
)
def test_pages_are_accessible_on_a_phone(page: Page, busy: str, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(busy + PAGES[name])
    assert_accessible(page)


def test_how_pages_were_looked_at_and_how_quick_they_are_is_accessible_on_a_phone(
    page: Page, live_server: Any
) -> None:
    visit = live_server.visit
    visit("/pricing", at=NOON)
    visit("/pricing", event="engagement", p={"e": 40_000, "sd": 80}, at=NOON + timedelta(minutes=1))
    visit("/pricing", event="vitals", p={"lcp": 9_000, "inp": 300}, at=NOON + timedelta(minutes=2))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/?site_id=example.com&period=today&tab=vitals&tab=sources")
    for part in (".looked-at", ".speeds .poor"):
        expect(page.locator(part).first).to_be_visible()
    heights = page.locator(".looked-at dt").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(set(heights)) == 1, "each title is one line"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(page)


def test_open_menus_are_accessible(page: Page, busy: str) -> None:
    page.goto(busy + PAGES["site compared"])
    for menu in ("sites", "segment", "compare", "range", "export", "account"):
        page.locator(f".{menu}-menu > summary").click()
        expect(page.locator(f".{menu}-menu .sheet")).to_be_visible()
        assert_accessible(page, f".{menu}-menu")


def test_the_help_is_accessible(page: Page, busy: str) -> None:
    page.goto(busy + PAGES["site"])
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page, "dialog")


def test_the_values_at_the_chart_are_accessible(page: Page, busy: str) -> None:
    page.goto(busy + PAGES["site compared"])
    page.locator(".bucket[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    assert_accessible(page, ".chart")


def test_getting_in_and_the_settings_are_accessible(page: Page, start: Any) -> None:
    with served(application(start(admin_password=PASSWORD))) as url:
        page.goto(f"{url}/settings")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert_accessible(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Name").fill("CI")
        page.get_by_role("button", name="Create key").click()
        expect(page.locator(".done code")).to_be_visible()
        assert_accessible(page)
