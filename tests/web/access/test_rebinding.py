"""While no password is set, a page that makes its own name lead here gets and sets nothing."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.web.hosts import may_be_rebound
from mallard.wsgi import application
from tests.web.access.conftest import PASSWORD, json_of

FOREIGN = ["evil.example", "evil.example:8000", "EVIL.example.", "127.0.0.1.evil.example", "a.b:x"]
OWN = [
    "localhost",
    "localhost:8000",
    "LOCALHOST.",
    "127.0.0.1:8000",
    "192.168.1.5",
    "[::1]:8000",
    "[2001:db8::1]",
    "mallard",
    "mallard:8000",
    "nas.local",
    "nas.local.:8000",
    "stats.example.com",
    "STATS.example.com:443",
    "",
]
FIGURES = ["/api/stats/main?site_id=a", "/api/keys", "/api/gdpr/export?site_id=a", "/diagnostics"]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"dashboard_origin": "https://stats.example.com"}


def asked(client: Client, method: str, path: str, host: str, **more: Any) -> TestResponse:
    headers = {"Host": host, "Origin": "https://stats.example.com"}
    return client.open(path, method=method, headers=headers, **more)


@pytest.mark.parametrize("host", FOREIGN)
def test_a_name_may_be_anybody_s(host: str) -> None:
    assert may_be_rebound(host, "https://stats.example.com")


@pytest.mark.parametrize("host", OWN)
def test_an_address_and_a_local_name_are_ours(host: str) -> None:
    assert not may_be_rebound(host, "https://stats.example.com")


def test_without_an_origin_of_its_own_no_name_is_ours() -> None:
    assert may_be_rebound("stats.example.com", None)


@pytest.mark.parametrize("path", FIGURES)
def test_under_a_foreign_name_no_figure_is_shown(client: Client, path: str) -> None:
    answer = asked(client, "GET", path, "evil.example")
    assert answer.status_code == (401 if path.startswith("/api") else 303)
    if path.startswith("/api"):
        assert "/setup" in json_of(answer)["error"]


@pytest.mark.parametrize("path", FIGURES)
@pytest.mark.parametrize("host", ["localhost", "192.168.1.5:8000", "stats.example.com"])
def test_on_localhost_and_by_address_the_first_run_stays_as_it_is(
    client: Client, path: str, host: str
) -> None:
    assert asked(client, "GET", path, host).status_code == 200


def test_under_a_name_the_status_lets_nobody_in(client: Client) -> None:
    status = json_of(asked(client, "GET", "/api/auth/status", "evil.example"))
    assert status == {"setup_required": True, "authenticated": False}


@pytest.mark.parametrize("token", [None, "", "guess", "ü"])
@pytest.mark.parametrize("path", ["/api/auth/setup", "/auth/setup", "/setup"])
def test_no_password_is_set_from_a_foreign_name(
    client: Client, mallard: Mallard, path: str, token: str | None
) -> None:
    form = {"password": PASSWORD} | ({} if token is None else {"token": token})
    assert asked(client, "POST", path, "evil.example", data=form).status_code == 403
    assert mallard.access.is_open


@pytest.mark.parametrize("kind", ["json", "data"])
@pytest.mark.parametrize("path", ["/api/auth/setup", "/setup"])
def test_the_token_of_the_log_opens_the_setup_once(
    client: Client, mallard: Mallard, path: str, kind: str
) -> None:
    if (path, kind) == ("/setup", "json"):
        return
    given: Any = {"password": PASSWORD, "token": mallard.access.setup_token}
    answer = asked(client, "POST", path, "some.example", **{kind: given})
    assert answer.status_code in (200, 303)
    assert mallard.access.passwords.matches(PASSWORD)
    again = asked(client, "POST", path, "some.example", **{kind: given | {"password": "another1"}})
    assert again.status_code == 409
    assert not mallard.access.knows_setup_token(mallard.access.setup_token)


def test_the_setup_page_asks_for_the_token_only_where_it_is_needed(client: Client) -> None:
    assert 'name="token"' in asked(client, "GET", "/setup", "evil.example").text
    assert 'name="token"' not in asked(client, "GET", "/setup", "localhost").text


def test_every_start_has_its_own_token(start, tmp_path) -> None:
    first, second = start(), start(data_dir=tmp_path / "other")
    assert len(first.access.setup_token) >= 22
    assert first.access.setup_token != second.access.setup_token


def test_events_and_health_are_for_every_name(client: Client) -> None:
    event = {"d": "a", "n": "signup", "u": "https://a/"}
    assert asked(client, "POST", "/api/event", "evil.example", json=event).status_code == 202
    for path in ("/health", "/mallard.js"):
        assert asked(client, "GET", path, "evil.example").status_code == 200


def test_an_api_key_needs_no_token(client: Client, mallard: Mallard) -> None:
    key = mallard.access.keys.create("reader", "ReadOnly").key
    headers = {"Host": "some.example", "X-API-Key": key}
    assert client.get("/api/stats/main?site_id=a", headers=headers).status_code == 200


def test_with_a_password_the_name_does_not_matter(start) -> None:
    client = Client(application(start(admin_password=PASSWORD)))
    answer = asked(client, "POST", "/api/auth/login", "some.example", json={"password": PASSWORD})
    assert answer.status_code == 200
