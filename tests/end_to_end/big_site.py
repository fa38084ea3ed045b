"""Many events at once, as if an operator had restored them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mallard.store.parquet.columns import COLUMNS, TYPES

EVENTS = 300_000


def lay_down_a_big_site(data_dir: Path, events: int = EVENTS, day: date | None = None) -> None:
    """A file such as an operator might restore: many events of one site on one day, or today."""
    day = day or datetime.now(UTC).date()
    directory = data_dir / "events" / "site_id=big.example" / f"date={day}"
    directory.mkdir(parents=True)
    values = {
        "site_id": "'big.example'",
        "visitor_id": f"md5((i * 7919 % {events // 8})::varchar)",
        "timestamp": f"(date '{day}'::timestamp + to_microseconds(i * {86_400_000_000 // events}))",
        "event_name": "'pageview'",
        "pathname": "'/page/' || (i * 31 % 500)",
    }
    columns = [
        f"{values.get(column, 'null')}::{TYPES.get(column, 'VARCHAR')} as {column}"
        for column in COLUMNS
    ]
    duckdb.sql(
        f"copy (select {', '.join(columns)} from range({events}) as events(i))"
        f" to '{directory / '0001.parquet'}' (format parquet, compression zstd)"
    )
