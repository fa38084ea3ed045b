"""What rollups add up to is what the events say, whatever the visitors, days and filters."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.model import Event, Period
from mallard.reports.breakdown import DIMENSIONS, breakdown, breakdown_count, breakdown_of
from mallard.reports.filters import parse_filter
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series
from mallard.reports.sessions import sessions
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store import queries as queries_module
from mallard.store import turns, worked_out
from mallard.store.partitions import Partition
from mallard.store.plan import Plan
from mallard.store.snapshots import snapshot
from mallard.store.store import Store
from mallard.store.upkeep import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports.reading import Events

FIRST = TODAY - timedelta(days=9)
END = TODAY + timedelta(days=1)
SITES = ("daily.example", "monthly.example", "mixed.example")

Ask = Callable[[Any, ReportQuery], object]
REPORTS: dict[str, Ask] = {
    "totals": totals,
    "sessions": sessions,
    "timeseries": timeseries,
    "session_series": session_series,
    **{f"by_{name}": partial(breakdown, dimension=name) for name in DIMENSIONS},
    "count": lambda reader, query: breakdown_count(reader, query, "pages"),
    "values": lambda reader, query: breakdown_of(reader, query, "pages", ("/", "/a", "/none")),
    "search": lambda reader, query: breakdown(reader, query, "pages", "A", "value", 1),
}


VARIED = ("pages", "entry_pages", "exit_pages", "sources", "browsers", "countries", "events")
TELLING = {
    name: ask
    for name, ask in REPORTS.items()
    if not name.startswith("by_") or name.removeprefix("by_") in (*VARIED, "cities")
}
"""All but those that say just what cities do, where events tell of neither: nothing is known."""


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
    }
    events = []
    for _ in range(rng.randrange(1, 5)):
        path = rng.choice(["/", "/a", "/b", "/Aa"])
        name = rng.choice(["pageview", "pageview", "signup"])
        salt = start.month if site_id == "monthly.example" else start.date()
        fields["visitor_id"] = f"{number}-{'always' if is_eternal else salt}"
        events.append(an_event(start, path, event_name=name, **fields))
        start += timedelta(seconds=rng.choice([1, 60, 1799, 1800, 1801, 7200]))
    return events


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Ten days of three sites, all built; two have changed since, and the last is partly hot."""
    rng = random.Random(7)
    days = [FIRST + timedelta(days=n) for n in range(10)]
    store = open_store(tmp_path_factory.mktemp("rollups"))
    events = [
        e for site in SITES for day in days for _ in range(12) for e in a_visit(rng, site, day)
    ]
    events = [event for event in events if event.timestamp < _us(END)]
    store_events(store, "b1", events)
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    late = [e for site in SITES for day in days[3:5] for e in a_visit(rng, site, day)]
    store_events(store, "b2", late)
    store.roll()
    now = [e for site in SITES for _ in range(4) for e in a_visit(rng, site, TODAY)]
    store_events(store, "b3", [event for event in now if event.timestamp < _us(END)])
    yield store
    store.close()


def _us(day: date) -> int:
    return int((day - date(1970, 1, 1)).total_seconds()) * 1_000_000


def queries() -> Iterator[ReportQuery]:
    rng = random.Random(11)
    filters = [(), (), (), ("browser==Chrome",), ("page==/a",), ("event!=pageview",)]
    for site_id in SITES:
        for _ in range(14):
            start = FIRST + timedelta(days=rng.randrange(10))
            end = min(END, start + timedelta(days=rng.randrange(11)))
            interval = rng.choice(["hour", "day", "week", "month"])
            kept = tuple(parse_filter(text) for text in rng.choice(filters))
            yield ReportQuery(site_id, Period(start, end), interval, 1000, kept)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_the_same_with_rollups_and_without(store: Store, name: str) -> None:
    for query in queries():
        rolled, raw = REPORTS[name](store, query), REPORTS[name](Events(store), query)
        assert rolled == raw, query


@pytest.mark.parametrize("name", REPORTS)
def test_heavy_reports_read_what_is_new_from_a_file(
    store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list(queries())[::3]
    light = [REPORTS[name](store, query) for query in asked]
    monkeypatch.setattr(turns, "LIGHT_BYTES", 0)
    assert [REPORTS[name](store, query) for query in asked] == light
    monkeypatch.setattr(queries_module, "LEAST_FREE_BYTES", 1 << 62)
    assert [REPORTS[name](store, query) for query in asked] == light
    assert not list((store.database.path.parent / "tmp").glob("*")), "the files are gone"


def test_a_large_day_is_worked_out_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worked_out, "EVENTS_AT_A_TIME", 7)
    again = open_store(tmp_path / "data")
    for number, site in enumerate(SITES):
        rng = random.Random(number)
        events = [e for day in (FIRST, TODAY) for _ in range(20) for e in a_visit(rng, site, day)]
        store_events(again, f"b{number}", [e for e in events if e.timestamp < _us(END)])
    again.roll()
    Upkeep(again, lambda: TODAY).build_all()
    assert days_rolled(again, "daily.example", FIRST, FIRST + timedelta(days=1)) == 1
    for name, ask in TELLING.items():
        for query in queries():
            assert ask(again, query) == ask(Events(again), query), (name, query)
    again.close()


def days_rolled(
    store: Store, site_id: str, start: date, end: date, ask: Ask = totals, interval: str = "day"
) -> int:
    """How many days of a period a report takes from rollups."""
    plans: list[Plan] = []
    plan = store.rollups.plans.plan

    def noting(*args: Any) -> Plan:
        plans.append(plan(*args))
        return plans[-1]

    # A method is replaced on the one object only: what a report takes is told nowhere else.
    store.rollups.plans.plan = noting  # type: ignore[method-assign,assignment]
    try:
        ask(store, ReportQuery(site_id, Period(start, end), interval))
    finally:
        store.rollups.plans.plan = plan  # type: ignore[method-assign]
    return len(plans[0].days)


def test_days_whose_visitors_never_return_are_added_up(store: Store) -> None:
    assert days_rolled(store, "daily.example", FIRST, TODAY) == 7


def test_a_day_that_goes_on_is_rolled_up_with_what_came_since(store: Store) -> None:
    assert days_rolled(store, "daily.example", TODAY, END) == 1
    assert days_rolled(store, "daily.example", FIRST, END) == 8


def test_days_that_share_a_visitor_are_read_from_the_events(store: Store) -> None:
    assert days_rolled(store, "monthly.example", FIRST, TODAY) == 0
    assert days_rolled(store, "monthly.example", FIRST, FIRST + timedelta(days=1)) == 1


@pytest.mark.parametrize(("interval", "days"), [("hour", 7), ("day", 7), ("week", 0), ("month", 0)])
def test_who_returns_on_another_day_counts_in_both(store: Store, interval: str, days: int) -> None:
    assert days_rolled(store, "monthly.example", FIRST, TODAY, timeseries, interval) == days


def test_a_day_that_has_changed_is_read_from_its_events(store: Store) -> None:
    changed = FIRST + timedelta(days=3)
    assert days_rolled(store, "daily.example", changed, changed + timedelta(days=2)) == 0


def test_figures_survive_a_restart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event(path="/a"), an_event(path="/b")])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store.close()
    store = open_store(tmp_path / "data")
    assert store.without_rollups() == []
    assert days_rolled(store, "example.com", TODAY, END) == 1
    assert totals(store, ReportQuery("example.com", Period(TODAY, END))).total_pageviews == 2
    store.close()


def test_a_day_with_too_many_values_is_left_out_of_their_rollup_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event(path=f"/{n}") for n in range(10_050)])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    query = ReportQuery("example.com", Period(TODAY, END), limit=3)
    assert store.rollups.known("example.com").days[TODAY].left_out == {"of_pages"}
    assert breakdown_count(store, query, "pages") == 10_050
    assert breakdown(store, query, "pages") == breakdown(Events(store), query, "pages")
    store.close()


def test_a_damaged_file_of_rollups_is_made_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event()])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store.close()
    (file,) = (tmp_path / "data" / "rollups").glob("*.duckdb")
    file.write_bytes(b"nonsense" * 4096)
    store = open_store(tmp_path / "data")
    assert store.without_rollups() == [Partition("example.com", TODAY)]
    assert totals(store, ReportQuery("example.com", Period(TODAY, END))).total_pageviews == 1
    store.close()


def test_a_new_file_is_begun_while_a_report_reads_the_old_one(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event()])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    today = Period(TODAY, END)
    with snapshot(store.database, store.cold, store.rollups, "example.com", today) as moment:
        store.rollups.throw_away(store.cold.publish)
        rows = moment.connection.execute(
            f"select pageviews from {moment.known.alias}.days"
        ).fetchall()
    assert rows == [(1,)]
    assert [path.stem for path in (tmp_path / "data" / "rollups").glob("*.duckdb")] == ["2"]
    assert totals(store, ReportQuery("example.com", Period(TODAY, END))).total_pageviews == 1
    Upkeep(store, lambda: TODAY).build_all()
    assert store.without_rollups() == []
    store.close()


def test_a_visitor_in_another_days_file_is_counted_once(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    yesterday = TODAY - timedelta(days=1)
    for day in (TODAY, yesterday):
        store_events(store, f"b{day}", [an_event(NOON - (TODAY - day), visitor_id="anna")])
    store.roll()
    (file,) = (tmp_path / "data/events/site_id=example.com" / f"date={TODAY}").iterdir()
    rows = f"select * replace (timestamp - interval 1 day as timestamp) from '{file}'"
    duckdb.sql(f"copy ({rows}) to '{file.with_name('0009.parquet')}' (format parquet)")
    store.close()
    store = open_store(tmp_path / "data")
    Upkeep(store, lambda: TODAY).build_all()
    query = ReportQuery("example.com", Period(yesterday, END))
    assert [bucket.visitors for bucket in timeseries(store, query)] == [1, 1]
    assert [bucket.pageviews for bucket in timeseries(store, query)] == [2, 1]
    store.close()


@pytest.mark.parametrize("visitor", ["null::varchar", "5::bigint"])
def test_files_of_others_may_have_odd_visitors(tmp_path: Path, visitor: str) -> None:
    """Nobody is no visitor, and a number is the visitor of the same digits."""
    store = open_store(tmp_path / "data")
    for day in (TODAY, TODAY - timedelta(days=1)):
        at = NOON - (TODAY - day)
        events = [an_event(at, visitor_id="5"), an_event(at + timedelta(hours=3), visitor_id="6")]
        store_events(store, f"b{day}", events)
    store.roll()
    (file,) = (tmp_path / "data/events/site_id=example.com" / f"date={TODAY}").iterdir()
    odd = file.with_name("0009.parquet")
    rows = f"select * replace ({visitor} as visitor_id) from '{file}'"
    duckdb.sql(f"copy ({rows}) to '{odd}' (format parquet)")
    file.unlink()
    store.close()
    store = open_store(tmp_path / "data")
    Upkeep(store, lambda: TODAY).build_all()
    for start in (TODAY, TODAY - timedelta(days=1)):
        for name in ("totals", "timeseries", "session_series", "by_pages", "by_entry_pages"):
            query = ReportQuery("example.com", Period(start, END))
            assert REPORTS[name](store, query) == REPORTS[name](Events(store), query), name
    store.close()
