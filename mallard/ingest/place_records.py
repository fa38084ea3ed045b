"""Where a record of a location database puts an address, in each of the layouts that are around.

GeoLite2, DB-IP and IP2Location nest their names by language; IPinfo and others write flat records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]

COUNTRIES: Final[tuple[Path, ...]] = (
    ("country", "iso_code"),
    ("registered_country", "iso_code"),
    ("country_code",),
    ("geo", "country_code"),
    ("country",),
)
REGIONS: Final[tuple[Path, ...]] = (
    ("subdivisions", 0, "names", "en"),
    ("region",),
    ("state1",),
    ("geo", "region"),
)
CITIES: Final[tuple[Path, ...]] = (("city", "names", "en"), ("city",), ("geo", "city"))
NO_COUNTRY = {"XX", "ZZ"}
"""What some say instead of nothing."""
NOTHING = {"", "-"}
DISTRICT = re.compile(r" \([^()]*\)$")
"""DB-IP tells the district behind the city: "Berlin (Mitte)"."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place, as exact as the settings allow; the country is its ISO 3166 code."""

    country_code: str | None = None
    region: str | None = None
    city: str | None = None


NOWHERE = Location()


def place(record: object, precision: str, has_districts: bool = False) -> Location:
    """What of a record is wanted, by the precision: `country`, `region` or `city`."""
    country = next((code for path in COUNTRIES if (code := country_code(_at(record, path)))), None)
    if precision == "country":
        return Location(country)
    region = _first(record, REGIONS)
    city = _first(record, CITIES) if precision == "city" else None
    return Location(country, region, DISTRICT.sub("", city) if city and has_districts else city)


def country_code(text: object) -> str | None:
    """The ISO 3166 code in what a database or a header says; None if it is none."""
    if not (isinstance(text, str) and len(text) == 2 and text.isascii() and text.isalpha()):
        return None
    code = text.upper()
    return None if code in NO_COUNTRY else code


def _first(record: object, paths: tuple[Path, ...]) -> str | None:
    texts = (_at(record, path) for path in paths)
    return next((t for t in texts if isinstance(t, str) and t not in NOTHING), None)


def _at(record: object, path: Path) -> object:
    found = record
    for key in path:
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and isinstance(key, int) and key < len(found):
            found = found[key]
        else:
            return None
    return found
