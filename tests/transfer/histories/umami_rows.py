"""Umami's tables, written as PostgreSQL and its cloud write them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

WEBSITE = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"
SESSION = {
    "session_id": "0b5f1f2e-0000-5000-8000-000000000001",
    "website_id": WEBSITE,
    "browser": "edge-chromium",
    "os": "Windows 10",
    "device": "laptop",
    "screen": "1536x864",
    "language": "en-US",
    "country": "DE",
    "region": "DE-BY",
    "city": "Munich",
    "distinct_id": "",
    "created_at": "2026-03-10 09:30:00+00",
}
EVENT = {
    "event_id": "e-1",
    "website_id": WEBSITE,
    "session_id": SESSION["session_id"],
    "visit_id": "f-1",
    "created_at": "2026-03-10 09:30:00.25+00",
    "url_path": "/docs",
    "url_query": "utm_source=news&page=2",
    "utm_source": "news",
    "utm_medium": "email",
    "utm_campaign": "",
    "utm_content": "",
    "utm_term": "",
    "referrer_path": "/search",
    "referrer_query": "q=a",
    "referrer_domain": "duckduckgo.com",
    "page_title": "Docs, all of them",
    "gclid": "",
    "event_type": "1",
    "event_name": "",
    "tag": "",
    "hostname": "www.example.com",
}
DATUM = {
    "event_data_id": "x",
    "website_id": WEBSITE,
    "website_event_id": "e-1",
    "data_key": "plan",
    "string_value": "pro",
    "number_value": "",
    "date_value": "",
    "data_type": "1",
    "created_at": "2026-03-10 09:30:00+00",
}
FROM_SESSION = ("browser", "os", "device", "screen", "language", "country", "region", "city")
CLOUD_EVENT = (
    {key: text for key, text in EVENT.items() if key != "created_at"}
    | {key: SESSION[key] for key in FROM_SESSION}
    | {"distinct_id": "", "created_at": "2026-03-10 09:30:00", "job_id": ""}
)
CLOUD_DATUM = {
    "event_id" if key == "website_event_id" else key: text for key, text in DATUM.items()
}


def a_table(path: Path, row: dict[str, str], changes: Iterable[dict[str, str]]) -> Path:
    """A table of one row for each of the changes to `row`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | change for change in changes)
    return path


def a_cloud_file(path: Path, *changes: dict[str, str]) -> Path:
    """The cloud's `website_event.csv`."""
    return a_table(path, CLOUD_EVENT, changes)
