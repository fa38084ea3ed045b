"""The country of an address where there is no database: by whom the address was given out.

The registries of addresses say where a block is registered, which is not always where it is used,
so this is approximate. The data is in the package iptocc, which is imported when it is first asked.
"""

from __future__ import annotations

from functools import lru_cache

from mallard.ingest.place_records import NOWHERE, Location, country_code


@lru_cache(maxsize=4096)
def builtin_country(address: str) -> Location:
    """The country that the address is registered in."""
    from iptocc import country_code as registered_in

    try:
        code = country_code(registered_in(address))
    except UnicodeEncodeError:
        return NOWHERE  # no address at all
    return Location(code) if code else NOWHERE
