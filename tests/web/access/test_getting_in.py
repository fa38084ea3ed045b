"""Setup, login, logout and status as JSON, and the session that they are about."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.register import files
from mallard.wsgi import application
from tests.conftest import Clock, client_of
from tests.contents import contents
from tests.waiting import PATIENCE_SECS
from tests.web.access.conftest import PASSWORD, json_of

STATS = "/api/stats/main?site_id=example.com"
HERE = "198.51.100.7"


def log_in(client: Client, password: str = PASSWORD, path: str = "/api/auth/login", **headers: str):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    return client.post(path, json={"password": password}, headers=sent, environ_overrides=environ)


def status(client: Client) -> tuple[bool, bool]:
    found = json_of(client.get("/api/auth/status"))
    return found["setup_required"], found["authenticated"]


def cookie(response: TestResponse) -> dict[str, str]:
    """The parts of the session cookie that is set; a flag has no value."""
    (header,) = response.headers.getlist("Set-Cookie")
    return {name: value for name, _, value in (part.partition("=") for part in header.split("; "))}


@pytest.mark.parametrize("family", ["/api/auth", "/auth"])
def test_setup_closes_the_door_and_lets_the_one_in_who_did_it(client: Client, family: str) -> None:
    assert status(client) == (True, True)
    assert client.get(STATS).status_code == 200
    response = client.post(f"{family}/setup", json={"password": PASSWORD})
    assert response.status_code == 200
    assert list(json_of(response)) == ["token"]
    assert cookie(response)["mm_session"] == json_of(response)["token"]
    assert status(client) == (False, True)
    assert client.get(STATS).status_code == 200
    client.delete_cookie("mm_session")
    assert status(client) == (False, False)
    assert client.get(STATS).status_code == 401


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_setup_on_a_full_disk_may_be_tried_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as patched:
        patched.setattr(files, "replace_file", full)
        refused = client.post("/api/auth/setup", json={"password": PASSWORD})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "no space left" in json_of(refused)["error"]
    assert status(client) == (True, True)
    assert client.post("/api/auth/setup", json={"password": PASSWORD}).status_code == 200


def test_setup_is_possible_once(stranger: Client) -> None:
    for password in ("another password", "short"):
        response = stranger.post("/api/auth/setup", json={"password": password})
        assert (response.status_code, json_of(response)) == (
            409,
            {"error": "Admin password already configured"},
        )


def test_setup_wants_eight_characters(client: Client) -> None:
    response = client.post("/api/auth/setup", json={"password": "1234567"})
    assert (response.status_code, json_of(response)) == (
        400,
        {"error": "Password must be at least 8 characters"},
    )
    assert status(client) == (True, True)


@pytest.mark.parametrize("family", ["/api/auth", "/auth"])
def test_login_and_logout(stranger: Client, family: str) -> None:
    response = log_in(stranger, path=f"{family}/login")
    assert response.status_code == 200
    assert stranger.get(STATS).status_code == 200
    response = stranger.post(f"{family}/logout")
    assert (response.status_code, json_of(response)) == (200, {"status": "logged_out"})
    assert cookie(response)["Max-Age"] == "0"
    assert stranger.get(STATS).status_code == 401


def test_logout_ends_the_session_itself_not_just_the_cookie(stranger: Client) -> None:
    token = json_of(log_in(stranger))["token"]
    stranger.post("/api/auth/logout")
    stranger.set_cookie("mm_session", token)
    assert stranger.get(STATS).status_code == 401


def test_logout_without_a_session_does_nothing(stranger: Client) -> None:
    assert stranger.post("/api/auth/logout").status_code == 200


def test_the_wrong_password_is_refused(stranger: Client) -> None:
    response = log_in(stranger, "wrong")
    assert (response.status_code, json_of(response)) == (401, {"error": "Invalid password"})
    assert "Set-Cookie" not in response.headers


def test_login_before_setup_points_to_setup(client: Client) -> None:
    response = log_in(client)
    assert response.status_code == 400
    assert json_of(response) == {
        "error": "No admin password configured. Use /api/auth/setup first."
    }


@pytest.mark.parametrize("path", ["/api/auth/login", "/auth/login", "/api/auth/setup"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"password": "\\ud800"}', 400),
        (b"\xff\xfe", 400),
        (b'{"a": ' * 10_000, 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"password": 12345678}', 422),
        (b'{"password": null}', 422),
        (b'{"password": "' + b"x" * 66_000 + b'"}', 413),
    ],
)
def test_a_body_that_makes_no_sense_is_told_so(
    closed: Mallard, onlooker: Client, path: str, body: bytes, status: int
) -> None:
    client = client_of(closed) if path.endswith("login") else onlooker
    response = client.post(path, data=body)
    assert response.status_code == status
    assert list(json_of(response)) == ["error"]


def test_what_curl_sends_by_default_is_understood(stranger: Client) -> None:
    for body in (f'{{"password": "{PASSWORD}"}}', "password=correct+horse"):
        response = stranger.post(
            "/api/auth/login",
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert response.status_code == 200


def test_the_cookie_is_for_this_site_and_no_script(stranger: Client) -> None:
    found = cookie(log_in(stranger))
    assert {"HttpOnly", "Path", "SameSite", "Max-Age"} <= set(found)
    assert (found["SameSite"], found["Path"], found["Max-Age"]) == ("Strict", "/", "86400")
    assert "Secure" not in found
    assert "Domain" not in found


def test_behind_tls_the_cookie_is_secure(password: str, start: Callable[..., Mallard]) -> None:
    client = Client(application(start(secure_cookies=True, session_ttl_secs=60)))
    found = cookie(log_in(client))
    assert "Secure" in found
    assert found["Max-Age"] == "60"
    assert "Secure" in cookie(client.post("/api/auth/logout"))


def test_a_session_ends_on_the_server(
    password: str, start: Callable[..., Mallard], clock: Clock
) -> None:
    client = Client(application(start(session_ttl_secs=3600)))
    token = json_of(log_in(client))["token"]
    clock.move(seconds=3599)
    assert client.get(STATS).status_code == 200
    clock.move(seconds=1)
    client.set_cookie("mm_session", token)
    assert client.get(STATS).status_code == 401


def test_a_token_that_was_planted_is_never_adopted(stranger: Client) -> None:
    planted = "f" * 64
    stranger.set_cookie("mm_session", planted)
    assert json_of(log_in(stranger))["token"] != planted
    stranger.set_cookie("mm_session", planted)
    assert stranger.get(STATS).status_code == 401


def test_a_new_login_ends_the_session_that_the_browser_had(
    stranger: Client, guarded: Mallard
) -> None:
    first = json_of(log_in(stranger))["token"]
    second = json_of(log_in(stranger))["token"]
    assert first != second
    assert not guarded.access.sessions.is_open(first)
    assert guarded.access.sessions.is_open(second)


def test_a_restart_keeps_password_and_keys_but_no_session(
    guarded: Mallard, start: Callable[..., Mallard]
) -> None:
    client = Client(application(guarded))
    token = json_of(log_in(client))["token"]
    key = {"X-API-Key": guarded.access.keys.create("ci", "ReadOnly").key}
    guarded.stop(PATIENCE_SECS)
    again = Client(application(start()))
    again.set_cookie("mm_session", token)
    assert again.get(STATS).status_code == 401
    again.delete_cookie("mm_session")
    assert again.get(STATS, headers=key).status_code == 200
    assert log_in(again).status_code == 200


def test_the_password_of_the_settings_wins(password: str, start: Callable[..., Mallard]) -> None:
    client = Client(application(start(admin_password="from the settings")))
    assert log_in(client).status_code == 401
    assert log_in(client, "from the settings").status_code == 200


def fail(client: Client, times: int, **headers: str) -> None:
    for _ in range(times):
        assert log_in(client, "wrong", **headers).status_code == 401


def test_five_failures_lock_an_address_out_even_with_the_right_password(
    stranger: Client, clock: Clock
) -> None:
    fail(stranger, 5, X_Forwarded_For=HERE)
    clock.move(seconds=10)
    response = log_in(stranger, X_Forwarded_For=HERE)
    assert response.status_code == 429
    assert json_of(response) == {"error": "Too many failed login attempts. Try again later."}
    assert response.headers["Retry-After"] == "290"
    assert log_in(stranger, X_Forwarded_For="198.51.100.8").status_code == 200
    clock.move(seconds=290)
    assert log_in(stranger, X_Forwarded_For=HERE).status_code == 200


def test_a_success_starts_the_count_anew(stranger: Client) -> None:
    for _ in range(2):
        fail(stranger, 4, X_Forwarded_For=HERE)
        assert log_in(stranger, X_Forwarded_For=HERE).status_code == 200


def test_behind_a_proxy_that_tells_nobody_apart_six_wrong_tries_lock_nobody_out(
    stranger: Client,
) -> None:
    fail(stranger, 6)
    assert log_in(stranger).status_code == 200


def test_there_too_guessing_has_an_end(stranger: Client) -> None:
    fail(stranger, 50)
    assert log_in(stranger).status_code == 429


def test_behind_a_proxy_that_sets_x_real_ip_no_invented_header_gives_fresh_tries(
    stranger: Client,
) -> None:
    assert log_in(stranger, X_Real_IP="198.51.100.9").status_code == 200
    for number in range(5):
        fail(stranger, 1, X_Real_IP=HERE, X_Forwarded_For=f"203.0.113.{number}")
    last = log_in(stranger, X_Real_IP=HERE, X_Forwarded_For="203.0.113.99")
    assert last.status_code == 429


def test_an_invented_hop_does_not_make_another_client(stranger: Client) -> None:
    for number in range(5):
        fail(stranger, 1, X_Forwarded_For=f"10.9.8.{number}, 203.0.113.{number}, {HERE}")
    assert log_in(stranger, X_Forwarded_For=f"203.0.113.99, {HERE}").status_code == 429


def test_a_peer_that_is_no_proxy_cannot_name_itself(stranger: Client) -> None:
    def guess(number: int) -> int:
        return stranger.post(
            "/api/auth/login",
            json={"password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"192.0.2.{number}"},
            environ_overrides={"REMOTE_ADDR": HERE},
        ).status_code

    assert [guess(number) for number in range(6)] == [401] * 5 + [429]


def test_the_threshold_is_a_setting_and_0_turns_it_off(
    password: str, start: Callable[..., Mallard], tmp_path: Path
) -> None:
    strict = start(max_login_attempts=1, login_lockout_secs=7)
    client = Client(application(strict))
    fail(client, 1, X_Forwarded_For=HERE)
    assert log_in(client, X_Forwarded_For=HERE).headers["Retry-After"] == "7"
    strict.stop(PATIENCE_SECS)
    lenient = Client(application(start(max_login_attempts=0)))
    fail(lenient, 8, X_Forwarded_For=HERE)
    assert log_in(lenient).status_code == 200


def test_failures_are_counted_for_the_metrics(stranger: Client, guarded: Mallard) -> None:
    fail(stranger, 2)
    log_in(stranger)
    assert guarded.access.lockout.failures == 2


def test_sixteen_logins_at_once_all_get_in(guarded: Mallard) -> None:
    wsgi = application(guarded)
    found: list[Any] = []

    def one() -> None:
        found.append(log_in(Client(wsgi)).status_code)

    threads = [threading.Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 16


def test_no_answer_and_no_file_holds_the_password(
    stranger: Client, guarded: Mallard, data_dir: Path
) -> None:
    response = log_in(stranger)
    assert PASSWORD not in response.text + str(response.headers)
    token = json_of(response)["token"]
    for path, content in contents(data_dir):
        if path.name != "mallard.duckdb.wal":
            assert PASSWORD.encode() not in content
            assert token.encode() not in content
