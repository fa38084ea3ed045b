"""The operator's page in a real browser: accessible, narrow enough, and the token nowhere in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from mallard.app import Mallard
from mallard.config import Portal, Project
from mallard.portal.recording import Name, Props, Visitor
from tests.browser.test_accessibility import assert_accessible
from tests.browser.test_operator_pages_in_chromium import IS_TOO_WIDE
from tests.conftest import LiveServer

TOKEN = "a-token-that-nobody-guesses"
LONG = (
    "how do I find the hidden door in chapter four, and a_word_without_any_space_in_it_" + "x" * 60
)


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    project = Project(downloads=Path("/srv/pets"), git="https://git.example.org/pets.git")
    portal = Portal(tools=("pets",), projects={"pets": project})
    return {**settings, "portal": portal, "metrics_token": TOKEN, "admin_password": "a password"}


@pytest.fixture
def portal_url(live_server: LiveServer, mallard: Mallard) -> str:
    """The address of the page, with something to show."""
    recorder = mallard.recorder
    assert recorder is not None
    visitor = Visitor("203.0.113.7", "git/2.47")
    happened: tuple[tuple[Name, Props], ...] = (
        (Name.DOWNLOAD, {"project": "pets", "version": "v1", "asset": "pets.zip"}),
        (Name.CLONE, {"project": "pets"}),
        (Name.TOOL_UPLOAD, {"tool": "pets"}),
        (Name.CATEGORY_VIEW, {"detail": "maps"}),
        (Name.SEARCH, {"detail": LONG, "result_count": 0}),
    )
    for name, props in happened:
        recorder.record(name, props, visitor, "/page")
    return f"{live_server.url}/portal"


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_no_wider_than_the_window(
    page: Page, portal_url: str, errors: list[str], width: int
):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{portal_url}?token={TOKEN}")
    expect(page.get_by_role("heading", name="Downloads")).to_be_visible()
    assert_accessible(page)
    assert not page.evaluate(IS_TOO_WIDE)


def test_the_token_is_in_no_address_that_the_browser_keeps_or_tells(page: Page, portal_url: str):
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(f"{portal_url}?token={TOKEN}&days=90")
    assert page.url == f"{portal_url}?days=90"
    page.get_by_role("link", name="All days").click()
    expect(page).to_have_url(f"{portal_url}?days=all")
    first, *others = asked
    assert TOKEN in first.url and others
    for request in others:
        told = [request.url, *request.all_headers().values()]
        assert not any(TOKEN in text for text in told), request.url
    history = page.context.new_cdp_session(page).send("Page.getNavigationHistory")
    # One entry for each page; that of the first is where the redirect led.
    entries = [entry["url"] for entry in history["entries"]]
    assert entries[-2:] == [f"{portal_url}?days=90", f"{portal_url}?days=all"]
    assert not any(TOKEN in entry for entry in entries)
    assert TOKEN not in page.content()
    assert page.evaluate("document.cookie") == ""


def test_the_browser_takes_a_table_as_a_file(page: Page, portal_url: str):
    page.goto(f"{portal_url}?token={TOKEN}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Downloads, by version, as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    head, row = text.splitlines()
    assert head == "project,version,last_30_days,last_90_days,all_days"
    assert row == "pets,v1,1,1,1"


def test_without_javascript_it_works_as_well(plain: Page, portal_url: str):
    plain.goto(f"{portal_url}?token={TOKEN}")
    plain.get_by_role("link", name="90 days").click()
    expect(plain.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    expect(plain.get_by_role("row", name="pets v1 1 1 1")).to_be_visible()


def test_a_stranger_sees_that_it_is_closed(page: Page, portal_url: str):
    response = page.goto(f"{portal_url}?token=wrong")
    assert response is not None and response.status == 401
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()
    assert_accessible(page)
