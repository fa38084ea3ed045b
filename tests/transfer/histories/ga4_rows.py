"""Rows of Google Analytics' export to BigQuery, as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyarrow import Table, parquet

PAGE = "https://www.example.com/pricing?b=1"
PARAMS: dict[str, Any] = {
    "page_location": {"string_value": PAGE},
    "page_referrer": {"string_value": "https://www.google.com/"},
    "page_title": {"string_value": "Prices"},
    "ga_session_id": {"int_value": "1773135000"},
    "ga_session_number": {"int_value": "1"},
    "engagement_time_msec": {"int_value": "12"},
}
ROW: dict[str, Any] = {
    "event_date": "20260310",
    "event_timestamp": "1773135007123456",
    "event_name": "page_view",
    "user_pseudo_id": "1234.5678",
    "user_id": None,
    "device": {
        "category": "mobile",
        "operating_system": "iOS",
        "operating_system_version": "17.1.1",
        "language": "de-de",
        "web_info": {
            "browser": "Safari (in-app)",
            "browser_version": "17.1.1",
            "hostname": "www.example.com",
        },
    },
    "geo": {"continent": "Europe", "country": "Germany", "region": "Bavaria", "city": "Munich"},
    "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
    "stream_id": "1",
    "platform": "WEB",
}


def a_row(params: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A row with other parameters and columns; a parameter of None is left out."""
    held = {key: value for key, value in (PARAMS | (params or {})).items() if value is not None}
    listed = [{"key": key, "value": value} for key, value in held.items()]
    return {**ROW, "event_params": listed, **changes}


def a_file(path: Path, *rows: dict[str, Any]) -> Path:
    """These rows, one in a line."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def a_parquet_file(path: Path, rows: list[dict[str, Any]], is_wrapped: bool) -> Path:
    """The same as Parquet, whole numbers as numbers; BigQuery wraps lists and their entries."""
    held = [row | {"event_params": [_typed(one) for one in row["event_params"]]} for row in rows]
    for row in held:
        row["event_timestamp"] = int(row["event_timestamp"])
        if is_wrapped:
            row["event_params"] = {"list": [{"element": one} for one in row["event_params"]]}
    parquet.write_table(Table.from_pylist(held), path)
    return path


def _typed(param: dict[str, Any]) -> dict[str, Any]:
    told = param["value"]
    number = told.get("int_value")
    values = {"string_value": told.get("string_value"), "int_value": number and int(number)}
    return {"key": param["key"], "value": values}
