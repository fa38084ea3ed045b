"""The documented columns of an event, as the journal, the hot table and Parquet hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

COLUMNS = (
    "site_id",
    "visitor_id",
    "timestamp",
    "event_name",
    "pathname",
    "hostname",
    "referrer",
    "referrer_source",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "browser",
    "browser_version",
    "os",
    "os_version",
    "device_type",
    "screen_size",
    "country_code",
    "region",
    "city",
    "props",
    "revenue_amount",
    "revenue_currency",
)

TYPES = {"timestamp": "TIMESTAMP", "revenue_amount": "DECIMAL(12,2)"}
"""The columns that are not VARCHAR."""

SELECT_LIST = ", ".join(COLUMNS)

CAST_LIST = ", ".join(f"{c}::{TYPES.get(c, 'VARCHAR')} as {c}" for c in COLUMNS)
"""The columns in their documented types, of files that may have them in others."""

_JOURNAL_TYPES = TYPES | {"timestamp": "BIGINT"}
_JOURNAL_COLUMNS = ", ".join(f"{c}: '{_JOURNAL_TYPES.get(c, 'VARCHAR')}'" for c in COLUMNS)


def quoted(text: str | Path) -> str:
    """`text` as an SQL string literal, for the few places that cannot bind a value."""
    return "'" + str(text).replace("'", "''") + "'"


def literally(path: Path | str) -> str:
    """A path to read from in which no character is a wildcard."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def quoted_path(path: Path | str) -> str:
    """A path to read from, as an SQL string literal."""
    return quoted(literally(path))


def from_journal(*segments: Path) -> str:
    """A FROM item that reads the lines of segments, with each one's `filename`.

    The `timestamp` is a number of microseconds. However many there are, they are read in turn: each
    part of a UNION would keep its own memory to the end.
    """
    names = ", ".join(map(quoted_path, segments))
    return (
        f"read_json([{names}], format = 'newline_delimited',"
        f" columns = {{{_JOURNAL_COLUMNS}}}, filename = true)"
    )


def from_parquet(files: Sequence[Path | str]) -> str:
    """A FROM item that reads Parquet files, and only the columns they hold."""
    names = ", ".join(map(quoted_path, files))
    return f"read_parquet([{names}], hive_partitioning = false)"
