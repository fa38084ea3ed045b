"""A real browser, a site for it to visit, and a collector that notes what the tracker sends."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any, Self

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mallard import app
from mallard.config import Settings
from mallard.demo import fill
from mallard.register import site as decided
from mallard.register.kept import Annotation, Beside
from mallard.web.tracker import served_help, served_script
from mallard.wsgi import application
from tests.conftest import NOON, Clock, served

PATIENCE_SECS = 60
"""For what takes a moment; long enough on any machine, and short enough to watch a test fail."""
LAUNCH_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Visitors' browsers do not say that a program drives them.
    "--disable-blink-features=AutomationControlled",
    # The tracker is silent on 127.0.0.1; under another name the same server is an ordinary host.
    "--host-resolver-rules=MAP * 127.0.0.1",
]

PAGE = '<!doctype html><title>{title}</title><link rel="icon" href="data:,">{html}'
SCRIPT = "text/javascript; charset=utf-8"
POST_LAST = "url => fetch(url, {method: 'POST', body: '{\"n\": \"last\"}'}).then(() => null)"

Event = dict[str, Any]
Visit = Callable[..., str]
Sent = Callable[[int], list[Event]]


class LocalServer:
    """An HTTP server on a free port of 127.0.0.1; the browser finds it under every name."""

    def __init__(self) -> None:
        answers = type("Answers", (_Answers,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def at(self, host: str) -> str:
        """The server's address under the name `host`, without a slash at the end."""
        return f"http://{host}:{self._server.server_port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer to a request."""
        raise NotImplementedError


class Site(LocalServer):
    """The visited site. A path that was not added is 404."""

    def __init__(self) -> None:
        super().__init__()
        self._pages: dict[str, str] = {}
        self.copy_of_the_tracker = ""
        """A path at which the site has a copy of its own."""

    def add(self, path: str, html: str) -> None:
        self._pages[path] = PAGE.format(title=path, html=html)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == self.copy_of_the_tracker:
            return 200, SCRIPT, served_script()
        html = self._pages.get(path.partition("?")[0])
        return (404 if html is None else 200), "text/html; charset=utf-8", (html or "").encode()


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
            return 200, SCRIPT, served_script() if path == "/mallard.js" else served_help()
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


class _Answers(BaseHTTPRequestHandler):
    owner: LocalServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content_type, answer = self.owner.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_OPTIONS = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test run quiet."""


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
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts the system's Chromium, else Playwright's own, with Playwright's launch options."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), None)
    expect.set_options(timeout=PATIENCE_SECS * 1000)
    with sync_playwright() as playwright:
        yield partial(playwright.chromium.launch, executable_path=executable, args=LAUNCH_ARGS)


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
    context = browser.new_context(user_agent=agent, viewport={"width": 1280, "height": 720})
    context.set_default_timeout(PATIENCE_SECS * 1000)
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
    mallard.stop(30)


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A tab without JavaScript."""
    with browser.new_context(java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE_SECS * 1000)
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
