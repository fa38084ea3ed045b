"""A page that goes on posting what Umami's tracker posts, from a host of its own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from mallard.config import UmamiSettings
from tests.browser.conftest import Site
from tests.conftest import LiveServer

WEBSITE = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"

# In the form of the tracker: JSON, which a browser asks leave for, and the token of the last answer
# in a header.
PAGE = """
<button id="upload">Upload</button>
<script>
  let cache;
  const send = async (type, more) => {
    const payload = {
      website: "WEBSITE", hostname: location.hostname, url: location.href, title: document.title,
      referrer: document.referrer, screen: `${screen.width}x${screen.height}`,
      language: navigator.language, ...more,
    };
    const headers = { "Content-Type": "application/json" };
    if (cache) headers["x-umami-cache"] = cache;
    const body = JSON.stringify({ type, payload });
    const options = { keepalive: true, method: "POST", body, headers, credentials: "omit" };
    const answer = await (await fetch("HOST/api/send", options)).json();
    cache = answer.cache;
    return answer;
  };
  const first = send("event");
  window.umami = {
    track: async (name, data) => { await first; return send("event", { name, data }); },
    identify: async (data) => { await first; return send("identify", { data }); },
  };
</script>
"""

EVENTS: dict[str, dict[str, Any]] = {
    "save_uploaded": {"tool": "pets"},
    "save_downloaded": {"tool": "pets"},
    "catalog_search": {"query": "beetle", "result_count": 0},
    "catalog_category": {"category": "maps"},
    "git_clone": {"project": "pets"},
}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "umami": UmamiSettings(websites={WEBSITE: "portal"})}


def test_its_views_and_events_are_in_the_figures(
    page: Page, site: Site, live_server: LiveServer, errors: list[str]
):
    host = live_server.url.replace("127.0.0.1", "stats.test")
    site.add("/tools", PAGE.replace("HOST", host).replace("WEBSITE", WEBSITE))
    page.goto(f"{site.at('site.test')}/tools?utm_source=letter")
    for name, data in EVENTS.items():
        answer = page.evaluate("([name, data]) => umami.track(name, data)", [name, data])
        assert answer["cache"]
    assert page.evaluate("umami.identify({plan: 'pro'})")["cache"]

    asked = "site_id=portal&period=today"
    figures: Any = page.request.get(f"{live_server.url}/api/stats/main?{asked}").json()
    assert (figures["unique_visitors"], figures["total_pageviews"]) == (1, 1)

    def rows(dimension: str, more: str = "") -> dict[str, int]:
        address = f"{live_server.url}/api/stats/breakdown/{dimension}?{asked}{more}"
        return {row["value"]: row["visitors"] for row in page.request.get(address).json()}

    assert rows("events") == dict.fromkeys(("pageview", *EVENTS), 1)
    assert rows("pages") == {"/tools": 1}
    assert rows("hostnames") == {"site.test": 1}
    assert rows("utm_source") == {"letter": 1}
    for name, data in EVENTS.items():
        filters = "".join(f"&filter=prop:{key}=={value}" for key, value in data.items())
        assert rows("events", f"&filter=event=={name}{filters}") == {name: 1}
