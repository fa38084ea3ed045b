"""Data points as Simple Analytics exports them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

ROW = {
    "added_iso": "2026-03-10T09:30:07.120Z",
    "datapoint": "pageview",
    "hostname": "example.com",
    "hostname_original": "www.example.com",
    "path": "/pricing",
    "query": "",
    "is_unique": "true",
    "is_robot": "false",
    "document_referrer": "https://t.co/x",
    "utm_source": "",
    "utm_medium": "social",
    "utm_campaign": "",
    "utm_content": "",
    "utm_term": "",
    "scrolled_percentage": "80",
    "duration_seconds": "12",
    "viewport_width": "820",
    "screen_width": "1180",
    "user_agent": "",
    "device_type": "tablet",
    "country_code": "NL",
    "browser_name": "Firefox",
    "browser_version": "128.0.1",
    "os_name": "Mac OS",
    "os_version": "14.1",
    "lang_language": "nl",
    "uuid": "9c6b",
    "session_id": "5f1e",
}


def a_file(
    path: Path,
    *changes: Mapping[str, str],
    row: Mapping[str, str] | None = None,
    only: Mapping[str, str] | None = None,
) -> Path:
    """A row for each of the changes to ROW, which `row` adds fields to, and `only` stands for."""
    whole = only or (ROW | dict(row or {}))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(whole), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**whole, **change} for change in changes)
    return path
