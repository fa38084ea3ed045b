"""The country of an address where there is no database: by whom the address was given out.

The registries of addresses say where a block is registered, which is not always where it is used,
so this is approximate. The data is in the package iptocc, which is imported when it is first asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from mallard.ingest.place_records import NOWHERE, Location, country_code


@lru_cache(maxsize=4096)
def builtin_country(address: str) -> Location:
    """The country that the address is registered in."""
    try:
        code = country_code(_table()(address))
    except UnicodeEncodeError:
        return NOWHERE  # no address at all
    return Location(code) if code else NOWHERE


@cache
def _table() -> Callable[[str], str | None]:
    """What the package answers by; to import it anew costs as much as to ask it."""
    from iptocc import country_code as registered_in

    return registered_in
