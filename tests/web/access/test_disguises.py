"""Odd spellings, methods, headers and cookies get nobody further than the plain ones."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.web.access.test_guards import ADMIN_ROUTES, STATS


@pytest.mark.parametrize(
    "path",
    [
        "/api/keys/",
        "/api//keys",
        "/API/KEYS",
        "/api/keys;x",
        "/api/keys%20",
        "/health/../api/keys",
        "/health/%2e%2e/api/keys",
        "/mallard.js/..%2fapi/keys",
        "/static/../settings",
        "/auth//status",
    ],
)
def test_a_route_has_one_spelling(
    stranger: Client, reader: dict[str, str], admin: dict[str, str], path: str
) -> None:
    for who in ({}, reader, admin):
        assert stranger.get(path, headers=who).status_code == 404


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_no_header_changes_the_method_or_the_path(
    stranger: Client, reader: dict[str, str], header: str
) -> None:
    assert stranger.get("/api/keys", headers=reader | {header: "DELETE"}).status_code == 403
    named = {"X-Original-URL": "/api/keys", "X-Rewrite-URL": "/api/keys", header: "POST"}
    assert stranger.get("/health", headers=named).text == "ok"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"])
def test_no_other_method_opens_a_route_for_admins(
    stranger: Client, reader: dict[str, str], method: str
) -> None:
    for _, path in ADMIN_ROUTES:
        response = stranger.open(path, method=method, headers=reader)
        if method == "OPTIONS":
            assert (response.status_code, response.data) == (200, b"")
        else:
            assert response.status_code in (403, 405)


def test_a_planted_cookie_beside_the_real_one_keeps_nobody_in_or_out(guarded: Mallard) -> None:
    """A neighbouring host can add a cookie of that name; which comes first is the browser's."""
    client = Client(application(guarded), use_cookies=False)
    token = guarded.access.sessions.open()
    for cookies in (f"mm_session=planted; mm_session={token}", f"mm_session={token}; mm_session="):
        assert client.get(STATS, headers={"Cookie": cookies}).status_code == 200
    sent = {"Cookie": f"mm_session=planted; mm_session={token}"}
    assert client.post("/api/auth/logout", headers=sent).status_code == 200
    assert not guarded.access.sessions.is_open(token)
