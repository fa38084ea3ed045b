"""Rows of GoatCounter's export, written as it writes them."""

from __future__ import annotations

import csv
from pathlib import Path

from mallard.transfer.histories.goatcounter import HEADER

ROW = {
    "2Path": "/pricing",
    "Title": "Prices, all of them",
    "Event": "false",
    "UserAgent": "",
    "Browser": "Chrome 86",
    "System": "Windows 7",
    "Session": "287fb97cbed4e4f-8e4f5c975b8fee06",
    "Bot": "0",
    "Referrer": "news.ycombinator.com/item?id=1",
    "Referrer scheme": "h",
    "Screen size": "1280,0,1",
    "Location": "US-TX",
    "FirstVisit": "1",
    "Date": "2026-03-10T09:30:00Z",
}


def a_file(path: Path, *changes: dict[str, str]) -> Path:
    """A file of one row for each of the changes to ROW."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(ROW | change for change in changes)
    return path
