"""The main job, whole: a real page, a real browser, a real server, and the figures afterwards."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.process import Server
from tests.waiting import until

SITE_PAGE = """
<script defer data-domain="site.test" src="http://stats.test:{port}/mallard.js"></script>
<a href="/leave">Leave</a>
<script>
  document.addEventListener("click", () => window.mallard("left", {{props: {{how: "link"}}}}));
</script>
"""
FIGURES = "/api/stats/main?site_id=site.test&period=today"
PAGES = "/api/stats/breakdown/pages?site_id=site.test&period=today"


def visit_three_pages_and_leave(page: Page, site: Any, server: Server) -> None:
    """Two pages of the site, one of them reached by pushState, and a click that leaves."""
    site.add("/home", SITE_PAGE.format(port=server.port))
    site.add("/leave", "gone")
    page.goto(site.at("site.test") + "/home?utm_source=letter")
    page.wait_for_function("window.mallard")
    page.evaluate("history.pushState({}, '', '/second')")
    page.get_by_role("link", name="Leave").click()
    page.wait_for_url("**/leave")


def figures(server: Server) -> tuple[Any, Any]:
    return server.get(FIGURES), server.get(PAGES)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_visit_is_counted_and_stays_counted(
    page: Page, site: Any, data_dir: Path, end: signal.Signals
) -> None:
    server = Server(data_dir, flush_interval=3600)
    try:
        visit_three_pages_and_leave(page, site, server)
        until(lambda: sum(row["visitors"] for row in figures(server)[1]) >= 2)
        until(lambda: server.get("/health/detailed")["events"].get("accepted") == 3)
        counted = figures(server)
        assert (counted[0]["unique_visitors"], counted[0]["total_pageviews"]) == (1, 2)
        assert counted[0]["bounce_rate"] == 0.0
        assert [(row["value"], row["visitors"], row["pageviews"]) for row in counted[1]] == [
            ("/home", 1, 1),
            ("/second", 1, 1),
        ]
        code = server.stop(end)
        assert code == (0 if end != signal.SIGKILL else -signal.SIGKILL)
        server = Server(data_dir)
        assert figures(server) == counted
        page.goto(f"{server.url}/?site_id=site.test&period=today")
        expect(page.locator("#panel-pages")).to_contain_text("/second")
        expect(page.locator("#panel-overview")).to_contain_text("Unique visitors")
    finally:
        server.stop()
