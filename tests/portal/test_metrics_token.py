"""Who may see the operator's figures: whoever holds the token, a session, or a key that reads."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.auth.metrics_token import LASTS
from mallard.wsgi import application
from tests.conftest import Clock
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

TOKEN = "a token that nobody guesses & more"
API = "/api/portal/downloads"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGES = ("/portal", "/metrics", "/portal/downloads/projects.csv")


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "metrics_token": TOKEN, "admin_password": "correct horse"}


@pytest.fixture
def signed_in(mallard: Mallard) -> Client:
    client = Client(application(mallard))
    client.set_cookie("mm_session", mallard.access.sessions.open())
    return client


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("headers", [BEARER, {"X-Metrics-Token": TOKEN}], ids=["bearer", "own"])
def test_the_token_in_a_header_opens_the_page(client: Client, path: str, headers: dict[str, str]):
    assert client.get(path, headers=HTML | headers).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_the_token_in_the_address_is_moved_into_a_cookie(client: Client, path: str):
    first = client.get(path, query_string={"token": TOKEN, "days": "90"}, headers=HTML)
    assert (first.status_code, first.headers["Location"]) == (303, f"{path}?days=90")
    assert first.headers["Cache-Control"] == "no-store"
    cookie = SimpleCookie(first.headers["Set-Cookie"])["mm_metrics"]
    assert TOKEN not in first.headers["Set-Cookie"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == LASTS.total_seconds()
    second = client.get(first.headers["Location"], headers=HTML)
    assert second.status_code == 200 and TOKEN not in second.text
    assert client.get(path, headers=HTML).status_code == 200


def test_the_cookie_is_for_https_alone_where_all_is(start):
    client = Client(application(start(secure_cookies=True)))
    response = client.get("/portal", query_string={"token": TOKEN})
    assert SimpleCookie(response.headers["Set-Cookie"])["mm_metrics"]["secure"]


def test_the_cookie_ends(client: Client, clock: Clock):
    client.get("/portal", query_string={"token": TOKEN})
    clock.now += LASTS - timedelta(seconds=1)
    assert client.get("/portal").status_code == 200
    clock.now += timedelta(seconds=1)
    assert client.get("/portal").status_code == 401
    assert client.get(API).status_code == 401


def test_a_cookie_of_another_token_opens_nothing(mallard: Mallard, start, clock: Clock):
    client = Client(application(mallard))
    client.get("/portal", query_string={"token": TOKEN})
    cookie = client.get_cookie("mm_metrics")
    assert cookie is not None
    mallard.stop(PATIENCE_SECS)
    other = Client(application(start(metrics_token="another token")))
    other.set_cookie("mm_metrics", cookie.value)
    assert other.get("/portal").status_code == 401


@pytest.mark.parametrize(
    "value", ["", "x", ".", "99999999999.", "99999999999.00", "-1.0", "1" * 2000, "²." + "0" * 64]
)
def test_an_invented_cookie_opens_nothing(client: Client, value: str):
    client.set_cookie("mm_metrics", value)
    assert client.get("/portal").status_code == 401


def test_a_cookie_cannot_be_made_to_last(client: Client):
    client.get("/portal", query_string={"token": TOKEN})
    cookie = client.get_cookie("mm_metrics")
    assert cookie is not None
    ends, _, proof = cookie.value.partition(".")
    client.set_cookie("mm_metrics", f"{int(ends) + 1}.{proof}")
    assert client.get("/portal").status_code == 401


@pytest.mark.parametrize(
    ("args", "headers"),
    [
        ({}, {}),
        ({"token": ""}, {}),
        ({"token": "wrong"}, {}),
        ({"token": TOKEN.upper()}, {}),
        ({"token": TOKEN + " "}, {}),
        ({"token": "\ud7ff"}, {}),
        ({}, {"Authorization": "Bearer wrong"}),
        ({}, {"Authorization": "Bearer"}),
        ({}, {"Authorization": f"Basic {TOKEN}"}),
        ({}, {"X-Metrics-Token": "wrong"}),
        ({}, {"X-API-Key": TOKEN}),
    ],
    ids=str,
)
def test_who_has_no_token_is_refused(client: Client, args: dict[str, str], headers: dict[str, str]):
    for path in (*PAGES, API):
        response = client.get(path, query_string=args, headers=HTML | headers)
        assert response.status_code == 401, path
        assert "Set-Cookie" not in response.headers
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_whoever_guesses_is_locked_out_and_keeps_nobody_from_logging_in(client: Client):
    outside = {"X-Forwarded-For": "203.0.113.5"}
    for _ in range(5):
        guess = client.get("/portal", query_string={"token": "guess"}, headers=outside)
        assert guess.status_code == 401
    locked = client.get("/portal", query_string={"token": TOKEN}, headers=outside)
    assert locked.status_code == 429 and int(locked.headers["Retry-After"]) > 0
    log_in = client.post("/api/auth/login", json={"password": "correct horse"})
    assert log_in.status_code == 200


def test_a_session_opens_the_page(signed_in: Client):
    for path in (*PAGES, API):
        assert signed_in.get(path, headers=HTML).status_code == 200


@pytest.mark.parametrize(
    ("scope", "status"), [("ReadOnly", 200), ("Admin", 200), ("Ingest", 403)], ids=str
)
def test_keys_that_may_read_open_the_figures(
    mallard: Mallard, client: Client, scope: str, status: int
):
    key = mallard.access.keys.create("x", scope).key
    for _ in range(10):
        for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
            assert client.get(API, headers=headers).status_code == status


def test_the_token_opens_the_api_without_a_redirect(client: Client):
    assert client.get(API, query_string={"token": TOKEN}).status_code == 200
    assert client.get(API, headers=BEARER).status_code == 200


def test_the_token_opens_nothing_else(client: Client):
    client.get("/portal", query_string={"token": TOKEN})
    for path in ("/api/stats/main?site_id=portal", "/api/keys", "/api/diagnostics"):
        assert client.get(path, headers=BEARER).status_code == 401
    told = client.post("/api/portal/tool-usage", json={}, headers=BEARER)
    assert told.status_code == 401


@pytest.mark.parametrize("password", [None, "correct horse"])
def test_without_a_token_the_page_does_not_exist_for_outsiders(start, password: str | None):
    client = Client(application(start(metrics_token=None, admin_password=password)))
    for path in PAGES:
        response = client.get(path, headers=HTML)
        assert response.status_code == 404, path
        assert client.get(path, query_string={"token": ""}, headers=HTML).status_code == 404
    for value in ("1.0", "99999999999." + "0" * 64):
        client.set_cookie("mm_metrics", value)
        assert client.get("/portal", headers=HTML).status_code == 404
    assert client.get(API).status_code == 401
    assert client.get("/metrics").status_code == 200


def test_who_is_signed_in_sees_it_without_a_token_too(start):
    mallard = start(metrics_token=None)
    client = Client(application(mallard))
    client.set_cookie("mm_session", mallard.access.sessions.open())
    assert client.get("/portal").status_code == 200


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "text/plain",
        "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    ],
)
def test_prometheus_gets_its_text_as_ever(client: Client, accept: str | None):
    headers = {"Accept": accept} if accept else {}
    response = client.get("/metrics", headers=BEARER | headers)
    assert response.mimetype == "text/plain" and "mallard_events_ingested_total" in response.text
    assert "Accept" in response.headers["Vary"]
    assert client.get("/metrics", headers=headers).status_code == 401
    assert client.get("/metrics", query_string={"token": TOKEN}, headers=headers).status_code == 401


def test_without_a_portal_browsers_get_the_text_too(start):
    client = Client(application(start(portal=None, metrics_token=None)))
    response = client.get("/metrics", headers=HTML)
    assert response.mimetype == "text/plain"
    assert "Accept" not in response.headers.get("Vary", "").split(", ")


def test_the_token_is_in_no_log_line(
    client: Client, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    for token in (TOKEN, "nearly the token", TOKEN):
        client.get("/portal", query_string={"token": token}, headers=HTML)
        client.get(API, query_string={"token": token})
        client.get("/nowhere", query_string={"token": token})

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("mallard.web.portal.page.figures", fail)
    failed = client.get("/portal", headers=HTML | BEARER)
    assert failed.status_code == 500
    written = "".join(capfd.readouterr())
    assert "A request failed" in written
    assert TOKEN not in written and "nobody" not in written and "nearly" not in written
