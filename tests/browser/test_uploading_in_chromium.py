"""A history that a browser uploads in pieces: looked at, and imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from mallard.app import Mallard
from mallard.wsgi import application
from tests.browser.test_accessibility import assert_accessible
from tests.conftest import served
from tests.transfer.day_figures import exports

PASSWORD = "correct horse battery"


def test_a_file_goes_up_in_pieces_and_comes_in(
    start: Callable[..., Mallard],
    page: Page,
    errors: list[str],
    tmp_path: Path,
) -> None:
    file = exports.plausible_zip(tmp_path / "export.zip")
    mallard = start(admin_password=PASSWORD)
    with served(application(mallard)) as url:
        page.goto(f"{url}/login?next=/settings")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{url}/settings")
        page.request.post(
            f"{url}/settings/sites", form={"site": "example.com"}, headers={"Origin": url}
        )
        page.goto(f"{url}/settings/sites/example.com/import")
        assert_accessible(page)
        page.locator("#upload").evaluate("form => form.dataset.pieceBytes = 700")
        page.get_by_label("Files").set_input_files(file)
        page.get_by_role("button", name="Upload and look").click()
        expect(page.get_by_role("heading", name="This would come in")).to_be_visible()
        expect(page.get_by_text("2 days, 15 visitors, 31 pageviews")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_role("heading", name="Imported")).to_be_visible()
        expect(page.get_by_text("figures of 2 days imported")).to_be_visible()
        assert_accessible(page)
