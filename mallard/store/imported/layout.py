"""How a file of imported days is laid out: its columns, its dimensions and its name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

DIRECTORY = "imported"

COLUMNS = {
    "site_id": "varchar",
    "day": "date",
    "source": "varchar",
    "dimension": "varchar",
    "value": "varchar",
    "country_code": "varchar",
    "visitors": "bigint",
    "pageviews": "bigint",
    "visits": "bigint",
    "bounces": "bigint",
    "duration_secs": "bigint",
    "events": "bigint",
}
"""The columns and their types; `value` is NULL for what is unknown, a figure for what nobody told.

`country_code` is the country of a region or city, `source` the product that the figures are of.
"""

FIGURES = ("visitors", "pageviews", "visits", "bounces", "duration_secs", "events")
ALIKE = "rows.visits is null, rows.bounces is null, rows.duration_secs is null"
"""What tells `rows` apart that may not be added up: a rate is of those visits that tell it."""
FROM = "read_parquet({file}, hive_partitioning = false)"
"""The FROM item of a file; its directory may name the site differently."""

TOTAL = "total"
"""The dimension of a day's headline figures; all others are called as breakdowns are."""

SORTED = "order by dimension, day, visitors desc, value, country_code"
"""By dimension first: whoever asks for one reads a part of the file."""

_NAME = re.compile(r"(\d{4,})-([0-9a-f]{16})-([0-9a-f]{8})\.parquet")


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file, the days of it that count, and what stands in its name.

    Of a day that several files have, the one with the highest number counts.
    """

    path: Path
    number: int
    known_by: str
    days: frozenset[date] = frozenset()

    @property
    def rank(self) -> tuple[int, str]:
        """What decides which file a day is of."""
        return self.number, self.path.name


def named(path: Path) -> ImportedFile | None:
    """The file that a path is, its days not looked at; None for what has another name."""
    match = _NAME.fullmatch(path.name)
    return ImportedFile(path, int(match[1]), match[2]) if match else None


def name_of(number: int, known_by: str, token: str) -> str:
    """The name of a file; `token` tells it from others of the same import."""
    return f"{number:04}-{known_by[:16]}-{token[:8]}.parquet"


def token_of(parts: Sequence[str]) -> str:
    """A token that is the same whenever it is made of the same."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
