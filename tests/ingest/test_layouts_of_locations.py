"""Databases of several makers, the built-in table, and a country that a header tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from mallard.ingest.locations import Locations
from mallard.ingest.place_records import Location
from tests.ingest.test_locations import write_database

ADDRESS, GOOGLE = "198.51.100.1", "8.8.8.8"
BERLIN = {
    "country": {"iso_code": "DE"},
    "subdivisions": [{"names": {"en": "Land Berlin"}}],
    "city": {"names": {"en": "Berlin (Mitte)"}},
}


def located(
    folder: Path,
    record: dict[str, Any],
    kind: str = "GeoLite2-City",
    precision: str = "city",
    has_builtin: bool = True,
) -> Locations:
    """What answers from a database of a kind that holds one record."""
    write_database(folder / "places.mmdb", {"198.51.100.0/24": record}, kind)
    return Locations(folder / "places.mmdb", precision, folder / "own", has_builtin=has_builtin)


@pytest.mark.parametrize(
    ("kind", "record", "location"),
    [
        ("DBIP-City-Lite", BERLIN, Location("DE", "Land Berlin", "Berlin")),
        ("GeoLite2-City", BERLIN, Location("DE", "Land Berlin", "Berlin (Mitte)")),
        (
            "ipinfo bundle_location_lite.mmdb",
            {"country_code": "US", "country": "United States", "asn": "AS15169"},
            Location("US"),
        ),
        ("ipinfo country_asn.mmdb", {"country": "NL", "country_name": "x"}, Location("NL")),
        (
            "ipinfo core",
            {"geo": {"country_code": "CH", "region": "Vaud", "city": "Renens"}},
            Location("CH", "Vaud", "Renens"),
        ),
        (
            "city ipvAll",
            {"country_code": "FR", "state1": "Normandy", "state2": "Eure", "city": "Evreux"},
            Location("FR", "Normandy", "Evreux"),
        ),
        (
            "IP2LITE-City",
            {
                "country": {"iso_code": "JP"},
                "subdivisions": [{"names": {"en": "-"}}],
                "city": {"names": {"en": "-"}},
            },
            Location("JP"),
        ),
        ("flat", {"country_code": "ZZ", "city": "Nowhere"}, Location(None, None, "Nowhere")),
        ("flat", {"country_code": "gb"}, Location("GB")),
    ],
)
def test_each_layout_is_read(
    tmp_path: Path, kind: str, record: dict[str, Any], location: Location
) -> None:
    assert located(tmp_path, record, kind).lookup(ADDRESS) == location


def test_a_database_without_places_is_told_of_and_counts_as_none(tmp_path: Path) -> None:
    record = {"autonomous_system_number": 64496, "autonomous_system_organization": "Example"}
    with capture_logs() as logs:
        locations = located(tmp_path, record, "GeoLite2-ASN")
        locations.refresh()
    assert locations.trouble is not None
    assert "places.mmdb (GeoLite2-ASN) holds no countries" in locations.trouble
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert not locations.loaded
    assert (locations.source, locations.lookup(GOOGLE)) == ("builtin", Location("US"))


def test_the_trouble_is_over_with_another_database(tmp_path: Path) -> None:
    located(tmp_path, {"autonomous_system_number": 1}, "GeoLite2-ASN")
    locations = Locations(tmp_path / "places.mmdb", "city", tmp_path / "own")
    before = locations.trouble
    located(tmp_path, BERLIN)
    locations.refresh()
    assert (before is not None, locations.trouble) == (True, None)
    assert locations.lookup(ADDRESS).country_code == "DE"


@pytest.mark.parametrize(
    ("address", "location"),
    [
        (GOOGLE, Location("US")),
        ("2001:4860:4860::8888", Location("US")),
        ("193.0.6.139", Location("NL")),
        *[(a, Location()) for a in ("127.0.0.1", "10.0.0.1", "::1", "", "x", "\ud800", "\x00")],
    ],
)
def test_without_a_database_the_built_in_table_tells_the_country(
    tmp_path: Path, address: str, location: Location
) -> None:
    locations = Locations(None, "city", tmp_path, has_builtin=True)
    assert (locations.source, locations.lookup(address)) == ("builtin", location)


def test_any_database_takes_the_place_of_the_built_in_table(tmp_path: Path) -> None:
    locations = located(tmp_path, BERLIN)
    assert (locations.source, locations.lookup(GOOGLE)) == ("database", Location())


@pytest.mark.parametrize(("precision", "has_builtin"), [("none", True), ("city", False)])
def test_no_table_is_asked_where_it_is_not_wanted(
    tmp_path: Path, precision: str, has_builtin: bool
) -> None:
    locations = Locations(None, precision, tmp_path, has_builtin=has_builtin)
    assert (locations.source, locations.lookup(GOOGLE)) == ("none", Location())


def test_a_header_tells_what_the_database_does_not_know(tmp_path: Path) -> None:
    locations = located(tmp_path, BERLIN)
    assert locations.lookup(ADDRESS, "CH") == Location("DE", "Land Berlin", "Berlin (Mitte)")
    assert locations.lookup(GOOGLE, "CH") == Location("CH")
    assert Locations(None, "city", tmp_path, has_builtin=True).lookup(GOOGLE, "CH") == Location(
        "CH"
    )
    assert Locations(None, "none", tmp_path).lookup(GOOGLE, "CH") == Location()
