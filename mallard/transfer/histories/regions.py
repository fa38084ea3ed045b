"""The English names of regions by their ISO 3166-2 codes, as most location databases call them.

`regions.tsv` is what Unicode's CLDR 48.2 calls them, under the licence in `regions.LICENSE`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


def region_name(country: str | None, code: str | None) -> str | None:
    """What a region is called; None for what nobody knows.

    The code is whole, `US-CA`, or what stands behind the country's.
    """
    if not code:
        return None
    whole = code.upper()
    if "-" not in whole and country:
        whole = f"{country}-{whole}"
    return _names().get(whole)


@cache
def _names() -> dict[str, str]:
    lines = Path(__file__).with_name("regions.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)
