"""Web Vitals as Chromium measures them, told once when a page is hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page

from tests.browser.test_how_pages_are_looked_at import HIDE

if TYPE_CHECKING:
    from tests.browser.conftest import Sent, Site

SHIFTING = """
<div id="above"></div><h1>Largest text of the page</h1><button>Press</button>
<script>
    document.querySelector('button').onclick = () => {
        for (const end = performance.now() + 120; performance.now() < end;);
    };
</script>
"""
PUSH = """
() => new Promise(resolve => {
    new PerformanceObserver(resolve).observe({type: 'layout-shift'});
    document.getElementById('above').style.height = '300px';
})
"""
PRESSED = """
() => new Promise(resolve => new PerformanceObserver(list =>
    list.getEntries().some(entry => entry.interactionId) && resolve()
).observe({type: 'event', buffered: true, durationThreshold: 40}))
"""


def opened(page: Page, site: Site, tag: Callable[..., str], attributes: str) -> None:
    site.add("/page", SHIFTING + tag(f'data-track="vitals" {attributes}'))
    with page.expect_response("**/mallard.track.js"):
        page.goto(site.at("site.test") + "/page")
    page.wait_for_load_state("networkidle")


def test_a_page_tells_once_how_quick_it_was(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent
) -> None:
    opened(page, site, tag, "")
    page.evaluate(f"({PUSH})().then(() => null)")
    page.click("button")
    page.evaluate(f"({PRESSED})().then(() => null)")
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    _, told = sent(2)
    assert told["n"] == "vitals"
    found = told["p"]
    assert set(found) == {"lcp", "inp", "cls", "fcp", "ttfb"}
    assert found["ttfb"] <= found["fcp"] <= found["lcp"]
    assert found["inp"] >= 100
    assert 0 < found["cls"] < 1


def test_of_a_sample_of_nothing_nothing_is_told(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent
) -> None:
    opened(page, site, tag, 'data-vitals-sample="0"')
    page.evaluate(HIDE, True)
    assert [event["n"] for event in sent(1)] == ["pageview"]
