"""Who may go where: every route is listed as public, or closed to strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.auth.sessions import digest
from mallard.web.factory import create_flask_app
from mallard.web.guards import (
    ASKED_BY_POST,
    BY_KEY,
    BY_TOKEN,
    NEEDS_A_PASSWORD,
    OF_NOBODY,
    PUBLIC,
    READABLE,
)
from mallard.wsgi import application, parts_of
from tests.web.access.conftest import json_of

STATS = "/api/stats/main?site_id=example.com"
SITE = "/?site_id=example.com&period=7d"

HIDDEN = ("portal_page.", "shared.")
"""Begin the names of what is not even there for who has no token."""

ADMIN_ROUTES = [
    ("GET", "/api/keys"),
    ("POST", "/api/keys"),
    ("DELETE", "/api/keys/" + "0" * 64),
    ("GET", "/settings"),
    ("POST", "/settings/keys"),
    ("POST", "/settings/password"),
    ("POST", "/settings/keys/0/revoke"),
    ("GET", "/saved/segments?site_id=example.com"),
    ("POST", "/saved/segments?site_id=example.com"),
    ("GET", "/api/sites/example.com/annotations"),
    ("POST", "/api/sites/example.com/annotations"),
    ("DELETE", "/api/sites/example.com/annotations/0"),
    ("GET", "/api/instance"),
    ("PUT", "/api/instance"),
    ("POST", "/settings/instance"),
    ("POST", "/settings/sites/example.com/annotations/new"),
    ("POST", "/settings/sites/example.com/annotations/0/remove"),
    ("GET", "/api/sites/example.com/shares"),
    ("POST", "/api/sites/example.com/shares"),
    ("DELETE", "/api/sites/example.com/shares/0"),
    ("POST", "/settings/sites/example.com/shares/new"),
    ("POST", "/settings/sites/example.com/shares/0/revoke"),
    ("POST", "/api/mail/test"),
    ("POST", "/settings/mail/test"),
    ("GET", "/api/sites/example.com/alerts"),
    ("POST", "/api/sites/example.com/alerts/test"),
    ("GET", "/api/instance/alerts"),
    ("POST", "/api/instance/alerts/test"),
    ("POST", "/settings/sites/example.com/alerts/0/test"),
    ("POST", "/settings/instance/alerts"),
    ("POST", "/settings/instance/alerts/0/test"),
    ("GET", "/settings/sites/example.com/reports/week/preview"),
]
READ_ROUTES = [
    STATS,
    "/api/stats/breakdown/pages?site_id=example.com",
    "/api/stats/export?site_id=example.com",
    "/api/export/events?site_id=example.com",
    "/",
    SITE,
    "/panels/pages?site_id=example.com",
    "/filter?site_id=example.com&by=page",
    "/filter/values?site_id=example.com&by=page",
]


@pytest.fixture(scope="module")
def guarded(closed: Mallard) -> Mallard:
    """One for all: what these tests change are keys and sessions, each its own."""
    return closed


@pytest.fixture
def flask_app(guarded: Mallard) -> Flask:
    door: Any = application(guarded)
    app = door
    while not isinstance(app, Flask):
        app = app._pages
    return app


def rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def a_path(rule: Rule) -> str:
    return re.sub(r"<[^>]*>", "x", rule.rule)


def is_closed(response: TestResponse) -> bool:
    is_login = urlsplit(response.headers.get("Location", "")).path == "/login"
    return response.status_code == 401 or (response.status_code == 303 and is_login)


def test_every_route_is_listed_or_closed_to_strangers(flask_app: Flask, stranger: Client) -> None:
    for rule in rules(flask_app):
        for method in (rule.methods or set()) - {"OPTIONS"}:
            if rule.endpoint not in PUBLIC | OF_NOBODY:
                response = stranger.open(a_path(rule), method=method)
                is_hidden = rule.endpoint.startswith(HIDDEN) and response.status_code == 404
                assert is_hidden or is_closed(response), (method, rule)


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        "/robots.txt",
        "/mallard.js",
        "/mallard.track.js",
        "/tracking/script.js",
        "/api/event.js",
        "/favicon.ico",
        "/login",
        "/api/auth/status",
        "/auth/status",
    ],
)
def test_what_is_listed_is_open_to_strangers(stranger: Client, path: str) -> None:
    assert stranger.get(path).status_code == 200


def test_the_lists_name_only_what_there_is(flask_app: Flask) -> None:
    endpoints = {rule.endpoint for rule in rules(flask_app)}
    assert endpoints >= PUBLIC | OF_NOBODY | BY_KEY
    assert set(flask_app.blueprints) >= BY_TOKEN
    assert endpoints >= NEEDS_A_PASSWORD
    assert endpoints | set(flask_app.blueprints) >= READABLE


def test_only_getting_in_and_out_and_what_is_of_nobody_is_public_and_more_than_reading(
    flask_app: Flask,
) -> None:
    public = {
        rule.endpoint.partition(".")[2]
        for rule in rules(flask_app)
        if rule.endpoint in PUBLIC | OF_NOBODY
        and (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}
    }
    of_nobody = {"batch", "count", "end", "send", "upload_pack", "receive_pack"}
    assert public == {"set_up", "log_in", "log_out"} | of_nobody


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "mm_" + "0" * 64},
        {"X-API-Key": ""},
        {"Authorization": "Bearer mm_" + "0" * 64},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic bW1fOm1tXw=="},
        {"Cookie": "mm_session=" + "0" * 64},
        {"Cookie": "mm_session="},
        {"Cookie": "mm_session=%00\xff"},
    ],
    ids=str,
)
def test_strangers_all_get_the_same_answer(stranger: Client, headers: dict[str, str]) -> None:
    response = stranger.get(STATS, headers=headers)
    assert response.status_code == 401
    assert json_of(response) == {"error": "log in, or send an API key"}
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/nowhere", "/api/stats/nowhere", "/auth/nowhere"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_does_not_exist_is_404_for_everyone(
    stranger: Client, signed_in: Client, path: str, method: str
) -> None:
    for client in (stranger, signed_in):
        assert client.open(path, method=method).status_code == 404


def test_collecting_needs_nobody_to_be_known(stranger: Client) -> None:
    event = {"d": "example.com", "n": "signup", "u": "https://example.com/"}
    assert stranger.post("/api/event", json=event).status_code == 202


@pytest.mark.parametrize(
    "header", ["X-API-Key: {}", "Authorization: Bearer {}", "Authorization: bearer  {}"]
)
def test_a_key_comes_in_either_header(
    stranger: Client, reader: dict[str, str], header: str
) -> None:
    name, _, value = header.format(reader["X-API-Key"]).partition(": ")
    assert stranger.get(STATS, headers={name: value}).status_code == 200


@pytest.mark.parametrize("path", READ_ROUTES)
def test_a_readonly_key_reads_figures_and_exports(
    stranger: Client, reader: dict[str, str], path: str
) -> None:
    assert stranger.get(path, headers=reader, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
def test_a_readonly_key_may_not_administer(
    stranger: Client, reader: dict[str, str], method: str, path: str
) -> None:
    response = stranger.open(path, method=method, headers=reader)
    assert response.status_code == 403
    assert "Admin" in response.text


def test_a_readonly_key_may_change_nothing_at_all(
    flask_app: Flask, stranger: Client, reader: dict[str, str]
) -> None:
    for rule in rules(flask_app):
        for method in (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}:
            if rule.endpoint not in PUBLIC | OF_NOBODY | ASKED_BY_POST:
                response = stranger.open(a_path(rule), method=method, headers=reader)
                status = 404 if rule.endpoint.startswith("shared.") else 403
                assert response.status_code == status, (method, rule)


def test_a_readonly_key_may_post_a_question_and_an_ingest_key_may_not(
    stranger: Client, guarded: Mallard, reader: dict[str, str]
) -> None:
    query = {"site_id": "x", "metrics": ["visitors"], "date_range": "day"}
    assert "no such site" in stranger.post("/api/v2/query", json=query, headers=reader).text
    ingest = {"X-API-Key": guarded.access.keys.create("sender", "Ingest").key}
    assert stranger.post("/api/v2/query", json=query, headers=ingest).status_code == 403
    assert stranger.post("/api/v2/query", json=query).status_code == 401


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
def test_an_admin_key_and_a_session_may(
    stranger: Client, signed_in: Client, admin: dict[str, str], method: str, path: str
) -> None:
    for client, headers in ((stranger, admin), (signed_in, {})):
        response = client.open(path, method=method, headers=headers)
        assert response.status_code != 401
        assert "this needs a key" not in response.text


def test_a_revoked_key_is_a_stranger_s(
    stranger: Client, guarded: Mallard, reader: dict[str, str]
) -> None:
    assert stranger.get(STATS, headers=reader).status_code == 200
    assert guarded.access.keys.revoke(digest(reader["X-API-Key"]))
    assert stranger.get(STATS, headers=reader).status_code == 401


def test_a_bad_key_is_not_made_good_by_a_session(signed_in: Client) -> None:
    assert signed_in.get(STATS, headers={"X-API-Key": "mm_0"}).status_code == 401


def test_credentials_that_a_proxy_asked_for_do_not_hide_the_session(signed_in: Client) -> None:
    for foreign in ("Basic dXNlcjpwYXNz", "Bearer of-another-kind"):
        assert signed_in.get(STATS, headers={"Authorization": foreign}).status_code == 200


def test_status_knows_a_key(stranger: Client, reader: dict[str, str]) -> None:
    assert json_of(stranger.get("/api/auth/status", headers=reader))["authenticated"] is True


def test_a_page_leads_to_login_and_back(stranger: Client) -> None:
    response = stranger.get(SITE)
    assert response.status_code == 303
    target = urlsplit(response.headers["Location"])
    assert target.path == "/login"
    assert parse_qs(target.query) == {"next": [SITE]}
    assert stranger.get("/").headers["Location"] == "/login"


def test_htmx_is_told_to_show_the_login_page(stranger: Client) -> None:
    response = stranger.get(
        "/panels/pages?site_id=example.com",
        headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{SITE}"},
    )
    assert response.status_code == 401
    target = urlsplit(response.headers["HX-Redirect"])
    assert (target.path, parse_qs(target.query)) == ("/login", {"next": [SITE]})


@pytest.mark.parametrize(
    "shown", ["https://evil.example/x", "http://localhost//evil.example", "http://[", "", "x"]
)
def test_htmx_on_a_foreign_page_leads_to_no_foreign_page(stranger: Client, shown: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": shown}
    assert stranger.get("/", headers=headers).headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_form_that_comes_too_late_leads_to_login(stranger: Client, method: str) -> None:
    path = "/settings/password" if method == "POST" else "/settings/keys"
    assert is_closed(stranger.post(path, data={"old": "x"}))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/keys"),
        ("POST", "/api/auth/login"),
        ("GET", STATS),
        ("POST", "/settings/keys"),
    ],
)
def test_no_route_takes_a_large_body(signed_in: Client, method: str, path: str) -> None:
    response = signed_in.open(path, method=method, data=b"x" * 65_537)
    assert response.status_code == 413
    if path.startswith("/api"):
        assert list(json_of(response)) == ["error"]


def test_while_no_password_is_set_everyone_may_look(client: Client) -> None:
    for path in (*READ_ROUTES, "/api/keys", "/settings"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/api/keys", "/settings/keys"])
def test_while_no_password_is_set_nobody_makes_keys(
    client: Client, mallard: Mallard, path: str
) -> None:
    wish = {"name": "mine", "scope": "Admin"}
    is_page = path.startswith("/settings")
    response = client.post(path, data=wish) if is_page else client.post(path, json=wish)
    assert response.status_code == 403
    assert "/setup" in response.text
    assert mallard.access.keys.all() == []


@pytest.mark.parametrize(
    "path", ["/api/sites/example.com/shares", "/settings/sites/example.com/shares/new"]
)
def test_while_no_password_is_set_nobody_shares_a_site(
    client: Client, visit: Callable[..., None], mallard: Mallard, path: str
) -> None:
    visit()
    is_page = path.startswith("/settings")
    wish = {"name": "mine"}
    response = client.post(path, data=wish) if is_page else client.post(path, json=wish)
    assert response.status_code == 403
    assert "/setup" in response.text
    assert mallard.sites.beside("example.com").shares == ()


def test_while_no_password_is_set_nobody_erases(client: Client) -> None:
    response = client.delete(
        "/api/gdpr/erase?site_id=example.com&start_date=2026-01-01&end_date=2026-01-02"
    )
    assert response.status_code == 403
    assert "/setup" in json_of(response)["error"]


def test_a_route_of_tomorrow_is_closed(guarded: Mallard) -> None:
    from mallard.ingest.addresses import TrustedProxies

    app = create_flask_app(parts_of(guarded, TrustedProxies([])))
    app.add_url_rule("/api/tomorrow", "tomorrow", lambda: "a secret", methods=["GET", "POST"])
    reader = {"X-API-Key": guarded.access.keys.create("reader", "ReadOnly").key}
    assert app.test_client().get("/api/tomorrow").status_code == 401
    assert app.test_client().get("/api/tomorrow", headers=reader).status_code == 403
