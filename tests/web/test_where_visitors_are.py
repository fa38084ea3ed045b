"""What tells where visitors are, on the way from a request to what is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import CHROME, post_event, stored_events
from tests.ingest.test_locations import write_database

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
PAGE = "/?site_id=example.com&period=today"
APPROXIMATE = "Approximate: where addresses are registered"
Start = Callable[..., Mallard]


def country_of(mallard: Mallard, **headers: str) -> Any:
    """The country stored of an event that comes with these headers."""
    post_event(Client(application(mallard)), EVENT, **headers)
    return stored_events(mallard)[-1]["country_code"]


def test_a_fresh_mallard_knows_countries_and_says_that_they_are_approximate(start: Start) -> None:
    mallard = start()
    client = Client(application(mallard))
    assert country_of(mallard, X_Forwarded_For="8.8.8.8") == "US"
    assert APPROXIMATE in client.get(PAGE).text
    assert APPROXIMATE in client.get(PAGE.replace("/?", "/details/countries?")).text
    health: Any = client.get("/health/detailed").json
    assert (health["geoip_loaded"], health["geoip_source"]) == (False, "builtin")


@pytest.mark.parametrize(
    "settings_of_it", [{"geoip_builtin": False}, {"geoip_precision": "none"}], ids=str
)
def test_the_built_in_table_may_be_turned_off(start: Start, settings_of_it: dict[str, Any]) -> None:
    mallard = start(**settings_of_it)
    assert country_of(mallard, X_Forwarded_For="8.8.8.8") is None
    client = Client(application(mallard))
    assert APPROXIMATE not in client.get(PAGE).text
    health: Any = client.get("/health/detailed").json
    assert health["geoip_source"] == "none"


def test_a_cdns_country_counts_where_it_is_named_and_trusted(start: Start) -> None:
    mallard = start(country_header="CF-IPCountry", trusted_proxies=("127.0.0.1",))
    assert country_of(mallard, CF_IPCountry="CH") == "CH"
    # The country would be that of whoever asked our proxy, and he is not a CDN of ours.
    assert country_of(mallard, CF_IPCountry="CH", X_Forwarded_For="8.8.8.8") == "US"


def test_a_cdns_country_is_not_that_of_a_visitor_whom_a_server_tells_of(
    start: Start, settings: dict[str, Any]
) -> None:
    mallard = start(country_header="CF-IPCountry")
    client = Client(application(mallard))
    key = mallard.access.keys.create("server", "Ingest").key
    event = EVENT | {"client_ip": "8.8.8.8", "user_agent": CHROME}
    answer = client.post(
        "/api/events",
        json=[event],
        headers={"X-API-Key": key, "CF-IPCountry": "CH"},
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )
    assert answer.json == {"accepted": 1, "dropped": 0, "errors": []}
    assert stored_events(mallard)[-1]["country_code"] == "US"


def test_a_database_without_places_is_told_of(start: Start, tmp_path: Path) -> None:
    record = {"autonomous_system_number": 64496}
    write_database(tmp_path / "asn.mmdb", {"198.51.100.0/24": record}, "GeoLite2-ASN")
    mallard = start(geoip_db_path=tmp_path / "asn.mmdb")
    client = Client(application(mallard))
    health: Any = client.get("/health/detailed").json
    assert (health["status"], health["geoip_source"]) == ("degraded", "builtin")
    trouble = "asn.mmdb (GeoLite2-ASN) holds no countries"
    assert trouble in health["geoip_trouble"]
    assert trouble in client.get("/diagnostics").text
