"""The settings page in a browser: what is copied, and what is asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import served

PASSWORD = "correct horse battery"


@pytest.fixture
def settings_page(start: Callable[..., Mallard], page: Page) -> Iterator[Page]:
    """The settings, signed in, with a key that somebody has made."""
    mallard = start(admin_password=PASSWORD)
    mallard.access.keys.create("the shop", "ReadOnly")
    with served(application(mallard)) as url:
        page.goto(f"{url}/login?next=/settings")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        yield page


def test_a_snippet_is_copied_with_one_click(settings_page: Page, errors: list[str]) -> None:
    settings_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    settings_page.get_by_role("button", name="Copy").first.click()
    expect(settings_page.get_by_role("button", name="Copied")).to_be_visible()
    copied = settings_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("<script defer src=")
    assert copied.endswith("</script>")


def test_a_new_key_is_copied_with_one_click(settings_page: Page, errors: list[str]) -> None:
    settings_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    settings_page.get_by_label("Name", exact=True).fill("the till")
    settings_page.get_by_role("button", name="Create key").click()
    made = settings_page.locator(".done")
    made.get_by_role("button", name="Copy").click()
    expect(made.get_by_role("button", name="Copied")).to_be_visible()
    copied = settings_page.evaluate("navigator.clipboard.readText()")
    assert copied == made.locator("code").inner_text()


def test_revoking_a_key_asks_first(settings_page: Page, errors: list[str]) -> None:
    revoke = settings_page.locator("summary", has_text="Revoke")
    revoke.click()
    question = settings_page.get_by_text("will be refused, for good")
    expect(question).to_be_visible()
    settings_page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(settings_page.get_by_text("Revoked", exact=True)).to_have_count(0)
    revoke.click()
    settings_page.get_by_role("button", name="Revoke it").click()
    expect(settings_page.get_by_text("Revoked", exact=True)).to_be_visible()
