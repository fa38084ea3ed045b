"""Reports of a site with events and imported days, compared with sums in plain Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard import app
from mallard.register.site import Site
from mallard.reports.sums import NOTHING, Sums, ratio
from mallard.transfer.day_figures.rows import DayRow, Figures
from tests.builders import NOON, an_event, store_events
from tests.conftest import client_of
from tests.fuzz.size import so_many
from tests.transfer.day_figures.taking_in import take_rows_in

pytestmark = pytest.mark.thorough

SITE = "example.com"
FIRST = date(2026, 2, 20)
DIMENSIONS = ("pages", "sources", "countries", "regions", "events", "entry_pages")
VALUES = ("/", "/a", "DE", None)
COUNTED = (1, 2, 5, None)


def some_rows(rng: random.Random, days: Iterable[date]) -> Iterator[DayRow]:
    """What a product may have kept of some days."""
    for day in days:
        knows_visits = rng.random() < 0.7
        visits = rng.randint(1, 40) if knows_visits else None
        bounces = rng.randint(0, visits) if visits and rng.random() < 0.7 else None
        seconds = rng.randint(0, 900) if visits and rng.random() < 0.7 else None
        whole = Figures(rng.randint(1, 50), rng.randint(0, 90), visits, bounces, seconds)
        yield DayRow(SITE, day, "total", None, whole)
        for dimension in DIMENSIONS:
            for value in rng.sample(VALUES, rng.randint(0, len(VALUES))):
                figures = Figures(rng.randint(1, 20), rng.choice(COUNTED), rng.choice(COUNTED))
                code = "DE" if dimension == "regions" else None
                yield DayRow(SITE, day, dimension, value, figures, code)


def sums_of(rows: Iterable[DayRow]) -> Sums:
    total = NOTHING
    for row in rows:
        f = row.figures
        visits, views = f.visits or 0, f.pageviews or 0
        known = f.visits is not None
        total += Sums(
            f.visitors,
            views,
            visits,
            views if known else 0,
            f.bounces or 0,
            visits if f.bounces is not None else 0,
            (f.duration_secs or 0) * 1_000_000,
            visits if f.duration_secs is not None else 0,
        )
    return total


class Asked:
    """Asks for the same with imported days and without."""

    def __init__(self, client: Client, query: str) -> None:
        self._client = client
        self._query = query

    def both(self, report: str) -> tuple[Any, Any]:
        url = f"/api/stats/{report}{'&' if '?' in report else '?'}site_id={SITE}&{self._query}"
        whole, own = self._client.get(url), self._client.get(f"{url}&imported=false")
        assert (whole.status_code, own.status_code) == (200, 200), whole.text
        assert "X-Imported-Days" not in own.headers
        return whole.json, own.json

    def days_told(self) -> int:
        answer = self._client.get(f"/api/stats/main?site_id={SITE}&{self._query}")
        return int(answer.headers.get("X-Imported-Days", 0))


def check(asked: Asked, rows: list[DayRow]) -> None:
    """Each report is what events make it, and the rows of the days that count."""
    totals = [row for row in rows if row.dimension == "total"]
    assert asked.days_told() == len(totals)
    more = sums_of(totals)
    whole, own = asked.both("main")
    n = own["sessions"]
    assert whole["unique_visitors"] == own["unique_visitors"] + more.visitors
    assert whole["total_pageviews"] == own["total_pageviews"] + more.pageviews
    assert whole["sessions"] == n + more.sessions
    bounces = round(own["bounce_rate"] * n) + more.bounces
    assert whole["bounce_rate"] == pytest.approx(ratio(bounces, n + more.judged))
    secs = own["avg_visit_duration_secs"] * n + more.duration_us / 1e6
    took = pytest.approx(secs / (n + more.timed) if n + more.timed else 0)
    assert whole["avg_visit_duration_secs"] == took
    views = ratio(own["total_pageviews"] + more.views_of_visits, n + more.sessions)
    assert whole["views_per_session"] == pytest.approx(views)
    assert asked.both("sessions")[0]["total_sessions"] == whole["sessions"]
    for interval, label in LABELS.items():
        check_series(asked, f"timeseries?interval={interval}", label, totals)
    for dimension in DIMENSIONS:
        check_breakdown(asked, dimension, [row for row in rows if row.dimension == dimension])
    for name, dimension, interval in COMBINED:
        of_it = [row for row in rows if row.dimension == dimension]
        check_combinations(asked, name, interval, of_it)


LABELS: dict[str, Callable[[date], str]] = {
    "day": str,
    "week": lambda day: str(day - timedelta(days=day.weekday())),
    "month": lambda day: str(day)[:7],
}


def check_series(
    asked: Asked, report: str, label: Callable[[date], str], totals: list[DayRow]
) -> None:
    whole, own = asked.both(report)
    for bucket in own:
        there = [row.figures for row in totals if label(row.day) == bucket["date"]]
        bucket["visitors"] += sum(figures.visitors for figures in there)
        bucket["pageviews"] += sum(figures.pageviews or 0 for figures in there)
    assert whole == own


def check_breakdown(asked: Asked, dimension: str, rows: list[DayRow]) -> None:
    whole, own = asked.both(f"breakdown/{dimension}?limit=1000")

    def key(value: str | None, code: str | None) -> tuple[str, str | None]:
        return value or "(unknown)", code

    expected = {
        key(row["value"], row.get("country_code")): [row["visitors"], row["pageviews"]]
        for row in own
    }
    for row in rows:
        counts = expected.setdefault(key(row.value, row.country_code), [0, 0])
        counts[0] += row.figures.visitors
        counts[1] += row.figures.pageviews or 0
    found = {
        key(row["value"], row.get("country_code")): [row["visitors"], row["pageviews"]]
        for row in whole
    }
    assert found == expected
    by_size = [(-row["visitors"], -row["pageviews"], row["value"]) for row in whole]
    assert by_size == sorted(by_size)
    assert asked.both(f"breakdown/{dimension}?limit=2&offset=1")[0] == whole[1:3]


COMBINED = (
    ("source", "sources", "week"),
    ("region", "regions", ""),
    ("page", "pages", "day"),
    ("event", "events", ""),
)
OF_VISITS = ("visitors", "pageviews", "sessions", "bounce_rate", "views_per_session")
METRICS = {"page": ("visitors", "pageviews"), "event": ("visitors", "events")}


def check_combinations(asked: Asked, name: str, interval: str, rows: list[DayRow]) -> None:
    """Figures by a dimension, and by time as well, are sums of what is known of each."""
    metrics = METRICS.get(name, OF_VISITS)
    dimensions = [name, *filter(None, [interval])]
    listed = f"dimensions={','.join(dimensions)}&metrics={','.join(metrics)}&limit=1000"
    whole, own = asked.both(f"query?{listed}")
    keys = [*dimensions, "country"] if name == "region" else dimensions
    there: dict[tuple[str, ...], Sums] = {}
    for row in rows:
        told = [row.value or "(unknown)", *([LABELS[interval](row.day)] if interval else [])]
        key = (*told, *([row.country_code or "(unknown)"] if name == "region" else []))
        there[key] = there.get(key, NOTHING) + sums_of([row])
    before = {tuple(row[key] for key in keys): row for row in own["rows"]}
    found = {tuple(row[key] for key in keys): row for row in whole["rows"]}
    assert found.keys() == before.keys() | there.keys()
    assert whole["total"] == len(found)
    for key, row in found.items():
        mine, more = before.get(key, {}), there.get(key, NOTHING)
        assert row["visitors"] == mine.get("visitors", 0) + more.visitors
        if "pageviews" in metrics:
            assert row["pageviews"] == mine.get("pageviews", 0) + more.pageviews
        if name not in METRICS:
            n = mine.get("sessions", 0)
            assert row["sessions"] == n + more.sessions
            bounces = round(mine.get("bounce_rate", 0) * n) + more.bounces
            assert row["bounce_rate"] == pytest.approx(ratio(bounces, n + more.judged))
            views = mine.get("pageviews", 0) + more.views_of_visits
            assert row["views_per_session"] == pytest.approx(ratio(views, row["sessions"]))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_days_without_events_have_imported_figures(mallard: app.Mallard, zone: str) -> None:
    mallard.sites.replace(SITE, Site(timezone=zone), None)
    left: list[DayRow] = []
    for seed in range(so_many(2, 40)):
        rng = random.Random(seed)
        site_days = [FIRST + timedelta(days=n) for n in range(26)]
        events = [
            an_event(NOON - timedelta(hours=rng.randint(0, 24 * 26)), visitor_id=f"v{seed}{n % 5}")
            for n in range(rng.randint(0, 8))
        ]
        store_events(mallard.store, f"b{seed}", events)
        rows = list(some_rows(rng, rng.sample(site_days, rng.randint(1, 20))))
        take_rows_in(mallard, rows, f"import {seed}")
        kept = {row.day for row in rows}
        # Of a day, the latest import counts.
        left = [row for row in left if row.day not in kept] + rows
        client = client_of(mallard)
        url = f"/api/stats/timeseries?site_id={SITE}&period=90d&imported=false"
        own: Any = client.get(url).json
        with_events = {date.fromisoformat(b["date"]) for b in own if b["visitors"]}
        start, end = sorted(rng.sample(site_days, 2))
        span = [r for r in left if start <= r.day < end and r.day not in with_events]
        check(Asked(client, f"start_date={start}&end_date={end}"), span)
        every = [r for r in left if r.day not in with_events]
        check(Asked(client, "period=90d"), every)
