"""Light and dark, paper, and a reader who wants nothing to move."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

SITE = "/?site_id=acme.example"
LIGHT, DARK = "rgb(244, 246, 244)", "rgb(13, 19, 16)"
AT_FIRST_PAINT = """
document.addEventListener("readystatechange", () => {
  window.themeWhenParsed ??= document.documentElement.dataset.theme ?? "system";
}, {once: true});
"""


@pytest.fixture
def dashboard(page: Page, busy: str, errors: list[str]) -> Page:
    page.goto(busy + SITE)
    return page


def choose(page: Page, theme: str) -> None:
    page.get_by_label("Account").click()
    page.get_by_role("button", name=theme).click()


def ground(page: Page) -> Locator:
    return page.locator("body")


@pytest.mark.parametrize(("scheme", "colour"), [("light", LIGHT), ("dark", DARK)])
def test_the_system_decides_until_somebody_does(
    dashboard: Page, scheme: Literal["light", "dark"], colour: str
) -> None:
    dashboard.emulate_media(color_scheme=scheme)
    expect(ground(dashboard)).to_have_css("background-color", colour)


def test_a_chosen_theme_is_there_before_the_first_paint(dashboard: Page) -> None:
    dashboard.emulate_media(color_scheme="light")
    choose(dashboard, "Dark")
    expect(ground(dashboard)).to_have_css("background-color", DARK)
    dashboard.add_init_script(AT_FIRST_PAINT)
    dashboard.reload()
    assert dashboard.evaluate("window.themeWhenParsed") == "dark"
    assert dashboard.locator("head script:not([defer])").get_attribute("src") is not None
    expect(ground(dashboard)).to_have_css("background-color", DARK)
    dashboard.locator("#period-7d").click()
    expect(dashboard.locator("#period-7d")).to_have_attribute("aria-current", "true")
    dashboard.get_by_label("Account").click()
    pressed = dashboard.locator("[data-theme-choice][aria-pressed=true]")
    expect(pressed).to_have_text("Dark")


def test_the_systems_theme_comes_back_by_choice(dashboard: Page) -> None:
    dashboard.emulate_media(color_scheme="dark")
    choose(dashboard, "Light")
    expect(ground(dashboard)).to_have_css("background-color", LIGHT)
    dashboard.get_by_role("button", name="System").click()
    expect(ground(dashboard)).to_have_css("background-color", DARK)
    assert dashboard.evaluate("localStorage.length") == 0


def test_paper_gets_the_figures_and_not_the_controls(dashboard: Page) -> None:
    dashboard.emulate_media(media="print", color_scheme="dark")
    for control in (".controls", "#current", ".account-menu", ".export-menu", ".chart .choices"):
        expect(dashboard.locator(control)).to_be_hidden()
    expect(dashboard.locator(".breakdown footer").first).to_be_hidden()
    expect(dashboard.locator(".sites-menu")).to_be_visible()
    expect(dashboard.locator("#panel-overview")).to_be_visible()
    expect(ground(dashboard)).to_have_css("background-color", "rgb(255, 255, 255)")


def test_nothing_moves_for_those_who_want_it_so(dashboard: Page) -> None:
    expect(dashboard.locator("#view")).not_to_have_css("transition-duration", "0s")
    dashboard.emulate_media(reduced_motion="reduce")
    moving = dashboard.evaluate(
        """[...document.querySelectorAll("*")].map(one => getComputedStyle(one)).filter(
        style => style.transitionDuration !== "0s" || style.animationName !== "none").length"""
    )
    assert moving == 0
