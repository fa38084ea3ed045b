"""The pages for operators in a real browser: no complaint of it, and nothing wider than a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.patient import context_of

PATHS = ["/setup", "/settings", "/diagnostics", "/api/docs", "/no/such/page"]
IS_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_has_nothing_to_complain_about(
    browser: Browser, live_server: Any, scheme: Any, width: int
) -> None:
    live_server.visit("/pricing")
    with context_of(
        browser, color_scheme=scheme, viewport={"width": width, "height": 800}
    ) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in PATHS:
            page.goto(f"{live_server.url}{path}")
            assert not page.evaluate(IS_TOO_WIDE), path
    # What a browser says of every page that is not there.
    assert [text for text in complaints if "404 (NOT FOUND)" not in text] == []
