"""What tests open in a browser, with as much patience as `tests.waiting` has."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.waiting import PATIENCE_SECS


def context_of(browser: Browser, **options: Any) -> BrowserContext:
    """A context of its own, in which nothing takes too long; others give up after 30 seconds."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_SECS * 1000)
    return context
