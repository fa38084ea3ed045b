from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]
from structlog.testing import capture_logs

from mallard.ingest.locations import Locations
from mallard.ingest.place_records import Location

MUNICH: dict[str, Any] = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"names": {"en": "Bavaria", "de": "Bayern"}}, {"names": {"en": "Upper"}}],
    "city": {"names": {"en": "Munich", "de": "München"}},
}
PARIS: dict[str, Any] = {
    "country": {"iso_code": "FR"},
    "subdivisions": [{"names": {"en": "Île-de-France"}}],
    "city": {"names": {"en": "Paris"}},
}
ADDRESS = "198.51.100.1"


def write_database(
    path: Path, records: Mapping[str, dict[str, Any]], kind: str = "GeoLite2-City"
) -> None:
    writer = MMDBWriter(6, kind, ipv4_compatible=True, languages=["en"])
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    draft = path.with_suffix(".new")
    writer.to_db_file(str(draft))
    os.replace(draft, path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "cities.mmdb"
    write_database(path, {"198.51.100.0/24": MUNICH, "2001:db8::/32": PARIS})
    return path


def opened(
    path: Path | None, tmp_path: Path, precision: str = "city", has_builtin: bool = False
) -> Locations:
    return Locations(path, precision, tmp_path / "private", has_builtin=has_builtin)


def warnings_of(logs: Sequence[Mapping[str, Any]]) -> int:
    return sum(entry["log_level"] == "warning" for entry in logs)


@pytest.mark.parametrize(
    ("precision", "location"),
    [
        ("city", Location("DE", "Bavaria", "Munich")),
        ("region", Location("DE", "Bavaria", None)),
        ("country", Location("DE", None, None)),
        ("none", Location(None, None, None)),
    ],
)
def test_a_location_is_as_exact_as_allowed(
    database: Path, tmp_path: Path, precision: str, location: Location
) -> None:
    assert opened(database, tmp_path, precision).lookup(ADDRESS) == location


def test_ipv6_addresses_have_locations(database: Path, tmp_path: Path) -> None:
    found = opened(database, tmp_path).lookup("2001:db8::7")
    assert found == Location("FR", "Île-de-France", "Paris")


@pytest.mark.parametrize("address", ["203.0.113.1", "", "unix:", "fe80::1%eth0", "\ud800", "\x00"])
def test_what_is_not_in_the_database_is_nowhere(
    database: Path, tmp_path: Path, address: str
) -> None:
    assert opened(database, tmp_path).lookup(address) == Location()


def test_the_registered_country_stands_in(tmp_path: Path) -> None:
    path = tmp_path / "cities.mmdb"
    write_database(path, {"198.51.100.0/24": {"registered_country": {"iso_code": "AT"}}})
    assert opened(path, tmp_path).lookup(ADDRESS) == Location("AT")


@pytest.mark.parametrize(
    "record",
    [{"country": "Germany", "city": ["Munich"], "subdivisions": []}, {"country": {"names": 1}}],
)
def test_a_database_of_another_shape_is_nowhere(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "other.mmdb"
    write_database(path, {"198.51.100.0/24": record})
    assert opened(path, tmp_path).lookup(ADDRESS) == Location()


def test_an_ipv4_database_knows_no_ipv6_address(tmp_path: Path) -> None:
    writer = MMDBWriter(4, "GeoLite2-City")
    writer.insert_network(IPSet(["198.51.100.0/24"]), MUNICH)
    writer.to_db_file(str(tmp_path / "four.mmdb"))
    locations = opened(tmp_path / "four.mmdb", tmp_path)
    assert locations.lookup(ADDRESS).city == "Munich"
    assert locations.lookup("2001:db8::7") == Location()


def test_without_a_path_nothing_is_loaded_or_said(tmp_path: Path) -> None:
    with capture_logs() as logs:
        locations = opened(None, tmp_path)
        locations.refresh()
    assert not locations.loaded
    assert locations.lookup(ADDRESS) == Location()
    assert not logs


def test_a_missing_file_is_said_once(tmp_path: Path) -> None:
    with capture_logs() as logs:
        locations = opened(tmp_path / "none.mmdb", tmp_path)
        locations.refresh()
        locations.refresh()
    assert not locations.loaded
    assert locations.lookup(ADDRESS) == Location()
    assert warnings_of(logs) == 1


def test_a_file_that_appears_is_opened_and_one_that_disappears_is_dropped(
    database: Path, tmp_path: Path
) -> None:
    hidden = database.rename(tmp_path / "elsewhere.mmdb")
    with capture_logs() as logs:
        locations = opened(database, tmp_path)
        hidden.rename(database)
        locations.refresh()
        assert locations.lookup(ADDRESS).city == "Munich"
        database.unlink()
        locations.refresh()
        locations.refresh()
    assert not locations.loaded
    assert locations.lookup(ADDRESS) == Location()
    assert warnings_of(logs) == 2


def test_a_new_database_is_picked_up(database: Path, tmp_path: Path) -> None:
    locations = opened(database, tmp_path)
    write_database(database, {"198.51.100.0/24": PARIS})
    assert locations.lookup(ADDRESS).city == "Munich"
    locations.refresh()
    assert locations.lookup(ADDRESS).city == "Paris"


def test_an_unchanged_database_is_not_opened_again(database: Path, tmp_path: Path) -> None:
    locations = opened(database, tmp_path)
    with capture_logs() as logs:
        locations.refresh()
    assert not logs


def test_a_broken_database_is_said_once_and_leaves_everything_unknown(tmp_path: Path) -> None:
    path = tmp_path / "broken.mmdb"
    path.write_bytes(b"not a database" * 1000)
    with capture_logs() as logs:
        locations = opened(path, tmp_path)
        locations.refresh()
        path.write_bytes(b"")
        locations.refresh()
    assert not locations.loaded
    assert warnings_of(logs) == 1


def test_a_broken_replacement_keeps_the_previous_database(database: Path, tmp_path: Path) -> None:
    locations = opened(database, tmp_path)
    with capture_logs() as logs:
        database.write_bytes(b"half a down")
        locations.refresh()
        locations.refresh()
        assert locations.loaded
        assert locations.lookup(ADDRESS).city == "Munich"
        write_database(database, {"198.51.100.0/24": PARIS})
        locations.refresh()
    assert locations.lookup(ADDRESS).city == "Paris"
    assert warnings_of(logs) == 1


def test_overwriting_the_file_in_place_does_not_reach_the_open_database(
    database: Path, tmp_path: Path
) -> None:
    locations = opened(database, tmp_path)
    with database.open("r+b") as file:
        file.truncate(0)
    assert locations.lookup(ADDRESS).city == "Munich"
    assert locations.lookup("2001:db8::7").city == "Paris"


def test_a_file_that_changes_while_it_is_copied_is_taken_at_the_next_refresh(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_slowly(source: IO[bytes], copy: IO[bytes], _: int) -> None:
        copy.write(source.read())
        os.utime(database)

    monkeypatch.setattr(shutil, "copyfileobj", copy_slowly)
    with capture_logs() as logs:
        locations = opened(database, tmp_path)
        assert not locations.loaded
        monkeypatch.undo()
        locations.refresh()
    assert locations.lookup(ADDRESS).city == "Munich"
    assert warnings_of(logs) == 0


def test_the_private_copy_has_no_name_once_it_is_open(database: Path, tmp_path: Path) -> None:
    opened(database, tmp_path)
    assert list((tmp_path / "private").iterdir()) == []
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700


def test_a_copy_left_by_a_crash_is_replaced(database: Path, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / ".locations.mmdb").write_bytes(b"left over")
    assert opened(database, tmp_path).loaded
    assert list((tmp_path / "private").iterdir()) == []


def test_a_directory_in_the_files_place_is_a_broken_database(tmp_path: Path) -> None:
    (tmp_path / "cities.mmdb").mkdir()
    with capture_logs() as logs:
        assert not opened(tmp_path / "cities.mmdb", tmp_path).loaded
    assert warnings_of(logs) == 1


def test_no_address_is_ever_logged(database: Path, tmp_path: Path) -> None:
    with capture_logs() as logs:
        locations = opened(database, tmp_path)
        locations.lookup(ADDRESS)
        locations.lookup("garbage")
    assert ADDRESS not in str(logs)
    assert "garbage" not in str(logs)


def test_lookups_go_on_while_the_database_is_replaced(database: Path, tmp_path: Path) -> None:
    locations = opened(database, tmp_path)
    done = Event()
    found: set[str | None] = set()

    def look_up() -> None:
        number = 0
        while not done.is_set():
            number = (number + 1) % 250
            found.add(locations.lookup(f"198.51.100.{number}").city)

    threads = [Thread(target=look_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for record in (PARIS, MUNICH) * 2:
        write_database(database, {"198.51.100.0/24": record})
        locations.refresh()
    done.set()
    for thread in threads:
        thread.join()
    assert found <= {"Munich", "Paris"}
