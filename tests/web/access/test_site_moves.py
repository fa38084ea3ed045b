"""Renaming and merging on the settings page of a site, and by HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from tests.conftest import client_of, post_event, stored_events
from tests.web.access.site_page import PAGE, SITE, form_of, page, send
from tests.web.reading import parsed

OTHER = "other.example"


def count(client: Client, site: str) -> None:
    post_event(client, {"d": site, "n": "pageview", "u": f"https://{site}/"})


def sites_of(mallard: Mallard) -> list[str]:
    return sorted(event["site_id"] for event in stored_events(mallard))


def test_a_site_is_renamed_and_its_pages_are_counted_on(known: Mallard, client: Client) -> None:
    count(client, SITE)
    response = send(client, "rename", {"id": " shop.example "})
    assert response.headers["Location"] == "/settings/sites/shop.example?saved=rename#rename"
    saved = parsed(client.get(response.headers["Location"]).text)
    assert saved.by_id("rename").one("p", class_="done").text == "Saved."
    count(client, SITE)
    assert sites_of(known) == ["shop.example"] * 2
    assert client.get(PAGE).status_code == 404
    assert known.sites.of("shop.example") == Site(name="Shop", aliases=(SITE,))


def test_a_site_is_merged_by_typing_its_name(signed_in: Client, guarded: Mallard) -> None:
    for site in (SITE, OTHER):
        count(signed_in, site)
    refused = send(signed_in, "merge", {"into": OTHER})
    assert refused.status_code == 400
    section = parsed(refused.text).by_id("merge")
    assert "Nothing was changed" in section.text
    assert form_of(parsed(refused.text), "merge")[1]["into"] == OTHER
    assert sites_of(guarded) == [SITE, OTHER]
    merged = send(signed_in, "merge", {"into": OTHER, "typed": SITE})
    assert merged.headers["Location"] == f"/settings/sites/{OTHER}?saved=merge#merge"
    assert sites_of(guarded) == [OTHER] * 2
    assert guarded.sites.of(OTHER).aliases == (SITE,)


@pytest.mark.parametrize(
    ("action", "typed", "problem"),
    [
        ("rename", {"id": "a b"}, "'a b' may not be an id of a site"),
        ("rename", {"id": SITE}, "Example.com is that very site."),
        ("rename", {"id": OTHER}, "Other.example has events already"),
        ("merge", {"into": "nowhere.example", "typed": SITE}, "There is no site nowhere.example."),
        ("merge", {"into": SITE, "typed": SITE}, "Example.com is that very site."),
    ],
)
def test_what_cannot_be_is_told_beside_its_form(
    signed_in: Client, guarded: Mallard, action: str, typed: dict[str, str], problem: str
) -> None:
    for site in (SITE, OTHER):
        count(signed_in, site)
    response = send(signed_in, action, typed)
    assert response.status_code == 400
    assert problem in parsed(response.text).by_id(action).one("p", class_="wrong").text
    assert sites_of(guarded) == [SITE, OTHER]


def test_no_site_is_merged_while_no_password_is_set(known: Mallard, client: Client) -> None:
    assert "Set a password first" in page(client).by_id("merge").text
    sent = {"into": OTHER, "typed": SITE}
    assert client.post(f"{PAGE}/merge", data=sent).status_code == 403
    assert client.post(f"/api/sites/{SITE}/merge", json={"into": OTHER}).status_code == 403


def test_programs_rename_and_merge(guarded: Mallard) -> None:
    client = client_of(guarded)
    key = {"X-API-Key": guarded.access.keys.create("test", "Admin").key}
    for site in (SITE, OTHER):
        count(client, site)

    def ask(path: str, body: Any) -> tuple[int, Any]:
        response = client.post(f"/api/sites/{path}", json=body, headers=key)
        return response.status_code, response.json

    assert ask(f"{SITE}/rename", {"to": "new.example"}) == (
        200,
        {"status": "renamed", "site_id": "new.example"},
    )
    assert ask("new.example/merge", {"into": OTHER}) == (
        200,
        {"status": "merged", "site_id": OTHER},
    )
    assert sites_of(guarded) == [OTHER] * 2
    assert ask(f"{SITE}/merge", {"into": OTHER})[0] == 404
    assert ask(f"{OTHER}/merge", {"into": "nowhere"}) == (
        400,
        {"error": "there is no site nowhere"},
    )
    assert ask(f"{OTHER}/rename", {"to": "a..b"})[0] == 400
    assert ask(f"{OTHER}/rename", {})[0] == 422
    reading = {"X-API-Key": guarded.access.keys.create("test", "ReadOnly").key}
    refused = client.post(f"/api/sites/{OTHER}/rename", json={"to": "c"}, headers=reading)
    assert refused.status_code == 403


def test_what_the_portal_records_stays_where_it_is(signed_in: Client, guarded: Mallard) -> None:
    portal = guarded.settings.portal
    assert portal is not None
    guarded.sites.replace(portal.site_id, Site(), None)
    for action, body in (("rename", {"to": "new.example"}), ("merge", {"into": SITE})):
        refused = signed_in.post(f"/api/sites/{portal.site_id}/{action}", json=body)
        assert refused.status_code == 400
        assert "[portal]" in refused.text
    assert guarded.sites.ids() == [portal.site_id]


def test_where_events_cannot_be_moved_at_once_they_follow(
    known: Mallard, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(client, SITE)
    with monkeypatch.context() as patched:
        patched.setattr(known.flusher, "roll", lambda: False)
        response = send(client, "rename", {"id": "shop.example"})
    assert response.status_code == 503
    assert "Events cannot be written" in parsed(response.text).by_id("rename").text
    known.history.settle()
    assert sites_of(known) == ["shop.example"]
