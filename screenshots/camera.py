"""The browser that signs in, opens each page and writes its picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from screenshots.scenes import SCENES, SIZES, THEMES, Scene, Theme, file_name
from screenshots.stage import PASSWORD

TALLEST = 1_850
"""A whole page is cut off there: a phone shows the cards one below the other."""
AROUND_A_PART = 16


def take(
    browser: Browser,
    url: str,
    into: Path,
    widths: Iterable[int] = tuple(SIZES),
    themes: Iterable[Theme] = THEMES,
) -> list[Path]:
    """Pictures every scene of the server at `url`, at each width and in each theme; the files."""
    into.mkdir(parents=True, exist_ok=True)
    written = []
    themes = tuple(themes)
    for width in widths:
        for theme in themes:
            with _window(browser, width, theme) as page:
                scenes = sorted(SCENES, key=lambda scene: not scene.is_public)
                for scene in scenes:
                    _open(page, url, scene)
                    written.append(into / file_name(scene, width, theme))
                    _picture(page, scene, written[-1])
    return written


@contextmanager
def _window(browser: Browser, width: int, theme: Theme) -> Iterator[Page]:
    viewport = {"width": width, "height": SIZES[width]}
    with browser.new_context(
        viewport=viewport,  # type: ignore[arg-type]  # a dict with these very keys
        color_scheme=theme,
        reduced_motion="reduce",
    ) as context:
        yield context.new_page()


def _open(page: Page, url: str, scene: Scene) -> None:
    """Opens the scene's page, by way of the login form when it is asked for."""
    page.goto(url + scene.path)
    if not scene.is_public and "/login" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(url + scene.path)
    page.evaluate("document.fonts.ready.then(() => document.activeElement.blur())")


def _picture(page: Page, scene: Scene, file: Path) -> None:
    if scene.part is None and not scene.is_whole:
        page.screenshot(path=file)
        return
    box = page.locator(scene.part or "body").bounding_box()
    assert box is not None, f"nothing is there to be pictured: {scene.name}"
    margin = AROUND_A_PART if scene.part else 0
    page.screenshot(
        path=file,
        full_page=True,
        clip={
            "x": max(0, box["x"] - margin),
            "y": max(0, box["y"] - margin),
            "width": box["width"] + 2 * margin,
            "height": min(TALLEST, box["height"] + 2 * margin),
        },
    )
