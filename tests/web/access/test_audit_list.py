"""The list of who did what, as the API and its page tell it."""

from __future__ import annotations

from werkzeug.test import Client

from mallard.app import Mallard
from tests.web.access.conftest import PASSWORD, json_of
from tests.web.access.people import SECRET, person, signed_in_as

SITE = "example.com"


def deeds(client: Client) -> list[tuple[str, str, str]]:
    return [(one["who"], one["what"], one["of"]) for one in json_of(client.get("/api/audit"))]


def test_whoever_changes_something_is_named_the_last_first(
    guarded: Mallard, signed_in: Client, stranger: Client, admin: dict[str, str]
) -> None:
    grace = person(guarded, "grace", "Owner")
    client = signed_in_as(guarded, grace)
    client.put(f"/api/sites/{SITE}", json={"name": "Shop"})
    client.post("/settings/keys", data={"name": "nightly", "scope": "ReadOnly"})
    stranger.post(f"/api/sites/{SITE}/annotations", json={"text": "Version 2"}, headers=admin)
    wish = {"name": "Ada", "role": "Viewer", "sites": [SITE]}
    url = json_of(signed_in.post("/api/people", json=wish))["url"]
    stranger.post(url.removeprefix("http://localhost"), data={"password": SECRET})
    assert deeds(signed_in) == [
        ("Ada", "accepted an invitation", ""),
        ("the one password", "invited somebody", f"Ada, Viewer of {SITE}"),
        ("the API key admin", "added an annotation", SITE),
        ("grace", "made an API key", "nightly"),
        ("grace", "changed a site's settings", SITE),
    ]
    assert len(json_of(signed_in.get("/api/audit?limit=2"))) == 2
    assert "Viewer of example.com" in signed_in.get("/settings/audit").text


def test_erasing_and_deleting_are_on_it(guarded: Mallard, signed_in: Client) -> None:
    signed_in.put(f"/api/sites/{SITE}", json={})
    days = "start_date=2026-03-01&end_date=2026-03-02"
    assert signed_in.delete(f"/api/gdpr/erase?site_id={SITE}&{days}").status_code == 200
    assert signed_in.delete(f"/api/sites/{SITE}").status_code == 200
    assert [what for _, what, _ in deeds(signed_in)][:2] == ["deleted a site", "erased events"]


def test_what_is_refused_or_only_looked_at_is_not(signed_in: Client, stranger: Client) -> None:
    signed_in.post("/api/keys", json={"name": "", "scope": "Admin"})
    signed_in.post("/settings/keys", data={"name": "x", "scope": "?"})
    signed_in.delete("/api/keys/0")
    signed_in.get("/settings")
    stranger.post("/api/keys", json={"name": "x", "scope": "Admin"})
    stranger.post("/api/auth/login", json={"password": PASSWORD})
    signed_in.post("/settings/password", data={"old": "wrong", "new": "another password"})
    assert deeds(signed_in) == []


def test_no_address_is_on_it(guarded: Mallard, signed_in: Client) -> None:
    sender = {"REMOTE_ADDR": "203.0.113.99"}
    made = signed_in.post(
        "/api/keys", json={"name": "x", "scope": "Admin"}, environ_overrides=sender
    )
    assert made.status_code == 201
    kept = (guarded.settings.data_dir / "audit.jsonl").read_text()
    assert "made an API key" in kept and "203.0.113" not in kept


def test_a_text_of_somebody_s_is_only_text_there(guarded: Mallard, signed_in: Client) -> None:
    signed_in.post("/api/keys", json={"name": "<script>alert(1)</script>", "scope": "Admin"})
    page = signed_in.get("/settings/audit").text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
