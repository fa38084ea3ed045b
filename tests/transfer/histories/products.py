"""Invented hits, written as each product would have kept them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

from tests.transfer.histories import goatcounter_rows, plausible_rows, umami_rows
from tests.transfer.histories.invented import PLACES, Hit

WIDTHS = {"desktop": 1280, "tablet": 800, "mobile": 390}
Write = Callable[[Path, Sequence[Hit]], list[Path]]


def goatcounter(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """GoatCounter's CSV; an event's path is its name, so that none is told a page."""
    changes = [
        {
            "2Path": hit.event or unquote(hit.path),
            "Event": str(hit.event is not None).lower(),
            "Browser": f"{hit.person.browser} 86",
            "Session": f"{hit.person.number:x}a",
            "Referrer": hit.referrer or "",
            "Referrer scheme": "h",
            "Screen size": f"{WIDTHS[hit.person.device]},0,1",
            "Location": PLACES[hit.person.country][0],
            "Date": f"{hit.at:%Y-%m-%dT%H:%M:%SZ}",
        }
        for hit in hits
    ]
    return [goatcounter_rows.a_file(folder / "goatcounter.csv", *changes)]


def umami_cloud(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Umami's table of events with the columns of sessions in it."""
    changes = [
        umami_event(hit, n) | umami_session(hit) | {"created_at": f"{hit.at:%Y-%m-%d %H:%M:%S}"}
        for n, hit in enumerate(hits)
    ]
    return [umami_rows.a_cloud_file(folder / "website_event.csv", *changes)]


def umami_tables(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Umami's tables of events and of sessions."""
    events = [umami_event(hit, n) for n, hit in enumerate(hits)]
    sessions = {hit.person: umami_session(hit) for hit in hits}
    return [
        umami_rows.a_table(folder / "website_event.csv", umami_rows.EVENT, events),
        umami_rows.a_table(folder / "session.csv", umami_rows.SESSION, sessions.values()),
    ]


def umami_event(hit: Hit, number: int) -> dict[str, str]:
    """What the table of events says of a hit."""
    return {
        "event_id": f"e-{number}",
        "session_id": f"s-{hit.person.number}",
        "created_at": f"{hit.at:%Y-%m-%d %H:%M:%S}.000000+00",
        "url_path": unquote(hit.path),
        "url_query": "",
        "utm_source": "",
        "utm_medium": "",
        "referrer_domain": hit.referrer or "",
        "event_type": "2" if hit.event else "1",
        "event_name": hit.event or "",
    }


def umami_session(hit: Hit) -> dict[str, str]:
    """What the table of sessions says of who made a hit."""
    place = PLACES[hit.person.country]
    return {
        "session_id": f"s-{hit.person.number}",
        "browser": hit.person.browser.lower(),
        "device": "laptop" if hit.person.device == "desktop" else hit.person.device,
        "screen": f"{WIDTHS[hit.person.device]}x800",
        "country": hit.person.country,
        "region": place[0],
    }


def plausible_row(hit: Hit) -> dict[str, str]:
    """What Plausible keeps of a hit: the source as well, of each event by itself here."""
    return {
        "timestamp": f"{hit.at:%Y-%m-%d %H:%M:%S}",
        "name": hit.event or "pageview",
        "user_id": str(hit.person.number + 2**63),
        "pathname": unquote(hit.path),
        "referrer": hit.referrer or "",
        "referrer_source": "",
        "country_code": hit.person.country,
        "subdivision1_code": PLACES[hit.person.country][0],
        "screen_size": hit.person.device.capitalize(),
        "browser": hit.person.browser,
        "utm_campaign": "",
    }


def plausible_json(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Plausible's table of events as JSON lines."""
    return [plausible_rows.json_lines(folder / "events.jsonl", *map(plausible_row, hits))]


def plausible_csv(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Plausible's table of events as CSV."""
    return [plausible_rows.csv_with_names(folder / "events.csv", *map(plausible_row, hits))]


PRODUCTS: dict[str, Write] = {
    "goatcounter": goatcounter,
    "umami-cloud": umami_cloud,
    "umami-tables": umami_tables,
    "plausible-json": plausible_json,
    "plausible-csv": plausible_csv,
}
