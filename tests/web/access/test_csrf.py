"""No other web page can change anything in the name of who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import kept_open
from tests.web.access.conftest import PASSWORD, copy_with_password, sign_in

OURS = "https://stats.example.com"
LOGIN = "/api/auth/login"


@pytest.fixture
def at_origin(password: str, start: Callable[..., Mallard]) -> Mallard:
    """A Mallard that knows its origin."""
    return start(dashboard_origin=OURS)


@pytest.fixture(scope="module")
def closed_at_origin(
    tmp_path_factory: pytest.TempPathFactory, fresh_data: Path
) -> Iterator[Mallard]:
    """As `at_origin`, for all that change nothing."""
    data_dir = tmp_path_factory.mktemp("closed") / "data"
    copy_with_password(fresh_data, data_dir)
    with kept_open(data_dir, fresh_data, dashboard_origin=OURS) as one:
        yield one.mallard


def attempts(mallard: Mallard, headers: dict[str, str], host: str = "localhost") -> set[int]:
    """The statuses of everything that a page could try on a browser that is signed in."""
    client = Client(application(mallard), use_cookies=False)
    session = {"Cookie": f"mm_session={mallard.access.sessions.open()}"}
    sent = headers | session | {"Host": host}
    form = {"name": "x", "scope": "ReadOnly", "password": PASSWORD}
    return {
        client.post("/api/keys", json={"name": "x", "scope": "Admin"}, headers=sent).status_code,
        client.delete("/api/keys/0", headers=sent).status_code,
        client.post("/settings/keys", data=form, headers=sent).status_code,
        client.post(LOGIN, data=form, headers=sent).status_code,
        client.post("/auth/setup", data=form, headers=sent).status_code,
        client.post("/setup", data=form, headers=sent).status_code,
        client.post("/login", data=form, headers=sent).status_code,
        client.post("/api/auth/logout", headers=sent).status_code,
    }


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "garbage"},
    {"Origin": "https://"},
    {"Origin": "https://["},
    {"Origin": "https://stats.example.com.evil.example"},
    {"Origin": "https://evilstats.example.com"},
    {"Origin": "https://stats.example.com@evil.example"},
    {"Origin": "https://stats.example.com:8443"},
    {"Referer": "https://evil.example/https://stats.example.com/"},
    {"Referer": "https://stats.example.com.evil.example/"},
    {"Origin": "null", "Referer": "https://stats.example.com/"},
    {"Origin": "https://evil.example", "Referer": "https://stats.example.com/"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_origin_changes_nothing(closed: Mallard, headers: dict[str, str]) -> None:
    assert attempts(closed, headers, "stats.example.com") == {403}
    assert closed.access.keys.all() == []


@pytest.mark.parametrize("headers", [*FOREIGN, {}, {"Origin": "http://stats.example.com"}], ids=str)
def test_with_a_configured_origin_only_that_changes_anything(
    closed_at_origin: Mallard, headers: dict[str, str]
) -> None:
    assert attempts(closed_at_origin, headers, "stats.example.com") == {403}
    assert closed_at_origin.access.keys.all() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": OURS},
        {"Origin": "HTTPS://stats.example.com:443"},
        {"Referer": f"{OURS}/settings?a=b"},
        {"Origin": OURS, "Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_the_configured_origin_may(at_origin: Mallard, headers: dict[str, str]) -> None:
    assert 403 not in attempts(at_origin, headers, "internal:8000")


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ({}, "localhost"),
        ({"Origin": "http://localhost"}, "localhost"),
        ({"Origin": "http://localhost:8000"}, "localhost:8000"),
        ({"Origin": "https://stats.example.com"}, "stats.example.com"),
        ({"Origin": "https://stats.example.com"}, "stats.example.com:443"),
        ({"Origin": "http://[::1]:8000"}, "[::1]:8000"),
        ({"Referer": "https://stats.example.com/settings"}, "stats.example.com"),
        ({"Sec-Fetch-Site": "same-origin"}, "localhost"),
        ({"Sec-Fetch-Site": "none"}, "localhost"),
    ],
    ids=str,
)
def test_our_own_pages_and_programs_may(
    guarded: Mallard, headers: dict[str, str], host: str
) -> None:
    assert 403 not in attempts(guarded, headers, host)


def test_a_browser_that_says_cross_site_is_believed(guarded: Mallard) -> None:
    assert attempts(guarded, {"Sec-Fetch-Site": "cross-site"}) == {403}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_key_needs_no_origin(at_origin: Mallard, headers: dict[str, str]) -> None:
    key = {"X-API-Key": at_origin.access.keys.create("ci", "Admin").key}
    client = Client(application(at_origin))
    wish = {"name": "x", "scope": "Admin"}
    assert client.post("/api/keys", json=wish, headers=headers | key).status_code == 201


def test_a_key_that_is_none_does_not_lift_the_rule(guarded: Mallard) -> None:
    headers = {"Origin": "https://evil.example", "X-API-Key": "mm_0"}
    assert attempts(guarded, headers) <= {401, 403, 303}
    assert guarded.access.keys.all() == []


def test_the_rule_holds_while_no_password_is_set(client: Client, mallard: Mallard) -> None:
    headers = {"Origin": "https://evil.example"}
    for path in ("/api/auth/setup", "/setup"):
        response = client.post(path, data={"password": PASSWORD}, headers=headers)
        assert response.status_code == 403
    assert mallard.access.is_open


def test_reading_needs_no_origin(guarded: Mallard) -> None:
    client = sign_in(guarded)
    headers = {"Origin": "https://evil.example"}
    response = client.get("/api/stats/main?site_id=example.com", headers=headers)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers, "so the page cannot read it"
