"""The pages for getting in and out and the settings page, as a browser without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import Clock, client_of, post_event
from tests.waiting import PATIENCE_SECS
from tests.web.access.conftest import PASSWORD, sign_in

SITE = "/?site_id=example.com&period=7d"
BANNER = "No password is set"


def text_of(response: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.text)).split())


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_a_banner_leads_to_setup_while_no_password_is_set(client: Client) -> None:
    for path in ("/", SITE, "/settings", "/nowhere"):
        page = client.get(path)
        assert BANNER in text_of(page)
        assert 'href="/setup"' in page.text


def test_setup_through_the_form_signs_in_and_ends_the_banner(client: Client) -> None:
    assert "at least 8 characters" in text_of(client.get("/setup"))
    response = client.post("/setup", data={"password": PASSWORD, "repeated": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert is_signed_in(client)
    assert BANNER not in text_of(client.get("/"))


@pytest.mark.parametrize(
    ("password", "repeated", "problem"),
    [
        ("short", "short", "Password must be at least 8 characters."),
        ("", "", "Password must be at least 8 characters."),
        (PASSWORD, PASSWORD + "x", "The two passwords differ."),
    ],
)
def test_setup_says_what_was_wrong(
    client: Client, mallard: Mallard, password: str, repeated: str, problem: str
) -> None:
    response = client.post("/setup", data={"password": password, "repeated": repeated})
    assert response.status_code == 400
    assert problem in text_of(response)
    assert mallard.access.is_open


def test_setup_is_over_once_a_password_is_set(stranger: Client) -> None:
    assert stranger.get("/setup").headers["Location"] == "/login"
    response = stranger.post("/setup", data={"password": "another password"})
    assert response.status_code == 409
    assert "There is a password already" in text_of(response)


def test_login_is_setup_while_no_password_is_set(client: Client) -> None:
    assert client.get("/login").headers["Location"] == "/setup"
    assert client.post("/login", data={"password": "x"}).headers["Location"] == "/setup"


def test_login_through_the_form_leads_where_one_wanted_to_go(stranger: Client) -> None:
    page = stranger.get(stranger.get(SITE).headers["Location"])
    found = re.search(r'name="next" value="([^"]*)"', page.text)
    assert found and unescape(found[1]) == SITE
    response = stranger.post("/login", data={"password": PASSWORD, "next": SITE})
    assert (response.status_code, response.headers["Location"]) == (303, SITE)
    assert stranger.get(SITE).status_code == 200
    assert stranger.get("/login?next=/settings").headers["Location"] == "/settings"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/\x00",
        "/\u2028",
        "http:///evil.example",
    ],
)
def test_login_leads_nowhere_else(closed: Mallard, target: str) -> None:
    stranger = client_of(closed)
    page = stranger.get("/login", query_string={"next": target})
    assert 'name="next" value="/"' in page.text
    response = stranger.post("/login", data={"password": PASSWORD, "next": target})
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert len(response.headers.getlist("Set-Cookie")) == 1


def test_a_target_in_any_script_survives(stranger: Client) -> None:
    target = "/?site_id=example.com&filter=page==/ü <b>"
    response = stranger.post("/login", data={"password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/?site_id=example.com&filter=page==/%C3%BC%20%3Cb%3E"


def test_the_wrong_password_is_said_on_the_page(stranger: Client) -> None:
    response = stranger.post("/login", data={"password": "wrong", "next": SITE})
    assert response.status_code == 401
    assert "The password is wrong." in text_of(response)
    assert unescape(response.text).count(SITE) == 1
    assert "Set-Cookie" not in response.headers


def test_a_lockout_is_said_on_the_page(stranger: Client, clock: Clock) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7"}
    for _ in range(5):
        stranger.post("/login", data={"password": "wrong"}, headers=headers)
    response = stranger.post("/login", data={"password": PASSWORD}, headers=headers)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "300")
    assert "Try again in 5 minutes." in text_of(response)
    clock.move(seconds=299)
    late = stranger.post("/login", data={"password": PASSWORD}, headers=headers)
    assert "in 1 second." in text_of(late)


def test_signing_out_through_the_form(signed_in: Client) -> None:
    assert 'action="/logout"' in signed_in.get("/").text
    response = signed_in.post("/logout")
    assert (response.status_code, response.headers["Location"]) == (303, "/login")
    assert not is_signed_in(signed_in)


def test_a_link_on_another_site_finds_the_session_after_all(signed_in: Client) -> None:
    """Such a request comes without the cookie; the page asks once more, from here."""
    foreign = {"Sec-Fetch-Site": "cross-site"}
    without_cookie = Client(signed_in.application)
    page = without_cookie.get("/login", query_string={"next": SITE}, headers=foreign)
    refresh = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', page.text)
    assert refresh
    again = unescape(refresh[1])
    assert signed_in.get(again).headers["Location"] == SITE
    assert "Password" in without_cookie.get(again, headers={"Sec-Fetch-Site": "same-origin"}).text


def test_changing_the_password_signs_the_others_out(
    guarded: Mallard, start: Callable[..., Mallard]
) -> None:
    mine, other = sign_in(guarded), sign_in(guarded)
    fields = {"old": PASSWORD, "new": "another password", "repeated": "another password"}
    response = mine.post("/settings/password", data=fields, follow_redirects=True)
    assert "The password is changed" in text_of(response)
    assert (is_signed_in(mine), is_signed_in(other)) == (True, False)
    guarded.stop(PATIENCE_SECS)
    again = Client(application(start()))
    assert again.post("/login", data={"password": PASSWORD}).status_code == 401
    assert again.post("/login", data={"password": "another password"}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"old": "wrong", "new": "x" * 8}, 403, "The current password is wrong."),
        ({"old": PASSWORD, "new": "short"}, 400, "at least 8 characters"),
        ({"old": PASSWORD, "new": "x" * 8, "repeated": "y" * 8}, 400, "differ"),
        ({}, 403, "The current password is wrong."),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    guarded: Mallard, fields: dict[str, str], status: int, problem: str
) -> None:
    mine, other = sign_in(guarded), sign_in(guarded)
    response = mine.post("/settings/password", data=fields)
    assert response.status_code == status
    assert problem in text_of(response)
    assert is_signed_in(other)
    assert guarded.access.passwords.matches(PASSWORD)


def test_guessing_on_the_settings_page_locks_out_too(signed_in: Client) -> None:
    fields = {"old": "wrong", "new": "another password"}
    page, headers = "/settings/password", {"X-Forwarded-For": "198.51.100.7"}
    for _ in range(5):
        assert signed_in.post(page, data=fields, headers=headers).status_code == 403
    response = signed_in.post(page, data=fields | {"old": PASSWORD}, headers=headers)
    assert response.status_code == 429
    assert "Try again in 5 minutes." in text_of(response)


def test_a_password_of_the_settings_is_changed_there(start: Callable[..., Mallard]) -> None:
    client = sign_in(start(admin_password="from the settings"))
    page = client.get("/settings")
    assert "MALLARD_ADMIN_PASSWORD" in text_of(page)
    assert 'name="old"' not in page.text
    fields = {"old": "from the settings", "new": "another password"}
    assert client.post("/settings/password", data=fields).status_code == 409


def test_a_key_is_made_shown_once_and_revoked(signed_in: Client, stranger: Client) -> None:
    response = signed_in.post("/settings/keys", data={"name": "<CI>", "scope": "ReadOnly"})
    assert response.status_code == 201
    found = re.search(r"mm_[0-9a-f]{64}", response.text)
    assert found
    key = {"X-API-Key": found[0]}
    assert stranger.get("/api/stats/main?site_id=x", headers=key).status_code == 200
    page = signed_in.get("/settings")
    assert found[0] not in page.text
    assert "<CI> ReadOnly Created 18 Mar 2026, last used 18 Mar 2026" in text_of(page)
    form = re.search(r'action="(/settings/keys/[0-9a-f]{64}/revoke)"', page.text)
    assert form
    assert signed_in.post(form[1]).headers["Location"] == "/settings#keys"
    assert "Revoked" in text_of(signed_in.get("/settings"))
    assert stranger.get("/api/stats/main?site_id=x", headers=key).status_code == 401


@pytest.mark.parametrize("fields", [{}, {"name": "x"}, {"name": "x" * 129, "scope": "Admin"}])
def test_a_bad_wish_for_a_key_is_said_on_the_page(
    signed_in: Client, guarded: Mallard, fields: dict[str, str]
) -> None:
    response = signed_in.post("/settings/keys", data=fields)
    assert response.status_code == 400
    assert "must be" in text_of(response)
    assert guarded.access.keys.all() == []


def test_each_site_has_its_line_to_paste(password: str, start: Callable[..., Mallard]) -> None:
    client = sign_in(start(site_ids=("configured.example", "seen.example")))
    post_event(client, {"d": "seen.example", "n": "pageview", "u": "https://seen.example/"})
    page = text_of(client.get("/settings"))
    for site in ("configured.example", "seen.example"):
        assert f'<script defer src="http://localhost/mallard.js" data-domain="{site}">' in page


def test_what_others_have_chosen_is_escaped(signed_in: Client, guarded: Mallard) -> None:
    guarded.access.keys.create("<script>alert(1)</script>", "Admin")
    assert "<script>alert" not in signed_in.get("/settings").text
    target = '/"><script>alert(1)</script>'
    assert (
        "<script>alert"
        not in Client(application(guarded)).get("/login", query_string={"next": target}).text
    )


def test_the_line_to_paste_asks_for_what_is_ticked(client: Client) -> None:
    assert "data-track" not in client.get("/settings").text
    page = client.get("/settings?track=links&track=nonsense&track=404").text
    assert 'data-domain="your-site.com" data-track="links 404"&gt;' in page
    assert re.findall(r'name="track" value="(\w+)" checked', page) == ["links", "404"]
