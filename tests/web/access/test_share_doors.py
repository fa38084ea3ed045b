"""The doors of shared links: passwords, pages that embed, and what is for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from tests.conftest import Clock, client_of
from tests.web.access.conftest import sign_in
from tests.web.access.sharing import SITE, share, stranger_of, with_visits
from tests.web.reading import parsed

pytestmark = pytest.mark.thorough

PASSWORD = "one for the agency"


@pytest.fixture
def mallard(guarded: Mallard, clock: Clock) -> Mallard:
    with_visits(guarded, clock)
    return guarded


@pytest.fixture
def anyone(mallard: Mallard) -> Client:
    return stranger_of(mallard)


@pytest.mark.parametrize("path", ["", "/", "/panels/pages", "/details/pages.csv", "/go"])
def test_a_link_with_a_password_asks_for_it_first(
    mallard: Mallard, anyone: Client, path: str
) -> None:
    link = share(mallard, password=PASSWORD)
    asked = anyone.get(link + path)
    assert asked.status_code == 401
    assert "/shop" not in asked.text
    assert parsed(asked.text).one("title").text == "Shared figures · Mallard"
    assert anyone.post(link, data={"password": "wrong one"}).status_code == 401
    assert anyone.get(link).status_code == 401
    opened = anyone.post(link, data={"password": PASSWORD})
    assert (opened.status_code, opened.headers["Location"]) == (303, f"{link}/")
    assert "/shop/shoes" in anyone.get(link).text


def test_the_password_of_one_link_opens_no_other(mallard: Mallard, anyone: Client) -> None:
    one, other = share(mallard, password=PASSWORD), share(mallard, password=PASSWORD)
    cookie = anyone.post(one, data={"password": PASSWORD}).headers["Set-Cookie"]
    assert f"Path={one}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    value = cookie.partition(";")[0]
    assert anyone.get(one).status_code == 200
    bare = Client(client_of(mallard).application, use_cookies=False)
    assert bare.get(one, headers={"Cookie": value}).status_code == 200
    assert bare.get(other, headers={"Cookie": value}).status_code == 401
    for forged in ("mm_share=9999999999.00", "mm_share=", "mm_share=x.y", "mm_share=\xff"):
        assert bare.get(one, headers={"Cookie": forged}).status_code == 401


def test_it_is_asked_for_again_when_the_time_is_over(
    mallard: Mallard, anyone: Client, clock: Clock
) -> None:
    link = share(mallard, password=PASSWORD)
    value = anyone.post(link, data={"password": PASSWORD}).headers["Set-Cookie"].partition(";")[0]
    clock.move(seconds=mallard.settings.session_ttl_secs + 1)
    bare = Client(client_of(mallard).application, use_cookies=False)
    assert bare.get(link, headers={"Cookie": value}).status_code == 401


def test_whoever_guesses_is_locked_out_of_links_and_keeps_nobody_from_logging_in(
    mallard: Mallard, anyone: Client, clock: Clock
) -> None:
    link = share(mallard, password=PASSWORD)

    def told(password: str, address: str = "203.0.113.9") -> TestResponse:
        environ = {"REMOTE_ADDR": address}
        return anyone.post(link, data={"password": password}, environ_overrides=environ)

    for _ in range(mallard.settings.max_login_attempts):
        assert told("wrong one").status_code == 401
    locked = told(PASSWORD)
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) >= 1
    assert told(PASSWORD, "203.0.114.9").status_code == 303
    sent = {"password": "correct horse"}
    login = anyone.post("/login", data=sent, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert login.status_code == 303
    clock.move(seconds=mallard.settings.login_lockout_secs + 1)
    assert told(PASSWORD).status_code == 303


def test_no_foreign_page_tells_a_password(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, password=PASSWORD)
    sent = {"Origin": "https://evil.example"}
    assert anyone.post(link, data={"password": PASSWORD}, headers=sent).status_code == 403


def test_htmx_is_led_to_the_form(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, password=PASSWORD)
    response = anyone.get(f"{link}/panels/pages", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == f"{link}/"


def test_only_the_named_origins_may_embed_it(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, origins=["https://www.example.com", "http://localhost:8080"])
    for path in ("", "/", "/panels/pages", "/details/pages"):
        embedded = anyone.get(f"{link}{path}?embed=1")
        assert embedded.status_code == 200
        assert "X-Frame-Options" not in embedded.headers
        policy = embedded.headers["Content-Security-Policy"]
        assert policy.endswith("; frame-ancestors https://www.example.com http://localhost:8080")
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        alone = anyone.get(link + path)
        assert alone.headers["X-Frame-Options"] == "DENY"
        assert alone.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_nothing_else_is_ever_embedded(mallard: Mallard, anyone: Client) -> None:
    share(mallard, origins=["https://www.example.com"])
    without = share(mallard)
    for path in (f"{without}?embed=1", "/login?embed=1", "/?embed=1", "/share/none?embed=1"):
        response = anyone.get(path)
        assert response.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors https" not in response.headers.get("Content-Security-Policy", "")


def test_an_embedded_page_keeps_its_look(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, origins=["https://www.example.com"])
    page = parsed(anyone.get(f"{link}?embed=1&theme=dark&height=321").text)
    assert page.one("html").attributes["data-theme"] == "dark"
    there = page.by_id("period-7d").attributes["href"]
    assert "embed=1&theme=dark&height=321" in there
    style = next(
        one.attributes["href"] for one in page.all("link") if "embed.css" in one.attributes["href"]
    )
    assert "--plot: 321px" in anyone.get(style).text
    assert "data-theme" not in anyone.get(f"{link}?theme=dark").text.partition("<head>")[0]


@pytest.mark.parametrize("look", ["theme=blue", "height=5", "height=x", "height=99999"])
def test_a_look_that_cannot_be_is_400(mallard: Mallard, anyone: Client, look: str) -> None:
    link = share(mallard, origins=["https://www.example.com"])
    response = anyone.get(f"{link}?embed=1&{look}")
    assert response.status_code == 400
    assert look.partition("=")[0] in response.text


def test_a_public_link_has_a_badge_and_a_counter(mallard: Mallard, anyone: Client) -> None:
    link = share(mallard, public=True)
    counted = anyone.get(f"{link}/counter.json")
    assert counted.json == {"visitors_today": 3, "pageviews": 6}
    assert counted.headers["Access-Control-Allow-Origin"] == "*"
    badge = anyone.get(f"{link}/badge.svg")
    assert badge.mimetype == "image/svg+xml"
    assert "visitors today: 3" in badge.text
    assert "pageviews: 6" in anyone.get(f"{link}/badge.svg?of=pageviews").text
    assert anyone.get(f"{link}/badge.svg?of=x").status_code == 400
    narrow = share(mallard, public=True, filters=["page~*/shop/*"])
    assert anyone.get(f"{narrow}/counter.json").json == {"visitors_today": 2, "pageviews": 2}


@pytest.mark.parametrize("wish", [{}, {"password": PASSWORD}, {"origins": ["https://a.example"]}])
def test_a_secret_one_has_neither(mallard: Mallard, anyone: Client, wish: dict[str, Any]) -> None:
    link = share(mallard, **wish)
    assert anyone.get(f"{link}/badge.svg").status_code == 404
    assert anyone.get(f"{link}/counter.json").status_code == 404


def test_a_site_is_shared_and_the_link_revoked_by_forms(mallard: Mallard, anyone: Client) -> None:
    owner = sign_in(mallard)
    where = f"/settings/sites/{SITE}"
    made = owner.post(
        f"{where}/shares/new",
        data={"name": "Agency", "panels": ["pages"], "filters": "page~*/shop/*", "since": ""},
    )
    assert made.status_code == 201
    url = parsed(made.text).by_id("shares").one("pre").text.strip()
    assert url.startswith("http://localhost/share/")
    path = url.removeprefix("http://localhost")
    page = anyone.get(path).text
    assert "/shop/hats" in page
    assert "/secret-plans" not in page
    listed = parsed(owner.get(where).text).by_id("shares")
    assert "Agency" in listed.text
    assert "last used 18 Mar 2026" in listed.text
    assert url not in listed.text
    revoke = next(
        form.attributes["action"]
        for form in listed.all("form")
        if form.attributes["action"].endswith("/revoke")
    )
    assert owner.post(revoke).status_code == 303
    assert anyone.get(path).status_code == 404
    assert owner.post(revoke).status_code == 404


def test_what_is_wrong_in_the_form_is_said_and_what_was_typed_stays(mallard: Mallard) -> None:
    owner = sign_in(mallard)
    typed = {"name": "Agency", "panels": ["pages"], "filters": "nothing==x"}
    response = owner.post(f"/settings/sites/{SITE}/shares/new", data=typed)
    assert response.status_code == 400
    section = parsed(response.text).by_id("shares")
    assert "dimension must be one of" in section.one("p", class_="wrong").text
    assert section.one("input", name="name").attributes["value"] == "Agency"
    checked = [
        box.attributes["value"]
        for box in section.all("input", type="checkbox")
        if "checked" in box.attributes
    ]
    assert checked == ["pages"]
    late = owner.post(f"/settings/sites/{SITE}/shares/new", data=typed | {"expires": "soon"})
    assert late.status_code == 400
    assert "no day in the form" in late.text
