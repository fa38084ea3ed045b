"""Days of visits to three sites, and questions whose answers do not depend on rollups."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from mallard.model import Event, Period, microseconds
from mallard.reports.breakdown import DIMENSIONS, breakdown, breakdown_count, breakdown_of
from mallard.reports.engagement import engagement, page_figures
from mallard.reports.filters import parse_filter
from mallard.reports.properties import properties, properties_of
from mallard.reports.query import ReportQuery
from mallard.reports.revenue import revenue, revenue_of
from mallard.reports.session_series import session_series
from mallard.reports.sessions import sessions
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.store import Store
from tests.builders import TODAY, an_event
from tests.fuzz.size import so_many
from tests.reports.reading import Events

FIRST = TODAY - timedelta(days=9)
END = TODAY + timedelta(days=1)
SITES = ("daily.example", "monthly.example", "mixed.example")

PRICES = {
    "revenue_amount": ("9.90", "-9.90", "0.00", "9999999999.99"),
    "revenue_currency": ("EUR", "USD", None),
}
PURCHASES = (("signup", "EUR"), ("signup", "(unknown)"), ("pageview", "USD"), ("none", "EUR"))

PROPS = (
    None,
    None,
    '{"plan":"pro","n":1}',
    '{"plan":["pro","free"],"n":true}',
    '{"plan":null,"(unknown)":"x"}',
)
KEYS = ("plan", "n", "(unknown)", "none")

Ask = Callable[[Any, ReportQuery], object]
REPORTS: dict[str, Ask] = {
    "totals": totals,
    "sessions": sessions,
    "timeseries": timeseries,
    "session_series": session_series,
    **{f"by_{name}": partial(breakdown, dimension=name) for name in DIMENSIONS},
    "engagement": engagement,
    "pages_looked_at": lambda reader, query: sorted(page_figures(reader, query)),
    "count": lambda reader, query: breakdown_count(reader, query, "pages"),
    "values": lambda reader, query: breakdown_of(reader, query, "pages", ("/", "/a", "/none")),
    "revenue": revenue,
    "revenue_of": lambda reader, query: revenue_of(reader, query, PURCHASES),
    "properties": properties,
    "properties_of": lambda reader, query: properties_of(reader, query, ("n", "none")),
    **{f"by_prop_{key}": partial(breakdown, dimension=f"prop:{key}") for key in KEYS},
    "count_of_values": lambda reader, query: breakdown_count(reader, query, "prop:plan", "r"),
    "values_of_plan": lambda reader, query: breakdown_of(
        reader, query, "prop:plan", ("pro", "(unknown)")
    ),
    "search": lambda reader, query: breakdown(reader, query, "pages", "A", "value", 1),
}


VARIED = (
    "pages",
    "cities",
    "entry_pages",
    "exit_pages",
    "sources",
    "browsers",
    "countries",
    "events",
)
TELLING = {
    name: ask
    for name, ask in REPORTS.items()
    if not name.startswith("by_")
    or name.startswith("by_prop_")
    or name.removeprefix("by_") in (*VARIED, "utm_term")
}
"""All but those that say just what terms do, where events tell of neither: nothing is known."""


def a_price(rng: random.Random) -> dict[str, str | None]:
    """What an event brought in, if anything."""
    if rng.random() > 0.3:
        return {}
    return {column: rng.choice(values) for column, values in PRICES.items()}


def a_visit(rng: random.Random, site_id: str, day: date) -> list[Event]:
    """One visitor's events, some across midnight; how long ids live depends on the site."""
    number, is_eternal = rng.randrange(12), site_id == "mixed.example" and rng.random() < 0.02
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start += timedelta(minutes=rng.randrange(24 * 60))
    fields = {
        "site_id": site_id,
        "referrer_source": rng.choice([None, "Google", "GitHub"]),
        "browser": rng.choice(["Firefox", "Chrome"]),
        "country_code": rng.choice([None, "DE", "FR"]),
        "city": "Valence" if number % 3 else None,
    }
    events = []
    for _ in range(rng.randrange(1, 5)):
        path = rng.choice(["/", "/a", "/b", "/Aa"])
        name = rng.choice(["pageview", "pageview", "pageview", "signup", "signup", "engagement"])
        salt = start.month if site_id == "monthly.example" else start.date()
        fields["visitor_id"] = f"{number}-{'always' if is_eternal else salt}"
        props = random.Random(start.timestamp()).choice(PROPS)
        if name == "engagement":
            props = f'{{"e":{number * 900},"sd":{rng.randrange(101)}}}'
        events.append(an_event(start, path, event_name=name, props=props, **fields, **a_price(rng)))
        start += timedelta(seconds=rng.choice([1, 60, 1799, 1800, 1801, 7200]))
    return events


def visits(
    rng: random.Random, sites: Iterable[str], days: Sequence[date], each: int = 1
) -> list[Event]:
    """The events of so many visits to each site on each day, today's end excepted."""
    found = [
        e for site in sites for day in days for _ in range(each) for e in a_visit(rng, site, day)
    ]
    end = microseconds(datetime(END.year, END.month, END.day, tzinfo=UTC))
    return [event for event in found if event.timestamp < end]


FILTERS = (
    ("browser==Chrome",),
    ("page==/a",),
    ("event!=pageview",),
    ("country!=DE", "entry_page==/a"),
    ("exit_page==/b", "page~=A"),
    ("page==/", "event==signup"),
)


def queries() -> Iterator[ReportQuery]:
    """Some days of each site, every other question with a filter."""
    rng = random.Random(11)
    filters = [(), (), (), *FILTERS]
    for site_id in SITES:
        for _ in range(18):
            start = FIRST + timedelta(days=rng.randrange(10))
            end = min(END, start + timedelta(days=rng.randrange(11)))
            interval = rng.choice(["hour", "day", "week", "month"])
            kept = tuple(parse_filter(text) for text in rng.choice(filters))
            yield ReportQuery(site_id, Period(start, end), interval, 1000, kept)


ASKS_EACH = so_many(5, 1)
"""Of so many questions each report is asked one; all questions are asked, and all reports ask."""


def assert_no_report_depends_on_rollups(store: Store, asked: Iterable[ReportQuery]) -> None:
    """Asks all that tells something in both ways."""
    for number, query in enumerate(asked):
        for place, (name, ask) in enumerate(TELLING.items()):
            if (number + place) % ASKS_EACH == 0:
                assert ask(store, query) == ask(Events(store), query), (name, query)
