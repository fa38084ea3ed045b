"""Below a path of its host, as `base_path` or a proxy says, all works as it does at the top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.test import Client

from mallard.config.loading import load
from mallard.config.tables import SettingsError
from mallard.web.tracker import served_help, served_script
from mallard.wsgi import application
from tests.conftest import Shared, kept_open, post_event

PASSWORD = "correct horse battery"
BASE = "/stats"
TEMPLATES = Path(__file__).parents[2] / "mallard" / "templates"
PROXY = {"REMOTE_ADDR": "127.0.0.1"}
FOLLOWED = re.compile(r'\shref="(?!#)([^"]*)"')
LINK = re.compile(r'\s(?:href|src|action|formaction|hx-get)="(?!#)([^"]*)"')


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Shared]:
    """One below /stats, with a site that was visited."""
    data_dir = tmp_path_factory.mktemp("below") / "data"
    with kept_open(data_dir, fresh_data, base_path=BASE) as one:
        one.visit("/pricing", r="https://google.com/")
        one.visit("/pricing", event="signup", visitor=2)
        yield one


def links_of(page: str, kind: re.Pattern[str] = LINK) -> set[str]:
    return {unescape(link).removeprefix("http://localhost") for link in kind.findall(page)}


def test_every_link_of_every_page_leads_to_a_page_below_it(below: Shared) -> None:
    client = below.client
    tabs = "&tab=funnel&funnel=page:/pricing&funnel=event:signup"
    asked = {f"{BASE}/?site_id=example.com&period=7d{tabs}", f"{BASE}/", f"{BASE}/settings"}
    asked |= {f"{BASE}/realtime?site_id=example.com", f"{BASE}/api/docs", f"{BASE}/diagnostics"}
    seen: set[str] = set()
    for _ in range(2):
        found: set[str] = set()
        by_path: dict[str, str] = {}
        for url in sorted(asked - seen):
            page = client.get(url, follow_redirects=True)
            assert page.status_code == 200, url
            if page.mimetype == "text/html":
                found |= {urljoin(url, link) for link in links_of(page.text)}
                for link in links_of(page.text, FOLLOWED):
                    by_path.setdefault(urlsplit(link).path, urljoin(url, link))
        seen |= asked
        assert {link for link in found if not link.startswith(f"{BASE}/")} == set()
        asked = {*by_path.values()}
    assert {"/stats/details/pages", "/stats/realtime", "/stats/api/openapi.json"} <= {
        urlsplit(link).path for link in seen
    }


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda t: t.name)
def test_no_template_names_an_address_from_the_top(template: Path) -> None:
    assert not re.findall(r'\b(?:href|src|action|formaction|hx-\w+)="/', template.read_text())


@pytest.mark.parametrize("path", ["/stats/api/event", "/api/event"])
def test_events_are_taken_with_the_path_and_without_it(below: Shared, path: str) -> None:
    event = {"d": "counted.example", "n": "pageview", "u": "https://counted.example/"}
    assert below.client.post(path, json=event).status_code == 202


@pytest.mark.parametrize("path", ["/stats/mallard.js", "/stats/tracking/script.js", "/mallard.js"])
def test_the_script_sends_to_the_api_below_it(below: Shared, path: str) -> None:
    script = below.client.get(path).text
    assert "'/stats/api/event'" in script
    assert "'/api/event'" not in script
    assert len(script) < 1024 + len(BASE)
    assert "'/stats/api/event'" in below.client.get("/stats/api/event.js").text


def test_at_the_top_the_scripts_are_as_they_are() -> None:
    assert b"'/api/event'" in served_script()
    assert b"'/api/event'" in served_help()


def test_the_snippet_names_the_script_below_it(below: Shared) -> None:
    page = unescape(below.client.get("/stats/settings").text)
    assert 'src="http://localhost/stats/mallard.js"' in page


def test_htmx_pushes_addresses_below_it(below: Shared) -> None:
    answer = below.client.get(
        "/stats/panels/pages?site_id=example.com", headers={"HX-Request": "true"}
    )
    assert answer.headers["HX-Push-Url"].startswith("/stats/?site_id=example.com")


@pytest.mark.parametrize("path", ["/stats", "/stats/", "/stats/health/ready", "/health/ready"])
def test_the_path_itself_and_paths_without_it_are_answered(below: Shared, path: str) -> None:
    assert below.client.get(path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", ["/statsx/", "/stats/stats/", "/stats/nothing"])
def test_what_only_begins_like_it_is_not_found(below: Shared, path: str) -> None:
    answer = below.client.get(path)
    assert answer.status_code == 404
    assert 'href="/stats/"' in answer.text


def test_who_signs_in_goes_on_below_it_with_a_cookie_for_it(start: Any) -> None:
    client = Client(application(start(base_path=BASE, admin_password=PASSWORD)))
    asked = client.get("/stats/settings?x=1")
    assert asked.headers["Location"] == "/stats/login?next=%2Fstats%2Fsettings%3Fx%3D1"
    form = {"password": PASSWORD, "next": "/stats/settings?x=1"}
    entered = client.post("/stats/login", data=form)
    assert entered.headers["Location"] == "/stats/settings?x=1"
    assert "; Path=/stats;" in entered.headers["Set-Cookie"] + ";"
    assert client.get("/stats/settings").status_code == 200
    left = client.post("/stats/logout")
    assert left.headers["Location"] == "/stats/login"
    assert client.get("/stats/settings").status_code == 303


@pytest.mark.parametrize("target", ["/other", "//stats/", "/statsx", "https://evil.example/", ""])
def test_nobody_is_sent_to_another_application_of_the_host(start: Any, target: str) -> None:
    client = Client(application(start(base_path=BASE, admin_password=PASSWORD)))
    form = {"password": PASSWORD, "next": target}
    assert client.post("/stats/login", data=form).headers["Location"] == "/stats/"


def test_the_description_names_where_the_api_is(below: Shared) -> None:
    found: Any = below.client.get("/stats/api/openapi.json").json
    assert found["servers"] == [{"url": "/stats/"}]


def test_a_trusted_proxys_prefix_is_believed(client: Client) -> None:
    told = {"X-Forwarded-Prefix": "/a/b/"}
    page = client.get("/settings", headers=told, environ_overrides=PROXY)
    assert 'href="/a/b/diagnostics"' in page.text
    script = client.get("/mallard.js", headers=told, environ_overrides=PROXY)
    assert "'/a/b/api/event'" in script.text


@pytest.mark.parametrize(
    ("prefix", "peer"),
    [
        ("/evil", "203.0.113.1"),
        ("//evil.example", "127.0.0.1"),
        ("https://evil.example", "127.0.0.1"),
        ("/a'b", "127.0.0.1"),
        ('/a"b', "127.0.0.1"),
        ("evil", "127.0.0.1"),
        ("/", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_no_other_prefix_is(client: Client, prefix: str, peer: str) -> None:
    told, sender = {"X-Forwarded-Prefix": prefix}, {"REMOTE_ADDR": peer}
    page = client.get("/settings", headers=told, environ_overrides=sender)
    assert 'href="/diagnostics"' in page.text
    assert "'/api/event'" in client.get("/mallard.js", headers=told, environ_overrides=sender).text


def test_the_setting_wins_over_a_proxy(below: Shared) -> None:
    told = {"X-Forwarded-Prefix": "/other"}
    page = below.client.get("/stats/settings", headers=told, environ_overrides=PROXY)
    assert 'href="/stats/diagnostics"' in page.text


def test_a_prefix_changes_nothing_about_collecting(client: Client, mallard: Any) -> None:
    event = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
    assert post_event(client, event, X_Forwarded_Prefix="/a").status_code == 202


@pytest.mark.parametrize("written", ["stats", "/a b", "/..", "https://x", "/a//b", "/a?b"])
def test_a_path_that_is_none_stops_the_start(toml: Any, written: str) -> None:
    with pytest.raises(SettingsError, match="base_path"):
        load(toml(f'base_path = "{written}"'), {})


@pytest.mark.parametrize(("written", "kept"), [("/stats/", "/stats"), ("/", ""), ("/a/b", "/a/b")])
def test_a_slash_at_its_end_means_nothing(toml: Any, written: str, kept: str) -> None:
    assert load(toml(f'base_path = "{written}"'), {}).settings.base_path == kept
