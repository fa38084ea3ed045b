"""Rows of Plausible's table of events, written as ClickHouse writes them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROW: dict[str, Any] = {
    "timestamp": "2026-03-10 09:30:00",
    "name": "pageview",
    "site_id": "7",
    "user_id": "16290823498234098234",
    "session_id": "3342",
    "hostname": "example.com",
    "pathname": "/pricing",
    "referrer": "news.ycombinator.com/item?id=1",
    "referrer_source": "Hacker News",
    "country_code": "DE",
    "screen_size": "Laptop",
    "operating_system": "Mac",
    "browser": "Microsoft Edge",
    "utm_medium": "",
    "utm_source": "",
    "utm_campaign": "may",
    "meta.key": [],
    "meta.value": [],
    "browser_version": "120.0",
    "operating_system_version": "10.15",
    "subdivision1_code": "DE-BY",
    "subdivision2_code": "",
    "city_geoname_id": 2867714,
    "utm_content": "",
    "utm_term": "",
    "revenue_reporting_amount": None,
    "revenue_reporting_currency": "\0\0\0",
    "revenue_source_amount": None,
    "revenue_source_currency": "\0\0\0",
    "scroll_depth": 255,
    "engagement_time": 0,
    "channel": "Referral",
}


def json_lines(path: Path, *changes: dict[str, Any]) -> Path:
    """As FORMAT JSONEachRow writes a row for each of the changes to ROW."""
    path.write_text("".join(f"{json.dumps(ROW | change)}\n" for change in changes))
    return path


def csv_with_names(path: Path, *changes: dict[str, Any]) -> Path:
    """As FORMAT CSVWithNames writes them: every text quoted, arrays as they are in SQL."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(ROW)
        writer.writerows(map(as_clickhouse, (ROW | change).values()) for change in changes)
    return path


def as_clickhouse(cell: Any) -> Any:
    """A cell as CSV has it."""
    if cell is None:
        return "\\N"
    return (
        f"[{','.join(map(as_sql, cell))}]"
        if isinstance(cell, Iterable) and not isinstance(cell, str)
        else cell
    )


def as_sql(text: str) -> str:
    """A text between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
