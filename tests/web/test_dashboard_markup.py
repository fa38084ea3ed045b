"""What every page keeps to: letter keys, the security policy, files of its own, few bytes."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.web.dashboard.templating import SHORTCUTS
from mallard.wsgi import application
from tests.builders import store_events
from tests.conftest import Clock, Shared, kept_open
from tests.web import random_site
from tests.web.reading import Element, page_of, parsed

pytestmark = pytest.mark.thorough

SITE = "/?site_id=example.com"
PAGES = (
    *("/", SITE, "/?site_id=new.example", f"{SITE}&period=x", f"{SITE}&metric=bounce_rate"),
    *(f"{SITE}&compare=year&filter=page==/", f"{SITE}&tab=funnel&funnel=/&funnel=event:signup"),
    *(
        "/details/pages?site_id=example.com",
        "/realtime?site_id=example.com",
        "/live?site_id=example.com",
    ),
    *("/settings", "/diagnostics", "/api/docs", "/setup", "/nowhere"),
)
OUR_OWN = re.compile(r"(/(?!/)|#|data:image/svg\+xml)")
KEY_CAPS = {"ArrowLeft": "←", "ArrowRight": "→", "Backspace": "⌫"}
BY_THE_BROWSER = {"Esc"}
MOST_BYTES = 60 * 1024
GZIP = {"Accept-Encoding": "gzip"}


def keys_of(page: Element) -> Counter[str]:
    """The keys that do something on a page, as the help writes them."""
    keys = (one.attributes["data-key"] for one in page if "data-key" in one.attributes)
    return Counter(KEY_CAPS.get(key, key.upper()) for key in keys)


def assets_of(page: Element) -> list[str]:
    """The files that a browser fetches with a page."""
    sheets = (one["href"] for one in page.all("link") if one["rel"] in ("icon", "stylesheet"))
    sources = (one["src"] for one in page if "src" in one.attributes)
    pictures = (one["href"].partition("#")[0] for one in page.all("use"))
    return list(dict.fromkeys((*sheets, *sources, *pictures)))


@pytest.fixture(scope="module")
def of_one_site(shared: Shared) -> Client:
    shared.visit("/")
    return shared.client


@pytest.fixture(scope="module")
def of_two_sites(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Client]:
    with kept_open(tmp_path_factory.mktemp("two") / "data", fresh_data) as one:
        one.visit("/")
        one.visit("/", site="other.org")
        yield one.client


@pytest.mark.parametrize("path", PAGES)
def test_no_key_does_two_things_and_each_is_in_the_help(of_two_sites: Client, path: str) -> None:
    keys = keys_of(parsed(of_two_sites.get(path).text))
    assert [key for key, times in keys.items() if times > 1] == []
    assert set(keys) <= {cap for caps, _ in SHORTCUTS for cap in caps}


def test_each_key_of_the_help_does_something_somewhere(of_one_site: Client) -> None:
    yesterday = f"{SITE}&start_date=2026-03-17&end_date=2026-03-18"
    working = Counter[str]()
    for path in (yesterday, "/details/pages?site_id=example.com"):
        working += keys_of(page_of(of_one_site, path))
    assert {cap for caps, _ in SHORTCUTS for cap in caps} == set(working) | BY_THE_BROWSER
    assert len([cap for caps, _ in SHORTCUTS for cap in caps]) == len(working) + 1


@pytest.mark.parametrize("path", PAGES)
def test_the_security_policy_forbids_nothing_of_a_page(of_one_site: Client, path: str) -> None:
    judge(of_one_site.get(path, follow_redirects=True).text)


def test_the_security_policy_forbids_nothing_of_the_login_page(
    start: Callable[..., Mallard],
) -> None:
    client = Client(application(start(admin_password="correct horse")))
    judge(client.get("/login").text)
    judge(client.post("/login", data={"password": "wrong", "next": "//evil.example"}).text)


def judge(markup: str) -> None:
    """Nothing is inline, and nothing comes from or leads to another host."""
    assert "<style" not in markup
    for element in parsed(markup):
        names = set(element.attributes)
        assert not {name for name in names if re.match(r"style$|on|hx-on|srcdoc$", name)}, element
        if element.tag == "script":
            assert element["src"].startswith("/static/") and not element.text
        for name in names & {"href", "src", "action", "hx-get", "hx-post", "formaction"}:
            assert OUR_OWN.match(element[name]), (element.tag, name, element[name])


@pytest.mark.parametrize("path", PAGES)
def test_no_two_elements_of_a_page_share_an_id(of_two_sites: Client, path: str) -> None:
    page = parsed(of_two_sites.get(path).text)
    ids = Counter(one["id"] for one in page if "id" in one.attributes)
    assert [name for name, times in ids.items() if times > 1] == []


def test_assets_are_kept_for_ever_under_hashed_names(of_one_site: Client) -> None:
    client = of_one_site
    found = assets_of(page_of(client, SITE))
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", path) for path in found} == {
        f"/static/{name}"
        for name in (
            *("mallard.css", "dashboard.js", "htmx.js", "theme.js", "favicon.svg", "icons.svg"),
        )
    }
    for path in found:
        plain, small = client.get(path), client.get(path, headers=GZIP)
        assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert small.content_encoding == "gzip" and len(small.data) < len(plain.data)
    assert client.get("/static/mallard.000000000000.css").status_code == 404


DECIDED = {
    "name": "Shop",
    "timezone": "Asia/Kolkata",
    "goals": [{"name": "Sign-up", "event": "signup"}, {"name": "Reads", "page": "/*"}],
    "segments": [{"name": "Germany", "filters": ["country==DE"]}],
    "funnels": [{"name": "Buy", "steps": ["page:/", "event:signup"]}],
    "views": [{"name": "Last month", "query": "period=last_month"}],
}


@pytest.mark.parametrize(
    "query",
    ["", "&period=90d&compare=previous", "&period=today&tab=funnel", "&tab=goals&goal=Sign-up"],
)
def test_the_first_view_of_a_busy_site_is_small(
    mallard: Mallard, client: Client, clock: Clock, query: str
) -> None:
    clock.now = random_site.NOW
    store_events(mallard.store, "batch", random_site.events(random.Random(7)))
    if "goal=" in query:
        assert client.put("/api/sites/example.com", json=DECIDED).status_code < 300
    page = client.get(SITE + query, headers=GZIP)
    files = assets_of(page_of(client, SITE + query))
    answers = [page, *(client.get(path, headers=GZIP) for path in files)]
    sizes = [_bytes_sent(answer) for answer in answers]
    assert len(sizes) == 7, "a page, and six files that are kept for ever"
    assert sum(sizes) <= MOST_BYTES, dict(zip([SITE + query, *files], sizes, strict=True))


def _bytes_sent(answer: TestResponse) -> int:
    """The status line, the headers and the body."""
    assert answer.status_code == 200
    assert answer.content_encoding == "gzip"
    headers = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers)
    return len(f"HTTP/1.1 {answer.status}\r\n\r\n") + headers + len(answer.data)
