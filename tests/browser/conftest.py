"""A real browser, a site for it to visit, and a collector that notes what the tracker sends."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from threading import Condition
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from mallard import app
from mallard.config import Settings
from mallard.demo import fill
from mallard.register import site as decided
from mallard.register.kept import Annotation, Beside
from mallard.web.tracker import served_help, served_more, served_script
from mallard.wsgi import application
from tests.browser.local_server import LocalServer
from tests.browser.patient import context_of
from tests.conftest import NOON, Clock, served
from tests.waiting import PATIENCE_SECS

LAUNCH_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # For these Chromium loads some 270 files of its own beside each page: half of a test's time.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    # Visitors' browsers do not say that a program drives them.
    "--disable-blink-features=AutomationControlled",
    # The tracker is silent on 127.0.0.1; under another name the same server is an ordinary host.
    "--host-resolver-rules=MAP * 127.0.0.1",
]

PAGE = '<!doctype html><title>{title}</title><link rel="icon" href="data:,">{html}'
SCRIPT = "text/javascript; charset=utf-8"
SCRIPTS = {"/mallard.js": served_script, "/mallard.track.js": served_more}
"""Every other name is that of the second part, beside whatever the API is called."""
POST_LAST = "url => fetch(url, {method: 'POST', body: '{\"n\": \"last\"}'}).then(() => null)"

Event = dict[str, Any]
Visit = Callable[..., str]
Sent = Callable[[int], list[Event]]


class Site(LocalServer):
    """The visited site. A path that was not added is 404."""

    def __init__(self) -> None:
        super().__init__()
        self._pages: dict[str, tuple[int, str]] = {}
        self.copy_of_the_tracker = ""
        """A path at which the site has a copy of its own."""

    def add(self, path: str, html: str, status: int = 200) -> None:
        self._pages[path] = status, PAGE.format(title=path, html=html)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == self.copy_of_the_tracker:
            return 200, SCRIPT, served_script()
        status, html = self._pages.get(path.partition("?")[0], (404, ""))
        return status, "text/html; charset=utf-8", html.encode()


class Collector(LocalServer):
    """Stands in for the analytics server: hands out the tracker and keeps the events in order."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 202
        self.error = ""
        self.preflights = 0
        self._events: list[Event] = []
        self._arrival = Condition()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path.endswith(".js"):
            return 200, SCRIPT, SCRIPTS.get(path, served_help)()
        if method == "POST":
            with self._arrival:
                self._events.append(json.loads(body))
                self._arrival.notify_all()
        self.preflights += method == "OPTIONS"
        return self.status, "application/json", self.error.encode()

    def wait_for(self, count: int) -> list[Event]:
        """All events so far, once there are at least `count` of them."""
        with self._arrival:
            enough = self._arrival.wait_for(lambda: len(self._events) >= count, PATIENCE_SECS)
            assert enough, f"waited for {count} events, got {self._events}"
            return list(self._events)


GARDEN = decided.Site(
    goals=(decided.Goal("Reads on", page="/*"), decided.Goal("Does something", event="download")),
    segments=(decided.Segment("On a phone", ("device==mobile",)),),
    funnels=(decided.Funnel("Two pages", ("page:/", "event:pageview")),),
    views=(decided.View("Last month", "period=last_month"),),
)
"""What is decided about the second site of a busy server."""
BESIDE = Beside(
    annotations=(Annotation(id="0" * 16, at=NOON - timedelta(days=9), text="A new version"),)
)
"""What is kept beside that."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_SECS * 1000)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> str:
    """Where the system's Chromium is, else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    return found or playwright.chromium.executable_path


@pytest.fixture(scope="session")
def launch(playwright: Playwright, chromium: str) -> Callable[..., Browser]:
    """Starts Chromium, with Playwright's launch options."""
    start = partial(playwright.chromium.launch, timeout=PATIENCE_SECS * 1000)
    return partial(start, executable_path=chromium, args=LAUNCH_ARGS)


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    # A server drops what calls itself a headless browser.
    agent = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{browser.version.partition('.')[0]}.0.0.0 Safari/537.36"
    )
    context = context_of(browser, user_agent=agent, viewport={"width": 1280, "height": 720})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A new tab; an exception or a rejection that a page leaves uncaught fails the test."""
    page = context.new_page()
    uncaught: list[str] = []
    page.on("pageerror", lambda error: uncaught.append(str(error)))
    yield page
    assert uncaught == []


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """What the browser complained about, a breach of the CSP too; nothing, when the test ends."""
    found: list[str] = []
    page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
    yield found
    assert found == []


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with two months of invented visits, for tests that only read."""
    data_dir = tmp_path_factory.mktemp("busy") / "data"
    fill(data_dir, events=4_000, days=60, seed=1, progress=lambda _: None, until=NOON)
    mallard = app.build(Settings(data_dir=data_dir, secret="demo", duckdb_threads=1), Clock())
    mallard.sites.replace("garden.example", GARDEN, None)
    mallard.sites.change_beside("garden.example", lambda _: BESIDE)
    with served(application(mallard)) as url:
        yield url
    mallard.stop(PATIENCE_SECS)


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A tab without JavaScript."""
    with context_of(browser, java_script_enabled=False) as context:
        yield context.new_page()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def second_collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def stopped_collector() -> Collector:
    """Its port was free a moment ago, and nobody answers there now."""
    with Collector() as collector:
        return collector


@pytest.fixture
def tag(collector: Collector) -> Callable[..., str]:
    """Writes the HTML that embeds the tracker."""

    def tag(attributes: str = "", domain: str = 'data-domain="site.test"') -> str:
        source = f"{collector.at('stats.test')}/mallard.js"
        return f'<script async defer src="{source}" {domain} {attributes}></script>'

    return tag


@pytest.fixture
def visit(page: Page, site: Site, tag: Callable[..., str]) -> Visit:
    """Opens a page that carries the tracker, and returns its site's address."""

    def visit(path: str = "/start", attributes: str = "", host: str = "site.test") -> str:
        site.add(path.partition("#")[0].partition("?")[0], tag(attributes))
        page.goto(site.at(host) + path)
        return site.at(host)

    return visit


@pytest.fixture
def sent(page: Page, collector: Collector) -> Sent:
    """Waits for that many events; a later one, sent without the tracker, shows there are no more.

    It can be asked once in a test, at its end.
    """

    def sent(count: int) -> list[Event]:
        collector.wait_for(count)
        page.evaluate(POST_LAST, f"{collector.at('stats.test')}/api/event")
        *events, last = collector.wait_for(count + 1)
        assert last == {"n": "last"} and len(events) == count, events
        return events

    return sent
