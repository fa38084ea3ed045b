"""Umami's clients log in where our own do, and get a token that reads and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import Peers
from mallard.wsgi import application
from tests.conftest import Clock
from tests.web.access.conftest import PASSWORD

NAMED = {"username": "admin", "password": PASSWORD}


def log_in(client: Client, **changes: Any) -> TestResponse:
    return client.post("/api/auth/login", json=NAMED | changes)


def bearer(response: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {(response.json or {})['token']}"}


def test_a_name_beside_the_password_gets_a_token_and_no_cookie(stranger: Client) -> None:
    answer = log_in(stranger)
    told: Any = answer.json
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert set(told["user"]) == {"id", "username", "role", "createdAt", "isAdmin"}
    assert told["user"]["username"] == "admin" and not told["user"]["isAdmin"]
    verified: Any = stranger.post("/api/auth/verify", headers=bearer(answer)).json
    assert verified["username"] == "admin" and not verified["isAdmin"]
    assert stranger.get("/api/websites", headers=bearer(answer)).status_code == 200
    assert stranger.get("/api/websites").status_code == 401
    assert stranger.post("/api/auth/verify").status_code == 401


def test_the_token_changes_nothing(stranger: Client) -> None:
    key = bearer(log_in(stranger))
    assert stranger.get("/api/stats/main?site_id=example.com", headers=key).status_code == 200
    assert stranger.get("/api/keys", headers=key).status_code == 403
    assert stranger.put("/api/sites/example.com", json={}, headers=key).status_code == 403


def test_it_opens_no_page_as_a_cookie(stranger: Client) -> None:
    token = (log_in(stranger).json or {})["token"]
    stranger.set_cookie("mm_session", token)
    assert stranger.get("/api/websites").status_code == 401


def test_it_ends_with_its_time_with_the_password_and_when_it_is_signed_out(
    stranger: Client, signed_in: Client, guarded: Mallard, clock: Clock
) -> None:
    keys = [bearer(log_in(stranger)) for _ in range(2)]
    assert stranger.post("/api/auth/logout", headers=keys[0]).status_code == 200
    assert stranger.get("/api/websites", headers=keys[0]).status_code == 401
    assert stranger.get("/api/websites", headers=keys[1]).status_code == 200
    guarded.access.change_password(PASSWORD, "another password", "203.0.113.1", None)
    assert stranger.get("/api/websites", headers=keys[1]).status_code == 401
    key = bearer(log_in(stranger, password="another password"))
    clock.move(seconds=guarded.settings.session_ttl_secs)
    assert stranger.get("/api/websites", headers=key).status_code == 401


def test_without_a_name_it_is_our_own_login(stranger: Client) -> None:
    answer = stranger.post("/api/auth/login", json={"password": PASSWORD})
    assert set(answer.json or ()) == {"token"} and "Set-Cookie" in answer.headers
    assert stranger.get("/api/keys").status_code == 200


def test_guesses_lock_out_as_they_do_elsewhere(stranger: Client, guarded: Mallard) -> None:
    for _ in range(guarded.settings.max_login_attempts):
        wrong = log_in(stranger, password="wrong")
        assert wrong.status_code == 401
        assert (wrong.json or {})["error"]["code"] == "unauthorized"
    assert log_in(stranger).status_code == 429
    assert stranger.post("/api/auth/login", json={"password": PASSWORD}).status_code == 429


def test_a_page_of_another_site_may_not_log_in(stranger: Client) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = stranger.post("/api/auth/login", json=NAMED, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [{"username": 1}, {"username": "a"}, {"username": None}])
def test_what_is_no_login_of_umami_is_judged_as_our_own(
    stranger: Client, body: dict[str, Any]
) -> None:
    assert stranger.post("/api/auth/login", json=body).status_code in (400, 422)


def test_without_a_password_there_is_nothing_to_log_in_to(
    start: Callable[..., Mallard],
) -> None:
    client = Client(application(start(peers=Peers(umami=True))))
    assert (log_in(client).json or {})["error"]["status"] == 400


def test_where_umami_is_not_named_a_name_changes_nothing(
    password: str, start: Callable[..., Mallard]
) -> None:
    answer = log_in(Client(application(start())), password=password)
    assert set(answer.json or ()) == {"token"} and "Set-Cookie" in answer.headers
