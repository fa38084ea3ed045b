"""People: invited once, signed in by a name, limited to what they may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.model import MallardError
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import Clock, client_of, post_event
from tests.waiting import PATIENCE_SECS
from tests.web.access.conftest import PASSWORD, json_of
from tests.web.access.people import SECRET, person, signed_in_as

MINE, OTHER = "mine.example", "other.example"


def invite(client: Client, **wish: Any) -> TestResponse:
    return client.post("/api/people", json={"name": "Grace", "role": "Viewer"} | wish)


def path_of(response: TestResponse) -> str:
    url: str = (response.json or {})["url"]
    return url.removeprefix("http://localhost")


def log_in(client: Client, name: str, password: str = SECRET, **more: str) -> TestResponse:
    return client.post("/api/auth/login", json={"name": name, "password": password, **more})


def fresh(client: Client) -> Client:
    """Another browser."""
    return Client(client.application)


def test_an_invitation_is_shown_once_accepted_once_and_signs_in(
    signed_in: Client, stranger: Client
) -> None:
    response = invite(signed_in, role="Editor", sites=[MINE])
    assert response.status_code == 201
    told = response.json or {}
    assert set(told) == {"id", "name", "role", "sites", "url", "expires"}
    assert told["expires"] == "2026-03-25T12:00:00Z"
    path = path_of(response)
    assert path.rpartition("/")[2] not in signed_in.get("/api/people").text
    assert "Welcome, Grace" in stranger.get(path).text
    fields = {"password": SECRET, "repeated": SECRET}
    accepted = stranger.post(path, data=fields)
    assert (accepted.status_code, accepted.headers["Location"]) == (303, "/")
    assert stranger.get(f"/api/sites/{MINE}").status_code == 404, "signed in, and no such site yet"
    again = fresh(stranger)
    for answer in (again.get(path), again.post(path, data=fields)):
        assert answer.status_code == 404 and "over or was used" in answer.text
    assert log_in(again, "grace").status_code == 200


def test_an_invitation_ends_after_a_week(signed_in: Client, stranger: Client, clock: Clock) -> None:
    path = path_of(invite(signed_in))
    clock.move(days=7)
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, data={"password": SECRET}).status_code == 404


def test_a_password_that_will_not_do_uses_no_invitation_up(
    signed_in: Client, stranger: Client
) -> None:
    path = path_of(invite(signed_in))
    short = stranger.post(path, data={"password": "short"})
    assert short.status_code == 400 and "at least 8 characters" in short.text
    unlike = stranger.post(path, data={"password": SECRET, "repeated": SECRET + "x"})
    assert unlike.status_code == 400 and "differ" in unlike.text
    assert stranger.post(path, data={"password": SECRET}).status_code == 303


def test_only_a_hash_is_kept_of_an_invitation_and_of_a_password(
    signed_in: Client, guarded: Mallard
) -> None:
    token = path_of(invite(signed_in)).rpartition("/")[2]
    person(guarded, "Ada")
    kept = (guarded.settings.data_dir / "people.json").read_text()
    assert token not in kept and SECRET not in kept and "$argon2id$" in kept


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ({"name": ""}, 400, "name"),
        ({"name": " "}, 400, "name"),
        ({"name": "a\x00b"}, 400, "name"),
        ({"name": "x" * 129}, 400, "name"),
        ({"name": "Admin"}, 400, "name"),
        ({"name": "THERE"}, 400, "name"),
        ({"role": "owner"}, 400, "role"),
        ({"role": "Owner", "sites": [MINE]}, 400, "sites"),
        ({"sites": []}, 400, "sites"),
        ({"sites": ["../x"]}, 400, "sites"),
        ({"sites": MINE}, 422, "sites"),
        ({"name": 1}, 422, "name"),
    ],
)
def test_a_wish_that_cannot_be_is_told_so(
    closed: Mallard, wish: dict[str, Any], status: int, field: str
) -> None:
    if closed.accounts.people.named("there") is None:
        closed.accounts.invite("There", "Viewer", None)
    client = client_of(closed)
    client.set_cookie("mm_session", closed.access.sessions.open())
    response = invite(client, **wish)
    assert response.status_code == status and field in (response.json or {})["error"]
    assert len(closed.accounts.people.all()) == 1


def test_while_no_password_is_set_nobody_is_invited(client: Client) -> None:
    response = invite(client)
    assert response.status_code == 403 and "/setup" in response.text
    assert client.post("/settings/people", data={"name": "x"}).status_code == 403


def test_a_person_signs_in_by_name_and_the_one_password_goes_on(
    guarded: Mallard, stranger: Client
) -> None:
    person(guarded, "grace@example.com", "Owner")
    for name in ("grace@example.com", " Grace@Example.com "):
        response = log_in(fresh(stranger), name)
        assert response.status_code == 200 and set(response.json or ()) == {"token"}
    page = stranger.get("/login").text
    assert 'id="username"' in page
    form = {"username": "grace@example.com", "password": SECRET, "next": "/settings/people"}
    assert fresh(stranger).post("/login", data=form).headers["Location"] == "/settings/people"
    for named in ({}, {"username": "admin"}):
        old = fresh(stranger).post("/login", data={"password": PASSWORD} | named)
        assert old.status_code == 303
    assert log_in(fresh(stranger), "", PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("name", "guess"),
    [("grace", "wrong"), ("nobody", SECRET), ("grace", PASSWORD), ("invited", ""), ("", SECRET)],
)
def test_a_wrong_pair_gets_nobody_in_and_is_told_the_same(
    guarded: Mallard, stranger: Client, name: str, guess: str
) -> None:
    person(guarded, "grace")
    guarded.accounts.invite("invited", "Owner", None)
    response = log_in(stranger, name, guess)
    assert (response.status_code, response.json) == (401, {"error": "Invalid password"})
    page = stranger.post("/login", data={"username": name, "password": guess})
    assert page.status_code == 401 and "is wrong" in page.text
    assert "Set-Cookie" not in page.headers


def test_guesses_at_one_name_lock_it_from_wherever_they_come(
    guarded: Mallard, stranger: Client
) -> None:
    person(guarded, "grace")

    def tell(name: str, secret: str, address: str) -> int:
        told = {"name": name, "password": secret}
        sender = {"REMOTE_ADDR": address}
        return stranger.post("/api/auth/login", json=told, environ_overrides=sender).status_code

    known = "203.0.113.200"
    assert tell("grace", SECRET, known) == 200
    most = 4 * guarded.settings.max_login_attempts
    for place, name in enumerate(("grace", "nobody")):
        addresses = [f"198.51.100.{100 * place + number}" for number in range(most + 1)]
        told = [tell(name, "wrong", address) for address in addresses]
        assert told == [401] * most + [429], "and whether there is such a name, nobody learns"
    assert tell("grace", SECRET, "198.51.100.250") == 429
    assert tell("grace", SECRET, known) == 200


def test_whoever_has_an_account_guesses_no_faster_at_another_nor_at_the_one_password(
    guarded: Mallard, stranger: Client
) -> None:
    for name in ("grace", "ada"):
        person(guarded, name)
    most = guarded.settings.max_login_attempts
    for name in ("ada", ""):
        told = []
        for _ in range(most + 1):
            told.append(log_in(stranger, name, "wrong").status_code)
            assert log_in(stranger, "grace").status_code == 200
        assert told == [401] * most + [429], name


def test_a_client_that_got_into_one_account_is_a_stranger_to_another(
    guarded: Mallard, stranger: Client
) -> None:
    for name in ("grace", "ada"):
        person(guarded, name)
    most = 4 * guarded.settings.max_login_attempts
    for number in range(most + 1):
        sender = {"REMOTE_ADDR": f"198.51.100.{number}"}
        told = [
            stranger.post(
                "/api/auth/login",
                json={"name": name, "password": secret},
                environ_overrides=sender,
            ).status_code
            for name, secret in (("grace", SECRET), ("ada", "wrong"))
        ]
        assert told == [200, 401 if number < most else 429]


def test_guesses_lock_the_address_out_as_for_the_one_password(
    guarded: Mallard, stranger: Client
) -> None:
    person(guarded, "grace")
    for _ in range(guarded.settings.max_login_attempts):
        assert log_in(stranger, "grace", "wrong").status_code == 401
    assert log_in(stranger, "grace").status_code == 429
    assert stranger.post("/api/auth/login", json={"password": PASSWORD}).status_code == 429


def test_a_token_that_was_planted_is_not_adopted(guarded: Mallard, stranger: Client) -> None:
    grace = person(guarded, "grace")
    planted = guarded.access.sessions.open()
    stranger.set_cookie("mm_session", planted)
    token = (log_in(stranger, "grace").json or {})["token"]
    assert token != planted and not guarded.access.sessions.is_open(planted)
    found = guarded.access.sessions.find(token)
    assert found and found.owner == grace.id
    stranger.set_cookie("mm_session", "5" * 64)
    path = f"/invitation/{guarded.accounts.invite('Ada', 'Viewer', None).token}"
    stranger.post(path, data={"password": SECRET})
    assert not guarded.access.sessions.is_open("5" * 64)


@pytest.fixture
def two_sites(guarded: Mallard) -> Mallard:
    client = client_of(guarded)
    for site in (MINE, OTHER):
        guarded.sites.replace(site, Site(name=f"Site {site}"), None)
        post_event(client, {"d": site, "n": "pageview", "u": f"https://{site}/"})
    return guarded


def test_who_is_limited_to_a_site_hears_of_no_other(two_sites: Mallard) -> None:
    client = signed_in_as(two_sites, person(two_sites, "grace", "Editor", [MINE]))
    key = two_sites.access.keys.create("k", "ReadOnly", "", [MINE]).key
    for headers in ({}, {"X-API-Key": key}):
        asking = client if not headers else fresh(client)
        assert [one["site_id"] for one in asking.get("/api/sites", headers=headers).json or ()] == [
            MINE
        ]
        websites: Any = asking.get("/api/websites", headers=headers).json
        assert [one["domain"] for one in websites["data"]] == [MINE]
        assert asking.get(f"/api/websites/{OTHER}/stats", headers=headers).status_code == 404
        body = {"site_id": OTHER, "metrics": ["visitors"], "date_range": "day"}
        assert asking.post("/api/v2/query", json=body, headers=headers).status_code == 401
        for path in (
            "/",
            "/sites?search=example",
            f"/?site_id={MINE}",
            "/sites/first?search=other",
            f"/filter?site_id={MINE}",
            f"/realtime?site_id={MINE}",
            "/nowhere",
        ):
            response = asking.get(path, headers=headers, follow_redirects=True)
            assert OTHER not in response.text.replace("search=other", ""), path
    for path in (f"/settings/sites/{MINE}", "/account"):
        page = client.get(path)
        assert page.status_code == 200 and OTHER not in page.text


def test_an_editor_of_a_site_takes_no_other_s_events_by_an_alias(two_sites: Mallard) -> None:
    client = signed_in_as(two_sites, person(two_sites, "grace", "Editor", [MINE]))
    version = client.get(f"/api/sites/{MINE}").headers["ETag"]
    wish = {"aliases": ["somebody-elses.example"]}
    answer = client.put(f"/api/sites/{MINE}", json=wish, headers={"If-Match": version})
    assert answer.status_code == 400 and "aliases" in answer.text
    kept = client.put(f"/api/sites/{MINE}", json={"name": "x"}, headers={"If-Match": version})
    assert kept.status_code == 200


def test_an_ingest_key_for_a_site_sends_events_of_no_other(two_sites: Mallard) -> None:
    key = two_sites.access.keys.create("k", "Ingest", "", [MINE]).key
    events = [{"d": site, "n": "x", "u": f"https://{site}/"} for site in (MINE, OTHER)]
    answer: Any = client_of(two_sites).post("/api/events", json=events, headers={"X-API-Key": key})
    assert (answer.json["accepted"], [one["index"] for one in answer.json["errors"]]) == (1, [1])
    assert "not for the site" in answer.json["errors"][0]["error"]


def test_who_is_limited_to_a_site_goes_with_it_to_its_new_id_and_into_no_other(
    two_sites: Mallard, signed_in: Client
) -> None:
    grace = person(two_sites, "grace", "Viewer", [MINE])
    key = {"X-API-Key": two_sites.access.keys.create("k", "ReadOnly", "", [MINE]).key}
    moved = signed_in.post(f"/api/sites/{MINE}/rename", json={"to": "new.example"})
    assert moved.status_code == 200, moved.text
    client = signed_in_as(two_sites, grace)
    for site in ("new.example", MINE):
        address = f"/api/stats/main?site_id={site}"
        assert client.get(address).status_code == 200
        assert fresh(client).get(address, headers=key).status_code == 200
    merged = signed_in.post("/api/sites/new.example/merge", json={"into": OTHER})
    assert merged.status_code == 200, merged.text
    for site in ("new.example", MINE, OTHER):
        address = f"/api/stats/main?site_id={site}"
        assert client.get(address).status_code == 403
        assert fresh(client).get(address, headers=key).status_code == 403


def test_a_site_may_be_named_by_its_alias(two_sites: Mallard, signed_in: Client) -> None:
    two_sites.sites.replace("third.example", Site(aliases=("www.third.example",)), None)
    told = invite(signed_in, sites=["www.third.example"]).json or {}
    assert told["sites"] == ["third.example"]


def test_a_viewer_is_offered_nothing_that_is_not_for_viewers(two_sites: Mallard) -> None:
    client = signed_in_as(two_sites, person(two_sites, "grace"))
    page = client.get(f"/?site_id={MINE}&filter=page==/&tab=goals").text
    for what in ("/saved/", "/settings", "/diagnostics"):
        assert what not in page, what
    assert 'href="/account"' in page


def test_a_change_of_rights_a_new_invitation_and_a_removal_end_sessions(
    guarded: Mallard, signed_in: Client
) -> None:
    grace = person(guarded, "grace", "Editor")
    client = signed_in_as(guarded, grace)
    changed = signed_in.put(f"/api/people/{grace.id}", json={"role": "Viewer", "sites": [MINE]})
    assert (changed.status_code, (changed.json or {})["sites"]) == (200, [MINE])
    assert client.get("/").status_code == 303
    client = signed_in_as(guarded, grace)
    again = signed_in.post(f"/api/people/{grace.id}/invitation")
    assert again.status_code == 201 and client.get("/").status_code == 303
    assert log_in(fresh(client), "grace").status_code == 401, "the old password counts no more"
    assert fresh(client).post(path_of(again), data={"password": SECRET}).status_code == 303
    client = signed_in_as(guarded, grace)
    key = guarded.access.keys.create("k", "ReadOnly", grace.id).key
    assert signed_in.delete(f"/api/people/{grace.id}").json == {"status": "removed"}
    assert client.get("/").status_code == 303
    assert fresh(client).get("/", headers={"X-API-Key": key}).status_code == 303
    for answer in (
        signed_in.delete(f"/api/people/{grace.id}"),
        signed_in.put(f"/api/people/{grace.id}", json={"role": "Viewer"}),
        signed_in.post(f"/api/people/{grace.id}/invitation"),
    ):
        assert answer.status_code == 404


def test_sessions_are_listed_and_ended_by_their_owner_alone(
    guarded: Mallard, signed_in: Client, clock: Clock
) -> None:
    grace = person(guarded, "grace")
    client = signed_in_as(guarded, grace)
    clock.move(hours=1)
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    body = {"name": "grace", "password": SECRET}
    other = fresh(client)
    other.post("/api/auth/login", json=body, headers={"User-Agent": firefox})
    latest, first = json_of(client.get("/api/sessions"))
    assert (latest["browser"], latest["current"]) == ("Firefox on Linux", False)
    assert (first["began"], first["current"]) == ("2026-03-18T12:00:00Z", True)
    assert signed_in.delete(f"/api/sessions/{latest['id']}").status_code == 404
    assert "Firefox on Linux" in client.get("/account").text
    ended = client.post(f"/account/sessions/{latest['id']}/end")
    assert (ended.status_code, other.get("/").status_code) == (303, 303)
    assert client.delete(f"/api/sessions/{first['id']}").json == {"status": "ended"}
    assert client.get("/").status_code == 303


def test_a_person_s_new_password_signs_the_person_s_other_browsers_out(
    guarded: Mallard, signed_in: Client
) -> None:
    grace = person(guarded, "grace")
    mine, other = signed_in_as(guarded, grace), signed_in_as(guarded, grace)
    wrong = mine.post("/account/password", data={"old": "wrong", "new": "another password"})
    assert wrong.status_code == 403
    fields = {"old": SECRET, "new": "another password", "repeated": "another password"}
    assert mine.post("/account/password", data=fields).status_code == 303
    assert [one.get("/account").status_code for one in (mine, other)] == [200, 303]
    assert signed_in.get("/settings").status_code == 200
    assert log_in(other, "grace", "another password").status_code == 200
    assert signed_in.post("/account/password", data=fields).status_code == 404


def test_a_key_does_no_more_than_its_owner(two_sites: Mallard, signed_in: Client) -> None:
    client = signed_in_as(two_sites, person(two_sites, "grace", "Editor", [MINE]))
    made = client.post("/api/keys", json={"name": "deploy", "scope": "Admin"})
    assert made.status_code == 201
    key = {"X-API-Key": (made.json or {})["key"]}
    program = fresh(client)
    note = {"text": "Version 2"}
    there = f"/api/sites/{MINE}/annotations"
    assert program.post(there, json=note, headers=key).status_code == 201
    assert program.post(there.replace(MINE, OTHER), json=note, headers=key).status_code == 403
    assert program.delete(f"/api/sites/{MINE}", headers=key).status_code == 403
    (listed,) = json_of(client.get("/api/keys"))
    assert listed["owner"] == "grace"
    hidden = signed_in.post("/api/keys", json={"name": "other", "scope": "Admin"}).json or {}
    assert client.delete(f"/api/keys/{hidden['key_hash']}").status_code == 404
    assert "Of grace" in signed_in.get("/settings").text
    far = client.post("/api/keys", json={"name": "x", "scope": "ReadOnly", "sites": [OTHER]})
    assert far.status_code == 400 and "sites" in far.text
    assert client.delete(f"/api/keys/{listed['key_hash']}").status_code == 200


def test_a_viewer_makes_no_key_that_sends_events(guarded: Mallard) -> None:
    client = signed_in_as(guarded, person(guarded, "grace"))
    answer = client.post("/api/keys", json={"name": "x", "scope": "Ingest"})
    assert answer.status_code == 400 and "scope" in answer.text


def test_people_are_managed_on_a_page(signed_in: Client, guarded: Mallard) -> None:
    fields = {"name": "<Grace>", "role": "Viewer", "sites": f"{MINE}\n"}
    made = signed_in.post("/settings/people", data=fields)
    assert made.status_code == 201
    found = re.search(r"http://localhost(/invitation/[0-9a-f]{48})", made.text)
    assert found and "&lt;Grace&gt;" in made.text and "<Grace>" not in made.text
    (grace,) = guarded.accounts.people.all()
    bad = signed_in.post(f"/settings/people/{grace.id}/rights", data={"role": "x"})
    assert bad.status_code == 400 and "Role" in bad.text
    rights = {"role": "Owner", "sites": ""}
    assert signed_in.post(f"/settings/people/{grace.id}/rights", data=rights).status_code == 303
    assert "Owner" in signed_in.get("/settings/people").text
    assert signed_in.post(f"/settings/people/{grace.id}/invitation").status_code == 201
    assert signed_in.post(f"/settings/people/{grace.id}/remove").status_code == 303
    assert guarded.accounts.people.all() == []
    twice = signed_in.post("/settings/people", data=fields | {"name": ""})
    assert twice.status_code == 400 and "Name" in twice.text


def test_people_stay_over_a_restart_and_sessions_do_not(
    guarded: Mallard, start: Callable[..., Mallard]
) -> None:
    client = signed_in_as(guarded, person(guarded, "grace"))
    guarded.stop(PATIENCE_SECS)
    again = Client(application(start()))
    again.set_cookie("mm_session", str(client.get_cookie("mm_session")))
    assert again.get("/").status_code == 303
    assert log_in(again, "grace").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.pop("sites"),
        lambda one: one.pop("role"),
        lambda one: one.update(role="Root"),
        lambda one: one.update(more=1),
        lambda one: one.update(name=""),
        lambda one: one.update(sites=[]),
    ],
)
def test_a_document_of_people_that_cannot_be_read_stops_the_start(
    guarded: Mallard, start: Callable[..., Mallard], change: Callable[[dict[str, Any]], None]
) -> None:
    person(guarded, "grace", "Editor", [MINE])
    guarded.stop(PATIENCE_SECS)
    path = guarded.settings.data_dir / "people.json"
    content = json.loads(path.read_text())
    change(content["people"][0])
    path.write_text(json.dumps(content))
    with pytest.raises(MallardError, match=r"people\.json"):
        start()


def test_an_invitation_is_handed_to_mail_where_there_is_mail(
    guarded: Mallard, signed_in: Client
) -> None:
    found: Any = signed_in.application
    while not hasattr(found, "extensions"):
        found = found._pages
    sent: list[tuple[str, str, str]] = []
    whole = found.extensions["mallard"]
    send = replace(whole, send_invitation=lambda *said: sent.append(said))
    found.extensions["mallard"] = send
    url = (invite(signed_in, name="grace@example.com").json or {})["url"]
    invite(signed_in, name="no address")
    assert sent == [("grace@example.com", "grace@example.com", url)]
