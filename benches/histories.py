"""Another product's export of events and a server's log, invented at any length, to import."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from mallard.demo.browsers import browsers

ROWS = 1_000_000
"""As many as are imported of it at most."""

_COLUMNS = (
    "website_id session_id visit_id event_id hostname browser os device screen language country"
    " region city url_path url_query utm_source utm_medium utm_campaign utm_content utm_term"
    " referrer_path referrer_query referrer_domain page_title gclid fbclid msclkid ttclid li_fat_id"
    " twclid event_type event_name tag distinct_id created_at job_id"
)
COLUMNS = tuple(_COLUMNS.split())
_WEBSITE = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_BROWSERS = ("chrome", "crios", "safari", "ios", "firefox", "edge-chromium", "samsung")
_SYSTEMS = ("Windows 10", "Mac OS", "iOS", "Android OS", "Linux")
_PLACES = (("US", "US-CA", "San Francisco"), ("DE", "DE-BY", "Munich"), ("GB", "GB-ENG", "London"))
_AGENTS = browsers({"windows": 5, "mac": 2, "iphone": 4, "android": 4})
_REFERRERS = ("", "", "", "www.google.com", "t.co", "news.ycombinator.com", "duckduckgo.com")


def write_umami(path: Path, rows: int, days: int) -> None:
    """Writes `website_event.csv` as Umami's cloud does, over so many days."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_rows(rows, timedelta(days=days) / rows))


def write_log(path: Path, rows: int, days: int) -> None:
    """Writes a log of pages in the combined format, over so many days."""
    random, apart = Random(7), timedelta(days=days) / rows
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            who = random.randrange(max(1, rows // 4))
            agent = _AGENTS.pick(Random(who)).user_agent
            at = f"{_START + apart * number:%d/%b/%Y:%H:%M:%S} +0000"
            page = f"/page/{int(random.paretovariate(0.7)) % 2000}"
            referrer = random.choice(_REFERRERS)
            told = f"https://{referrer}/" if referrer else "-"
            address = f"10.{who >> 16}.{who >> 8 & 255}.{who & 255}"
            file.write(f'{address} - - [{at}] "GET {page} HTTP/2.0" 200 512 "{told}" "{agent}"\n')


def _rows(rows: int, apart: timedelta) -> Iterator[list[str]]:
    random = Random(7)
    for number in range(rows):
        who = random.randrange(max(1, rows // 4))
        seen = Random(who)
        country, region, city = seen.choice(_PLACES)
        referrer = random.choice(_REFERRERS)
        is_event = number % 10 == 0
        held = dict.fromkeys(COLUMNS, "") | {
            "website_id": _WEBSITE,
            "session_id": f"{who:08x}-0000-5000-8000-000000000000",
            "event_id": f"{number:08x}-0000-4000-8000-000000000000",
            "hostname": "example.com",
            "browser": seen.choice(_BROWSERS),
            "os": seen.choice(_SYSTEMS),
            "device": seen.choice(("desktop", "laptop", "mobile")),
            "screen": seen.choice(("1920x1080", "1536x864", "390x844")),
            "language": "en-US",
            "country": country,
            "region": region,
            "city": city,
            "url_path": f"/page/{int(random.paretovariate(0.7)) % 2000}",
            "referrer_domain": referrer,
            "referrer_path": "/" if referrer else "",
            "page_title": "A page, of some title",
            "event_type": "2" if is_event else "1",
            "event_name": "signup" if is_event else "",
            "created_at": f"{_START + apart * number:%Y-%m-%d %H:%M:%S}",
        }
        yield list(held.values())
