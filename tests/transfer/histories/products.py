"""Invented hits, written as each product would have kept them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

from tests.transfer.histories import (
    ga4_rows,
    goatcounter_rows,
    matomo_visits,
    plausible_rows,
    simple_analytics_rows,
    umami_rows,
)
from tests.transfer.histories.invented import PLACES, Hit

COUNTRIES = {"DE": "Germany", "US": "United States", "FR": "France"}
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


def matomo(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Matomo's visits, each of one action."""
    visits = [
        matomo_visits.a_visit(
            {
                "type": "event" if hit.event else "action",
                "eventAction": hit.event,
                "url": f"https://example.com{hit.path}",
                "timestamp": int(hit.at.timestamp()),
            },
            visitorId=f"{hit.person.number:016x}",
            referrerUrl=f"https://{hit.referrer}/" if hit.referrer else None,
            browserName=hit.person.browser,
            deviceType={"mobile": "Smartphone"}.get(hit.person.device, hit.person.device),
            countryCode=hit.person.country.lower(),
            regionCode=PLACES[hit.person.country][0].partition("-")[2],
        )
        for hit in hits
    ]
    return [matomo_visits.a_file(folder / "matomo.json", *visits)]


def simple_analytics(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Simple Analytics' data points."""
    changes = [
        {
            "added_iso": f"{hit.at:%Y-%m-%dT%H:%M:%S.000Z}",
            "datapoint": hit.event or "pageview",
            "path": hit.path,
            "document_referrer": f"https://{hit.referrer}/" if hit.referrer else "",
            "utm_medium": "",
            "device_type": hit.person.device,
            "country_code": hit.person.country,
            "browser_name": hit.person.browser,
            "session_id": str(hit.person.number),
        }
        for hit in hits
    ]
    return [simple_analytics_rows.a_file(folder / "simple-analytics.csv", *changes)]


def ga4(folder: Path, hits: Sequence[Hit]) -> list[Path]:
    """Google Analytics' events, as BigQuery writes them."""
    rows = [
        ga4_rows.a_row(
            {
                "page_location": {"string_value": f"https://example.com{hit.path}"},
                "page_referrer": hit.referrer and {"string_value": f"https://{hit.referrer}/"},
            },
            event_timestamp=str(int(hit.at.timestamp()) * 10**6),
            event_name=hit.event or "page_view",
            user_pseudo_id=str(hit.person.number),
            device={"category": hit.person.device, "browser": hit.person.browser},
            geo={
                "country": COUNTRIES[hit.person.country],
                "region": PLACES[hit.person.country][1],
            },
        )
        for hit in hits
    ]
    return [ga4_rows.a_file(folder / "ga4.jsonl", *rows)]


PRODUCTS: dict[str, Write] = {
    "goatcounter": goatcounter,
    "umami-cloud": umami_cloud,
    "umami-tables": umami_tables,
    "plausible-json": plausible_json,
    "plausible-csv": plausible_csv,
    "matomo": matomo,
    "simple-analytics": simple_analytics,
    "ga4-bigquery": ga4,
}
