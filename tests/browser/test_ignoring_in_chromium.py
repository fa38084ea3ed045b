"""A link for one's own browsers, from the settings page to a browser that is not counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.end_to_end.process import Server
from tests.waiting import until

TAG = '<script defer data-domain="site.test" src="http://stats.test:{port}/mallard.js"></script>'


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    found = Server(data_dir)
    yield found
    found.stop()


def counts(server: Server) -> Any:
    return server.get("/health/detailed")["events"]


def remembered(page: Page) -> Any:
    return page.evaluate("JSON.stringify(localStorage)")


def open_until_said(page: Page, address: str, words: str) -> None:
    with page.expect_console_message(lambda message: words in message.text):
        page.goto(address)


def test_who_opens_the_link_is_not_counted_until_the_other_is_opened(
    page: Page, context: BrowserContext, site: Any, server: Server
) -> None:
    site.add("/", TAG.format(port=server.port))
    home = site.at("site.test")
    page.goto(f"{home}/")
    until(lambda: counts(server).get("accepted") == 1)
    assert remembered(page) == "{}"

    settings = context.new_page()
    settings.goto(f"{server.url}/ignore-me?site_id=site.test")
    link = settings.get_by_role("link", name="Leave this browser out").get_attribute("href")
    assert link
    query = link.partition("?")[2]
    open_until_said(page, f"{home}/?{query}", "not counted on this site from now on")
    assert remembered(page) == '{"mallard_ignore":"true"}'
    assert counts(server).get("dropped_ignore_me") == 1

    open_until_said(page, f"{home}/", "mallard_ignore is true")
    open_until_said(page, f"{home}/?mallard-ignore=no", "counted on this site again")
    assert remembered(page) == "{}"
    page.goto(f"{home}/")
    until(lambda: counts(server).get("accepted") == 2)


def test_a_link_that_was_not_signed_stores_nothing(page: Page, site: Any, server: Server) -> None:
    site.add("/", TAG.format(port=server.port))
    page.goto(site.at("site.test") + "/?mallard-ignore=2099-01-01.00000000000000000000")
    until(lambda: counts(server).get("accepted") == 1)
    assert remembered(page) == "{}"
