"""The life of shared links: made, listed, over, revoked; and what is kept of them."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.files import Files
from mallard.register.sites import Sites
from tests.conftest import NOON, Clock, client_of
from tests.web.access.sharing import OTHER, SITE, share, stranger_of, with_visits

pytestmark = pytest.mark.thorough

SHARED_PAGES = ["", "/", "/panels/pages", "/details/pages", "/details/pages.csv"]


@pytest.fixture
def mallard(guarded: Mallard, clock: Clock) -> Mallard:
    with_visits(guarded, clock)
    return guarded


@pytest.fixture
def anyone(mallard: Mallard) -> Client:
    return stranger_of(mallard)


def test_it_is_over_after_its_last_day(mallard: Mallard, anyone: Client, clock: Clock) -> None:
    link = share(mallard, expires=str(NOON.date()))
    assert anyone.get(link).status_code == 200
    clock.move(days=1)
    for path in SHARED_PAGES:
        assert anyone.get(link + path).status_code == 404


def test_it_is_useless_as_soon_as_it_is_revoked(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    link, other = share(mallard), share(mallard)
    listed: Any = anyone.get(f"/api/sites/{SITE}/shares", headers=admin).json
    address = f"/api/sites/{SITE}/shares/{listed[0]['id']}"
    elsewhere = address.replace(SITE, OTHER)
    assert anyone.delete(elsewhere, headers=admin).status_code == 404
    assert anyone.get(link).status_code == 200
    assert anyone.delete(address, headers=admin).json == {"status": "revoked"}
    assert anyone.get(link).status_code == 404
    assert anyone.get(other).status_code == 200
    assert anyone.delete(address, headers=admin).status_code == 404


def test_an_invented_link_opens_nothing(anyone: Client) -> None:
    for token in ("x", "0" * 48, "..", "%2e%2e", "\N{SNOWMAN}", "' or 1=1"):
        assert anyone.get(f"/share/{token}").status_code == 404
        assert anyone.get(f"/share/{token}/badge.svg").status_code == 404


def test_a_session_or_key_sees_no_more_by_a_link(
    mallard: Mallard, signed_in: Client, admin: dict[str, str]
) -> None:
    link = share(mallard, panels=["pages"])
    assert signed_in.get(f"{link}/panels/countries").status_code == 404
    assert signed_in.get(f"{link}/panels/countries", headers=admin).status_code == 404
    assert "/settings" not in signed_in.get(link).text


def test_what_is_decided_says_nothing_of_links_and_keeps_them(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    link = share(mallard)
    found = anyone.get(f"/api/sites/{SITE}", headers=admin)
    assert found.json == {}
    changed = anyone.put(
        f"/api/sites/{SITE}",
        json={"name": "Shop"},
        headers=admin | {"If-Match": found.headers["ETag"]},
    )
    assert changed.status_code == 200
    assert "Shop" in anyone.get(link).text


def test_it_goes_where_its_site_goes_and_ends_with_it(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    link, other = share(mallard), share(mallard, OTHER)
    url = f"/api/sites/{SITE}"
    renamed = anyone.post(f"{url}/rename", json={"to": "new.example"}, headers=admin)
    assert renamed.status_code == 200
    assert "/secret-plans" in anyone.get(link).text
    merged = anyone.post(f"/api/sites/{OTHER}/merge", json={"into": "new.example"}, headers=admin)
    assert merged.status_code == 200
    assert anyone.get(other).status_code == 404, "it would show the other site"
    assert anyone.get(link).status_code == 200
    assert anyone.delete("/api/sites/new.example", headers=admin).status_code == 200
    assert anyone.get(link).status_code == 404


def test_only_digests_are_kept_of_what_is_secret(mallard: Mallard) -> None:
    link = share(mallard, password="correct horse")
    token = link.rpartition("/")[2]
    public = share(mallard, public=True).rpartition("/")[2]
    assert len(token) == 48
    kept = "".join(
        path.read_text(errors="replace")
        for path in mallard.directory.path.rglob("*")
        if path.is_file() and path.suffix == ".json"
    )
    assert token not in kept
    assert "correct horse" not in kept
    assert "$argon2id$" in kept
    assert public in kept, "it is no secret"


def test_links_outlive_a_restart(mallard: Mallard, clock: Clock) -> None:
    share(mallard, name="Kept")
    again = Sites(Files(mallard.directory.path))
    assert again.beside(SITE) == mallard.sites.beside(SITE)
    assert again.beside(SITE).shares[0].name == "Kept"


def test_the_list_tells_of_the_last_use(
    mallard: Mallard, anyone: Client, admin: dict[str, str], clock: Clock
) -> None:
    link = share(mallard, name="Agency", filters=["page~=/shop"])

    def listed() -> dict[str, Any]:
        rows: Any = client_of(mallard).get(f"/api/sites/{SITE}/shares", headers=admin).json
        return dict(rows[0])

    assert listed()["last_used"] is None
    version = mallard.sites.entry(SITE)
    anyone.get(link)
    assert mallard.sites.entry(SITE) == version, "looking changes no document"
    row = listed()
    assert row["last_used"] == "2026-03-18"
    assert (row["name"], row["public"], row["url"]) == ("Agency", False, None)
    assert row["filters"] == ["page~=/shop"]
    clock.move(days=1)
    anyone.get(link)
    assert listed()["last_used"] == "2026-03-19"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"panels": ["pages", "nothing"]}, "panels: 'nothing'"),
        ({"filters": ["nothing==x"]}, "filter: the dimension"),
        ({"filters": ["did==goal:none"]}, "filters"),
        ({"expires": "2026-03-17"}, "expires"),
        ({"password": "short"}, "password"),
        ({"password": "correct horse", "public": True}, "public"),
        ({"password": "correct horse", "origins": ["https://a.example"]}, "origins"),
        ({"origins": ["https://a.example; script-src *"]}, "origin"),
        ({"origins": ["*"]}, "origin"),
        ({"origins": ["https://*.example"]}, "origin"),
        ({"origins": ["https://a.example/path"]}, "origin"),
        ({"origins": ["https://a.example https://b.example"]}, "origin"),
        ({"origins": ["https://a.example\n"]}, "origin"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said(
    mallard: Mallard, anyone: Client, admin: dict[str, str], wish: dict[str, Any], why: str
) -> None:
    url = f"/api/sites/{SITE}/shares"
    response = anyone.post(url, json={"name": "A link", **wish}, headers=admin)
    assert response.status_code == 400
    assert why in response.text
    assert anyone.get(url, headers=admin).json == []


def test_a_wish_of_another_form_is_422(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    url = f"/api/sites/{SITE}/shares"
    for wish in ({}, {"name": 1}, {"name": "x", "expires": "soon"}, {"name": "x", "panels": "a"}):
        assert anyone.post(url, json=wish, headers=admin).status_code == 422
    nowhere = anyone.post("/api/sites/none.example/shares", json={"name": "x"}, headers=admin)
    assert nowhere.status_code == 404


def test_there_are_not_more_than_so_many(
    mallard: Mallard, anyone: Client, admin: dict[str, str]
) -> None:
    for _ in range(100):
        share(mallard)
    refused = anyone.post(f"/api/sites/{SITE}/shares", json={"name": "x"}, headers=admin)
    assert refused.status_code == 400
    assert "100" in refused.text


def test_no_address_of_a_link_is_in_the_log(
    mallard: Mallard, anyone: Client, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    link = share(mallard)

    def fail(*_: object) -> None:
        raise RuntimeError("it fails")

    monkeypatch.setattr("mallard.web.sharing.gate.shared_of", fail)
    assert anyone.get(link).status_code == 500
    said = "".join(capsys.readouterr())
    assert "path=/share/..." in said
    assert link not in said.replace("Traceback", "")
