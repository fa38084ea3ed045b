"""Pages that are prepared before anybody sees them, and pages that end without a word."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser.conftest import LAUNCH_ARGS
from tests.browser.patient import context_of
from tests.browser.test_how_pages_are_looked_at import HIDE, MINUTE, act, read, told

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Site

PREPARES_THE_NEXT = """
<script type="speculationrules">
    {"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}
</script>
<script>
    const ask = async () => (await fetch('/go')).ok ? location.href = '/next' : setTimeout(ask, 20);
    ask();
</script>
"""
"""Goes on as soon as the site has a page `/go`."""
TELLS_WHAT_BECOMES_OF_IT = """
<script>
    const note = n => fetch('URL', {method: 'POST', keepalive: true, body: JSON.stringify({n})});
    const [navigation] = performance.getEntriesByType('navigation');
    const ask = async () => (await fetch('/on')).ok ? location.href = '/on' : setTimeout(ask, 20);
    // It goes on when the script that measures is there and has heard of the view.
    const measured = () => performance.getEntriesByName('SCRIPT')[0]?.responseEnd
        ? import('SCRIPT').then(ask) : setTimeout(measured, 20);
    if (document.prerendering) {
        addEventListener('load', () => note('prepared'));
        document.addEventListener('prerenderingchange', () => { note('shown'); measured() });
        addEventListener('pagehide', () => note(performance.now() - navigation.activationStart));
    }
</script>
"""
"""When it is left, for how many milliseconds it was shown."""


def test_a_page_that_is_prerendered_counts_when_it_is_shown_and_from_then_on(
    chromium: str, site: Site, tag: Callable[..., str], collector: Collector, tmp_path: Path
) -> None:
    noted_at = collector.at("stats.test")
    script = f"{noted_at}/mallard.track.js"
    noting = TELLS_WHAT_BECOMES_OF_IT.replace("URL", noted_at).replace("SCRIPT", script)
    site.add("/start", PREPARES_THE_NEXT)
    site.add("/next", noting + tag('data-track="engagement"'))
    # What drives a browser keeps it from prerendering; so nothing does.
    options = [*LAUNCH_ARGS, "--headless", f"--user-data-dir={tmp_path}"]
    with Popen(
        [chromium, *options, site.at("site.test") + "/start"], stdout=DEVNULL, stderr=DEVNULL
    ) as browser:
        try:
            assert [event["n"] for event in collector.wait_for(1)] == ["prepared"]
            site.add("/go", "")
            assert {event["n"] for event in collector.wait_for(3)[1:]} == {"shown", "pageview"}
            site.add("/on", "")
            events = collector.wait_for(5)[3:]
        finally:
            browser.kill()
    (engagement,) = told(events)
    (shown,) = (event["n"] for event in events if event["n"] != "engagement")
    assert 0 < engagement["e"] <= shown + 1


def processes(browser: Browser, kind: str) -> list[int]:
    asked = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return [process["id"] for process in asked["processInfo"] if process["type"] == kind]


def wait_for_its_end(page: Page) -> None:
    """Returns when nothing answers for the page any more."""
    with pytest.raises(Error):
        while True:
            page.evaluate("new Promise(resolve => resolve(0))")


@pytest.mark.parametrize("kind", ["browser", "renderer"])
def test_of_a_page_that_is_killed_stays_what_it_had_told(
    launch: Callable[..., Browser],
    site: Site,
    tag: Callable[..., str],
    collector: Collector,
    kind: str,
) -> None:
    site.add("/page", tag('data-track="engagement"'))
    browser = launch()
    page = context_of(browser).new_page()
    page.clock.install()
    with page.expect_response("**/mallard.track.js"):
        page.goto(site.at("site.test") + "/page")
    page.wait_for_load_state("networkidle")
    read(page, 20)
    collector.wait_for(2)
    page.evaluate(HIDE, True)
    collector.wait_for(3)
    page.evaluate(HIDE, False)
    act(page)
    page.clock.run_for(MINUTE // 2)
    for process in processes(browser, kind):
        os.kill(process, signal.SIGKILL)
    wait_for_its_end(page)
    browser.close()
    times = [props["e"] for props in told(collector.wait_for(3))]
    assert len(times) == 2, "what came after it was hidden had not been told"
    assert times[0] >= 14 * MINUTE
    assert 19 * MINUTE <= sum(times) < 21 * MINUTE
