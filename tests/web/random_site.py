"""A site with a random past, and random views of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from mallard.model import Event, microseconds
from mallard.web.dashboard.metrics import BY_NAME
from mallard.web.dashboard.panels import PANELS

NOW = datetime(2026, 3, 17, 15, 20, tzinfo=UTC)
"""A Tuesday afternoon: today, this week and this month are unfinished."""

HOURS_BACK = 24 * 20
GAPS_SECS = (1, 90, 1799, 1800, 1801, 40_000)
VALUES = {
    "hostname": ("example.com", "www.example.com", None),
    "referrer": ("https://google.com/", "https://news.example/?a=1&b=2", None),
    "referrer_source": ("Google", "news", None, '"quoted" & <b>'),
    "utm_source": ("letter", None),
    "utm_medium": ("mail", None),
    "utm_campaign": ("spring|sale", "50% off", None),
    "utm_content": ("top", None),
    "utm_term": ("ducks", None),
    "browser": ("Firefox", "Chrome", None),
    "browser_version": ("140", "141", None),
    "os": ("Linux", "Windows", None),
    "os_version": ("11", None),
    "device_type": ("desktop", "mobile", None),
    "screen_size": ("360", "1440", None),
    "country_code": ("DE", "FR", "US", "XX", None),
    "region": ("BE", None),
    "city": ("Berlin", "Paris", None),
}
PROPS = (None, None, '{"plan":"pro"}', '{"plan":["pro","<i>"],"n & m":5}', '{"n & m":true}')
AMOUNTS = (None, None, None, "12.34", "-12.34", "9999999999.99")
FILTERS = (
    "page==/1|/2|/3",
    "page!=/1",
    "page~=1",
    "event==signup",
    "prop:plan==pro",
    "source==Google|(unknown)",
    "source!=news",
    "utm_campaign==spring%7Csale",
    "country==DE",
    "device==mobile",
    "entry_page==/2",
    "exit_page!=/3",
)
WHEN = (
    {"period": "today"},
    {"period": "7d"},
    {"period": "30d"},
    {"start_date": "2026-03-03", "end_date": "2026-03-09"},
    {"start_date": "2026-03-14", "end_date": "2026-03-20"},
    {"start_date": "2026-03-05", "end_date": "2026-03-05"},
)
COMPARE = (None, "previous", "year", "2026-03-01..2026-03-06", "2026-03-16..2026-04-01")
INTERVALS = (None, "hour", "day", "week", "month")


def events(rng: random.Random) -> Iterator[Event]:
    """What two hundred visitors did in the last weeks, up to now."""
    end = microseconds(NOW)
    for number in range(200):
        at = end - rng.randrange(HOURS_BACK * 3600) * 1_000_000
        for _ in range(rng.randint(1, 8)):
            if at <= end:
                yield _event(rng, f"v{number}", at)
            at += rng.choice(GAPS_SECS) * 1_000_000


def _event(rng: random.Random, visitor_id: str, at: int) -> Event:
    return Event(
        site_id="example.com",
        visitor_id=visitor_id,
        event_name=rng.choice(("pageview", "pageview", "pageview", "signup", "<i>")),
        pathname=f"/{min(rng.randrange(75), rng.randrange(75))}",
        timestamp=at,
        **{name: rng.choice(values) for name, values in VALUES.items()},
        revenue_amount=rng.choice(AMOUNTS),
        revenue_currency=rng.choice((None, "EUR", "USD")),
        props=random.Random(at).choice(PROPS),
    )


def questions(rng: random.Random, times: int) -> Iterator[dict[str, str | list[str]]]:
    """Arguments of the site page; each tab of the tabbed cards is open in one of them at least."""
    for number in range(times):
        chosen = {
            "compare": rng.choice(COMPARE),
            "interval": rng.choice(INTERVALS),
            "metric": rng.choice((None, *BY_NAME)),
        }
        yield {
            "site_id": "example.com",
            **rng.choice(WHEN),
            **{name: value for name, value in chosen.items() if value is not None},
            "filter": rng.sample(FILTERS, rng.choice((0, 0, 1, 1, 2))),
            "tab": tabs(number),
            "funnel": ["page:/1", "page:/2"],
            "sequence": ["page:/1", "event:signup"],
            "flow": "/1",
            "weeks": "4",
        }


def tabs(number: int) -> list[str]:
    """One tab of each card; another number, other tabs."""
    cards: dict[str, list[str]] = {}
    for panel in PANELS.values():
        cards.setdefault(panel.card, []).append(panel.name)
    return [names[number % len(names)] for names in cards.values()]
