"""Health: alive, ready, and what each part says about itself."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from mallard import __version__
from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import post_event

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}


def detailed(client) -> dict[str, Any]:
    response = client.get("/health/detailed")
    assert response.status_code == 200
    found: dict[str, Any] = response.json
    return found


def test_a_running_server_says_ok(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.text, response.mimetype) == (200, "ok", "text/plain")


def test_a_database_that_answers_is_ready(client: Client) -> None:
    response = client.get("/health/ready")
    assert (response.status_code, response.text, response.mimetype) == (200, "ready", "text/plain")


def test_a_database_that_does_not_is_503_and_the_server_still_lives(
    client: Client, mallard: Mallard
) -> None:
    mallard.store.database.close()
    response = client.get("/health/ready")
    assert (response.status_code, response.text) == (503, "database not ready")
    assert client.get("/health").text == "ok"
    mallard.directory.close()


def test_the_documented_state_comes_first(client: Client) -> None:
    found = detailed(client)
    assert dict(list(found.items())[:9]) == {
        "status": "ok",
        "version": __version__,
        "buffered_events": 0,
        "auth_configured": False,
        "geoip_loaded": False,
        "behavioral_extension_loaded": False,
        "filter_bots": True,
        "cache_entries": 0,
        "cache_empty": True,
    }


def test_buffered_events_are_those_not_yet_in_parquet(client: Client, mallard: Mallard) -> None:
    for _ in range(3):
        post_event(client, EVENT)
    assert detailed(client)["buffered_events"] == 3
    assert mallard.flusher.flush()
    assert detailed(client)["buffered_events"] == 3
    assert mallard.flusher.roll()
    assert detailed(client)["buffered_events"] == 0


def test_kept_reports_are_counted(start) -> None:
    client = Client(application(start(cache_ttl_secs=60)))
    post_event(client, EVENT)
    client.get("/api/stats/main?site_id=example.com")
    found = detailed(client)
    assert (found["cache_entries"], found["cache_empty"]) == (1, False)


@pytest.mark.parametrize("settings_of_it", [{"filter_bots": False, "admin_password": "x" * 12}])
def test_settings_show(start, settings_of_it) -> None:
    found = detailed(Client(application(start(**settings_of_it))))
    assert (found["filter_bots"], found["auth_configured"]) == (False, True)


def test_a_file_that_cannot_be_read_shows_and_reports_go_on(
    client: Client, mallard: Mallard
) -> None:
    for path in ("/lost", "/kept"):
        post_event(client, EVENT | {"u": path})
        assert mallard.flusher.roll()
    broken, _ = sorted(mallard.store.cold.partitions.root.rglob("*.parquet"))
    broken.write_bytes(b"PAR1 nothing of use")
    report = client.get("/api/stats/breakdown/pages?site_id=example.com").text
    assert "/kept" in report
    assert "/lost" not in report
    found = detailed(client)
    assert (found["status"], found["quarantined_files"]) == ("degraded", 1)


def test_events_are_counted_by_what_became_of_them(client: Client) -> None:
    post_event(client, EVENT)
    post_event(client, EVENT, User_Agent="curl/8")
    client.get("/api/event?d=../&u=/", headers={"User-Agent": "Firefox"})
    assert detailed(client)["events"] == {
        "accepted": 1,
        "dropped_http_client": 1,
        "rejected_invalid": 1,
    }


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/detailed"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
