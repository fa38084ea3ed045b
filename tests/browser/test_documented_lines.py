"""The lines for pages that the documents give count, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from documentation.blocks import Block, blocks
from tests.browser.conftest import Collector, Sent, Site
from tests.conftest import LiveServer
from tests.waiting import PATIENCE_SECS, until

LINES = [block for block in blocks() if block.language == "html"]
CALLS = [block for block in blocks() if block.language == "js"]
FIRST = next(block for block in LINES if block.page == "docs/index.md")
TAG = '<script async defer src="{}/mallard.js" data-domain="example.com"></script>'
MANUAL = "data-manual"


def spoken(text: str, server: str) -> str:
    """A block with this server's address in the place of the documents'."""
    text = re.sub(r"https://stats\.example\.com|http://localhost:8000", server, text)
    return text.replace('"/mallard.js"', f'"{server}/mallard.js"')


def named(block: Block) -> str:
    return block.name


@pytest.mark.parametrize("block", LINES, ids=named)
def test_a_page_with_these_lines_is_counted(
    page: Page, site: Site, collector: Collector, sent: Sent, block: Block
) -> None:
    server = collector.at("stats.test")
    html = spoken(block.text, server)
    # What only keeps calls, or counts without JavaScript, stands beside the script.
    site.add("/", html if "mallard.js" in html else html + TAG.format(server))
    page.goto(site.at("site.test"))
    (event,) = sent(1)
    assert (event["d"], event["n"]) == ("example.com", "pageview")
    expected = "https://example.com/step/2" if MANUAL in html else site.at("site.test") + "/"
    assert event["u"] == expected


@pytest.mark.parametrize("block", CALLS, ids=named)
def test_calls_do_what_is_said(
    page: Page, site: Site, collector: Collector, sent: Sent, block: Block
) -> None:
    site.add("/", TAG.format(collector.at("stats.test")).replace("async defer ", ""))
    page.goto(site.at("site.test"))
    collector.wait_for(1)
    page.evaluate(f"() => {{ {block.text} }}")
    # Who is ignored from now on adds nothing by another visit.
    names = re.findall(r'mallard\("(\w+)"', block.text)
    if not names:
        page.reload(wait_until="networkidle")
    counted = [event["n"] for event in sent(1 + len(names))]
    assert sorted(counted) == sorted(["pageview", *names])


def test_the_picture_counts(page: Page, live_server: LiveServer, client: Any) -> None:
    (picture,) = (block.text for block in LINES if block.text.startswith("<img"))
    page.goto(f"{live_server.url}/robots.txt")
    page.evaluate("html => document.body.innerHTML = html", spoken(picture, live_server.url))
    figures = "/api/stats/breakdown/pages?site_id=example.com&period=day"
    until(lambda: [row["value"] for row in client.get(figures).json] == ["/page"], "it counts")


def test_the_first_page_leads_to_a_visit(
    page: Page, live_server: LiveServer, tmp_path: Path, client: Any
) -> None:
    """The file of docs/index.md, opened from the disk, is counted and shown."""
    hello = tmp_path / "hello.html"
    hello.write_text(spoken(FIRST.text, live_server.url), encoding="utf-8")
    page.goto(hello.as_uri())
    figures = "/api/stats/main?site_id=example.com&period=day"
    until(lambda: client.get(figures).json["total_pageviews"] == 1, "the visit counts")
    page.goto(live_server.url)
    expect(page.get_by_text("example.com").first).to_be_visible(timeout=PATIENCE_SECS * 1000)
