"""Pages with the tags and packages of other products go on, and their figures are right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from mallard.app import Mallard
from mallard.config import Peers
from mallard.register import site as decided
from tests.browser.conftest import SCRIPT, Site
from tests.conftest import LiveServer, stored_events
from tests.waiting import until

PACKAGES = Path(__file__).parents[2] / ".venv" / "npm" / "node_modules"
PLAUSIBLE = '<script defer data-domain="site.test" src="HOST/js/script{more}.js"></script>'
OWN = """
<script async src="HOST/js/pa-abc.js"></script>
<script>
  window.plausible = window.plausible ||
    function () { (plausible.q = plausible.q || []).push(arguments) };
  plausible.init = plausible.init || function (i) { plausible.o = i || {} };
  plausible.init({ customProperties: { team: "blue" }, hashBasedRouting: true });
  plausible("Early", { props: { plan: "pro" } });
</script>
"""
LINKS = """
<a id="file" href="/files/report.PDF">Report</a>
<a id="out" href="http://elsewhere.test/there" target="_blank">There</a>
<form id="form" action="javascript:void 0"><button id="send">Send</button></form>
<button id="buy" class="plausible-event-name=Buy+now plausible-event-plan=pro
  plausible-revenue-amount=12.50 plausible-revenue-currency=EUR">Buy</button>
"""
UMAMI = """
<script defer src="HOST/script.js" data-website-id="site.test" data-tag="b"></script>
<button id="buy" data-umami-event="Buy" data-umami-event-plan="pro">Buy</button>
"""
GOATCOUNTER = """
<script data-goatcounter="HOST/count" data-goatcounter-settings='{"allow_local": true}'
  async src="HOST/count.js"></script>
<button id="buy" data-goatcounter-click="buy-now">Buy</button>
"""

Stored = Callable[[int], list[dict[str, Any]]]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True, umami=True, goatcounter=True)}


@pytest.fixture
def show(page: Page, site: Site, live_server: LiveServer) -> Callable[[str, str], str]:
    """Opens a page with a tag at an address of the visited site."""

    def show(html: str, path: str = "/start") -> str:
        host = live_server.url.replace("127.0.0.1", "stats.test")
        site.add(path.partition("?")[0].partition("#")[0], html.replace("HOST", host))
        page.goto(site.at("site.test") + path)
        return host

    return show


@pytest.fixture
def stored(mallard: Mallard) -> Stored:
    """Waits for that many events; all there are, in their order."""

    def stored(count: int) -> list[dict[str, Any]]:
        until(lambda: mallard.intake.tally.counts().get("accepted", 0) >= count)
        found = stored_events(mallard)
        assert len(found) == count
        return found

    return stored


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["event_name"], event["pathname"]) for event in events]


def test_plausibles_tag_counts_views_and_what_its_extensions_name(
    page: Page, show: Callable[[str, str], str], stored: Stored, errors: list[str]
) -> None:
    show(PLAUSIBLE.format(more=".file-downloads.outbound-links.tagged-events") + LINKS, "/start")
    page.wait_for_function("window.plausible && plausible.l")
    page.evaluate("history.pushState({}, '', '/second')")
    page.evaluate(
        "plausible('Signup', {props: {plan: 'pro'}, revenue: {amount: '9.90', currency: 'EUR'}})"
    )
    page.click("#buy")
    with page.context.expect_page():
        page.click("#out")
    page.evaluate(
        "document.querySelector('#file').addEventListener('click', e => e.preventDefault())"
    )
    page.click("#file")
    page.click("#send")
    found = stored(6)
    assert told(found) == [
        ("pageview", "/start"),
        ("pageview", "/second"),
        ("Signup", "/second"),
        ("Buy now", "/second"),
        ("Outbound Link: Click", "/second"),
        ("File Download", "/second"),
    ]
    assert {event["site_id"] for event in found} == {"site.test"}
    assert [str(e["revenue_amount"]) for e in found[2:4]] == ["9.90", "12.50"]
    assert [e["props"] for e in found[2:4]] == ['{"plan":"pro"}'] * 2
    assert "elsewhere.test/there" in found[4]["props"]
    assert found[5]["props"].endswith('/files/report.PDF"}')
    assert found[1]["referrer"] is None


def test_a_callback_is_told_the_status(
    page: Page, show: Callable[[str, str], str], stored: Stored
) -> None:
    show(PLAUSIBLE.format(more=".manual"), "/start")
    page.wait_for_function("window.plausible && plausible.l")
    asked = "new Promise(done => plausible('Signup', {callback: done}))"
    assert page.evaluate(asked) == {"status": 202}
    assert told(stored(1)) == [("Signup", "/start")]


def test_plausibles_script_of_one_site_takes_options_and_what_was_called_before_it(
    page: Page, show: Callable[[str, str], str], stored: Stored, errors: list[str]
) -> None:
    show(OWN, "/app#/route")
    page.wait_for_function("window.plausible && plausible.l")
    # Both are on their way at the same time.
    early, view = sorted(stored(2), key=lambda event: str(event["event_name"]))
    assert told([view, early]) == [("pageview", "/app#/route"), ("Early", "/app#/route")]
    assert view["props"] == '{"team":"blue"}'
    assert early["props"] == '{"team":"blue","plan":"pro"}'
    assert view["site_id"] == early["site_id"] == "site.test"


@pytest.mark.parametrize("key", ["plausible_ignore", "mallard_ignore"])
def test_who_does_not_want_to_be_counted_is_not(
    page: Page, show: Callable[[str, str], str], stored: Stored, key: str
) -> None:
    show("", "/first")
    page.evaluate("key => localStorage.setItem(key, 'true')", key)
    show(PLAUSIBLE.format(more=""), "/start")
    page.wait_for_function("window.plausible && plausible.l")
    page.evaluate("key => localStorage.removeItem(key)", key)
    page.evaluate("plausible('Now')")
    assert told(stored(1)) == [("Now", "/start")]


def test_umamis_tag_counts_views_and_clicks(
    page: Page,
    show: Callable[[str, str], str],
    mallard: Mallard,
    stored: Stored,
    errors: list[str],
) -> None:
    mallard.sites.replace("site.test", decided.Site(), None)
    show(UMAMI, "/start?utm_source=letter")
    page.wait_for_function("window.umami")
    page.evaluate("history.pushState({}, '', '/second')")
    page.wait_for_function("location.pathname == '/second'")
    stored(2)
    page.click("#buy")
    page.evaluate("umami.track('Order', {revenue: 49.9, currency: 'EUR'})")
    found = stored(4)
    assert told(found) == [
        ("pageview", "/start"),
        ("pageview", "/second"),
        ("Buy", "/second"),
        ("Order", "/second"),
    ]
    assert found[0]["utm_source"] == "letter"
    assert found[2]["props"] == '{"tag":"b","plan":"pro"}'
    assert str(found[3]["revenue_amount"]) == "49.90"


def test_goatcounters_tag_counts_views_and_clicks(
    page: Page, show: Callable[[str, str], str], stored: Stored, errors: list[str]
) -> None:
    show(GOATCOUNTER, "/start?utm_source=letter")
    stored(1)
    page.click("#buy")
    page.evaluate("goatcounter.count({path: '/virtual', title: 'A page', referrer: ''})")
    found = stored(3)
    assert {event["site_id"] for event in found} == {"site.test"}
    assert [event["event_name"] for event in found] == ["pageview", "buy-now", "pageview"]
    assert [event["pathname"] for event in found][::2] == ["/start", "/virtual"]
    assert found[0]["utm_source"] == "letter"


def serve_package(page: Page, path: str) -> None:
    """Lets the page load a file of a package as it is published."""

    def answer(route: Route) -> None:
        route.fulfill(body=(PACKAGES / path).read_text("utf-8"), content_type=SCRIPT)

    page.route("**/package.js", answer)


def serve_modules(page: Page, directory: str) -> None:
    """Lets the page load modules of a package, which name each other without an ending."""

    def answer(route: Route) -> None:
        path = f"{directory}/{route.request.url.partition('/modules/')[2]}"
        file = PACKAGES / (path if path.endswith(".js") else f"{path}.js")
        route.fulfill(body=file.read_text("utf-8"), content_type=SCRIPT)

    page.route("**/modules/**", answer)


def test_plausibles_older_package_is_understood(
    page: Page, show: Callable[[str, str], str], stored: Stored, errors: list[str]
) -> None:
    serve_modules(page, "plausible-tracker/build/module")
    show(
        """<script type="module">
        import Plausible from "/modules/index.js";
        const options = { domain: "site.test", apiHost: "HOST", trackLocalhost: true };
        const plausible = Plausible({ ...options, hashMode: true });
        const sent = (begin) => new Promise((done) => begin({ callback: done }));
        await sent((told) => plausible.trackPageview({}, told));
        await sent((told) => plausible.trackEvent("Signup", { ...told, props: { plan: "pro" } }));
        plausible.enableAutoPageviews();
        window.isDone = true;
        </script>""",
        "/start?ref=letter#/route",
    )
    page.wait_for_function("window.isDone")
    stored(3)
    page.evaluate("history.pushState({}, '', '/second')")
    found = stored(4)
    assert told(found) == [
        ("pageview", "/start#/route"),
        ("Signup", "/start#/route"),
        ("pageview", "/start#/route"),
        ("pageview", "/second"),
    ]
    assert {event["site_id"] for event in found} == {"site.test"}
    assert [event["props"] for event in found] == [None, '{"plan":"pro"}', None, None]
    assert {event["referrer_source"] for event in found} == {"letter"}
    assert len({event["visitor_id"] for event in found}) == 1


def test_plausibles_package_is_understood(
    page: Page, show: Callable[[str, str], str], stored: Stored, errors: list[str]
) -> None:
    serve_package(page, "@plausible-analytics/tracker/plausible.js")
    show(
        """<script type="module">
        import { init, track } from "/package.js";
        init({ domain: "site.test", endpoint: "HOST/api/event", captureOnLocalhost: true });
        const revenue = { amount: "49.90", currency: "EUR" };
        track("Purchase", { props: { plan: "pro" }, revenue });
        window.isDone = true;
        </script>""",
        "/start",
    )
    page.wait_for_function("window.isDone")
    found = stored(2)
    assert sorted(told(found)) == [("Purchase", "/start"), ("pageview", "/start")]
    assert [str(e["revenue_amount"]) for e in found if e["event_name"] == "Purchase"] == ["49.90"]
