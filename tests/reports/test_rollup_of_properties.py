"""Properties are added up of days, the open one too, but for those that have very many values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from mallard.model import Event, Period
from mallard.reports.breakdown import breakdown
from mallard.reports.filters import parse_filter
from mallard.reports.properties import properties
from mallard.reports.query import ReportQuery
from mallard.store.rollups import working_out
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports.reading import Events, days_rolled

pytestmark = pytest.mark.thorough

DAY = timedelta(days=1)
TOMORROW = TODAY + DAY
EACH = 40
of_plan = partial(breakdown, dimension="prop:plan")
of_id = partial(breakdown, dimension="prop:id")


def a_day(day: date) -> Iterator[Event]:
    """Events of visitors of that day alone, each with an id; all but a few with a plan."""
    for number in range(EACH):
        plan = f'"plan":"{number % 2}",' if number % 8 else ""
        yield an_event(
            NOON - (TODAY - day) + timedelta(seconds=number),
            visitor_id=f"{day} {number // 3}",
            event_name="order" if number % 5 else "pageview",
            props=f'{{{plan}"id":{number}}}',
            revenue_amount="1.00" if number % 4 == 0 else None,
        )


def store_of(path: Path, days: list[date]) -> Store:
    store = open_store(path / "data")
    for day in days:
        store_events(store, f"b{day}", a_day(day))
        store.roll()
    return store


def assert_equal_to_the_events(store: Store, *days: date) -> None:
    period = Period(min(days), max(days) + DAY)
    for ask in (properties, of_plan, of_id, partial(breakdown, dimension="prop:none")):
        query = ReportQuery("example.com", period, limit=1000)
        found = ask(store, query)
        assert found == ask(Events(store), query)
        assert found
        filtered = replace(query, filters=(parse_filter("prop:plan==1"),))
        assert ask(store, filtered) == ask(Events(store), filtered)


def test_days_are_added_up_and_the_open_one_with_what_came_since(tmp_path: Path) -> None:
    days = [TODAY - 2 * DAY, TODAY - DAY, TODAY]
    store = store_of(tmp_path, days)
    Upkeep(store, lambda: TODAY).build_all()
    for ask in (properties, of_plan, of_id):
        assert days_rolled(store, "example.com", days[0], TOMORROW, ask) == 3
    assert_equal_to_the_events(store, *days)
    again = [moved(event, TODAY, at=2) for event in a_day(TODAY)]
    store_events(store, "again", again[::2])
    assert days_rolled(store, "example.com", days[0], TOMORROW, of_plan) == 3
    assert_equal_to_the_events(store, *days)
    store.roll()
    store_events(store, "and again", again[1::2])
    assert days_rolled(store, "example.com", days[0], TOMORROW, of_plan) == 3
    assert_equal_to_the_events(store, *days)
    store_events(store, "late", [moved(event, TODAY - DAY) for event in a_day(TODAY)])
    assert_equal_to_the_events(store, *days)
    store.close()


def moved(event: Event, day: date, at: int = 1) -> Event:
    """The same event of another day, and of a visitor who was there before."""
    timestamp = event.timestamp - (TODAY - day) // timedelta(microseconds=1) + at
    return msgspec.structs.replace(event, timestamp=timestamp, visitor_id=f"{day} 1")


def test_what_followed_the_events_of_a_day_stays_when_it_is_over(tmp_path: Path) -> None:
    store = store_of(tmp_path, [TODAY])
    Upkeep(store, lambda: TODAY).build_all()
    for number, event in enumerate(a_day(TODAY), start=1):
        store_events(store, f"more {number}", [moved(event, TODAY, at=number)])
        store.roll()
        if number % 10 == 0:
            Upkeep(store, lambda: TODAY).build_all()
            assert_equal_to_the_events(store, TODAY)
    Upkeep(store, lambda: TODAY + DAY).build_all()
    assert days_rolled(store, "example.com", TODAY, TOMORROW, of_plan) == 1
    assert_equal_to_the_events(store, TODAY)
    store.close()


def test_visitors_who_return_on_another_day_are_counted_once(tmp_path: Path) -> None:
    """What has no corrections is read from the events then, but for the day that goes on."""
    first, second = TODAY - 2 * DAY, TODAY - DAY
    store = store_of(tmp_path, [first])
    later = DAY // timedelta(microseconds=1)
    for number in (1, 2):
        of_first = [moved(event, first, at=number * later) for event in a_day(TODAY)]
        store_events(store, f"again {number}", of_first)
        store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    assert days_rolled(store, "example.com", first, TODAY, of_plan) == 0
    assert days_rolled(store, "example.com", second, TODAY, of_plan) == 1
    assert days_rolled(store, "example.com", second, TOMORROW, of_plan) == 2
    assert_equal_to_the_events(store, first, second)
    assert_equal_to_the_events(store, second, TODAY)
    assert_equal_to_the_events(store, first, TODAY)
    store.close()


def test_a_key_that_comes_to_have_very_many_values_is_left_out_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_out, "LEAST_ROWS_ALLOWED", 2 * EACH)
    store = store_of(tmp_path, [TODAY])
    Upkeep(store, lambda: TODAY).build_all()
    assert store.rollups.known("example.com").days[TODAY].left_out == set()
    for number in range(1, 4):
        more = (
            msgspec.structs.replace(
                moved(event, TODAY, at=number), props=f'{{"plan":"2","id":"{number} {place}"}}'
            )
            for place, event in enumerate(a_day(TODAY))
        )
        store_events(store, f"b{number}", more)
        store.roll()
        Upkeep(store, lambda: TODAY).build_all()
        assert_equal_to_the_events(store, TODAY)
    assert store.rollups.known("example.com").days[TODAY].left_out == {"properties/id"}
    assert days_rolled(store, "example.com", TODAY, TOMORROW, of_plan) == 1
    assert days_rolled(store, "example.com", TODAY, TOMORROW, of_id) == 0
    Upkeep(store, lambda: TODAY + DAY).build_all()
    assert days_rolled(store, "example.com", TODAY, TOMORROW, of_plan) == 1
    assert_equal_to_the_events(store, TODAY)
    store.close()


@pytest.mark.parametrize("is_together", [True, False])
def test_a_key_with_very_many_values_is_left_out_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_together: bool
) -> None:
    """Of the rows that there may be, those of the plan are few; each id has one, and more."""
    monkeypatch.setattr(working_out, "LEAST_ROWS_ALLOWED", EACH)
    monkeypatch.setattr("mallard.store.rollups.small_days.LONG", small_days_allow(EACH))
    days = [TODAY - 2 * DAY, TODAY - DAY] if is_together else [TODAY - DAY]
    store = store_of(tmp_path, days)
    Upkeep(store, lambda: TODAY).build_all()
    for day in days:
        left_out = store.rollups.known("example.com").days[day].left_out
        assert left_out == {"properties/id"}
    assert days_rolled(store, "example.com", days[0], TODAY, properties) == len(days)
    assert days_rolled(store, "example.com", days[0], TODAY, of_plan) == len(days)
    assert days_rolled(store, "example.com", days[0], TODAY, of_id) == 0
    assert_equal_to_the_events(store, *days)
    store.close()


def small_days_allow(rows: int) -> str:
    return f"select part from {{table}} group by part having count(*) > {rows}"


def test_a_day_with_very_many_keys_has_no_properties(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_out, "LEAST_ROWS_ALLOWED", 1)
    monkeypatch.setattr("mallard.store.rollups.small_days.LONG", small_days_allow(1))
    store = store_of(tmp_path, [TODAY - DAY])
    Upkeep(store, lambda: TODAY).build_all()
    assert "properties" in store.rollups.known("example.com").days[TODAY - DAY].left_out
    assert days_rolled(store, "example.com", TODAY - DAY, TODAY, properties) == 0
    assert_equal_to_the_events(store, TODAY - DAY)
    store.close()
