"""Signing in with a code beside the password, and what is done when the device is lost."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from pyotp import TOTP
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.people.second_factor import STEP_SECS
from mallard.register.instance import Instance
from mallard.register.people import Person
from tests.conftest import Clock
from tests.web.access.conftest import PASSWORD
from tests.web.access.people import SECRET, person, signed_in_as

PAGE = "/account/second-factor"
NAMED = {"username": "grace", "password": SECRET, "next": "/account"}


@pytest.fixture
def grace(guarded: Mallard) -> Person:
    return person(guarded, "grace")


class Device:
    """What shows codes, by the test's clock."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._totp, self._clock = TOTP(secret), clock

    @property
    def code(self) -> str:
        return self._totp.at(self._clock())


def begin(client: Client, clock: Clock) -> tuple[Device, list[str]]:
    """Turns the second factor on, as somebody does with a browser; and lets a code's time pass."""
    page = client.get(PAGE).text
    assert "<svg" in page and "otpauth" not in page
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert found
    device = Device(found[1].replace(" ", ""), clock)
    answer = client.post(PAGE, data={"code": device.code})
    assert answer.status_code == 201
    codes = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", answer.text)
    assert len(codes) == 10
    clock.move(seconds=2 * STEP_SECS)
    return device, codes


def test_the_code_comes_after_the_password(
    guarded: Mallard, grace: Person, stranger: Client, clock: Clock
) -> None:
    device, _ = begin(signed_in_as(guarded, grace), clock)
    first = stranger.post("/login", data=NAMED)
    assert (first.status_code, first.headers["Location"]) == (303, "/login/code?next=/account")
    assert stranger.get("/account").status_code == 303, "half a session opens nothing"
    assert 'autocomplete="one-time-code"' in stranger.get("/login/code?next=/account").text
    second = stranger.post("/login/code", data={"code": device.code, "next": "/account"})
    assert (second.status_code, second.headers["Location"]) == (303, "/account")
    assert stranger.get("/account").status_code == 200
    gone = stranger.post("/login/code", data={"code": device.code})
    assert gone.headers["Location"].startswith("/login?"), "the half is used up"


def test_a_code_is_taken_once(
    guarded: Mallard, grace: Person, stranger: Client, clock: Clock
) -> None:
    device, codes = begin(signed_in_as(guarded, grace), clock)
    body = {"name": "grace", "password": SECRET}

    def log_in(code: str) -> int:
        return stranger.post("/api/auth/login", json=body | {"code": code}).status_code

    assert log_in(device.code) == 200
    assert log_in(device.code) == 401
    clock.move(seconds=STEP_SECS)
    assert log_in(device.code) == 200
    assert [log_in(codes[0]), log_in(codes[0]), log_in(codes[1])] == [200, 401, 200]


def test_without_the_code_a_program_is_told_what_is_missing(
    guarded: Mallard, grace: Person, stranger: Client, clock: Clock
) -> None:
    begin(signed_in_as(guarded, grace), clock)
    answer = stranger.post("/api/auth/login", json={"name": "grace", "password": SECRET})
    assert (answer.status_code, "code" in answer.text) == (401, True)
    assert "Set-Cookie" not in answer.headers


def test_wrong_codes_lock_out(
    guarded: Mallard, grace: Person, stranger: Client, clock: Clock
) -> None:
    device, _ = begin(signed_in_as(guarded, grace), clock)
    stranger.post("/login", data=NAMED)
    for _ in range(guarded.settings.max_login_attempts):
        wrong = stranger.post("/login/code", data={"code": "000000"})
        assert wrong.status_code == 401 and "code is wrong" in wrong.text
    late = stranger.post("/login/code", data={"code": device.code})
    assert (late.status_code, late.headers["Retry-After"]) == (429, "300")


def test_half_a_session_ends_soon_with_a_new_password_and_for_whoever_begins_anew(
    guarded: Mallard, grace: Person, stranger: Client, clock: Clock
) -> None:
    device, _ = begin(signed_in_as(guarded, grace), clock)
    stranger.post("/login", data=NAMED)
    clock.move(seconds=300)
    late = stranger.post("/login/code", data={"code": device.code})
    assert late.headers["Location"].startswith("/login?")
    stranger.post("/login", data=NAMED)
    guarded.accounts.invite_again(grace.id)
    gone = stranger.post("/login/code", data={"code": device.code})
    assert gone.headers["Location"].startswith("/login?")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_the_code_leads_to_no_foreign_page(
    guarded: Mallard, grace: Person, stranger: Client, clock: Clock, target: str
) -> None:
    device, _ = begin(signed_in_as(guarded, grace), clock)
    stranger.post("/login", data=NAMED)
    page = stranger.get("/login/code", query_string={"next": target})
    assert 'name="next" value="/"' in unescape(page.text)
    answer = stranger.post("/login/code", data={"code": device.code, "next": target})
    assert answer.headers["Location"] == "/"


def test_a_device_that_is_lost(
    guarded: Mallard, grace: Person, stranger: Client, signed_in: Client, clock: Clock
) -> None:
    _, codes = begin(signed_in_as(guarded, grace), clock)
    stranger.post("/login", data=NAMED)
    assert stranger.post("/login/code", data={"code": codes[3]}).status_code == 303
    assert "9 recovery codes" in stranger.get("/account").text
    fresh = stranger.post(f"{PAGE}/codes", data={"password": SECRET})
    assert fresh.status_code == 201 and codes[4] not in fresh.text
    assert stranger.post(f"{PAGE}/end", data={"password": "wrong"}).status_code == 403
    assert stranger.post(f"{PAGE}/end", data={"password": SECRET}).status_code == 201
    assert stranger.post("/login", data=NAMED).headers["Location"] == "/account"
    begin(stranger, clock)
    url = (signed_in.post(f"/api/people/{grace.id}/invitation").json or {})["url"]
    again = Client(stranger.application)
    accepted = again.post(url.removeprefix("http://localhost"), data={"password": SECRET})
    assert accepted.status_code == 303
    assert again.post("/login", data=NAMED).headers["Location"] == "/account"


def test_a_wrong_first_code_begins_nothing(guarded: Mallard, grace: Person) -> None:
    client = signed_in_as(guarded, grace)
    for code in ("", "000000", "aaaa-bbbb-cccc-dddd"):
        answer = client.post(PAGE, data={"code": code})
        assert answer.status_code == 400 and "code is wrong" in answer.text
    found = guarded.accounts.people.get(grace.id)
    assert found and found.second_factor is None


def test_a_browser_that_was_left_open_exchanges_no_device_for_another(
    guarded: Mallard, grace: Person, clock: Clock
) -> None:
    client = signed_in_as(guarded, grace)
    begin(client, clock)
    before = guarded.accounts.people.get(grace.id)
    secret, _ = guarded.accounts.factors.to_begin(grace.id)
    page = client.get(PAGE)
    assert (page.status_code, "turn it off first" in page.text) == (409, True)
    answer = client.post(PAGE, data={"code": Device(secret, clock).code})
    assert (answer.status_code, "turn it off first" in answer.text) == (409, True)
    assert guarded.accounts.people.get(grace.id) == before


def test_the_one_password_has_no_second_factor(signed_in: Client) -> None:
    assert signed_in.get(PAGE).status_code == 404
    for path in (PAGE, f"{PAGE}/end", f"{PAGE}/codes"):
        assert signed_in.post(path, data={"password": PASSWORD}).status_code == 404


def test_where_it_is_asked_of_everybody_nothing_is_open_without_one(
    guarded: Mallard, grace: Person, signed_in: Client, clock: Clock
) -> None:
    client = signed_in_as(guarded, grace)
    guarded.instance.replace(Instance(require_second_factor=True), None)
    page = client.get("/")
    assert (page.status_code, page.headers["Location"]) == (303, PAGE)
    told: Any = client.get("/api/sites").json
    assert PAGE in told["error"]
    swap = client.get("/", headers={"HX-Request": "true"})
    assert (swap.status_code, swap.headers["HX-Redirect"]) == (403, PAGE)
    assert client.post("/api/keys", json={"name": "x", "scope": "ReadOnly"}).status_code == 403
    assert client.get("/account").status_code == 200
    assert "asks everybody" in client.get(PAGE).text
    assert signed_in.get("/").status_code == 200, "the one password is not asked for one"
    begin(client, clock)
    assert client.get("/").status_code == 200
