"""What happened in each kept data directory, and what every later Mallard has to tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import NOON

KEPT = Path(__file__).parent / "kept"
SITE = "example.com"
PASSWORD = "remembered by all"
PERIOD = f"site_id={SITE}&start_date=2026-03-17&end_date=2026-03-19"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True)
class Sent:
    """An event as a browser sent it."""

    at: datetime
    address: str
    body: dict[str, Any]


def sent(hours_ago: float, visitor: int, path: str, name: str = "pageview", **more: Any) -> Sent:
    body = {"d": SITE, "n": name, "u": f"https://{SITE}{path}", **more}
    return Sent(NOON - timedelta(hours=hours_ago), f"203.0.113.{visitor}", body)


IN_FILES = (
    sent(26, 1, "/"),
    sent(25.9, 1, "/pricing", r=f"https://{SITE}/"),
    sent(25, 2, "/", r="https://www.google.com/"),
    sent(3, 1, "/pricing?utm_source=newsletter&utm_campaign=spring"),
    sent(2.9, 1, "/thanks", "purchase", p={"plan": "pro"}, ra=49.9, rc="EUR"),
)
IN_THE_HOT_TABLE = (sent(2, 2, "/caf%C3%A9"),)
IN_THE_JOURNAL = (sent(1, 3, "/"),)
"""Where each stage of an event's way was when the server was killed."""

PAGEVIEWS = 6
VISITORS = 5  # ids of a day: two of yesterday and three of today
PAGES = {"/": 3, "/pricing": 2, "/café": 1}
