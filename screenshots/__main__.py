"""`python -m screenshots` writes docs/screenshots/NAME-WIDTH-THEME.png anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from mallard import logs
from screenshots.camera import take
from screenshots.stage import stage

INTO = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LAUNCH_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@click.command()
@click.option("--events", default=120_000, show_default=True, help="So many are invented.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=INTO, show_default=True
)
def main(events: int, into: Path) -> None:
    """Picture the pages at three widths in two themes, by the system's Chromium."""
    logs.configure("text", "warning")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    with stage(events) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=LAUNCH_ARGS)
        written = take(browser, url, into)
        browser.close()
    size = sum(file.stat().st_size for file in written)
    click.echo(f"{len(written)} pictures, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(prog_name="python -m screenshots")
