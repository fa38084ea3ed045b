"""Who is here now: random histories at random moments, and the edges of the minutes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mallard.model import EPOCH, Event, Period
from mallard.reports.live import countries_now, last_events
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import MINUTES, ROWS, CurrentVisitors, Minute, Realtime, realtime
from mallard.store.store import Store
from tests.builders import NOON, an_event, open_store, store_events
from tests.reports import oracle
from tests.reports.test_figures_match_the_oracle import SOME, questions

pytestmark = pytest.mark.fuzz

NOW = NOON + timedelta(minutes=3, seconds=20)
SITE = ReportQuery("example.com", Period(date.min, date.min))


def moments(history: dict[str, list[Event]], seed: int, times: int):
    """A question and a moment, mostly at or soon after one of the site's events."""
    rng = random.Random(seed)
    for query, _ in questions(history, seed, times):
        at = [event.timestamp for event in history[query.site_id]] or [rng.randrange(10**15)]
        after = timedelta(seconds=rng.choice((-301, -299, 0, 0, 1, 99, 199, 299, 300, 301, 1700)))
        yield query, EPOCH + timedelta(microseconds=rng.choice(at)) + after


def test_random_moments_are_those_of_the_oracle(store: Store, history) -> None:
    current = 0
    for query, now in moments(history, seed=31, times=6 * SOME):
        days = Period((now - timedelta(minutes=29)).date(), now.date() + timedelta(days=1))
        view = oracle.View(history[query.site_id], query.site_id, days, query.filters)
        found = realtime(store, query, now)
        assert asdict(found) == oracle.realtime(view, now), (query, now)
        current += found.current_visitors
    assert current > 30  # who is ahead of the clock by more than it may be is not among them


def test_where_visitors_are_and_what_happened_last_are_those_of_the_oracle(
    store: Store, history
) -> None:
    some = 0
    for query, now in moments(history, seed=32, times=SOME):
        days = Period((now - timedelta(minutes=29)).date(), now.date() + timedelta(days=1))
        view = oracle.View(history[query.site_id], query.site_id, days, query.filters)
        countries = [astuple(row) for row in countries_now(store, query, now)]
        assert countries == oracle.countries_now(view, now), (query, now)
        found = last_events(store, query, now)
        rows = [(e.at.replace(tzinfo=UTC), e.event, e.page, e.country_code) for e in found]
        assert rows == oracle.last_events(view, now)[: query.limit], (query, now)
        some += len(rows)
    assert some


@pytest.fixture
def seen(data_dir: Path) -> Iterator[Callable[..., Realtime]]:
    """What is seen at NOW of events so long ago."""
    store = open_store(data_dir)

    def look(*ago: timedelta, now: datetime = NOW, **fields: str) -> Realtime:
        events = [an_event(now - past, visitor_id=f"v{n}", **fields) for n, past in enumerate(ago)]
        store_events(store, "b1", events)
        return realtime(store, SITE, now)

    yield look
    store.close()


def test_without_events_there_are_thirty_empty_minutes(seen) -> None:
    found = seen()
    assert (found.current_visitors, found.pages, found.sources) == (0, [], [])
    assert [minute.minute for minute in found.minutes][:: MINUTES - 1] == [
        "2026-03-18T11:34",
        "2026-03-18T12:03",
    ]
    assert {(minute.visitors, minute.pageviews) for minute in found.minutes} == {(0, 0)}
    assert len(found.minutes) == MINUTES == 30


def test_five_minutes_ago_is_not_now_but_a_moment_later_is(seen) -> None:
    five, moment = timedelta(minutes=5), timedelta(microseconds=1)
    assert seen(five, five - moment).current_visitors == 1


def test_what_the_stores_clock_has_ahead_is_now(seen) -> None:
    late = NOON - timedelta(microseconds=1)
    found = seen(timedelta(microseconds=-2), now=late)
    assert found.current_visitors == 1
    assert found.minutes[-1] == Minute("2026-03-18T11:59", 1, 1)


def test_what_is_more_than_five_minutes_ahead_is_not_now(seen) -> None:
    five, moment = timedelta(minutes=5), timedelta(microseconds=1)
    found = seen(-five, -five - moment)
    assert (found.current_visitors, found.minutes[-1].visitors) == (1, 1)


def test_the_first_of_the_minutes_is_whole(seen) -> None:
    first = timedelta(minutes=29, seconds=20)
    found = seen(first, first + timedelta(microseconds=1))
    assert found.minutes[0] == Minute("2026-03-18T11:34", 1, 1)
    assert sum(minute.visitors for minute in found.minutes) == 1


def test_after_midnight_the_last_minutes_of_yesterday_count(seen) -> None:
    midnight = datetime(2026, 3, 19, 0, 2, tzinfo=UTC)
    found = seen(timedelta(minutes=4), timedelta(minutes=20), now=midnight)
    assert found.current_visitors == 1
    counted = {minute.minute: minute.visitors for minute in found.minutes if minute.visitors}
    assert counted == {"2026-03-18T23:58": 1, "2026-03-18T23:42": 1}


def test_ten_pages_and_sources_are_enough(data_dir: Path) -> None:
    store = open_store(data_dir)
    events = [
        an_event(NOW - timedelta(seconds=n), f"/{n:02}", visitor_id="v", referrer_source=f"s{n:02}")
        for n in range(12)
    ]
    events.append(an_event(NOW, "/11", visitor_id="w"))
    store_events(store, "b1", events)
    found = realtime(store, SITE, NOW)
    assert found.pages[:2] == [CurrentVisitors("/11", 2), CurrentVisitors("/00", 1)]
    assert found.sources[:2] == [CurrentVisitors("(unknown)", 1), CurrentVisitors("s00", 1)]
    assert (len(found.pages), len(found.sources)) == (ROWS, ROWS)
    store.close()


def test_only_the_days_of_the_last_half_hour_are_read() -> None:
    asked: list[Period] = []

    class Spy:
        """Takes down which days are read."""

        def fetch(self, site_id: str, period: Period, *_args: Any) -> list[Any]:
            asked.append(period)
            return []

    for now in (NOON, datetime(2026, 3, 18, 0, 5, tzinfo=UTC)):
        realtime(Spy(), SITE, now)
    tomorrow = date(2026, 3, 19)
    assert asked == [Period(date(2026, 3, 18), tomorrow), Period(date(2026, 3, 17), tomorrow)]
