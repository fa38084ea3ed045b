"""Many events at once, as a Parquet file in the tree such as an operator might restore."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from mallard.store.parquet.columns import COLUMNS, TYPES

SITE = "big.example"
_VALUES = {
    "site_id": "'{site}'",
    "visitor_id": "md5((({number} + i) * 7919 % {visitors})::varchar)",
    "timestamp": "timestamp '{day}' + to_microseconds(i * (86399000000 // {events}))",
    "event_name": "case i % 40 when 0 then 'signup' when 1 then '=cmd' else 'pageview' end",
    "pathname": "'/page/' || (i * 31 % 500)",
    "hostname": "'{site}'",
    "referrer_source": "case i % 3 when 0 then 'Google' when 1 then '' end",
    "browser": "case i % 5 when 0 then 'Firefox' else 'Chrome' end",
    "country_code": "case i % 7 when 0 then 'DE' when 1 then 'FR' end",
    "screen_size": "(800 + i % 1000)::varchar",
    "device_type": "'desktop'",
    "props": """case i % 40 when 0 then '{{"plan":"a, \\"b\\""}}' end""",
    "revenue_amount": "case i % 40 when 0 then (i % 9999) / 100 end",
    "revenue_currency": "case i % 40 when 0 then 'EUR' end",
}


def lay_down(data_dir: Path, events: int, first_day: date, days: int = 1, site: str = SITE) -> None:
    """Spreads so many events evenly over the days."""
    each = events // days
    for number in range(days):
        day = first_day + timedelta(days=number)
        given = {
            "site": site,
            "day": day,
            "events": each,
            "number": number * each,
            "visitors": max(1, events // 8),
        }
        columns = (
            f"({_VALUES.get(column, 'null').format(**given)})::{TYPES.get(column, 'VARCHAR')}"
            f" as {column}"
            for column in COLUMNS
        )
        directory = data_dir / "events" / f"site_id={site}" / f"date={day}"
        directory.mkdir(parents=True)
        duckdb.sql(
            f"copy (select {', '.join(columns)} from range({each}) as events(i))"
            f" to '{directory / '0001.parquet'}' (format parquet, compression zstd)"
        )
