"""The key routes, in the documented shapes."""

from __future__ import annotations

import hashlib

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from tests.conftest import Clock
from tests.web.access.conftest import json_of, sign_in

STATS = "/api/stats/main?site_id=example.com"


def create(client: Client, name: str = "ci-pipeline", scope: str = "ReadOnly"):
    return client.post("/api/keys", json={"name": name, "scope": scope})


def test_a_new_key_is_shown_once(signed_in: Client) -> None:
    response = create(signed_in)
    assert response.status_code == 201
    assert list(json_of(response)) == ["key", "key_hash", "name", "scope"]
    key = json_of(response)["key"]
    assert key.startswith("mm_") and len(key) == 3 + 64
    assert json_of(response)["key_hash"] == hashlib.sha256(key.encode()).hexdigest()
    assert (json_of(response)["name"], json_of(response)["scope"]) == ("ci-pipeline", "ReadOnly")
    assert response.headers["Cache-Control"] == "no-store, no-cache"
    for path in ("/api/keys", "/settings"):
        assert key not in signed_in.get(path).text


def test_keys_are_listed_without_what_lets_one_use_them(
    signed_in: Client, stranger: Client, clock: Clock
) -> None:
    made = json_of(create(signed_in))
    clock.move(hours=13)
    stranger.get(STATS, headers={"X-API-Key": made["key"]})
    assert json_of(signed_in.get("/api/keys")) == [
        {
            "key_hash": made["key_hash"],
            "name": "ci-pipeline",
            "scope": "ReadOnly",
            "created_at": "2026-03-18T12:00:00Z",
            "revoked": False,
            "last_used": "2026-03-19",
        }
    ]


def test_a_key_can_be_revoked(signed_in: Client, stranger: Client) -> None:
    made = json_of(create(signed_in, scope="Admin"))
    key = {"X-API-Key": made["key"]}
    assert stranger.get("/api/keys", headers=key).status_code == 200
    response = signed_in.delete(f"/api/keys/{made['key_hash']}")
    assert (response.status_code, json_of(response)) == (200, {"status": "revoked"})
    assert stranger.get("/api/keys", headers=key).status_code == 401
    assert json_of(signed_in.get("/api/keys"))[0]["revoked"] is True


def test_an_admin_key_makes_and_revokes_keys(stranger: Client, admin: dict[str, str]) -> None:
    made = stranger.post("/api/keys", json={"name": "x", "scope": "Admin"}, headers=admin)
    assert made.status_code == 201
    path = f"/api/keys/{json_of(made)['key_hash']}"
    assert stranger.delete(path, headers=admin).status_code == 200


@pytest.mark.parametrize("key_hash", ["0" * 64, "x", "..", "'", "%00", "ü"])
def test_a_key_that_is_not_there_cannot_be_revoked(signed_in: Client, key_hash: str) -> None:
    response = signed_in.delete(f"/api/keys/{key_hash}")
    assert (response.status_code, json_of(response)) == (404, {"error": "Key not found"})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"name": "", "scope": "Admin"}', 400),
        ('{"name": " ", "scope": "Admin"}', 400),
        ('{"name": "%s", "scope": "Admin"}' % ("x" * 129), 400),
        ('{"name": "a\\u0000b", "scope": "Admin"}', 400),
        ('{"name": "x", "scope": ""}', 400),
        ('{"name": "x", "scope": "admin"}', 400),
        ('{"name": "x", "scope": "Import"}', 400),
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("{}", 422),
        ('{"name": "x"}', 422),
        ('{"name": 1, "scope": "Admin"}', 422),
        ('{"name": "x", "scope": null}', 422),
    ],
)
def test_a_bad_wish_is_told_so(closed: Mallard, body: str, status: int) -> None:
    response = sign_in(closed).post("/api/keys", data=body)
    assert response.status_code == status
    assert list(json_of(response)) == ["error"]
    assert closed.access.keys.all() == []


def test_a_name_of_128_characters_will_do(signed_in: Client) -> None:
    assert create(signed_in, name="ü" * 128).status_code == 201
