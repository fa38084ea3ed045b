"""Which pages may read our answers, and when browsers are told to insist on https."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application

OURS = "https://stats.example.com"
STATS = "/api/stats/main?site_id=example.com"
HSTS = "max-age=31536000; includeSubDomains; preload"
EVENT = {"d": "example.com", "n": "signup", "u": "https://example.com/"}


@pytest.fixture
def at_origin(password: str, start: Callable[..., Mallard]) -> Mallard:
    return start(dashboard_origin=OURS)


def granted(client: Client, origin: str, path: str = STATS, method: str = "GET") -> str | None:
    response = client.open(path, method=method, headers={"Origin": origin})
    return response.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("path", [STATS, "/", "/api/keys", "/api/nowhere"])
def test_the_configured_origin_may_read_with_its_session(at_origin: Mallard, path: str) -> None:
    response = Client(application(at_origin)).get(path, headers={"Origin": OURS})
    assert response.headers.getlist("Access-Control-Allow-Origin") == [OURS]
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://stats.example.com",
        "https://stats.example.com:8443",
        "https://stats.example.com.evil.example",
        "https://evilstats.example.com",
        "https://STATS.example.com",
    ],
)
def test_no_other_origin_may(at_origin: Mallard, origin: str) -> None:
    client = Client(application(at_origin))
    assert granted(client, origin) is None
    assert "Origin" in client.get(STATS).headers["Vary"]


def test_without_a_configured_origin_none_may(stranger: Client) -> None:
    for origin in (OURS, "http://localhost", "null"):
        assert granted(stranger, origin) is None
        assert granted(stranger, origin, method="OPTIONS") is None


def test_a_preflight_needs_no_session_and_tells_what_is_possible(at_origin: Mallard) -> None:
    asked = {"Origin": OURS, "Access-Control-Request-Method": "DELETE"}
    client = Client(application(at_origin))
    response = client.options("/api/keys/0", headers=asked)
    assert response.status_code == 200
    assert response.text == ""
    assert response.headers["Access-Control-Allow-Origin"] == OURS
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]
    refused = client.options("/api/keys/0", headers=asked | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Methods" not in refused.headers


def test_the_tracker_and_collecting_stay_open_to_every_page(at_origin: Mallard) -> None:
    client = Client(application(at_origin))
    for path in ("/mallard.js", "/mallard.track.js", "/api/event", "/api/event.js"):
        assert granted(client, "https://example.com", path) == "*"


def is_strict(client: Client, peer: str, **headers: str) -> bool:
    """Whether the answer insists on https; the same for every kind of answer."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    environ = {"REMOTE_ADDR": peer}
    found = {
        tuple(answer.headers.getlist("Strict-Transport-Security"))
        for answer in (
            client.get("/", headers=sent, environ_overrides=environ),
            client.get("/nowhere", headers=sent, environ_overrides=environ),
            client.get("/api/event", headers=sent, environ_overrides=environ),
            client.post("/api/event", json=EVENT, headers=sent, environ_overrides=environ),
        )
    }
    assert found in ({()}, {(HSTS,)})
    return found == {(HSTS,)}


def test_plain_http_is_not_told_to_insist_on_https(client: Client) -> None:
    assert not is_strict(client, "127.0.0.1")
    assert not is_strict(client, "127.0.0.1", X_Forwarded_Proto="http")
    assert not is_strict(client, "127.0.0.1", X_Forwarded_Proto="https, http")


def test_https_at_a_trusted_proxy_is(client: Client) -> None:
    assert is_strict(client, "127.0.0.1", X_Forwarded_Proto="https")
    assert is_strict(client, "10.1.2.3", X_Forwarded_Proto="http, HTTPS")


def test_nobody_else_is_believed(client: Client) -> None:
    assert not is_strict(client, "203.0.113.9", X_Forwarded_Proto="https")
    assert not is_strict(client, "garbage", X_Forwarded_Proto="https")


def test_secure_cookies_mean_https_everywhere(start: Callable[..., Mallard]) -> None:
    assert is_strict(Client(application(start(secure_cookies=True))), "203.0.113.9")


def test_the_line_to_paste_names_the_address_that_browsers_use(
    stranger: Client, reader: dict[str, str]
) -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    for headers, address in (
        ({"Host": "stats.example.com:8000"}, "http://stats.example.com:8000"),
        ({"Host": "stats.example.com", "X-Forwarded-Proto": "https"}, OURS),
    ):
        page = stranger.get("/", headers=headers | reader, environ_overrides=environ).text
        assert f'src="{address}/mallard.js"' in page


@pytest.mark.parametrize(
    ("peer", "protocol", "is_secure"),
    [
        ("127.0.0.1", "https", True),
        ("10.0.0.9", "http, https", True),
        ("127.0.0.1", "http", False),
        ("127.0.0.1", None, False),
        ("203.0.113.9", "https", False),
    ],
)
@pytest.mark.parametrize("path", ["/api/auth/login", "/login"])
def test_behind_https_at_a_trusted_proxy_the_cookie_is_for_https_alone(
    guarded: Mallard, password: str, path: str, peer: str, protocol: str | None, is_secure: bool
) -> None:
    headers = {"X-Forwarded-Proto": protocol} if protocol else {}
    client = Client(application(guarded))
    environ = {"REMOTE_ADDR": peer}
    signed_in = client.post(
        path, data={"password": password}, headers=headers, environ_overrides=environ
    )
    assert ("; Secure" in signed_in.headers["Set-Cookie"]) is is_secure
    out = client.post(path.replace("login", "logout"), headers=headers, environ_overrides=environ)
    assert ("; Secure" in out.headers["Set-Cookie"]) is is_secure
